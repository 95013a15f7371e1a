"""Calibration sessions: the enablement lead sets one up, sees how far it got, opens the discussion and closes it."""

from datetime import date
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select

from flows.room.calibration.results import progress_of
from flows.room.calibration.setting_up import MOST_CALLS, Wish, agreed_levels, planned, set_up
from flows.room.database.people import Person
from flows.room.database.scoring import STATES, Assignment, Session
from flows.room.entry import audit
from flows.room.entry.reach import SEES_ALL
from flows.room.guards import NOT_HERE, Home, Posted, Seen, Who, only
from flows.room.render import page
from flows.room.shown import linked
from models.registry.workspace import own_scores
from pipeline.tables.judgements import Elements

router = APIRouter(dependencies=[Depends(only(*SEES_ALL))])
Text = Annotated[str, Form()]
Many = Annotated[list[str], Form()]
N_PLANNED = 12
LISTED = 300  # calls to choose from by hand, the newest


@router.get("/sessions")
def show_all(request: Request, house: Home) -> Response:
    """All sessions, the newest first."""
    with house.database.read() as session:
        sessions = list(session.scalars(select(Session).order_by(Session.created_at.desc())))
        done = func.count(Assignment.finished_at)
        counted = select(Assignment.session_id, func.count(), done).group_by(Assignment.session_id)
        counts = {session_id: (n, n_done) for session_id, n, n_done in session.execute(counted).tuples()}
    return page(request, "sessions.html.jinja", title="Sessions", sessions=sessions, counts=counts)


@router.get("/sessions/new")
def ask(request: Request, house: Home, seen: Seen, rubric: str = "", n: int = N_PLANNED) -> Response:
    """The form of a new session; first the rubric, then all else."""
    elements = house.elements()
    calls = linked(house, seen).filter(pl.col("status") == "ok")
    counts = dict(calls.group_by("interaction").len().iter_rows())
    titled = elements.select("rubric", "rubric_title").unique().sort("rubric_title")
    rubrics = [(name, title, counts.get(name, 0)) for name, title in titled.iter_rows() if counts.get(name)]
    chosen = elements.filter(pl.col("rubric") == rubric).sort("position")
    best = planned(house, rubric, max(1, min(n, MOST_CALLS))) if chosen.height else []
    with house.database.read() as session:
        people = list(session.scalars(select(Person).where(Person.disabled_at.is_(None)).order_by(Person.name)))
        agreed = agreed_levels(own_scores(house.store, elements), session, rubric, chosen["element"].to_list())
    newest = calls.filter(interaction=rubric).sort("started_at", descending=True, nulls_last=True)
    listed = newest.sort(pl.col("call_id").is_in(best), descending=True, maintain_order=True).head(LISTED)
    order = {call_id: place for place, call_id in enumerate(best)}
    return page(
        request,
        "session_new.html.jinja",
        title="A new session",
        rubric=rubric,
        rubrics=rubrics,
        elements=chosen.to_dicts(),
        calls=sorted(listed.to_dicts(), key=lambda call: order.get(call["call_id"], len(order))),
        best=set(best),
        people=people,
        n_agreed=len(set(agreed) - set(best)),
        n=n,
    )


@router.post("/sessions", dependencies=[Posted])
def make(
    house: Home,
    visitor: Who,
    seen: Seen,
    rubric: Text,
    title: Text = "",
    due_on: Annotated[date | None, Form()] = None,
    elements: Many = [],  # noqa: B006  fastapi copies it
    calls: Many = [],  # noqa: B006
    raters: Many = [],  # noqa: B006
    hides_names: Annotated[bool, Form()] = False,
) -> Response:
    """Open a session."""
    known = Elements.validate(house.elements().filter(pl.col("rubric") == rubric))
    rows = seen.of(house.table("calls")).filter(pl.col("status") == "ok", pl.col("interaction") == rubric)
    wish = Wish(
        title=title,
        rubric=rubric,
        elements=[name for name in known.sort("position")["element"] if name in elements],
        call_ids=[call_id for call_id in calls if call_id in set(rows["call_id"])],
        raters=raters,
        due_on=due_on,
        hides_names=hides_names,
    )
    with house.database.begin() as session:
        there = set(session.scalars(select(Person.person_id).where(Person.disabled_at.is_(None))))
        if not set(raters) <= there:
            raise HTTPException(422, "Choose raters who are in the room.")
        agreed = agreed_levels(own_scores(house.store, known), session, rubric, wish.elements)
        practice = sorted(set(agreed) & set(rows["call_id"]) - set(wish.call_ids))
        try:
            made = set_up(session, wish, by=visitor.person_id, practice=practice)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        audit.note(session, visitor.person_id, "opened session", made.session_id)
    return RedirectResponse(f"/sessions/{made.session_id}?said=opened", 303)


@router.get("/sessions/{session_id}")
def show(request: Request, session_id: str, house: Home) -> Response:
    """How far a session got, by rater; nothing of what was answered."""
    with house.database.read() as session:
        calibration = session.get(Session, session_id)
        if calibration is None:
            raise HTTPException(404, NOT_HERE)
        progress = progress_of(session, session_id)
        calls = session.scalars(
            select(Assignment.call_id).where(Assignment.session_id == session_id, Assignment.kind == "first").distinct()
        )
        n_calls = len(list(calls))
    values = {"session": calibration, "progress": progress, "n_calls": n_calls, "title": calibration.title}
    return page(request, "session.html.jinja", values)


@router.post("/sessions/{session_id}/state", dependencies=[Posted])
def move(session_id: str, house: Home, visitor: Who, state: Text) -> Response:
    """Open the discussion of a session, or close it; what is closed stays closed."""
    with house.database.begin() as session:
        calibration = session.get(Session, session_id)
        if calibration is None or state not in STATES or STATES.index(state) <= STATES.index(calibration.state):
            raise HTTPException(404, NOT_HERE)
        calibration.state = state
        audit.note(session, visitor.person_id, f"session {state}", session_id)
    return RedirectResponse(f"/sessions/{session_id}/result", 303)
