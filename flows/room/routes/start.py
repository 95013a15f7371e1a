"""The first page: what awaits the one who is signed in."""

import polars as pl
from fastapi import APIRouter, Request, Response

from flows.room.calibration.answering import todo_of
from flows.room.coaching.disputes import disputes_of, may_settle
from flows.room.coaching.goals import goals_of
from flows.room.coaching.moments import unread
from flows.room.guards import Home, Seen, Who
from flows.room.render import page
from flows.room.shown import linked, withheld

router = APIRouter()
MOST_LISTED = 10


@router.get("/")
def start(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """What there is to do: to score, to say of one's calls, to read, to settle, to practise."""
    calls = linked(house, seen).filter(pl.col("status") == "ok").sort("started_at", descending=True, nulls_last=True)
    with house.database.read() as session:
        todo = [one for one in todo_of(session, visitor.person_id) if one.session.state != "closed"]
        first = withheld(session, visitor, calls)
        comments = unread(session, visitor.person_id, seen)
        disputes = [one for one in disputes_of(session, seen) if may_settle(visitor, one, seen)]
        goal = next((one for one in goals_of(session, visitor.person_id) if one.closed_at is None), None)
    return page(
        request,
        "start.html.jinja",
        title="Your room",
        todo=todo,
        n_calls=len(seen.call_ids),
        first=calls.filter(pl.col("call_id").is_in(list(first))).head(MOST_LISTED).to_dicts(),
        n_first=len(first),
        comments=comments[:MOST_LISTED],
        n_disputes=len(disputes),
        goal=goal,
        calls={row["call_id"]: row for row in calls.to_dicts()} if comments else {},
    )
