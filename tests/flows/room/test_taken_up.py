"""Goals and comments of the room reach the workspace: the loop and the pages of the night tell by them."""

import polars as pl

from flows.forget import forget
from flows.publish import write_pages
from flows.room.coaching.goals import Wish, close_goal, open_goal
from flows.room.coaching.moments import comment
from flows.room.database.coaching import Goal
from flows.room.taken_up import store_taken_up


def test_goals_and_comments_are_stored(house, enter):
    """A goal stands in the table as it is in the room, a comment under the element at whose moment it stands; storing
    again changes nothing, and closing a goal is told."""
    enter("ann"), enter("mia")
    calls = house.store.read("calls").filter(lead_id="ann", interaction="discovery_call")
    call = calls.sort("started_at").row(0, named=True)
    moment = (
        house.store.read("evidence", where=pl.col("idx").is_not_null())
        .filter(call_id=call["call_id"])
        .row(0, named=True)
    )
    with house.database.begin() as session:
        wish = Wish("discovery_call", "agenda", 3, call["started_at"].date(), "Say what it is for.")
        goal_id = open_goal(session, "ann", wish, 1.0, by="mia").goal_id
        made = comment(session, call, moment["start_s"], "Here.", by="mia", to="ann")
        comment(session, call, 0.0, "Well opened.", by="ann", to="mia")
        session.flush()
        goal_id, comment_id = session.query(Goal).one().goal_id, made.comment_id
    assert store_taken_up(house) >= 2
    rows = house.store.read("taken_up")
    (goal,) = rows.filter(how="goal").to_dicts()
    assert (goal["item_id"], goal["person_id"], goal["element"], goal["to_level"]) == (goal_id, "ann", "agenda", 3)
    about = rows.filter(how="comment")
    assert set(about["item_id"]) == {comment_id}
    assert set(about["person_id"]) == {"ann"}
    assert moment["element"] in about["element"].to_list()
    version = house.store.version("taken_up")
    store_taken_up(house)
    assert house.store.version("taken_up") == version
    with house.database.begin() as session:
        close_goal(session.get(Goal, goal_id), "reached")
    store_taken_up(house)
    assert house.store.read("taken_up").filter(how="goal")["came_to"].to_list() == ["reached"]


def test_a_goal_on_both_pages(house, enter):
    """What is agreed in the room stands on the person's page there at once, and on the page of the night; forgetting
    the person takes it away."""
    mia = enter("mia")
    about = {"person_id": "ann", "about": "discovery_call/agenda", "to_level": "3", "due_on": "2026-12-01"}
    assert mia.post("/goals", practise="Name the purpose.", **about).status_code == 303
    store_taken_up(house)
    assert "Did it help?" in mia.get("/people/ann.html").text
    write_pages(house.store, house.settings.rubrics)
    page = house.store.folder("reports") / "people/ann.html"
    assert "goal since" in page.read_text()
    calls = house.store.read("calls").filter(pl.any_horizontal(pl.col("lead_id", "other_id") == "ann"))
    forget(house.store, house.elements(), house.settings, calls, person_id="ann")
    assert house.store.read("taken_up").is_empty()
