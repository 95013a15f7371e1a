"""The page of a person: its figures by hand."""

from datetime import timedelta

import polars as pl
import pytest

from pipeline.intake.roster import NOBODY_LISTED
from pipeline.metrics.cadence import load_plan
from pipeline.pages.parts.ratings import unjudged
from pipeline.pages.person import PersonPage, Ratings, views
from pipeline.pages.site import Context, write_report
from pipeline.tables.coaching import TakenUp
from pipeline.tables.judgements import Scores
from tests.pipeline.pages.four_calls import MONDAY, rated


def person(calls, ratings, tables, elements, name, scores=None) -> PersonPage:
    source = Ratings(
        calls.with_columns(led=pl.lit(value=True)),
        ratings,
        tables["evidence"],
        unjudged(calls, tables["labels"], elements),
        Scores.create_empty() if scores is None else scores,
    )
    return next(views(source, elements, [name], plan=load_plan(), consented=[]))


def test_person_by_hand(tables, elements):
    """Ann's agenda rises by 0.8 a week, 3.2 in four weeks; of her two elements it is the one below green."""
    calls, ratings = rated(tables, elements)
    view = person(calls, ratings, tables, elements, "ann")
    agenda = view.focus
    assert (agenda.element, agenda.goal) == ("agenda", "green anchor")
    assert agenda.trend == pytest.approx(3.2)
    assert agenda.direction == "up"
    assert [(str(period.week), period.mean) for period in agenda.weeks] == [
        ("2026-03-02", 0.4),
        ("2026-03-09", 1.0),
        ("2026-03-16", 2.0),
    ]
    assert [(moment.call_href, moment.level) for moment in view.avoid] == [("calls/a1.html", 0), ("calls/a2.html", 1)]
    assert [moment.title for moment in view.repeat] == ["Closes with next steps", "Sets the agenda"]


def test_no_moment_that_people_scored_otherwise(tables, elements):
    """The red agenda of Ann's first call is green by a person's score: its moment is none to avoid, the orange one's
    stays, and where she stands is told as before."""
    calls, ratings = rated(tables, elements)
    red = ratings.filter(call_id="a1", element="agenda").select("call_id", "rubric", "element", "rubric_hash")
    scores = red.with_columns(level=pl.lit(3), rater_kind=pl.lit("person"))
    view = person(calls, ratings, tables, elements, "ann", scores)
    assert [moment.call_href for moment in view.avoid] == ["calls/a2.html"]
    assert view.focus.n == 3


def test_room_to_the_best(tables, elements):
    """Bob's next steps are 2.6 below Ann's 3.0; his agenda has no one to be measured against but Ann, who is lower."""
    calls, ratings = rated(tables, elements)
    view = person(calls, ratings, tables, elements, "bob")
    assert (view.focus.element, view.focus.best_name) == ("next_steps", "Ann Lee")
    assert view.focus.room == pytest.approx(2.6)
    assert view.focus.direction == "unknown"


def test_sellers_without_calls(tables, elements, tmp_path):
    """Zoe, whom a manager met, and Kim, who is only listed, have pages and stand in the list of people; customers do
    not."""
    met = tables["calls"].filter(call_id="b1").with_columns(
        call_id=pl.lit("m1"), interaction=pl.lit("one_on_one"), lead_id=pl.lit("mia"), lead_name=pl.lit("Mia Orr"),
        other_id=pl.lit("zoe"), other_name=pl.lit("Zoe Fox"),
    )  # fmt: skip
    one_on_one = elements.with_columns(
        rubric=pl.lit("one_on_one"), scored_role=pl.lit("manager"), other_role=pl.lit("rep")
    )
    kim = pl.DataFrame({"person": ["kim"], "name": ["Kim Ash"], "manager": ["mia"], "team": ["East"]})
    roster = pl.concat([NOBODY_LISTED, kim], how="diagonal")
    tables = {**tables, "calls": pl.concat([tables["calls"], met])}
    write_report(tables, pl.concat([elements, one_on_one]), tmp_path, context=Context(roster=roster))
    assert {path.name for path in (tmp_path / "people").iterdir()} == {
        *("ann.html", "bob.html", "mia.html", "zoe.html", "kim.html"),
    }
    zoe = (tmp_path / "people/zoe.html").read_text()
    assert "manager Mia Orr" in zoe
    assert "../calls/m1.html" in zoe
    assert "No conversation is on record yet" in (tmp_path / "people/kim.html").read_text()
    assert "Kim Ash" in (tmp_path / "people.html").read_text()


def test_did_it_help(tables, elements, tmp_path):
    """A goal of Ann's stands on her page with the mean before and since; three weeks are too few to tell, and say so.
    Her agenda is coached from the day of the goal."""
    goal = {"how": "goal", "item_id": "g", "person_id": "ann", "rubric": "discovery_call", "element": "agenda"}
    noted = pl.DataFrame([goal | {"at": MONDAY + timedelta(days=7)}])
    noted = pl.concat([TakenUp.create_empty(), noted], how="diagonal_relaxed")
    write_report({**tables, "taken_up": noted}, elements, tmp_path)
    page = " ".join((tmp_path / "people/ann.html").read_text().split())
    assert "Sets the agenda</b>, goal since 9 Mar 2026: too few weeks to tell (1 before, 2 since" in page
    assert "<b>0.4</b> in 1 conversation before, <b>1.5</b> in 2 since" in page
    assert "<b>measured again</b> 16 Mar 2026: 0.7 → 2.0 in 1" in page
    impact = (tmp_path / "impact.html").read_text()
    assert "1 goal has too few weeks yet" in impact
    assert 'href="people/ann.html"' in impact
