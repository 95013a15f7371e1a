"""Interrupted time series: a known jump is found, and without one it says so, also where weeks are alike."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.metrics.impact.time_series import Estimate, Weeks, by_week, effect_at_the_end, interrupted

START = date(2026, 6, 29)
WEEKS = [date(2026, 4, 6) + timedelta(weeks=at) for at in range(24)]  # twelve before, twelve after


def weeks(levels: Any) -> pl.DataFrame:
    return pl.DataFrame({"week": WEEKS, "level": list(levels), "n": [8] * len(WEEKS)})


def noise(rng: np.random.Generator, alike: float, n: int = 24) -> np.ndarray:
    """Weeks of standard deviation 0.3 that have a correlation of `alike` with their neighbours."""
    steps = rng.normal(0, 0.3 * np.sqrt(1 - alike**2), n)
    drawn = [rng.normal(0, 0.3)]
    for step in steps[1:]:
        drawn.append(alike * drawn[-1] + step)
    return np.array(drawn)


def test_a_jump_by_hand() -> None:
    """A course that rises by 0.02 a week and jumps by 0.5 lies 0.5 above its course at the end, without doubt."""
    found = interrupted(weeks([1 + 0.02 * at + 0.5 * (at >= 12) for at in range(24)]), START)
    assert (found.n_before, found.n_after, found.verdict) == (12, 12, "rose")
    assert found.before.value == pytest.approx(1 + 0.02 * 5.5, abs=1e-3)
    assert tuple(found.effect) == pytest.approx((0.5, 0.5, 0.5), abs=1e-6)


def test_a_steeper_course_by_hand() -> None:
    """Where only the slope changes, by -0.05 a week, the last of twelve weeks (number 11) lies 0.55 below."""
    found = interrupted(weeks([2 - 0.05 * max(0, at - 12) for at in range(24)]), START)
    assert (found.effect.value, found.verdict) == (pytest.approx(-0.55), "fell")


def test_a_course_that_goes_on_shows_nothing() -> None:
    """Steady improvement alone is no effect, although the mean after is far above that before."""
    rng = np.random.default_rng(1)
    found = interrupted(weeks([0.05 * at + rng.normal(0, 0.05) for at in range(24)]), START)
    assert found.after.value - found.before.value > 0.5
    assert found.verdict == "not shown"


def test_too_few_weeks() -> None:
    """Seven weeks after are no course; their mean still has an interval, and that of two weeks none."""
    found = interrupted(weeks([1.0] * 24).head(19), START)
    assert (found.n_after, found.effect, found.verdict) == (7, None, "too few")
    assert tuple(found.after) == pytest.approx((1, 1, 1))
    assert interrupted(weeks([1.0] * 24).head(14), START).after == Estimate(1.0, None, None)


@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_intervals_hold_the_truth(alike: float) -> None:
    """In 1,000 draws the interval holds the effect drawn in 93 to 97 of a hundred, whether weeks are like their
    neighbours or not (with one likeness taken for certain it was 86); without an effect at most 3 of a hundred seem to
    have helped."""
    rng = np.random.default_rng(20)
    held = rose = 0
    for _ in range(1000):
        course = 1 + 0.01 * np.arange(24) + noise(rng, alike)
        found = effect_at_the_end(Weeks.since(START, weeks(course + 0.6 * (np.arange(24) >= 12))))
        held += found.low <= 0.6 <= found.high
        rose += found.low > 0.6  # the same draw without the effect
    assert 930 <= held <= 970
    assert rose <= 30


def test_the_worst_of_eight_is_coached() -> None:
    """Goals are set for what stands lowest, which rises by itself. Of 200 goals that do nothing, each for the lowest of
    eight elements, at most 5 of a hundred seem to have helped, although two thirds of the means are higher since."""
    rng = np.random.default_rng(4)
    rose = higher = 0
    for _ in range(200):
        elements = np.clip(1.5 + np.array([noise(rng, 0.3) for _ in range(8)]), 0, 3)
        found = interrupted(weeks(elements[elements[:, :12].mean(axis=1).argmin()]), START)
        rose += found.verdict == "rose"
        higher += found.after.value > found.before.value
    assert rose <= 10
    assert higher >= 130


def test_means_hold_the_truth() -> None:
    """The interval of the mean of eight weeks that are alike holds the mean drawn in at least 93 of a hundred."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(500):
        before = interrupted(weeks(1.5 + noise(rng, 0.3))[4:12], START).before
        held += before.low <= 1.5 <= before.high
    assert held >= 465


def test_by_week() -> None:
    """Weeks are counted from the day of the start: two conversations of one week are one point, their mean, and the day
    before the start is another."""
    days = [date(2026, 4, 22), date(2026, 4, 28), date(2026, 4, 29), date(2026, 4, 21)]
    day = pl.Series(days).cast(pl.Datetime("us", "UTC"))
    rows = by_week(pl.DataFrame({"started_at": day, "expected_level": [1.0, 2.0, 3.0, 0.5]}), date(2026, 4, 22))
    assert rows.rows() == [
        (date(2026, 4, 15), 0.5, 1), (date(2026, 4, 22), 1.5, 2), (date(2026, 4, 29), 3.0, 1),
    ]  # fmt: skip
