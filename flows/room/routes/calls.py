"""The page of a conversation in the room: the report's, with people's views, disputes and comments beside it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from flows.publish import notes_of
from flows.room.coaching.disputes import disputes_of, may_settle
from flows.room.coaching.goals import Course, course_of, goals_of, is_of
from flows.room.coaching.moments import comments_of, playlists_of, readers_of
from flows.room.coaching.own_views import seat_of, views_of
from flows.room.database.coaching import Comment, Dispute, Playlist, Reflection
from flows.room.database.people import Person
from flows.room.entry import audit
from flows.room.entry.reach import Reach
from flows.room.entry.sign_in import Visitor
from flows.room.guards import NOT_HERE, Home, Seen, Who, only
from flows.room.house import House
from flows.room.render import page
from flows.room.routes.goals import AGREES
from flows.room.shown import labels_of, linked, measures_of, shown_to, withheld
from pipeline.metrics.cadence import load_plan
from pipeline.pages import call as call_page
from pipeline.pages import call_parts
from pipeline.pages.parts.actions import trace
from pipeline.pages.parts.playback import Audio
from pipeline.pages.parts.ratings import in_order, page_name
from pipeline.tables import TABLES

router = APIRouter(dependencies=[Depends(only("seller", "manager", "second_line", "enablement", "admin"))])
PARTS = ("utterances", "acts", "evidence", "actions")


@dataclass(frozen=True)
class Beside:
    """What people say of a call, as far as the reader may see it.

    is_withheld: whether the reader has to say first how it went
    seat: as whom the reader answers, self or manager; None where neither
    settles: the disputes that the reader may settle
    goals: those agreed in this meeting or followed in it
    met: whom the manager met in it, where the reader may agree on a goal with them
    """

    is_withheld: bool
    seat: str | None
    own_views: list[Reflection]
    disputes: list[Dispute]
    settles: set[str]
    goals: list[Course]
    met: str | None
    comments: list[Comment]
    readers: list[Person]
    playlists: list[Playlist]


@router.get("/calls/{name}")
def show(request: Request, name: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """A conversation with what was said of it."""
    calls = linked(house, seen).filter(pl.col("status") == "ok")
    found = [call_id for call_id in calls["call_id"] if page_name(call_id) == name]
    if not found:
        raise HTTPException(404, NOT_HERE)
    (call_id,) = found
    chosen = in_order(calls).filter(call_id=call_id).with_columns(stamp=pl.lit(""))
    goals = _goals_in(house, visitor, seen, chosen.row(0, named=True))
    beside = _beside(house, visitor, seen, chosen, goals)
    rows = {table: house.rows_of(table, [call_id]) for table in PARTS}
    rows["measures"] = measures_of(house).filter(call_id=call_id)
    rows["scores"] = TABLES["scores"].create_empty()  # who scores must not see what others scored
    labels = labels_of(house).filter(call_id=call_id)
    if beside.is_withheld:
        labels, rows["evidence"] = labels.clear(), TABLES["evidence"].create_empty()
    rows["labels"], rows["actions"] = labels, trace(rows["actions"], calls)
    ((call, parts),) = call_parts.parts(chosen, rows, house.elements())
    audio = Audio(f"/audio/call?call={quote(call_id, safe='')}") if call.recording else _silence()
    view = call_page.view(call, parts, notes=notes_of(house.store, call), audio=audio)
    asked = house.elements().filter(rubric=call.interaction or "").sort("position")
    return page(
        request,
        "room_call.html.jinja",
        **vars(view),
        beside=beside,
        asked=asked.select("element", "title").to_dicts(),
        moved=quote(call_id, safe=""),
    )


def _silence() -> Audio:
    return Audio(why="It came as a transcript, without a recording.")


def _goals_in(house: House, visitor: Visitor, seen: Reach, call: dict[str, Any]) -> list[Course]:
    """The goals that were agreed in a manager's meeting or open in it, of whom the manager met."""
    kinds = house.elements().filter(scored_role=load_plan(house.store.place).manager_role)["rubric"].unique()
    person_id = call["other_id"]
    if call["interaction"] not in set(kinds) or person_id not in seen.people:
        return []
    with house.database.read() as session:
        goals = goals_of(session, person_id)
    if not goals:
        return []
    shown = shown_to(house, visitor, seen)
    return [course_of(goal, shown.ratings, shown.calls) for goal in goals if is_of(goal, call, shown.calls)]


def _beside(house: House, visitor: Visitor, seen: Reach, chosen: pl.DataFrame, goals: list[Course]) -> Beside:
    """What people say of a call, and that the reader saw it."""
    call = chosen.row(0, named=True)
    is_met = call["other_id"] in seen.people and call["other_id"] != visitor.person_id and visitor.role in AGREES
    with house.database.begin() as session:
        audit.note(session, visitor.person_id, "saw", f"call {call['call_id']}")
        is_withheld = bool(withheld(session, visitor, chosen))
        disputes = [] if is_withheld else disputes_of(session, seen, call_id=call["call_id"])
        return Beside(
            is_withheld=is_withheld,
            seat=seat_of(call, visitor.person_id),
            own_views=[] if is_withheld else views_of(session, [call["call_id"]]),
            disputes=disputes,
            settles={one.dispute_id for one in disputes if may_settle(visitor, one, seen)},
            goals=goals,
            met=page_name(call["other_id"]) if is_met else None,
            comments=comments_of(session, call["call_id"], visitor.person_id),
            readers=readers_of(session, call, visitor.person_id),
            playlists=[one for one in playlists_of(session, visitor.person_id) if one.made_by == visitor.person_id],
        )
