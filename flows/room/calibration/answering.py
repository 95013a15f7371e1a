"""Answering: what a rater has to score, each answer saved as it is given, and when a call is finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from flows.room.database.columns import now
from flows.room.database.scoring import Answer, Assignment, Session
from pipeline.tables.values import LEVELS

MAX_NOTE = 2000
MAX_TURNS = 50
NEEDS_TURNS = (0, len(LEVELS) - 1)  # red and green are to be shown


class Todo(NamedTuple):
    """A session of a rater with what is to be scored in it, in order."""

    session: Session
    assignments: list[Assignment]

    @property
    def left(self) -> list[Assignment]:
        """What is not finished yet."""
        return [one for one in self.assignments if one.finished_at is None]


@dataclass(frozen=True)
class Judgement:
    """What a rater says of one element: a level, or None where it cannot be observed."""

    level: int | None
    turns: list[int]
    note: str = ""


class Wording(NamedTuple):
    """By which wording of an element an answer is given."""

    rubric_hash: str
    rubric_version: int


def todo_of(session: Transaction, person_id: str) -> list[Todo]:
    """The sessions in which a person has something to score, newest first."""
    rows = session.execute(
        select(Session, Assignment)
        .join(Assignment)
        .where(Assignment.person_id == person_id)
        .order_by(Session.created_at.desc(), Session.session_id, Assignment.place)
    )
    todo: dict[str, Todo] = {}
    for one in rows:
        todo.setdefault(one.Session.session_id, Todo(one.Session, [])).assignments.append(one.Assignment)
    return list(todo.values())


def assigned(
    session: Transaction, assignment_id: str, person_id: str, *, changes: bool = False
) -> tuple[Assignment, Session] | None:
    """An assignment of this person with its session; None where there is no such thing. What `changes` it waits for
    others who do: the same answer may arrive twice at once."""
    wanted = select(Assignment, Session).join(Session)
    wanted = wanted.where(Assignment.assignment_id == assignment_id, Assignment.person_id == person_id)
    row = session.execute(wanted.with_for_update(of=Assignment) if changes else wanted).first()
    return None if row is None else (row.Assignment, row.Session)


def answers_of(session: Transaction, assignment_id: str, round_: int = 1) -> dict[str, Answer]:
    """The answers given so far, by element."""
    given = session.scalars(select(Answer).where(Answer.assignment_id == assignment_id, Answer.round == round_))
    return {answer.element: answer for answer in given}


def save(
    session: Transaction, assignment: Assignment, wordings: Mapping[str, Wording], element: str, said: Judgement
) -> dict[str, Answer]:
    """Keep an answer to one of the elements in `wordings` and return all that were given; the same one twice changes
    nothing, another is by today's wording.

    Raises ValueError where the element is not asked for or the call is finished.
    """
    if element not in wordings:
        raise ValueError("This element is not asked for.")
    if assignment.finished_at is not None:
        raise ValueError("This call is finished; its answers stand.")
    answers = answers_of(session, assignment.assignment_id)
    kept = answers.get(element)
    turns, note = sorted(set(said.turns))[:MAX_TURNS], said.note[:MAX_NOTE]
    if kept is None:
        kept = answers[element] = Answer(
            assignment_id=assignment.assignment_id,
            element=element,
            round=1,
            rubric_hash=wordings[element].rubric_hash,
            rubric_version=wordings[element].rubric_version,
            level=said.level,
            turns=turns,
            note=note,
            version=1,
        )
        session.add(kept)
    elif (kept.level, kept.turns, kept.note) != (said.level, turns, note):
        kept.level, kept.turns, kept.note = said.level, turns, note
        kept.rubric_hash, kept.rubric_version = wordings[element]
        kept.version, kept.given_at = kept.version + 1, now()
    return answers


def lacking(elements: Sequence[str], answers: dict[str, Answer]) -> dict[str, str]:
    """What is still needed before the call is finished, by element."""
    lacks = {}
    for element in elements:
        answer = answers.get(element)
        if answer is None:
            lacks[element] = "choose a level"
        elif answer.level in NEEDS_TURNS and not answer.turns:
            lacks[element] = f"point at a turn that shows {LEVELS[answer.level]}"
    return lacks
