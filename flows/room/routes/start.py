"""The first page: what awaits the one who is signed in."""

from fastapi import APIRouter, Request, Response

from flows.room.calibration.answering import todo_of
from flows.room.guards import Home, Seen, Who
from flows.room.render import page

router = APIRouter()


@router.get("/")
def start(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """What there is to do."""
    with house.database.read() as session:
        todo = [one for one in todo_of(session, visitor.person_id) if one.session.state != "closed"]
    return page(request, "start.html.jinja", title="Your room", todo=todo, n_calls=len(seen.call_ids))
