"""Goals: one open goal a person, agreed in a one-on-one and followed into the next."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.coaching import Goal
from flows.room.database.columns import now

MAX_WORDS = 1000
CAME_TO = ("reached", "not reached", "dropped")


@dataclass(frozen=True)
class Wish:
    """What is agreed: an element, to which level, by when, what to practise; `opened_in` is the one-on-one's call."""

    rubric: str
    element: str
    to_level: int
    due_on: date
    practise: str
    opened_in: str | None = None


@dataclass(frozen=True)
class Course:
    """A goal and how the element went since: calls and mean level before it was opened and after."""

    goal: Goal
    before: float | None
    n_since: int
    since: float | None


def open_goal(session: Session, person_id: str, wish: Wish, from_level: float, *, by: str) -> Goal:
    """Open a goal; an open one is dropped, as a person works on one thing. Raises ValueError where one is no goal."""
    if not 0 <= wish.to_level <= 3 or not wish.practise.strip():
        raise ValueError("Say to which level, and what to practise.")
    for goal in goals_of(session, person_id):
        if goal.closed_at is None:
            goal.closed_at, goal.came_to = now(), "dropped"
    made = Goal(
        person_id=person_id,
        rubric=wish.rubric,
        element=wish.element,
        from_level=from_level,
        to_level=wish.to_level,
        due_on=wish.due_on,
        practise=wish.practise.strip()[:MAX_WORDS],
        opened_in=wish.opened_in,
        opened_by=by,
        opened_at=now(),
    )
    session.add(made)
    return made


def close_goal(goal: Goal, came_to: str) -> None:
    """Say what a goal came to."""
    if came_to not in CAME_TO:
        raise ValueError(f"A goal comes to one of: {', '.join(CAME_TO)}.")
    goal.closed_at, goal.came_to = now(), came_to


def goals_of(session: Session, person_id: str) -> list[Goal]:
    """A person's goals, the newest first."""
    return list(session.scalars(select(Goal).where(Goal.person_id == person_id).order_by(Goal.opened_at.desc())))


def course_of(goal: Goal, ratings: pl.DataFrame) -> Course:
    """How the goal's element went in the person's calls that were held since the goal was opened."""
    of_element = ratings.filter(
        pl.col("person") == goal.person_id, pl.col("rubric") == goal.rubric, pl.col("element") == goal.element
    )
    since = of_element.filter(pl.col("started_at") >= goal.opened_at)
    mean = since["expected_level"].mean()
    return Course(goal, goal.from_level, since.height, float(str(mean)) if mean is not None else None)
