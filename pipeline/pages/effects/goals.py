"""Goals of single people: the element week by week before and since, as their pages and that of impact show it."""

from dataclasses import dataclass
from datetime import date, timedelta

import dataframely as dy
import polars as pl

from pipeline.metrics.coaching.taken_up import goals_of
from pipeline.metrics.impact.time_series import Interrupted, by_week, interrupted
from pipeline.pages.parts.typed_rows import rows_of
from pipeline.tables.judgements import Elements

SPAN = timedelta(weeks=26)  # on either side of the day on which a goal was agreed


@dataclass(frozen=True)
class Goal:
    """What was agreed with a person; `until` is the day of the next goal of the same element."""

    person: str
    name: str
    person_href: str | None
    rubric: str
    rubric_title: str
    element: str
    title: str
    start: date
    until: date | None
    due_on: date | None
    to_level: int | None
    came_to: str | None


@dataclass(frozen=True)
class GoalCourse:
    """A goal, how many conversations show its element before and since, and how it went."""

    goal: Goal
    n_before: int
    n_since: int
    found: Interrupted


def goal_courses(noted: pl.DataFrame, ratings: pl.DataFrame, elements: dy.DataFrame[Elements]) -> list[GoalCourse]:
    """The goals of people who have ratings, the newest first. What was held on the day of a goal counts as since; a
    course ends where the next goal of the same element begins."""
    titles = elements.select("rubric", "element", "title", "rubric_title")
    people = ratings.group_by("person").agg(pl.col("name", "person_href").last())
    known = (
        goals_of(noted)
        .with_columns(start=pl.col("at").dt.date(), person="person_id")
        .with_columns(until=pl.col("start").shift(1).over("person", "rubric", "element"))
        .join(titles, on=["rubric", "element"], maintain_order="left")
        .join(people, on="person", maintain_order="left")
    )
    return [_course(goal, ratings) for goal in rows_of(Goal, known)]


def _course(goal: Goal, ratings: pl.DataFrame) -> GoalCourse:
    day, end = pl.col("started_at").dt.date(), goal.start + SPAN
    near = ratings.filter(
        pl.col("person") == goal.person,
        pl.col("rubric") == goal.rubric,
        pl.col("element") == goal.element,
        day.is_between(goal.start - SPAN, min(goal.until or end, end), closed="left"),
    )
    return GoalCourse(
        goal=goal,
        n_before=near.filter(day < goal.start).height,
        n_since=near.filter(day >= goal.start).height,
        found=interrupted(by_week(near, goal.start), goal.start),
    )
