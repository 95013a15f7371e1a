"""What scores come to once raters' severity and reliability are allowed for, and how each rater scores, over time too.

A panel that is severe as a whole cannot be told from calls that are poor, and raters who drift together cannot be told
from calls that change: all is measured from the mean of the raters at hand. Where no call was scored by two, how
reliable scores are is assumed, not known.
"""

from collections.abc import Iterator

import dataframely as dy
import numpy as np
import polars as pl

from models.ratings.agreement import qwk
from models.ratings.rater_model import (
    GRID,
    TINY,
    UPPER,
    Estimate,
    Indices,
    Matrix,
    Ratings,
    blurred,
    fit_raters,
    quantile,
)
from pipeline.tables.judgements import Adjudicated, RaterPeriods, Raters, Scores
from pipeline.tables.values import LEVELS, RATER_KINDS

ITEM = ["rubric", "element", "rubric_hash"]
UNIT = ["call_id", *ITEM]
PANEL = 20  # other raters whose mean the interval is to hold
NORMAL = 1.96  # standard errors to either side
MONTH_S = 30 * 86400.0
MIN_TREND_CALLS = 10  # calls shared with others, on MIN_TREND_DAYS different days
MIN_TREND_DAYS = 3


def adjudicate(scores: pl.DataFrame, *, n_levels: int = len(LEVELS)) -> dy.DataFrame[Adjudicated]:
    """One row per call and element that was scored: the level that raters like these agree on.

    `value` is the mean level that many such raters would give, drawn towards the element's mean where raters are few or
    disagree; the mean of 20 others lies between `low` and `high` with 95 %. `level` is not drawn in: it gives each
    level as often as a typical rater does, and where several scored a call, none that is beyond what they gave.
    """
    if scores.is_empty():
        return Adjudicated.create_empty()
    ratings, units, fitted = fit_scores(scores, n_levels=n_levels)
    value, low, high = _values(ratings, fitted)
    frame = units.select(
        "call_id", *ITEM, pl.Series("level", _levels(fitted, ratings.item)).cast(pl.Int64), pl.Series("value", value),
        pl.Series("low", low), pl.Series("high", high), "n_raters", "least", "most",
    )  # fmt: skip
    held = pl.when(pl.col("n_raters") > 1).then(pl.col("level").clip("least", "most")).otherwise("level")
    return Adjudicated.validate(frame.with_columns(held.alias("level")).drop("least", "most"), cast=True)


def rate_raters(
    scores: pl.DataFrame, repeats: pl.DataFrame | None = None, *, n_levels: int = len(LEVELS)
) -> dy.DataFrame[Raters]:
    """One row per rater: severity, reliability, trend, and agreement with the rater's own `repeats` (all null where
    there is nothing to tell them by). People are measured from the mean of people, automated raters from theirs."""
    tables = [Raters.create_empty()]
    for kind, given in _by_kind(scores):
        residuals, severities = _compare(given, n_levels)
        about = given.group_by("rater").agg(pl.len().alias("n_scores"), pl.col("call_id").n_unique().alias("n_calls"))
        shared = residuals.group_by("rater").agg(pl.col("call_id").n_unique().alias("n_shared"))
        own = _self_agreement(given, repeats)
        whole = about.join(shared, on="rater", how="left").with_columns(pl.col("n_shared").fill_null(0))
        known = pl.when(pl.col("n_shared") > 0)
        for part in (severities, _trends(residuals), own):
            whole = whole.join(part, on="rater", how="left")
        whole = whole.with_columns(
            pl.lit(kind).alias("rater_kind"),
            pl.col("n_repeated").fill_null(0),
            *(known.then(name).alias(name) for name in severities.columns if name != "rater"),
        )
        tables.append(Raters.validate(whole.select(Raters.column_names()).sort("rater"), cast=True))
    return Raters.validate(pl.concat(tables))


def severity_by_period(scores: dy.DataFrame[Scores]) -> dy.DataFrame[RaterPeriods]:
    """How many levels stricter than usual each rater was in each month, on calls that others scored too."""
    tables = [RaterPeriods.create_empty()]
    for kind, given in _by_kind(scores):
        calls = _per_call(_compare(given, len(LEVELS))[0]).with_columns(
            pl.col("scored_at").dt.truncate("1mo").alias("period")
        )
        error = NORMAL * pl.col("stricter").std() / pl.len().sqrt()
        mean = pl.col("stricter").mean()
        periods = calls.group_by("rater", "period").agg(
            mean.alias("severity"), (mean - error).alias("low"), (mean + error).alias("high"), pl.len().alias("n_calls")
        )
        rows = periods.select(pl.lit(kind).alias("rater_kind"), pl.all()).select(RaterPeriods.column_names())
        tables.append(RaterPeriods.validate(rows.sort("rater", "period"), cast=True))
    return RaterPeriods.validate(pl.concat(tables))


