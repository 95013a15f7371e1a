"""The impact page: figures by hand, in words that claim no cause, and legible on a telephone."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.intake.opportunities import NO_SNAPSHOTS, SNAPSHOTS
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.coaching.campaign import Campaign
from pipeline.metrics.impact.opportunities import HALVES
from pipeline.pages.effects import impact
from pipeline.pages.effects.goals import goal_courses
from pipeline.pages.effects.impact import Told
from pipeline.pages.html import write_page
from pipeline.pages.parts.ratings import name_calls, rate
from pipeline.tables.coaching import TakenUp
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


def a_year_of_ann(gain: float) -> pl.DataFrame:
    """Ratings of Ann's agenda, two conversations a week for 24 weeks, that rise by `gain` from the twelfth on; and of
    her next steps in eight."""
    chance = np.random.default_rng(3)
    rows = [
        ("agenda", START + timedelta(days=7 * week + day), 1.0 + gain * (week >= 12) + chance.normal(0, 0.15))
        for week in range(24)
        for day in (0, 2)
    ] + [("next_steps", START + timedelta(days=7 * week), 1.5) for week in range(8)]
    frame = pl.DataFrame(rows, schema=["element", "started_at", "expected_level"], orient="row")
    return frame.with_columns(
        pl.col("started_at").cast(pl.Datetime("us", "UTC")),
        person=pl.lit("ann"), name=pl.lit("Ann Lee"), person_href=pl.lit("people/ann.html"),
        rubric=pl.lit("discovery_call"),
    )  # fmt: skip


def goals(*rows: tuple[str, int]) -> pl.DataFrame:
    """Goals of Ann, from element and the weeks after START."""
    told = [
        {"how": "goal", "item_id": f"g{at}", "person_id": "ann", "rubric": "discovery_call", "element": element}
        | {"at": MONDAY + timedelta(weeks=weeks)}
        for at, (element, weeks) in enumerate(rows)
    ]
    return pl.concat([TakenUp.create_empty(), pl.DataFrame(told)], how="diagonal_relaxed")


@pytest.mark.parametrize(("gain", "verdict"), [(1.0, "rose"), (0.0, "not shown")])
def test_goals_of_single_people(gain: float, verdict: str) -> None:
    """Ann's agenda rises by a level when a goal is agreed, and its interval holds that; without a rise none is shown.
    Eight weeks of her next steps, three of them since, tell nothing yet."""
    noted = goals(("agenda", 12), ("next_steps", 5))
    agenda, next_steps = goal_courses(noted, a_year_of_ann(gain), ELEMENTS)
    assert (agenda.goal.element, agenda.n_before, agenda.n_since) == ("agenda", 24, 24)
    assert agenda.found.verdict == verdict
    assert agenda.found.effect.low <= gain <= agenda.found.effect.high
    assert (next_steps.n_before, next_steps.n_since, next_steps.found.verdict) == (5, 3, "too few")


def test_a_goal_ends_where_the_next_begins() -> None:
    """Of two goals on one element the first is told by the weeks up to the second."""
    second, first = goal_courses(goals(("agenda", 8), ("agenda", 16)), a_year_of_ann(0.0), ELEMENTS)
    assert (first.found.n_before, first.found.n_after) == (8, 8)
    assert (second.found.n_before, second.found.n_after) == (16, 8)


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
