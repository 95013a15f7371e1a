"""The impact page: figures by hand, in words that claim no cause, and legible on a telephone."""

from datetime import date, timedelta

import polars as pl

from pipeline.intake.opportunities import NO_SNAPSHOTS, SNAPSHOTS
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.coaching.campaign import Campaign
from pipeline.metrics.impact.opportunities import HALVES
from pipeline.pages import impact
from pipeline.pages.html import write_page
from pipeline.pages.impact import Told
from pipeline.pages.parts.ratings import name_calls, rate
from tests.pipeline.metrics.kpi_rows import ELEMENTS
from tests.pipeline.pages.four_calls import MONDAY, four_calls

START = MONDAY.date()
NOBODY = Told(NO_SNAPSHOTS, [])


def told(*ends: str) -> pl.DataFrame:
    """An opportunity for each end, o0 onwards, that was in Needs in January and ended in April."""
    rows = [
        (f"o{at}", day, stage, 1000.0, date(2026, 3, 20), "commit")
        for at, end in enumerate(ends)
        for day, stage in ((date(2026, 1, 1), "Needs"), (date(2026, 4, 2), end))
    ]
    return pl.DataFrame(rows, schema=SNAPSHOTS, orient="row")


def view_of(of: Told, opportunities: tuple[str, ...] = ("o0", "o0", "o1", "o2")) -> impact.Impact:
    """The page of the four calls, the opportunity of each given."""
    rows = four_calls()
    scored = rows["calls"].filter(status="ok").sort("call_id").with_columns(opportunity_id=pl.Series(opportunities))
    named = name_calls(scored)
    return impact.view(rows | {"calls": named}, rate(named, rows["labels"], ELEMENTS), ELEMENTS, load_plan(), of)


def test_win_rate_of_the_page() -> None:
    """o0 is the mean of Ann's first calls, whose expected levels are 0.4 and 3, and 1 and 3: (56.7 + 66.7) / 2; o1 is
    83.3 and o2, 2 and 0.4, 40: o1 alone lies above the median and is won."""
    view = view_of(Told(told("Closed lost", "Closed won", "Closed lost"), []))
    assert (view.n_opportunities, view.n_judged, view.of_list) == (3, 3, False)
    assert [(rate.half, rate.won, rate.n) for rate in view.rates] == [(HALVES[0], 0, 2), (HALVES[1], 1, 1)]
    assert view.difference is not None
    assert view.difference[1] < 0 < view.difference[0]
    assert [(line.forecast_category, line.amount, line.won_amount) for line in view.forecasts] == [
        ("commit", 3000, 1000)
    ]
    assert view.worth is not None
    assert (view.worth.begun_a_quarter, view.worth.won_after, view.worth.mean_amount) == (3.0, 1.0, 1000.0)


def test_coaching_with_few_weeks() -> None:
    """Three weeks of Ann's agenda are no course, and the page says how many it takes."""
    campaign = Campaign(rubric="discovery_call", element="agenda", team="East", start=START + timedelta(weeks=1))
    (course,) = view_of(Told(NO_SNAPSHOTS, [campaign])).courses
    assert (course.found.n_before, course.found.n_after, course.found.verdict) == (1, 2, "too few")


def test_words(tmp_path) -> None:
    """The page says that it is a correlation, with assumptions beside the worth; without opportunities it says what to
    give."""
    for number, of in enumerate((Told(told("Closed lost", "Closed won", "Closed lost"), []), NOBODY)):
        opportunities = ("o0", "o0", "o1", "o2") if number == 0 else (None,) * 4
        write_page(tmp_path / f"{number}.html", "impact.html.jinja", view_of(of, opportunities), stamp="s", root="")
    some, none = ((tmp_path / f"{number}.html").read_text() for number in (0, 1))
    assert "nothing here shows a cause" in some
    assert "which nobody knows" in some
    assert "opportunities.csv" in none
