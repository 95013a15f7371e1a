"""Disputes on calls in reach: those to settle, those settled, and how often the classifier was overturned."""

from fastapi import APIRouter, Depends, Request, Response

from flows.room.coaching.disputes import disputes_of, may_settle, overturned
from flows.room.guards import Home, Seen, Who, only
from flows.room.render import page
from flows.room.shown import linked, shown_to

router = APIRouter(dependencies=[Depends(only("seller", "manager", "second_line", "enablement", "admin"))])


@router.get("/disputes")
def show(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """All disputes on calls in reach."""
    with house.database.read() as session:
        disputes = disputes_of(session, seen)
        settles = {one.dispute_id for one in disputes if may_settle(visitor, one, seen)}
    calls = linked(house, seen).select("call_id", "name", "other_name", "call_href", "started_at")
    titles = {
        (rubric, name): title
        for rubric, name, title in house.elements().select("rubric", "element", "title").iter_rows()
    }
    shown = shown_to(house, visitor, seen)
    rates = overturned(shown.labels, seen.of(house.table("overrides")), house.elements())
    return page(
        request,
        "disputes.html.jinja",
        title="Disputes",
        disputes=disputes,
        settles=settles,
        calls={row["call_id"]: row for row in calls.to_dicts()},
        titles=titles,
        rates=[row for row in rates.to_dicts() if row["n_disputed"]],
    )
