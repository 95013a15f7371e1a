"""Interrupted time series: an element week by week, before and after coaching began, with the interval of the change.

The level before is carried on as if nothing had happened; what lies above it at the end is the effect. Wagner et al.
2002, "Segmented regression analysis of interrupted time series studies". What else changed at the same time is in it.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

MIN_WEEKS = 6  # on either side; fewer do not show a course
COEFFICIENTS = 4  # level, slope, and the change of both


class Interrupted(NamedTuple):
    """The mean level of the weeks before and after, how far the end lies above the course of before (`effect`, with its
    95 % interval), and the verdict: rose, fell, not shown, or too few."""

    n_before: int
    n_after: int
    before: float | None
    after: float | None
    effect: float | None
    low: float | None
    high: float | None
    verdict: str


def by_week(ratings: pl.DataFrame) -> pl.DataFrame:
    """The mean of each week: week, level, n; `ratings` has started_at and expected_level."""
    week = pl.col("started_at").dt.date().dt.truncate("1w").alias("week")
    dated = ratings.drop_nulls(["started_at", "expected_level"])
    return dated.group_by(week).agg(level=pl.col("expected_level").mean(), n=pl.len()).sort("week")


def interrupted(weeks: pl.DataFrame, start: date) -> Interrupted:
    """Fit level and slope before and after `start` to week, level and n, each week weighing as its n conversations.

    Where neighbouring weeks are alike beyond the fit (r, of the residuals, above 0), they tell less: the variance is
    multiplied by (1 + r) / (1 - r), r at most 0.9. Student's t with the weeks less 4.
    """
    from scipy.special import stdtrit

    ordered = weeks.sort("week")
    after = (ordered["week"] >= start).to_numpy()
    level, weight = ordered["level"].to_numpy(), ordered["n"].to_numpy().astype(float)
    n_before, n_after = int((~after).sum()), int(after.sum())
    means = [float(np.average(level[side], weights=weight[side])) if side.any() else None for side in (~after, after)]
    if min(n_before, n_after) < MIN_WEEKS:
        return Interrupted(n_before, n_after, means[0], means[1], None, None, None, "too few")
    at = (ordered["week"].to_physical().to_numpy() - (start.toordinal() - date(1970, 1, 1).toordinal())) / 7
    design = np.column_stack([np.ones_like(at), at, after, at * after])
    root = np.sqrt(weight)[:, None]
    fitted, *_ = np.linalg.lstsq(design * root, level * root[:, 0], rcond=None)
    residual = (level - design @ fitted) * root[:, 0]
    freedom = len(level) - COEFFICIENTS
    alike = float(residual[1:] @ residual[:-1] / (residual @ residual)) if residual.any() else 0.0
    alike = min(max(alike, 0.0), 0.9)
    variance = residual @ residual / freedom * (1 + alike) / (1 - alike)
    end = np.array([0.0, 0.0, 1.0, at[-1]])
    spread = end @ np.linalg.pinv((design * root).T @ (design * root)) @ end
    effect, half = float(end @ fitted), float(stdtrit(freedom, 0.975) * np.sqrt(variance * spread))
    verdict = "rose" if effect - half > 0 else "fell" if effect + half < 0 else "not shown"
    return Interrupted(n_before, n_after, means[0], means[1], effect, effect - half, effect + half, verdict)
