"""Own views beside the manager's and the machine's: how near, and over time."""

from datetime import UTC, datetime

import polars as pl
import pytest

from flows.room.coaching.own_views import awareness, over_time
from flows.room.database.coaching import Reflection


def view(call_id: str, seat: str, **levels: int) -> Reflection:
    """What somebody said of a call."""
    return Reflection(call_id=call_id, person_id=seat, seat=seat, repeat="a", avoid="b", levels=levels)


VIEWS = [
    view("b", "self", agenda=3, insight=2),
    view("a", "self", agenda=1, insight=2),
    view("b", "manager", agenda=2, insight=2),
    view("c", "manager", agenda=3),
]
LABELS = pl.DataFrame(
    {
        "call_id": ["a", "a", "b", "c"],
        "element": ["agenda", "insight", "agenda", "agenda"],
        "level": [0, 3, 3, 1],
        "machine_level": [None, None, 1, None],
    }
)
CALLS = pl.DataFrame(
    {"call_id": ["c", "b", "a"], "started_at": [datetime(2026, 3, day, tzinfo=UTC) for day in (3, 2, 1)]}
)


def test_over_time():
    """Calls of which the person spoke, by time: the mean level by each; a settled level is not the machine's."""
    first, second = over_time(VIEWS, LABELS, CALLS)
    assert (first.held_at.day, first.own, first.manager, first.machine) == (1, 1.5, None, 1.5)
    assert (second.held_at.day, second.own, second.manager, second.machine) == (2, 2.5, 2.0, 1.0)


def test_awareness():
    """Own levels are a half above the manager's on two elements, and 2/3 above the machine's on three."""
    found = awareness(VIEWS, LABELS)
    assert (found.n_manager, found.off_manager, found.above_manager) == (2, 0.5, 0.5)
    assert (found.n_machine, found.off_machine, found.above_machine) == (3, pytest.approx(4 / 3), pytest.approx(2 / 3))


def test_the_figure(house, enter):
    """On the person's page the three stand as lines once two calls were spoken of."""
    ann = enter("ann")
    calls = house.store.read("calls").filter(lead_id="ann", interaction="discovery_call")["call_id"].head(2)
    names = house.elements().filter(rubric="discovery_call")["element"]
    for call_id in calls:
        fields = {f"level {name}": "2" for name in names}
        assert ann.post("/say/own-view", call=call_id, repeat="a", avoid="b", **fields).status_code == 303
    text = ann.get("/people/ann.html").text
    assert "own view 2.0" in text
    assert text.count("<circle") >= 4
