"""People: whom the administrator invites, whose way in is closed, and the log of what everybody saw and changed."""

from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import delete, select

from flows.room.database.columns import now
from flows.room.database.people import AuditEntry, Person, SignIn
from flows.room.entry import audit
from flows.room.entry.invitations import invite
from flows.room.entry.sign_in import Visitor
from flows.room.guards import Home, Posted, only
from flows.room.house import House
from flows.room.render import page

router = APIRouter(dependencies=[Depends(only("admin"))])
Admin = Annotated[Visitor, Depends(only("admin"))]
Text = Annotated[str, Form()]
NEWEST = 500  # entries of the log
ABOUT = {
    "rater": "scores what is assigned, and sees nothing else",
    "seller": "sees own calls and the comments on them",
    "manager": "sees the calls of the own team",
    "second_line": "sees the calls of the managers and of their teams",
    "enablement": "sees all, makes sessions, rubrics and weights",
    "admin": "invites people and reads the audit log",
}


@router.get("/people-of-the-room")
def show(request: Request, house: Home) -> Response:
    """Everybody who was invited, and those of the call list who were not."""
    return _show(request, house)


@router.post("/people-of-the-room", dependencies=[Posted])
def add(
    request: Request,
    house: Home,
    visitor: Admin,
    person_id: Text,
    role: Text = "seller",
    name: Text = "",
    account: Text = "",
) -> Response:
    """Invite a person and show the link, once; who stands in the call list has the name of the call list."""
    listed = dict(_listed(house.table("calls")).select("person_id", "name").iter_rows())
    try:
        with house.database.begin() as session:
            if not name.strip() and session.get(Person, person_id.strip()) is None:
                name = listed.get(person_id.strip(), "")
            token = invite(session, person_id, name=name, role=role, account=account, by=visitor.person_id)
            audit.note(session, visitor.person_id, "invited", f"{person_id} as {role}")
    except ValueError as error:
        return _show(request, house, why=str(error), status=400)
    link = f"{request.url.scheme}://{request.headers.get('host', '')}/invitation/{token}"
    return _show(request, house, link=link, whom=person_id)


@router.post("/people-of-the-room/close", dependencies=[Posted])
def close(house: Home, visitor: Admin, person_id: Text) -> Response:
    """Close a person's way in and sign their browsers out."""
    with house.database.begin() as session:
        person = session.get(Person, person_id)
        if person is not None and person_id != visitor.person_id:
            person.disabled_at = now()
            session.execute(delete(SignIn).where(SignIn.person_id == person_id))
            audit.note(session, visitor.person_id, "closed the way in of", person_id)
    return RedirectResponse("/people-of-the-room", 303)


@router.get("/audit")
def show_log(request: Request, house: Home, person: str = "") -> Response:
    """The newest entries, of everybody or of one person."""
    wanted = select(AuditEntry).order_by(AuditEntry.at.desc()).limit(NEWEST)
    with house.database.read() as session:
        entries = list(session.scalars(wanted.where(AuditEntry.person_id == person) if person else wanted))
    return page(request, "audit.html.jinja", entries=entries, person=person, newest=NEWEST)


def _show(request: Request, house: House, *, status: int = 200, **values: str) -> Response:
    with house.database.read() as session:
        people = list(session.scalars(select(Person).order_by(Person.person_id)))
    known = {person.person_id for person in people}
    listed = _listed(house.table("calls")).filter(~pl.col("person_id").is_in(known)).to_dicts()
    shared = {"people": people, "listed": listed, "roles": ABOUT, "why": "", "link": "", "whom": ""}
    return page(request, "invitations.html.jinja", shared | values, status=status)


def _listed(calls: pl.DataFrame) -> pl.DataFrame:
    """Those who lead calls or manage people, with the role that fits: person_id, name, role."""
    leads = calls.select(person_id="lead_id", name="lead_name", role=pl.lit("seller"))
    managers = calls.select(person_id="manager_id", name="manager_id", role=pl.lit("manager"))
    above = calls.filter(pl.col("lead_id").is_in(calls["manager_id"].drop_nulls().implode())).select(
        person_id="manager_id", name="manager_id", role=pl.lit("second_line")
    )
    every = pl.concat([above, managers, leads]).drop_nulls("person_id")
    names = leads.drop_nulls().unique("person_id", keep="last").select("person_id", called="name")
    return (
        every.unique("person_id", keep="first", maintain_order=True)
        .join(names, on="person_id", how="left")
        .select("person_id", "role", name=pl.coalesce("called", "name"))
        .sort("person_id")
    )
