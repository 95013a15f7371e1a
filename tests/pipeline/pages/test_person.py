"""The page of a person: its figures by hand."""

import pytest

from pipeline.metrics.cadence import load_plan
from pipeline.pages.parts.ratings import unjudged
from pipeline.pages.person import PersonPage, Ratings, views
from tests.pipeline.pages.four_calls import rated


def person(calls, ratings, tables, elements, name) -> PersonPage:
    source = Ratings(calls, ratings, tables["evidence"], unjudged(calls, tables["labels"], elements))
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


def test_room_to_the_best(tables, elements):
    """Bob's next steps are 2.6 below Ann's 3.0; his agenda has no one to be measured against but Ann, who is lower."""
    calls, ratings = rated(tables, elements)
    view = person(calls, ratings, tables, elements, "bob")
    assert (view.focus.element, view.focus.best_name) == ("next_steps", "Ann Lee")
    assert view.focus.room == pytest.approx(2.6)
    assert view.focus.direction == "unknown"
