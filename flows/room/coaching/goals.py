"""Goals: one open goal a person, agreed in a one-on-one and followed into the next."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.coaching import Goal
from flows.room.database.columns import now
from pipeline.pages.meetings.preparation import Agreed

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


WISHED = tuple(one.name for one in fields(Wish))


@dataclass(frozen=True)
class Course:
    """A goal and how the element went since: calls and mean level before it was opened and after."""

    goal: Goal
    before: float | None
    n_since: int
    since: float | None


def open_goal(session: Session, person_id: str, wish: Wish, from_level: float, *, by: str) -> Goal:
    """Open a goal; an open one is dropped, as a person works on one thing, unless it is the same, as where a form was
    sent twice. Raises ValueError where one is no goal."""
    if not 0 <= wish.to_level <= 3 or not wish.practise.strip():
        raise ValueError("Say to which level, and what to practise.")
    wish = replace(wish, practise=wish.practise.strip()[:MAX_WORDS])
    for goal in goals_of(session, person_id):
        if goal.closed_at is None and Wish(**{name: getattr(goal, name) for name in WISHED}) == wish:
            return goal
        if goal.closed_at is None:
            goal.closed_at, goal.came_to = now(), "dropped"
    made = Goal(
        person_id=person_id,
        rubric=wish.rubric,
        element=wish.element,
        from_level=from_level,
        to_level=wish.to_level,
        due_on=wish.due_on,
        practise=wish.practise,
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


def agreed_at(goal: Goal, calls: pl.DataFrame) -> datetime:
    """When a goal was agreed: when the meeting began in which it was, where that is on record, else when it was opened
    in the room."""
    held = calls.filter(pl.col("call_id") == goal.opened_in)["started_at"].first()
    return held if isinstance(held, datetime) else goal.opened_at


def followed_in(goal: Goal, calls: pl.DataFrame) -> pl.DataFrame:
    """The meetings of the goal's person with a manager since it was agreed and until it was closed, by time; of `calls`
    as `pipeline.pages.meetings.team.with_met` gives them."""
    ends = pl.lit(value=True) if goal.closed_at is None else _at() <= goal.closed_at
    met = calls.filter(~pl.col("led"), person=goal.person_id).filter(
        _at() > agreed_at(goal, calls).astimezone(UTC), ends
    )
    return met.sort("started_at")


def is_of(goal: Goal, meeting: Mapping[str, Any], calls: pl.DataFrame) -> bool:
    """Whether a goal was agreed in a meeting or was open in it."""
    held = meeting["started_at"]
    is_open = held is not None and held > agreed_at(goal, calls) and (goal.closed_at is None or held <= goal.closed_at)
    return goal.opened_in == meeting["call_id"] or is_open


def course_of(goal: Goal, ratings: pl.DataFrame, calls: pl.DataFrame) -> Course:
    """How the goal's element went in the person's calls that were held since the goal was agreed."""
    of_element = ratings.filter(
        pl.col("person") == goal.person_id, pl.col("rubric") == goal.rubric, pl.col("element") == goal.element
    )
    since = of_element.filter(_at() > agreed_at(goal, calls).astimezone(UTC))
    mean = since["expected_level"].mean()
    return Course(goal, goal.from_level, since.height, float(str(mean)) if mean is not None else None)


def agreed_goal(goal: Goal, ratings: pl.DataFrame, calls: pl.DataFrame, titles: Mapping[str, str]) -> Agreed:
    """A goal as the page of the next meeting shows it; `titles` of elements by rubric/element."""
    course, met = course_of(goal, ratings, calls), followed_in(goal, calls)
    opened = calls.filter(pl.col("call_id") == goal.opened_in)["call_href"].first()
    return Agreed(
        title=titles.get(f"{goal.rubric}/{goal.element}", goal.element.replace("_", " ").capitalize()),
        from_level=goal.from_level,
        to_level=goal.to_level,
        due_on=goal.due_on,
        practise=goal.practise,
        agreed_on=agreed_at(goal, calls),
        agreed_href=None if opened is None else str(opened),
        since=course.since,
        n_since=course.n_since,
        followed=list(met.select("started_at", "call_href").iter_rows()),
    )


def _at() -> pl.Expr:
    """When a call was held, in UTC as the database keeps its moments."""
    return pl.col("started_at").dt.convert_time_zone("UTC")
