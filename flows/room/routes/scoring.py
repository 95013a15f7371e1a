"""Blind scoring: a call with its sound and words, an element's anchors, a level, the turns that show it.

The machine's answer, other raters and the outcome are not on these pages, nor names where the session hides them.
"""

from dataclasses import dataclass
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session as Transaction

from flows.room.calibration.answering import Judgement, answers_of, assigned, lacking, save, todo_of
from flows.room.calibration.blind import Conversation, blind_conversation, example_of
from flows.room.calibration.setting_up import agreed_levels
from flows.room.database.columns import now
from flows.room.database.scoring import Answer, Assignment, Session
from flows.room.entry import audit
from flows.room.guards import NOT_HERE, Home, Posted, Who
from flows.room.house import House
from flows.room.render import page
from models.registry.workspace import own_scores
from pipeline.tables.values import LEVELS

router = APIRouter()
Text = Annotated[str, Form()]
MOST_S = 6 * 3600  # of one sitting, so that a page left open does not count for days
CHOICES = {str(level): level for level in range(len(LEVELS))} | {"none": None}


@dataclass(frozen=True)
class Question:
    """An element as the rater sees it, by its `wording`, with what was answered; `example` is a good moment of another
    call."""

    element: str
    wording: str
    title: str
    where: str
    anchors: list[str]
    example: str
    level: int | None
    is_answered: bool
    turns: list[int]
    note: str
    lacks: str
    agreed: int | None


@router.get("/score/{assignment_id}")
def show(request: Request, assignment_id: str, house: Home, visitor: Who) -> Response:
    """A call to score, with what was answered so far."""
    with house.database.begin() as session:
        one, calibration = _mine(session, assignment_id, visitor.person_id)
        answers = answers_of(session, assignment_id)
        todo = next(todo for todo in todo_of(session, visitor.person_id) if todo.session == calibration)
        agreed = _agreed(house, session, one, calibration)
        audit.note(session, visitor.person_id, "saw", f"call {one.call_id} to score")
    rubric = _rubric(house, calibration)
    talk: Conversation = blind_conversation(house, one.call_id, hides_names=calibration.hides_names)
    asked = rubric["element"].to_list()
    lacks = lacking(asked, answers)
    examples = {name: example_of(house, calibration, one.call_id, name) for name in asked}
    questions = [_question(row, answers, lacks, examples, agreed) for row in rubric.iter_rows(named=True)]
    return page(
        request,
        "score.html.jinja",
        title=calibration.title,
        session=calibration,
        assignment=one,
        talk=talk,
        questions=questions,
        done=[other.finished_at is not None for other in todo.assignments],
        at=next(at for at, other in enumerate(todo.assignments) if other.assignment_id == assignment_id),
        following=next((other for other in todo.left if other.assignment_id != assignment_id), None),
        lacks=lacks,
    )


@router.post("/score/{assignment_id}/finish", dependencies=[Posted])
def finish(assignment_id: str, house: Home, visitor: Who) -> Response:
    """Finish a call where nothing is lacking, and go on to the next."""
    with house.database.begin() as session:
        one, calibration = _mine(session, assignment_id, visitor.person_id, changes=True)
        lacks = lacking(_rubric(house, calibration)["element"].to_list(), answers_of(session, assignment_id))
        if lacks or calibration.state != "scoring":
            return RedirectResponse(f"/score/{assignment_id}?said=unfinished", 303)
        one.finished_at = one.finished_at or now()
        session.flush()
        todo = next(todo for todo in todo_of(session, visitor.person_id) if todo.session == calibration)
        after = None if one.kind == "practice" else next(iter(todo.left), None)
        goal = assignment_id if one.kind == "practice" else after.assignment_id if after else ""
    return RedirectResponse(f"/score/{goal}" if goal else "/?said=session-done", 303)


@router.post("/score/{assignment_id}/answer", dependencies=[Posted])
def answer(
    request: Request,
    assignment_id: str,
    house: Home,
    visitor: Who,
    element: Text,
    level: Text,
    turns: Text = "",
    note: Text = "",
    wording: Text = "",
    seconds: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Keep an answer; it is acknowledged once the database has it, and flows on into the table of scores. One that was
    given on a page with an earlier wording of the element is refused."""
    pointed = [part for part in turns.split(",") if part]
    if level not in CHOICES or not all(part.isdigit() and len(part) < 7 for part in pointed):
        raise HTTPException(422, "A level is 0 to 3 or none, and turns are numbers.")
    said = Judgement(CHOICES[level], [int(part) for part in pointed], note)
    wordings = house.wordings()
    with house.database.begin() as session:
        one, calibration = _mine(session, assignment_id, visitor.person_id, changes=True)
        if calibration.state != "scoring":
            raise HTTPException(409, "The session is not being scored any more.")
        try:
            keys = ((name, (calibration.rubric, name)) for name in calibration.elements)
            asked = {name: wordings[key] for name, key in keys if key in wordings}
            if wording and element in asked and wording != asked[element].rubric_hash:
                raise ValueError("This element was reworded since you opened the page: load it again.")
            answers = save(session, one, asked, element, said)
        except ValueError as error:
            raise HTTPException(409, str(error)) from error
        one.seconds = max(one.seconds, min(seconds, MOST_S))
        lacks = lacking(list(asked), answers)
    request.app.state.keeper.wake()
    if "x-form-token" in request.headers:
        return JSONResponse({"saved": element, "lacks": lacks})
    return RedirectResponse(f"/score/{assignment_id}#{element}", 303)


def _mine(
    session: Transaction, assignment_id: str, person_id: str, *, changes: bool = False
) -> tuple[Assignment, Session]:
    """An assignment of the one who asks, in a session that is being scored or was."""
    found = assigned(session, assignment_id, person_id, changes=changes)
    if found is None:
        raise HTTPException(404, NOT_HERE)
    return found


def _rubric(house: House, calibration: Session) -> pl.DataFrame:
    """The elements that a session asks for."""
    return (
        house.elements()
        .filter(pl.col("rubric") == calibration.rubric, pl.col("element").is_in(calibration.elements))
        .sort("position")
    )


def _agreed(house: House, session: Transaction, one: Assignment, calibration: Session) -> dict[str, int]:
    """The agreed levels of a call of practice, once the rater has finished it."""
    if one.kind != "practice" or one.finished_at is None:
        return {}
    scores = own_scores(house.store, house.elements())
    return agreed_levels(scores, session, calibration.rubric, calibration.elements).get(one.call_id, {})


def _question(
    row: dict[str, object],
    answers: dict[str, Answer],
    lacks: dict[str, str],
    examples: dict[str, str],
    agreed: dict[str, int],
) -> Question:
    element = str(row["element"])
    kept = answers.get(element)
    return Question(
        element=element,
        wording=str(row["rubric_hash"]),
        title=str(row["title"]),
        where=str(row["where"]),
        anchors=[str(row[color]) for color in LEVELS],
        example=examples[element],
        level=kept.level if kept else None,
        is_answered=kept is not None,
        turns=kept.turns if kept else [],
        note=kept.note if kept else "",
        lacks=lacks.get(element, ""),
        agreed=agreed.get(element),
    )
