"""What scores come to once raters' severity and reliability are allowed for, and how each rater scores over time.

A panel that is severe as a whole cannot be told from calls that are poor, and raters who drift together cannot be told
from calls that change: all is measured from the mean of the raters at hand.
"""

import dataframely as dy
import numpy as np
import polars as pl

from models.ratings.rater_model import (
    GRID,
    UPPER,
    Estimate,
    Indices,
    Matrix,
    Ratings,
    blurred,
    fit_raters,
    quantile,
)
from pipeline.tables import LEVELS, Adjudicated

ITEM = ["rubric", "element", "rubric_hash"]
UNIT = ["call_id", *ITEM]
PANEL = 20  # other raters whose mean the interval is to hold
NORMAL = 1.96  # standard errors to either side


def adjudicate(scores: pl.DataFrame, *, n_levels: int = len(LEVELS)) -> dy.DataFrame[Adjudicated]:
    """One row per call and element that was scored: the level that raters like these agree on.

    `value` is the mean level that many such raters would give, drawn towards the element's mean where raters are few or
    disagree; the mean of 20 others lies between `low` and `high` with 95 %. `level` is not drawn in: it gives each
    level as often as a typical rater does, and where several scored a call, none that is beyond what they gave.
    """
    if scores.is_empty():
        return Adjudicated.create_empty()
    ratings, units = _numbers(scores, n_levels)
    fitted = fit_raters(ratings)
    value, low, high = _values(ratings, fitted)
    frame = units.select(
        "call_id", *ITEM, pl.Series("level", _levels(fitted, ratings.item)).cast(pl.Int64), pl.Series("value", value),
        pl.Series("low", low), pl.Series("high", high), "n_raters", "least", "most",
    )  # fmt: skip
    held = pl.when(pl.col("n_raters") > 1).then(pl.col("level").clip("least", "most")).otherwise("level")
    return Adjudicated.validate(frame.with_columns(held.alias("level")).drop("least", "most"), cast=True)


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
    ends = [
        np.array(
            [
                np.interp(quality, GRID, levels[row])
                for quality, row in zip(quantile(posterior, share), item, strict=True)
            ]
        )
        for share in (1 - UPPER, UPPER)
    ]
    low, high = (value + side * np.hypot(end - value, by_chance) for side, end in zip((-1, 1), ends, strict=True))
    return value, low.clip(0), high.clip(max=ratings.n_levels - 1)


def _levels(fitted: Estimate, item: Indices) -> Indices:
    """Per unit the level: its quality, made as wide as that of all calls, against the shares of a typical rater."""
    from scipy.special import ndtr

    mean = fitted.posterior @ GRID
    doubt = fitted.posterior @ GRID**2 - mean**2
    rank = ndtr(mean / np.sqrt((1 - doubt).clip(1e-3)))
    levels: Indices = (rank[:, None] > fitted.below()[item]).sum(axis=1)
    return levels
