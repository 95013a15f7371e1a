"""Opportunities: win rate by quality, stages, forecast, and what five points are worth; by hand."""

from datetime import date

import polars as pl
import pytest

from pipeline.intake.opportunities import SNAPSHOTS
from pipeline.metrics.impact.opportunities import (
    HALVES,
    conversions,
    difference,
    forecasts,
    latest,
    win_rates,
    with_quality,
    worth,
)

JANUARY, FEBRUARY, APRIL = date(2026, 1, 1), date(2026, 2, 10), date(2026, 4, 5)


def snapshots(*rows: tuple[str, date, str, float, str]) -> pl.DataFrame:
    """Opportunities that are to close on 20 March: id, day, stage, amount, forecast category."""
    columns = [(key, day, stage, amount, date(2026, 3, 20), category) for key, day, stage, amount, category in rows]
    return pl.DataFrame(columns, schema=SNAPSHOTS, orient="row")


FUNNEL = snapshots(
    ("a", JANUARY, "Needs", 100.0, "commit"), ("a", FEBRUARY, "Solution", 100.0, "commit"),
    ("a", APRIL, "Closed won", 120.0, "closed"),
    ("b", JANUARY, "Needs", 300.0, "commit"), ("b", APRIL, "Closed lost", 300.0, "omitted"),
    ("c", JANUARY, "Needs", 200.0, "best case"), ("c", FEBRUARY, "Solution", 200.0, "best case"),
    ("c", APRIL, "Closed lost", 200.0, "omitted"),
    ("d", JANUARY, "Needs", 80.0, "best case"), ("d", APRIL, "Closed won", 80.0, "closed"),
    ("e", FEBRUARY, "Needs", 50.0, "pipeline"),
)  # fmt: skip
CALLS = pl.DataFrame({"call_id": ["1", "2", "3", "4", "5"], "opportunity_id": ["a", "a", "b", "c", "d"]})
QUALITY = pl.DataFrame({"call_id": ["1", "2", "3", "4", "5"], "quality": [80.0, 60.0, 20.0, 30.0, 90.0]})


def judged() -> pl.DataFrame:
    return with_quality(latest(FUNNEL), CALLS, QUALITY)


def test_state_and_quality() -> None:
    """The last stage's name says won or lost; a's quality is the mean of two conversations, and e has none."""
    rows = judged().select("opportunity_id", "state", "quality", "half").rows()
    lower, upper = HALVES
    assert rows == [
        ("a", "won", 70.0, upper),
        ("b", "lost", 20.0, lower),
        ("c", "lost", 30.0, lower),
        ("d", "won", 90.0, upper),
        ("e", "open", None, None),
    ]


def test_order_of_summing() -> None:
    """0.1, 0.2 and 0.3 are 0.2 in the mean in whatever order they are summed: a second export of the same differed."""
    calls = pl.DataFrame({"call_id": ["1", "2", "3"], "opportunity_id": ["a"] * 3})
    quality = pl.DataFrame({"call_id": ["1", "2", "3"], "quality": [0.1, 0.2, 0.3]})
    both = [with_quality(latest(FUNNEL), calls, rows)["quality"][0] for rows in (quality, quality.reverse())]
    both += [with_quality(latest(FUNNEL), rows, quality)["quality"][0] for rows in (calls, calls.reverse())]
    assert set(both) == {0.2}


def test_win_rates() -> None:
    """Both of the upper half are won, none of the lower: 100 points apart. Newcombe's interval of 2 against 0 of 2:
    Wilson's are 34.2 to 100 and 0 to 65.8 %, so that it begins at 1 - sqrt(2 * 0.658^2) = 7.0 points."""
    rates = win_rates(judged())
    assert rates.select("half", "n", "won", "share").rows() == [(HALVES[0], 2, 0, 0.0), (HALVES[1], 2, 2, 1.0)]
    assert difference(rates) == pytest.approx((1.0, 1 - 0.6576 * 2**0.5, 1.0), abs=1e-3)
    assert difference(rates.head(1)) is None


def test_conversions() -> None:
    """Of the four that left Needs two were seen in Solution and d was won: 3 of 4; of two in Solution one was won. e is
    still there and does not count."""
    stages = conversions(FUNNEL, judged())
    rows = {row[:2]: row[2:4] for row in stages.select("stage", "half", "n", "won").rows()}
    assert rows["Needs", "all"] == (4, 3)
    assert rows["Solution", "all"] == (2, 1)
    assert rows["Needs", HALVES[1]] == (2, 2)
    assert rows["Needs", HALVES[0]] == (2, 1)
    assert stages["stage"].unique(maintain_order=True).to_list() == ["Needs", "Solution"]


def test_forecast() -> None:
    """On 1 January 400 were committed for the quarter, of which 100 came; of the best case's 280 came 80. e was not
    there yet."""
    rows = forecasts(FUNNEL).select("quarter", "forecast_category", "n", "amount", "won_amount", "share").rows()
    assert rows == [
        (JANUARY, "best case", 2, 280.0, 80.0, pytest.approx(80 / 280)),
        (JANUARY, "commit", 2, 400.0, 100.0, 0.25),
    ]


def test_a_quarter_that_is_not_over_is_not_told() -> None:
    """In February nobody knows what will come."""
    assert forecasts(FUNNEL.filter(pl.col("as_of") < APRIL)).is_empty()


def test_five_points_are_worth() -> None:
    """Five begin in a quarter; 5 of a hundred more are 0.25; of three that come through two are won at a mean of 100:
    0.25 * 2/3 * 100 = 16.67."""
    found = worth(FUNNEL, judged())
    assert found is not None
    assert (found.stage, found.share, found.begun_a_quarter, found.mean_amount) == ("Needs", 0.75, 5.0, 100.0)
    assert found.amount == pytest.approx(5 * 0.05 * 2 / 3 * 100)
    without = FUNNEL.with_columns(amount=pl.lit(None, pl.Float64))
    assert worth(without, with_quality(latest(without), CALLS, QUALITY)) is None
