"""Interrupted time series: a known jump is found, and without one it says so."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.metrics.impact.time_series import by_week, interrupted

START = date(2026, 6, 29)
WEEKS = [date(2026, 4, 6) + timedelta(weeks=at) for at in range(24)]  # twelve before, twelve after


def weeks(levels: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"week": WEEKS, "level": levels, "n": [8] * len(WEEKS)})


def test_a_jump_by_hand() -> None:
    """A course that rises by 0.02 a week and jumps by 0.5 lies 0.5 above its course at the end, without doubt."""
    found = interrupted(weeks([1 + 0.02 * at + 0.5 * (at >= 12) for at in range(24)]), START)
    assert (found.n_before, found.n_after, found.verdict) == (12, 12, "rose")
    assert found.before == pytest.approx(1 + 0.02 * 5.5)
    assert (found.effect, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5), abs=1e-6)


def test_a_steeper_course_by_hand() -> None:
    """Where only the slope changes, by -0.05 a week, the last of twelve weeks (number 11) lies 0.55 below."""
    found = interrupted(weeks([2 - 0.05 * max(0, at - 12) for at in range(24)]), START)
    assert (found.effect, found.verdict) == (pytest.approx(-0.55), "fell")


def test_a_course_that_goes_on_shows_nothing() -> None:
    """Steady improvement alone is no effect, although the mean after is far above that before."""
    rng = np.random.default_rng(1)
    found = interrupted(weeks([0.05 * at + rng.normal(0, 0.05) for at in range(24)]), START)
    assert found.after - found.before > 0.5
    assert found.verdict == "not shown"


def test_too_few_weeks() -> None:
    """Five weeks after are no course."""
    found = interrupted(weeks([1.0] * 24).head(17), START)
    assert (found.n_after, found.effect, found.verdict) == (5, None, "too few")


@pytest.mark.parametrize("alike", [0.0, 0.4])
def test_intervals_hold_the_truth(alike: float) -> None:
    """In 1,000 draws the interval holds the effect drawn in at least 93 of a hundred, with weeks that are like their
    neighbours in 85 (few weeks tell little of how alike they are); without an effect it claims one as rarely."""
    rng = np.random.default_rng(20)
    held, claimed = 0, 0
    for _ in range(1000):
        noise = [rng.normal(0, 0.3)]
        for _ in range(23):
            noise.append(alike * noise[-1] + rng.normal(0, 0.3))
        course = np.array([1 + 0.01 * at for at in range(24)]) + noise
        found = interrupted(weeks(list(course + 0.6 * (np.arange(24) >= 12))), START)
        held += found.low <= 0.6 <= found.high
        claimed += interrupted(weeks(list(course)), START).verdict != "not shown"
    assert held >= (930 if alike == 0 else 850)
    assert claimed == 1000 - held  # the same draws, moved


def test_by_week() -> None:
    """Two conversations of one week are one point, their mean."""
    day = pl.Series([date(2026, 4, 20), date(2026, 4, 22), date(2026, 4, 27)]).cast(pl.Datetime("us", "UTC"))
    rows = by_week(pl.DataFrame({"started_at": day, "expected_level": [1.0, 2.0, 3.0]}))
    assert rows.rows() == [(date(2026, 4, 20), 1.5, 2), (date(2026, 4, 27), 3.0, 1)]
