"""What a person says of a call: their own view, disputes, comments, moments for a list."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

import polars as pl
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from flows.room.coaching.disputes import View, may_settle, raise_dispute, settle
from flows.room.coaching.moments import Span, add_moment, comment, seconds_of
from flows.room.coaching.own_views import OwnView, give, seat_of
from flows.room.database.coaching import Dispute, Playlist
from flows.room.entry import audit
from flows.room.guards import NOT_HERE, Fields, Home, Posted, Seen, Who, call_in_reach, only
from flows.room.shown import labels_of, linked, withheld
from pipeline.intake.kinds import rubric_of
from pipeline.pages.parts.ratings import page_name

router = APIRouter(dependencies=[Posted, Depends(only("seller", "manager", "second_line", "enablement", "admin"))])
Text = Annotated[str, Form()]
Level = Annotated[int, Form(ge=0, le=3)]


@router.post("/say/own-view")
def own_view(house: Home, visitor: Who, seen: Seen, call: Text, form: Fields) -> Response:
    """Keep how the seller or the manager sees a call."""
    row = call_in_reach(call, seen, house)
    seat = seat_of(row, visitor.person_id)
    if seat is None:
        raise HTTPException(404, NOT_HERE)
    asked = house.elements().filter(rubric=rubric_of(str(row["interaction"])))["element"].to_list()
    levels = {name: form.get(f"level {name}", "") for name in asked}
    said = OwnView(
        form.get("repeat", ""),
        form.get("avoid", ""),
        {name: int(level) for name, level in levels.items() if level in ("0", "1", "2", "3")},
    )
    with house.database.begin() as session:
        _or_refuse(lambda: give(session, call, said, person_id=visitor.person_id, seat=seat))
        audit.note(session, visitor.person_id, "gave own view", f"call {call}")
    return _back(call, "saved")


@router.post("/say/dispute")
def dispute(
    house: Home, visitor: Who, seen: Seen, call: Text, element: Text, level: Level, why: Text = "", turn: Text = ""
) -> Response:
    """Put one's own view beside a label."""
    call_in_reach(call, seen, house)
    rows = labels_of(house).filter(pl.col("level").is_not_null(), call_id=call, element=element)
    with house.database.begin() as session:
        if rows.is_empty() or withheld(session, visitor, linked(house, seen).filter(call_id=call)):
            raise HTTPException(404, NOT_HERE)
        view = View(level, why, int(turn) if turn.isdigit() and len(turn) < 7 else None)
        label = rows.row(0, named=True)
        _or_refuse(lambda: raise_dispute(session, label, view, by=visitor.person_id))
        audit.note(session, visitor.person_id, "disputed", f"{element} of call {call}")
    return _back(call, "raised", element)


@router.post("/say/settle")
def settling(
    request: Request, house: Home, visitor: Who, seen: Seen, dispute_id: Text, level: Level, why: Text = ""
) -> Response:
    """Settle a dispute; pages show it at once, the table of scores and KPIs follow."""
    with house.database.begin() as session:
        found = session.get(Dispute, dispute_id)
        if found is not None and found.settled_at is not None and found.call_id in seen.call_ids:
            raise HTTPException(409, f"{found.settled_by} has settled it already; what counts stands under Disputes.")
        if found is None or not may_settle(visitor, found, seen):
            raise HTTPException(404, NOT_HERE)
        standing = pl.col("level").is_not_null()
        rows = labels_of(house).filter(standing, call_id=found.call_id, rubric=found.rubric, element=found.element)
        label = rows.row(0, named=True) if rows.height else None
        _or_refuse(lambda: settle(found, level, why, by=visitor.person_id, label=label))
        audit.note(session, visitor.person_id, "settled", f"{found.element} of call {found.call_id}")
    request.app.state.keeper.wake()
    return RedirectResponse("/disputes?said=settled", 303)


@router.post("/say/comment")
def commenting(
    request: Request, house: Home, visitor: Who, seen: Seen, call: Text, at: Text, to: Text, text: Text = ""
) -> Response:
    """Write a comment at a second of a call, to a person of it."""
    row = call_in_reach(call, seen, house)
    with house.database.begin() as session:
        _or_refuse(lambda: comment(session, row, seconds_of(at), text, by=visitor.person_id, to=to))
        audit.note(session, visitor.person_id, "commented", f"call {call} to {to}")
    request.app.state.keeper.wake()
    return _back(call, "saved", "comments")


@router.post("/say/moment")
def moment(
    house: Home, visitor: Who, seen: Seen, call: Text, playlist_id: Text, start: Text, end: Text, note: Text = ""
) -> Response:
    """Add a moment of a call to a list of one's own."""
    call_in_reach(call, seen, house)
    with house.database.begin() as session:
        playlist = session.get(Playlist, playlist_id)
        if playlist is None or playlist.made_by != visitor.person_id:
            raise HTTPException(404, NOT_HERE)
        _or_refuse(
            lambda: add_moment(
                session, playlist, call, Span(seconds_of(start), seconds_of(end)), note, by=visitor.person_id
            )
        )
        audit.note(session, visitor.person_id, "added moment", f"call {call} to list {playlist_id}")
    return _back(call, "saved", "lists")


def _back(call_id: str, said: str, anchor: str = "") -> Response:
    """To the call's page, with a word on what was done."""
    return RedirectResponse(f"/calls/{quote(page_name(call_id))}?said={said}#{quote(anchor)}", 303)


def _or_refuse(act: Callable[[], object]) -> None:
    """Do it, or say in the answer why it cannot be done."""
    try:
        act()
    except ValueError as error:
        raise HTTPException(422, str(error)) from error
