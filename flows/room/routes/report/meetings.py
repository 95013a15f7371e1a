"""Managers, their teams and next meetings, live from the tables; and the guides to each kind of conversation."""

from dataclasses import replace

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from sqlalchemy import select

from flows.room.coaching.goals import agreed_goal
from flows.room.database.coaching import Goal
from flows.room.entry.reach import Reach
from flows.room.entry.sign_in import Visitor
from flows.room.guards import NOT_HERE, Home, Seen, Who, noted, only
from flows.room.house import House
from flows.room.render import page
from flows.room.routes.goals import AGREES
from flows.room.shown import ratings_of, withheld
from flows.room.teams import material_of, pages_of, pages_of_all, sources_of, team_of
from models.ratings.reference import examples
from models.ratings.rubrics import load_guides
from models.registry.workspace import REFERENCE
from pipeline.metrics.cadence import load_plan
from pipeline.pages import people as people_page
from pipeline.pages.meetings import guides, managers, preparation, second_line
from pipeline.pages.parts.coaching import read_consent
from pipeline.pages.parts.ratings import page_name

router = APIRouter()
EVERYBODYS = [Depends(only("seller", "manager", "second_line", "enablement", "admin"))]
MANAGERS = [Depends(only("manager", "second_line", "enablement", "admin"))]


@router.get("/people.html", dependencies=EVERYBODYS)
def show_people(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """Everybody in reach in one list."""
    team = team_of(house, visitor, seen)
    view = people_page.view(pages_of_all(house, visitor, seen, team))
    return page(request, "people.html.jinja", vars(view))


@router.get("/managers.html", dependencies=MANAGERS)
def show_managers(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """The managers in reach, and who is observed of their people."""
    team = team_of(house, visitor, seen)
    sources = sources_of(house, team, pages_of_all(house, visitor, seen, team))
    listed = managers.views(sources, house.elements())
    view = second_line.view(listed, sources.material.house, sources.pages)
    return page(request, "managers.html.jinja", vars(view))


@router.get("/managers/{name}", dependencies=MANAGERS)
def show_manager(request: Request, name: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """One manager: the team with its next steps, the own meetings, time spent, open promises."""
    team = team_of(house, visitor, seen)
    known = {page_name(manager): manager for manager in team.managed.values()}
    if name not in known:
        raise HTTPException(404, NOT_HERE)
    manager = known[name]
    theirs = {one: above for one, above in team.managed.items() if above == manager}
    team = replace(team, managed=theirs)
    sources = sources_of(house, team, pages_of(house, team, {manager, *theirs}))
    listed = managers.views(sources, house.elements())
    if not listed:
        raise HTTPException(404, NOT_HERE)
    noted(house, visitor, "saw", f"manager {manager}")
    return page(request, "manager.html.jinja", vars(listed[0]))


@router.get("/meetings/{name}", dependencies=EVERYBODYS)
def show_meeting(request: Request, name: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """What the next meeting of a person with the manager needs, with the goal on which they agreed."""
    team = team_of(house, visitor, seen)
    known = {page_name(one): one for one in team.managed}
    if name not in known:
        raise HTTPException(404, NOT_HERE)
    person_id = known[name]
    goal = _open_goal(house, person_id)
    titles = dict(house.elements().select(pl.format("{}/{}", "rubric", "element"), "title").iter_rows())
    agreed = {person_id: agreed_goal(goal, team.shown.ratings, team.calls, titles)} if goal else {}
    material = material_of(house, team, goals=agreed)
    view = preparation.views(pages_of(house, team, [person_id], exchange=True), material).get(f"meetings/{name}")
    if view is None:
        raise HTTPException(404, NOT_HERE)
    noted(house, visitor, "saw", f"next meeting of {person_id}")
    may_agree = visitor.role in AGREES and person_id != visitor.person_id and person_id in seen.people
    return page(request, "room_meeting.html.jinja", vars(view) | {"goal": goal, "may_agree": may_agree})


@router.get("/guides.html", dependencies=EVERYBODYS)
def show_guides(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """All guides."""
    view = guides.index(_shelf(house, visitor, seen), load_plan(house.store.place).manager_role)
    return page(request, "guides.html.jinja", vars(view))


@router.get("/guides/{name}", dependencies=EVERYBODYS)
def show_guide(request: Request, name: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """How one kind of conversation is held; moments of colleagues who agreed to it are read here, their calls are not
    opened."""
    found = next((one for one in _shelf(house, visitor, seen) if one.href == f"guides/{name}"), None)
    if found is None:
        raise HTTPException(404, NOT_HERE)
    return page(request, "guide.html.jinja", vars(found))


def _open_goal(house: House, person_id: str) -> Goal | None:
    with house.database.read() as session:
        return session.scalars(select(Goal).where(Goal.person_id == person_id, Goal.closed_at.is_(None))).first()


def _shelf(house: House, visitor: Visitor, seen: Reach) -> list[guides.GuidePage]:
    """The guides; nothing in them is of a call that the visitor is still to speak of or to score."""
    with house.database.read() as session:
        hidden = withheld(session, visitor, house.table("calls")) | seen.blind
    free = ~pl.col("call_id").is_in(list(hidden))
    written = house.once("examples", (), lambda: examples(REFERENCE))
    held = house.once("guides", house.rubric_files(), lambda: load_guides(house.settings.rubrics))
    shown = guides.Shown(
        held, written, ratings_of(house).filter(free), house.table("evidence").filter(free), house.table("scores"),
        read_consent(house.store.place),
    )  # fmt: skip
    opened = {row["call_href"] for row in seen.of(ratings_of(house)).select("call_href").unique().iter_rows(named=True)}
    return [
        replace(one, good=[_linked(moment, opened) for moment in one.good])
        for one in guides.views(house.elements(), shown)
    ]


def _linked(moment: guides.Example, opened: set[str | None]) -> guides.Example:
    return moment if moment.call_href in opened else replace(moment, call_href=None)
