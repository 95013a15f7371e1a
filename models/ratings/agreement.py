"""How far raters agree with each other: statistics of counts, each rater's severity, and where they differ."""

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.metrics.current_labels import judged_labels
from pipeline.tables.judgements import Agreement, Labels, Scores
from pipeline.tables.values import LEVELS, MEETING

Matrix = NDArray[np.float64]  # calls by raters, levels 0 to 3, nan where a rater did not score

ELEMENT = ["rubric", "element", "rubric_hash"]
SCOPES = {"person": "people", "automated": "automated"}
FLOOR = 0.4  # below this ordinal alpha an element is not fit to train on
RESAMPLES = 200


def agree(scores: dy.DataFrame[Scores], *, resamples: int = RESAMPLES) -> dy.DataFrame[Agreement]:
    """One row per element and kind of rater; `qwk` is the mean over pairs of raters, low and high bound alpha."""
    by_raters = scores.filter(pl.col("rater_kind") != MEETING)
    kinds = by_raters.with_columns(pl.col("rater_kind").replace_strict(SCOPES).alias("scope"))
    return _agreement(kinds, resamples)


def agree_with_model(scores: dy.DataFrame[Scores], labels: dy.DataFrame[Labels]) -> dy.DataFrame[Agreement]:
    """One row per element: the current labels as one rater and the raters' median as the other (scope `model`)."""
    key = ["call_id", *ELEMENT]
    median = median_level(scores.filter(pl.col("rater_kind") != MEETING), key).with_columns(rater=pl.lit("raters"))
    shown = judged_labels(labels).join(median, on=key, how="semi").select(*key, "level", rater=pl.lit("model"))
    both = pl.concat([median.select(shown.columns), shown]).with_columns(scope=pl.lit("model"))
    return _agreement(both.filter(pl.len().over(key) == 2), RESAMPLES)


def median_level(scores: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The raters' median per `key`, half levels rounded up, and n_raters."""
    middle = (pl.col("level").median() + 0.5).floor().cast(pl.Int64)
    return scores.group_by(key).agg(middle.alias("level"), pl.len().alias("n_raters")).sort(key)


def severity(scores: dy.DataFrame[Scores]) -> pl.DataFrame:
    """Per rater and element: `difference`, the mean of the rater's level minus that of the others on the same calls; n
    counts the calls that others scored too. Drift is `models.ratings.severity.severity_by_period`.
    """
    key = ["call_id", *ELEMENT]
    others = (pl.col("level").sum().over(key) - pl.col("level")) / (pl.len().over(key) - 1)
    by = ["rater", *ELEMENT]
    return (
        scores.with_columns((pl.col("level") - others).alias("difference"))
        .filter(pl.len().over(key) > 1)
        .group_by(by)
        .agg(pl.col("difference").mean(), pl.len().alias("n"))
        .sort(by)
    )


def disagreements(scores: dy.DataFrame[Scores]) -> pl.DataFrame:
    """Calls on which raters differ, widest first: the levels given (`levels`), their `spread`, and `between`, the
    two anchors to sharpen."""
    key = ["call_id", *ELEMENT]
    low, high = pl.col("levels").list.first(), pl.col("levels").list.last()
    colors = dict(enumerate(LEVELS))
    return (
        scores.group_by(key)
        .agg(pl.col("level").sort().alias("levels"))
        .with_columns((high - low).alias("spread"))
        .filter(pl.col("spread") > 0)
        .with_columns(
            pl.format("{} or {}", *(end.replace_strict(colors, return_dtype=pl.String) for end in (low, high)))
            .alias("between")
        )
        .sort(pl.col("spread"), *key, descending=[True, False, False, False, False])
    )  # fmt: skip


def scores_still_needed(n: int, low: float, high: float, *, width: float = 0.2) -> int:
    """How many more calls must be scored for an interval of `width`: an interval shrinks with the root of n."""
    return max(0, int(np.ceil(n * ((high - low) / width) ** 2)) - n)


def unfit(agreement: dy.DataFrame[Agreement], *, floor: float = FLOOR) -> pl.DataFrame:
    """Elements on which raters agree too little to learn from: rubric, element, reason."""
    reason = pl.format("alpha {} is under {}: discuss the calls that differ and sharpen the anchors",
                       pl.col("alpha_ordinal").round(2), pl.lit(floor))  # fmt: skip
    below = agreement.filter((pl.col("scope") != "model") & (pl.col("alpha_ordinal") < floor))
    return below.select("rubric", "element", reason.alias("reason"))


def counts(ratings: Matrix, n_levels: int) -> NDArray[np.float64]:
    """Calls by levels: how many raters gave each."""
    return np.stack([(ratings == level).sum(axis=1) for level in range(n_levels)], axis=1).astype(float)


def alpha(table: NDArray[np.float64]) -> float:
    """Ordinal Krippendorff alpha of a table calls by levels; nan where no two raters meet or all levels are one."""
    import krippendorff

    paired = table[table.sum(axis=1) > 1]
    if (paired.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=paired, level_of_measurement="ordinal"))


