"""Goals: agreed with a person in reach, closed when they come to something."""

from datetime import date
from typing import Annotated
from urllib.parse import quote

import polars as pl
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from flows.room.coaching.goals import Wish, close_goal, open_goal
from flows.room.database.coaching import Goal
from flows.room.entry import audit
from flows.room.guards import NOT_HERE, Home, Posted, Seen, Who, only
from flows.room.shown import shown_to
from pipeline.pages.parts.ratings import page_name

AGREES = ("manager", "second_line", "enablement")
router = APIRouter(dependencies=[Posted, Depends(only(*AGREES))])
Text = Annotated[str, Form()]


@router.post("/goals")
def agree(
    request: Request,
    house: Home,
    visitor: Who,
    seen: Seen,
    person_id: Text,
    about: Text,
    to_level: Annotated[int, Form(ge=0, le=3)],
    due_on: Annotated[date, Form()],
    practise: Text,
    opened_in: Text = "",
) -> Response:
    """Agree on a goal with a person; `about` is rubric/element."""
    rubric, _, element = about.partition("/")
    ratings = shown_to(house, visitor, seen).ratings.filter(person=person_id, rubric=rubric, element=element)
    if person_id not in seen.people or person_id == visitor.person_id or ratings.is_empty():
        raise HTTPException(404, NOT_HERE)
    wish = Wish(rubric, element, to_level, due_on, practise, opened_in if opened_in in seen.call_ids else None)
    now_at = float(str(ratings.select(pl.col("expected_level").mean()).item()))
    with house.database.begin() as session:
        try:
            open_goal(session, person_id, wish, now_at, by=visitor.person_id)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        audit.note(session, visitor.person_id, "agreed on goal", f"{person_id}: {element}")
    request.app.state.keeper.wake()
    return RedirectResponse(f"/people/{quote(page_name(person_id))}?said=saved#goal", 303)


@router.post("/goals/close")
def close(request: Request, house: Home, visitor: Who, seen: Seen, goal_id: Text, came_to: Text) -> Response:
    """Say what a goal came to."""
    with house.database.begin() as session:
        goal = session.get(Goal, goal_id)
        if goal is None or goal.person_id not in seen.people or goal.closed_at is not None:
            raise HTTPException(404, NOT_HERE)
        try:
            close_goal(goal, came_to)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        audit.note(session, visitor.person_id, "closed goal", f"{goal.person_id}: {came_to}")
        person_id = goal.person_id
    request.app.state.keeper.wake()
    return RedirectResponse(f"/people/{quote(page_name(person_id))}?said=saved#goal", 303)
