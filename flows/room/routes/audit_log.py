"""The audit log, for the administrator."""

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select

from flows.room.database.people import AuditEntry
from flows.room.guards import Home, only
from flows.room.render import page

router = APIRouter(dependencies=[Depends(only("admin"))])
NEWEST = 500


@router.get("/audit")
def show(request: Request, house: Home, person: str = "") -> Response:
    """The newest entries, of everybody or of one person."""
    wanted = select(AuditEntry).order_by(AuditEntry.at.desc()).limit(NEWEST)
    with house.database.read() as session:
        entries = list(session.scalars(wanted.where(AuditEntry.person_id == person) if person else wanted))
    return page(request, "audit.html.jinja", entries=entries, person=person, newest=NEWEST)
