"""Interrupted time series: an element week by week, before and after coaching began, with the interval of the change.

The course before is carried on as if nothing had happened; what lies above it at the end is the effect. Wagner et al.
2002, "Segmented regression analysis of interrupted time series studies". What else changed at the same time is in it.

Neighbouring weeks are alike, and few weeks tell little of how alike they are. So no single likeness is taken: the
intervals are those of the mixture of Student's distributions over all likenesses, each weighing as its restricted
likelihood (Zellner and Tiao 1964, "Bayesian analysis of the regression model with autocorrelated errors").
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl

MIN_WEEKS = 8  # on either side; fewer do not show a course
MEAN_WEEKS = 3  # fewer show no interval of a mean
LIKENESSES = np.linspace(-0.9, 0.95, 38)  # correlations of neighbouring weeks beyond the course, all equally likely
TAIL = 0.025
Array = np.ndarray[Any, np.dtype[np.float64]]


class Estimate(NamedTuple):
    """A figure with its 95 % interval; low and high are null where too few weeks tell."""

    value: float
    low: float | None
    high: float | None


class Interrupted(NamedTuple):
    """The mean level of the weeks before and after, how far the end lies above the course of before (`effect`, null
    where weeks are too few), and the verdict: rose, fell, not shown, or too few."""

    n_before: int
    n_after: int
    before: Estimate | None
    after: Estimate | None
    effect: Estimate | None
    verdict: str


class Weeks(NamedTuple):
    """Weeks counted from a start, the level of each, and how many conversations each is the mean of."""

    at: Array
    level: Array
    weight: Array

    @classmethod
    def since(cls, start: date, weeks: pl.DataFrame) -> "Weeks":
        """Those of `by_week`; the variance of a week is that of one conversation by its n."""
        at = ((weeks["week"] - start).dt.total_days() / 7).to_numpy()
        return cls(at, weeks["level"].to_numpy(), weeks["n"].to_numpy().astype(float))

    def chosen(self, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> "Weeks":
        """Some of them."""
        return Weeks(self.at[chosen], self.level[chosen], self.weight[chosen])


def by_week(ratings: pl.DataFrame, start: date) -> pl.DataFrame:
    """The mean of each week, counted from the day of the start: week (its first day), level, n; `ratings` has
    started_at and expected_level."""
    number = (pl.col("started_at").dt.date() - start).dt.total_days() // 7
    dated = ratings.drop_nulls(["started_at", "expected_level"])
    return (
        dated.group_by(week=start + pl.duration(days=7 * number))
        .agg(level=pl.col("expected_level").mean(), n=pl.len())
        .sort("week")
    )


def interrupted(weeks: pl.DataFrame, start: date) -> Interrupted:
    """Fit level and slope before and after `start` to the weeks of `by_week`."""
    course = Weeks.since(start, weeks)
    after = course.at >= 0
    n_before, n_after = int((~after).sum()), int(after.sum())
    before, since = _mean(course.chosen(~after)), _mean(course.chosen(after))
    if min(n_before, n_after) < MIN_WEEKS:
        return Interrupted(n_before, n_after, before, since, None, "too few")
    effect = effect_at_the_end(course)
    verdict = "not shown"
    if effect.low is not None and effect.high is not None:
        verdict = "rose" if effect.low > 0 else "fell" if effect.high < 0 else "not shown"
    return Interrupted(n_before, n_after, before, since, effect, verdict)


def effect_at_the_end(course: Weeks) -> Estimate:
    """How far the last week lies above the course of those before week 0."""
    at, after = course.at, course.at >= 0
    return _estimate(course, np.column_stack([np.ones_like(at), at, after, at * after]), [0.0, 0.0, 1.0, at[-1]])


def _mean(weeks: Weeks) -> Estimate | None:
    """The mean level of weeks; without an interval where they are few."""
    if not weeks.at.size:
        return None
    if weeks.at.size < MEAN_WEEKS:
        return Estimate(float(np.average(weeks.level, weights=weeks.weight)), None, None)
    mean = _estimate(weeks, np.ones((weeks.at.size, 1)), [1.0])
    return Estimate(mean.value, *(None if end is None else min(max(end, 0.0), 3.0) for end in (mean.low, mean.high)))


def _estimate(weeks: Weeks, design: Array, contrast: Sequence[float]) -> Estimate:
    """The contrast of the coefficients of a regression on `design`, by the mixture over LIKENESSES."""
    from scipy.optimize import brentq
    from scipy.special import stdtr

    wanted = np.array(contrast)
    freedom = len(design) - design.shape[1]
    plain, *_ = np.linalg.lstsq(
        design * np.sqrt(weeks.weight)[:, None], weeks.level * np.sqrt(weeks.weight), rcond=None
    )
    if np.abs(weeks.level - design @ plain).max() < 1e-9:  # the weeks lie on the course
        return Estimate(*[float(wanted @ plain)] * 3)
    value, error, log_likelihood = _fits(weeks, design, wanted)
    share = np.exp(log_likelihood - log_likelihood.max())
    share /= share.sum()

    def below(point: float, tail: float) -> float:
        return float(share @ stdtr(freedom, (point - value) / error)) - tail

    reach = float(np.ptp(value) + 20 * error.max())  # beyond any point looked for: at 2 degrees of freedom 4.3 errors
    middle = float(share @ value)
    low, high = (float(brentq(below, middle - reach, middle + reach, args=(tail,))) for tail in (TAIL, 1 - TAIL))
    return Estimate(middle, low, high)


def _fits(weeks: Weeks, design: Array, contrast: Array) -> tuple[Array, Array, Array]:
    """By likeness: the contrast by generalised least squares, its standard error, the log of the restricted
    likelihood."""
    apart = np.abs(weeks.at[:, None] - weeks.at[None])
    spread = 1 / np.sqrt(weeks.weight)
    factor = np.linalg.cholesky(np.power(LIKENESSES[:, None, None], apart) * (spread[:, None] * spread))
    both = np.column_stack([design, weeks.level])
    triangle = np.linalg.qr(np.linalg.solve(factor, np.broadcast_to(both, (len(factor), *both.shape)))).R
    size, freedom = design.shape[1], len(design) - design.shape[1]
    total = triangle[:, -1, -1] ** 2  # what the regression leaves of the level
    triangle, of_level = triangle[:, :-1, :-1], triangle[:, :-1, -1]
    direction = np.linalg.solve(
        triangle.transpose(0, 2, 1), np.broadcast_to(contrast[:, None], (len(factor), size, 1))
    )[..., 0]
    logs = [np.log(np.abs(np.diagonal(one, axis1=1, axis2=2))).sum(axis=1) for one in (factor, triangle)]
    error = np.sqrt((direction**2).sum(axis=1) * total / freedom)
    return (direction * of_level).sum(axis=1), error, -sum(logs) - freedom / 2 * np.log(total)
