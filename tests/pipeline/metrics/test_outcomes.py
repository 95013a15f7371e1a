"""Measures against outcomes: the difference and its interval, against scipy's."""

import polars as pl
import pytest
from scipy import stats

from pipeline.metrics.outcomes import differences


def values(measure: str, **by_outcome: list[float]) -> pl.DataFrame:
    rows = [(measure, outcome, value) for outcome, given in by_outcome.items() for value in given]
    return pl.DataFrame(rows, schema={"measure": pl.String, "outcome": pl.String, "value": pl.Float64}, orient="row")


def test_difference_and_interval() -> None:
    """0.5 against 0.3 in the mean differ by 0.2; the interval is that of scipy's Welch test."""
    won, lost = [0.4, 0.5, 0.6], [0.1, 0.3, 0.3, 0.5]
    row = differences(values("a", advanced=won, lost=lost[:2], stalled=lost[2:], none=[9.0])).to_dicts()[0]
    interval = stats.ttest_ind(won, lost, equal_var=False).confidence_interval(0.95)
    assert (row["difference"], row["n_advanced"], row["n_others"]) == (pytest.approx(0.2), 3, 4)
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))


def test_too_few_say_nothing() -> None:
    """A measure of one advanced conversation, or of values that are all alike, has no row."""
    both = pl.concat([values("few", advanced=[1.0], lost=[0.1, 0.2]), values("same", advanced=[1, 1], lost=[1, 1])])
    assert differences(both).is_empty()
