"""The result of a session and its meeting: the most disputed calls one by one, what is decided, anchors at fault."""

from typing import Annotated

import dataframely as dy
import polars as pl
from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from flows.room.calibration.answering import assigned
from flows.room.calibration.blind import blind_conversation
from flows.room.calibration.results import Result, result_of, revise
from flows.room.database.columns import now
from flows.room.database.scoring import Adjudication, Assignment, Rewording, Session
from flows.room.entry import audit
from flows.room.entry.reach import SEES_ALL
from flows.room.entry.sign_in import Visitor
from flows.room.guards import NOT_HERE, Home, Posted, Who
from flows.room.render import page
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

router = APIRouter()
Text = Annotated[str, Form()]
Level = Annotated[int, Form(ge=0, le=3)]
MOST_WORDS = 2000


@router.get("/sessions/{session_id}/result")
def show(request: Request, session_id: str, house: Home, visitor: Who) -> Response:
    """Agreement before and after, raters, and where they differ."""
    with house.database.read() as session:
        calibration = _open_to(session, session_id, visitor)
        result = result_of(session, calibration)
    rubric = _rubric(house.elements(), calibration)
    return page(
        request,
        "result.html.jinja",
        title=f"{calibration.title}: result",
        session=calibration,
        result=result,
        agreement=_by_element(result, rubric),
        raters=result.raters.to_dicts(),
        titles=_titles(rubric),
        leads=visitor.role in SEES_ALL,
    )


@router.get("/sessions/{session_id}/meeting")
def meet(request: Request, session_id: str, house: Home, visitor: Who, at: int = 1) -> Response:
    """One difference after another, the widest first, with the words that each rater pointed at."""
    with house.database.read() as session:
        calibration = _open_to(session, session_id, visitor)
        differences = result_of(session, calibration).differences
    if not 1 <= at <= len(differences):
        raise HTTPException(404, "Nobody differs on anything here." if not differences else NOT_HERE)
    one = differences[at - 1]
    rubric = _rubric(house.elements(), calibration)
    about = rubric.filter(element=one.element).row(0, named=True)
    talk = blind_conversation(house, one.call_id, hides_names=calibration.hides_names)
    mine = next((voice for voice in one.voices if voice.rater == visitor.person_id), None)
    return page(
        request,
        "meeting.html.jinja",
        title=f"{calibration.title}: {about['title']}",
        session=calibration,
        one=one,
        at=at,
        n=len(differences),
        element=about,
        talk=talk,
        lines={line.idx: line for line in talk.lines},
        mine=mine,
        leads=visitor.role in SEES_ALL,
    )


@router.post("/sessions/{session_id}/revise", dependencies=[Posted])
def change(
    session_id: str, house: Home, visitor: Who, assignment_id: Text, element: Text, level: Level, at: Text = "1"
) -> Response:
    """Keep what a rater gives after the discussion."""
    with house.database.begin() as session:
        calibration = _open_to(session, session_id, visitor)
        found = assigned(session, assignment_id, visitor.person_id)
        if found is None or found[1].session_id != session_id or calibration.state != "discussing":
            raise HTTPException(404, NOT_HERE)
        try:
            revise(session, found[0], element, level)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
    return _to_meeting(session_id, at)


@router.post("/sessions/{session_id}/decide", dependencies=[Posted])
def decide(
    request: Request,
    session_id: str,
    house: Home,
    visitor: Who,
    call: Text,
    element: Text,
    level: Level,
    note: Text = "",
    at: Text = "1",
) -> Response:
    """Record the level on which the meeting agreed."""
    with house.database.begin() as session:
        calibration = _led(session, session_id, visitor)
        asked = select(Assignment.call_id).where(Assignment.session_id == session_id, Assignment.call_id == call)
        if session.scalars(asked).first() is None or element not in calibration.elements:
            raise HTTPException(404, NOT_HERE)
        session.merge(
            Adjudication(
                session_id=session_id,
                call_id=call,
                element=element,
                level=level,
                note=note[:MOST_WORDS],
                decided_by=visitor.person_id,
                decided_at=now(),
                stored_at=None,
            )
        )
        audit.note(session, visitor.person_id, "decided", f"{element} of call {call}")
    request.app.state.keeper.wake()
    return _to_meeting(session_id, at)


@router.post("/sessions/{session_id}/reword", dependencies=[Posted])
def reword(
    session_id: str,
    house: Home,
    visitor: Who,
    element: Text,
    color: Text,
    text: Text,
    means: Text,
    at: Text = "1",
) -> Response:
    """Propose another wording of an anchor, and say whether it means the same; the rubric editor takes it up."""
    with house.database.begin() as session:
        calibration = _led(session, session_id, visitor)
        if element not in calibration.elements or color not in LEVELS or means not in ("same", "other"):
            raise HTTPException(422, "Choose an anchor, and say whether the new wording means the same.")
        if not text.strip():
            raise HTTPException(422, "Write the new wording.")
        session.add(
            Rewording(
                session_id=session_id,
                rubric=calibration.rubric,
                element=element,
                color=color,
                text=text.strip()[:MOST_WORDS],
                same_meaning=means == "same",
                proposed_by=visitor.person_id,
                proposed_at=now(),
            )
        )
        audit.note(session, visitor.person_id, "proposed wording", f"{calibration.rubric} {element} {color}")
    return _to_meeting(session_id, at)


def _open_to(session: Transaction, session_id: str, visitor: Visitor) -> Session:
    """A session whose result the visitor may see: raters once the discussion is open, those who see all at any time,
    unless they still have to score in it themselves."""
    calibration = session.get(Session, session_id)
    if calibration is None:
        raise HTTPException(404, NOT_HERE)
    mine = list(
        session.scalars(
            select(Assignment).where(Assignment.session_id == session_id, Assignment.person_id == visitor.person_id)
        )
    )
    if calibration.state == "scoring":
        if visitor.role not in SEES_ALL or any(one.finished_at is None for one in mine):
            raise HTTPException(404, NOT_HERE)
    elif visitor.role not in SEES_ALL and not mine:
        raise HTTPException(404, NOT_HERE)
    return calibration


def _led(session: Transaction, session_id: str, visitor: Visitor) -> Session:
    """A session in discussion, for those who lead it."""
    calibration = _open_to(session, session_id, visitor)
    if visitor.role not in SEES_ALL or calibration.state != "discussing":
        raise HTTPException(404, NOT_HERE)
    return calibration


def _to_meeting(session_id: str, at: str) -> Response:
    number = at if at.isdigit() and len(at) < 5 else "1"
    return RedirectResponse(f"/sessions/{session_id}/meeting?at={number}&said=saved", 303)


def _rubric(elements: dy.DataFrame[Elements], calibration: Session) -> pl.DataFrame:
    asked = pl.col("element").is_in(calibration.elements)
    return elements.filter(asked, pl.col("rubric") == calibration.rubric).sort("position")


def _titles(rubric: pl.DataFrame) -> dict[str, str]:
    return dict(rubric.select("element", "title").iter_rows())


def _by_element(result: Result, rubric: pl.DataFrame) -> list[dict[str, object]]:
    """One row per element in the rubric's order: title, agreement before, and after where there was a discussion."""
    names = ("alpha_ordinal", "low", "high", "exact", "n_calls", "n_raters")
    before = result.before.select("element", *names)
    joined = rubric.select("element", "title").join(before, on="element", how="left", maintain_order="left")
    after = result.after
    later = None if after is None else after.select("element", *(pl.col(n).alias(f"after_{n}") for n in names))
    return (joined if later is None else joined.join(later, on="element", how="left", maintain_order="left")).to_dicts()