def _by_kind(scores: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for kind in RATER_KINDS:
        given = scores.filter(rater_kind=kind)
        if given.height:
            yield kind, given


def _compare(scores: pl.DataFrame, n_levels: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores that others gave, too, with `stricter`: levels under what they let expect of this rater; and per rater
    severity with its interval (levels under the mean rater's) and reliability."""
    ratings, units, fitted = fit_scores(scores, n_levels=n_levels)
    item = ratings.item[ratings.unit]
    above = fitted.at_least(item, ratings.rater)
    bounds = np.concatenate([np.ones_like(above[:, :1]), above, np.zeros_like(above[:, :1])], axis=1)
    row = np.arange(len(item))
    own = bounds[row, ratings.level] - bounds[row, ratings.level + 1]
    by_others = fitted.posterior[ratings.unit] / np.maximum(own, TINY)
    expected = (by_others * above.sum(axis=1)).sum(axis=1) / by_others.sum(axis=1)
    compared = scores.select("rater", "call_id", "scored_at").with_columns(
        pl.Series("stricter", expected - ratings.level), pl.Series("others", units["n_raters"].to_numpy()[ratings.unit])
    )
    names = scores["rater"].unique().sort()
    return compared.filter(pl.col("others") > 1), _severities(ratings, fitted, names)


def _severities(ratings: Ratings, fitted: Estimate, names: pl.Series) -> pl.DataFrame:
    """Per rater severity, severity_low, severity_high and reliability, elements weighed by the rater's scores."""
    n_raters, n_items = fitted.severity.shape
    rater, item = (place.ravel() for place in np.indices((n_raters, n_items)))
    scored = np.zeros((n_raters, n_items))
    np.add.at(scored, (ratings.rater, ratings.item[ratings.unit]), 1)
    weights = scored / scored.sum(axis=1, keepdims=True)
    calls = np.stack([fitted.posterior[ratings.item == place].mean(axis=0) for place in range(n_items)])
    above = fitted.at_least(item, rater)
    levels = (above.sum(axis=1) * calls[item]).sum(axis=1).reshape(n_raters, n_items)
    per_logit = ((above * (1 - above)).sum(axis=1) * calls[item]).sum(axis=1).reshape(n_raters, n_items)
    severity = ((levels.mean(axis=0) - levels) * weights).sum(axis=1)
    error = NORMAL * fitted.severity_se * (per_logit * weights).sum(axis=1)
    reliability = fitted.reliability(item, rater).reshape(n_raters, n_items)
    return pl.DataFrame(
        {
            "rater": names,
            "severity": severity,
            "severity_low": severity - error,
            "severity_high": severity + error,
            "reliability": (reliability * weights).sum(axis=1),
        }
    )


def _per_call(compared: pl.DataFrame) -> pl.DataFrame:
    """One row per rater and call with a time: elements of one call are not independent."""
    timed = compared.filter(pl.col("scored_at").is_not_null())
    return timed.group_by("rater", "call_id").agg(pl.col("stricter").mean(), pl.col("scored_at").min())


def _trends(compared: pl.DataFrame) -> pl.DataFrame:
    """Per rater trend, levels stricter per 30 days, by least squares over calls, with its 95 % interval."""
    month = pl.col("scored_at").dt.epoch("s") / MONTH_S
    apart, off = month - month.mean(), pl.col("stricter") - pl.col("stricter").mean()
    trend = (apart * off).sum() / (apart**2).sum()
    error = NORMAL * ((off - trend * apart) ** 2).sum().truediv(pl.len() - 2).truediv((apart**2).sum()).sqrt()
    enough = (pl.len() >= MIN_TREND_CALLS) & (pl.col("scored_at").dt.date().n_unique() >= MIN_TREND_DAYS)
    return (
        _per_call(compared)
        .group_by("rater")
        .agg(
            trend.alias("trend"),
            (trend - error).alias("trend_low"),
            (trend + error).alias("trend_high"),
            enough.alias("enough"),
        )
        .filter("enough")
        .drop("enough")
    )


def _self_agreement(scores: pl.DataFrame, repeats: pl.DataFrame | None) -> pl.DataFrame:
    """Per rater n_repeated, self_exact and self_qwk of scores with those that the same rater gave another time."""
    nothing = pl.DataFrame(
        schema={"rater": pl.String, "n_repeated": pl.Int64, "self_exact": pl.Float64, "self_qwk": pl.Float64}
    )
    if repeats is None:
        return nothing
    both = scores.join(repeats.select(*UNIT, "rater", pl.col("level").alias("again")), on=[*UNIT, "rater"])
    rows = []
    for (rater,), given in both.group_by("rater", maintain_order=True):
        first, again = given["level"].to_numpy(), given["again"].to_numpy()
        kappa = qwk(first, again)
        rows.append((rater, given.height, float((first == again).mean()), None if kappa != kappa else kappa))
    return pl.DataFrame(rows, schema=nothing.schema, orient="row")


def fit_scores(scores: pl.DataFrame, *, n_levels: int = len(LEVELS)) -> tuple[Ratings, pl.DataFrame, Estimate]:
    """Scores (at least one) as numbers, the calls' elements that they are of, and the model of their raters."""
    ratings, units = _numbers(scores, n_levels)
    return ratings, units, fit_raters(ratings)


def _numbers(scores: pl.DataFrame, n_levels: int) -> tuple[Ratings, pl.DataFrame]:
    """Scores as numbers; and one row per unit: call_id, rubric, element, rubric_hash, n_raters, least, most."""
    given = pl.col("level")
    units = (
        scores.group_by(UNIT)
        .agg(pl.col("rater").n_unique().alias("n_raters"), given.min().alias("least"), given.max().alias("most"))
        .sort(UNIT)
        .with_row_index("unit")
        .with_columns(
            (pl.struct(ITEM).rank("dense") - 1).alias("item"), (pl.col("call_id").rank("dense") - 1).alias("call")
        )
    )
    rows = scores.join(units, on=UNIT, maintain_order="left")
    raters = rows["rater"].rank("dense") - 1

    def whole(column: pl.Series) -> Indices:
        return column.cast(pl.Int64).to_numpy()

    unit, level, item, call = map(whole, (rows["unit"], rows["level"], units["item"], units["call"]))
    return Ratings(unit, whole(raters), level, item, call, n_levels), units


def _values(ratings: Ratings, fitted: Estimate) -> tuple[Matrix, Matrix, Matrix]:
    """Per unit the expected level and the ends of its interval."""
    item = ratings.item
    above = fitted.at_least(np.arange(len(fitted.spread)))
    levels, squares = above.sum(axis=1), ((2 * np.arange(1, above.shape[1] + 1) - 1)[:, None] * above).sum(axis=1)
    n_raters = len(fitted.slope)
    offset = fitted.few * fitted.severity_sd * np.sqrt(1 / n_raters + 1 / PANEL) / fitted.spread
    posterior = blurred(fitted.posterior, offset[item])
    value = (posterior * levels[item]).sum(axis=1)
    by_chance = np.sqrt((posterior * (squares - levels**2)[item]).sum(axis=1) / PANEL) * NORMAL
    ends = (_read_off(levels[item], quantile(posterior, share)) for share in (1 - UPPER, UPPER))
    low, high = (value + side * np.hypot(end - value, by_chance) for side, end in zip((-1, 1), ends, strict=True))
    return value, low.clip(0), high.clip(max=ratings.n_levels - 1)


def _read_off(curves: Matrix, quality: Matrix) -> Matrix:
    """Each row's curve over GRID at that row's quality."""
    at = ((quality - GRID[0]) / (GRID[1] - GRID[0])).clip(0, len(GRID) - 1)
    left = at.astype(np.int64).clip(max=len(GRID) - 2)
    row, right = np.arange(len(curves)), at - left
    found: Matrix = curves[row, left] * (1 - right) + curves[row, left + 1] * right
    return found


def _levels(fitted: Estimate, item: Indices) -> Indices:
    """Per unit the level: its quality, made as wide as that of all calls, against the shares of a typical rater."""
    from scipy.special import ndtr

    mean = fitted.posterior @ GRID
    doubt = fitted.posterior @ GRID**2 - mean**2
    rank = ndtr(mean / np.sqrt((1 - doubt).clip(1e-3)))
    levels: Indices = (rank[:, None] > fitted.below()[item]).sum(axis=1)
    return levels