def qwk(first: NDArray[Any], second: NDArray[Any], *, n_levels: int = 4) -> float:
    """Quadratic weighted kappa of two lists of levels; nan where both are one and the same level throughout.

    Cohen (1968), Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial credit.
    """
    cells = first.astype(np.int64) * n_levels + second.astype(np.int64)
    table = np.bincount(cells, minlength=n_levels**2).reshape(n_levels, n_levels)
    weights = np.subtract.outer(np.arange(n_levels), np.arange(n_levels)) ** 2
    expected = (weights * np.outer(table.sum(axis=1), table.sum(axis=0))).sum() / max(len(cells), 1)
    return float(1 - (weights * table).sum() / expected) if expected else float("nan")


def mean_qwk(ratings: Matrix) -> float:
    """Mean quadratic weighted kappa over pairs of raters, each on the calls that both scored."""
    found = []
    for first, second in combinations(ratings.T, 2):
        both = ~np.isnan(first) & ~np.isnan(second)
        found.append(qwk(first[both], second[both]))
    known = [value for value in found if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def ac2(table: NDArray[np.float64]) -> float:
    """Gwet's AC2 with quadratic weights (Gwet 2014, chapter 5) of a table calls by levels."""
    n_levels = table.shape[1]
    steps = np.arange(n_levels)
    weights = 1 - ((steps[:, None] - steps) / (n_levels - 1)) ** 2
    raters = table.sum(axis=1)
    paired = raters > 1
    if not paired.any():
        return float("nan")
    met = (table * (table @ weights - 1)).sum(axis=1)[paired]
    observed = (met / (raters * (raters - 1))[paired]).mean()
    share = (table[raters > 0] / raters[raters > 0, None]).mean(axis=0)
    expected = weights.sum() / (n_levels * (n_levels - 1)) * (share * (1 - share)).sum()
    return float((observed - expected) / (1 - expected))


def within(ratings: Matrix, steps: int) -> float:
    """Share of pairs of scores on the same call that are at most `steps` levels apart."""
    near, pairs = 0, 0
    for first, second in combinations(ratings.T, 2):
        gap = np.abs(first - second)
        near += int((gap <= steps).sum())
        pairs += int((~np.isnan(gap)).sum())
    return near / pairs if pairs else float("nan")


def bootstrap(
    statistic: Callable[[NDArray[np.float64]], float], rows: NDArray[np.float64], *, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95 % interval of a statistic of rows, the rows (calls) drawn with replacement; nan where it is undefined."""
    draw = np.random.default_rng(0)
    values = [statistic(rows[draw.integers(0, len(rows), len(rows))]) for _ in range(resamples)]
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


@lru_cache(maxsize=2048)
def _interval_of_alpha(table: bytes, resamples: int) -> tuple[float, float]:
    """The interval of alpha of a table of floats: kept, as most elements have no new scores when others do."""
    return bootstrap(alpha, np.frombuffer(table).reshape(-1, len(LEVELS)), resamples=resamples)


def _agreement(scores: pl.DataFrame, resamples: int) -> dy.DataFrame[Agreement]:
    rows = [
        dict(zip([*ELEMENT, "scope"], key, strict=True)) | _statistics(group, resamples)
        for key, group in scores.group_by(*ELEMENT, "scope", maintain_order=True)
    ]
    schema = Agreement.create_empty().schema
    frame = pl.DataFrame(rows, schema=schema).with_columns(pl.selectors.float().fill_nan(None))
    return Agreement.validate(frame.sort(*ELEMENT, "scope"))


def _statistics(group: pl.DataFrame, resamples: int) -> dict[str, object]:
    wide = group.pivot("rater", index="call_id", values="level", sort_columns=True).drop("call_id")
    ratings = wide.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    table = counts(ratings, len(LEVELS))
    low, high = _interval_of_alpha(table.tobytes(), resamples)
    shares = table.sum(axis=0) / table.sum()
    return {
        "n_calls": ratings.shape[0],
        "n_raters": ratings.shape[1],
        "alpha_ordinal": alpha(table),
        "qwk": mean_qwk(ratings),
        "ac2": ac2(table),
        "exact": within(ratings, 0),
        "adjacent": within(ratings, 1),
        "prevalence": ", ".join(f"{color} {share:.0%}" for color, share in zip(LEVELS, shares, strict=True)),
        "low": low,
        "high": high,
    }
