"""The report's pages, live from the tables: the map, people and calls in reach, and the house's own for those who see
all."""

from functools import partial

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from flows.publish import drift_of
from flows.room.coaching.goals import course_of, goals_of
from flows.room.coaching.own_views import awareness, over_time, views_of
from flows.room.entry.reach import SEES_ALL, Reach
from flows.room.entry.sign_in import Visitor
from flows.room.guards import NOT_HERE, Home, Seen, Who, noted, only
from flows.room.house import House
from flows.room.render import page
from flows.room.routes.goals import AGREES
from flows.room.shown import labels_of, linked, ratings_of, shown_to
from flows.room.teams import Team, pages_of, team_of
from models.registry.workspace import refresh_agreement, unseen_labels
from pipeline.intake.goals import read_goals
from pipeline.intake.opportunities import read_opportunities
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.coaching.campaign import read_campaigns
from pipeline.metrics.kpi_table import refresh_kpis
from pipeline.pages import assessment_map, cadence, calibration, runs, week
from pipeline.pages.effects import impact
from pipeline.pages.meetings.preparation import path_of
from pipeline.pages.parts.ratings import page_name
from pipeline.tables import TABLES

router = APIRouter()
EVERYBODYS = [Depends(only("seller", "manager", "second_line", "enablement", "admin"))]
HOUSES = [Depends(only(*SEES_ALL))]


@router.get("/index.html", dependencies=EVERYBODYS)
def show_map(request: Request, house: Home, visitor: Who, seen: Seen) -> Response:
    """The assessment map of the calls in reach."""
    shown = shown_to(house, visitor, seen)
    rows = house.tables("runs") | {"labels": shown.labels}
    if not seen.sees_all:
        rows["runs"] = TABLES["runs"].create_empty()
    make = partial(assessment_map.view_map, shown.calls, shown.ratings, house.elements(), rows)
    state = (*house.versions("calls", "labels", "overrides", "runs"), house.rubric_files())
    view = house.once("map", state, make) if shown.is_all else make()
    return page(request, "map.html.jinja", **vars(view))


@router.get("/teams/{name}", dependencies=EVERYBODYS)
def show_team(request: Request, name: str, house: Home, visitor: Who, seen: Seen) -> Response:
    """The map of one team, of its calls in reach."""
    shown = shown_to(house, visitor, seen)
    teams = {page_name(team): team for team in shown.calls["team"].drop_nulls().unique()}
    if name not in teams:
        raise HTTPException(404, NOT_HERE)
    rows = house.tables() | {"labels": shown.labels}
    view = assessment_map.view_map(shown.calls, shown.ratings, house.elements(), rows, team=teams[name])
    return page(request, "map.html.jinja", **vars(view))


@router.get("/people/{name}", dependencies=EVERYBODYS)
def show_person(request: Request, name: str, house: Home, visitor: Who, seen: Seen, met: str = "") -> Response:
    """One person's page, of the calls in reach; `met` is the meeting in which a goal is about to be agreed."""
    team = team_of(house, visitor, seen)
    people = {page_name(key): key for key in seen.people | team.managed.keys()}
    if name not in people:
        raise HTTPException(404, NOT_HERE)
    noted(house, visitor, "saw", f"person {people[name]}")
    views = pages_of(house, team, [people[name]])
    if not views:
        raise HTTPException(404, NOT_HERE)
    beside = _goals(house, visitor, seen, team, people[name])
    prepare = {"prepare_href": path_of(people[name]) if people[name] in team.managed else None, "met": met}
    return page(request, "room_person.html.jinja", vars(views[0]) | beside | prepare)


@router.get("/week.html", dependencies=HOUSES)
def show_week(request: Request, house: Home, seen: Seen) -> Response:
    """The latest week's KPIs, anew where somebody settled a label since."""
    refresh_kpis(house.store, house.elements())
    rows = house.tables("calls", "kpis", "runs", "actions") | {"labels": labels_of(house)}
    calls = linked(house, seen)
    rows["calls"] = calls
    ratings = seen.of(ratings_of(house))
    drifted = house.once("drift", house.store.version("labels"), partial(drift_of, house.store))
    view = week.view(rows, ratings, house.elements(), load_plan(house.store.place), drifted=drifted)
    return page(request, "week.html.jinja", **vars(view))


@router.get("/cadence.html", dependencies=HOUSES)
def show_cadence(request: Request, house: Home, seen: Seen) -> Response:
    """Which meetings were held when they were due."""
    refresh_kpis(house.store, house.elements())
    calls = linked(house, seen)
    people = calls.select("person", "person_href").drop_nulls().unique()
    rows = house.tables("calls", "kpis") | {"calls": calls}
    view = cadence.view(rows, people, house.elements(), load_plan(house.store.place))
    return page(request, "cadence.html.jinja", **vars(view))


@router.get("/impact.html", dependencies=HOUSES)
def show_impact(request: Request, house: Home, seen: Seen) -> Response:
    """Quality beside what became of opportunities."""
    rows = {"calls": linked(house, seen), "labels": labels_of(house)}
    place = house.store.place
    goals = pl.concat([house.table("taken_up"), read_goals(place)]).filter(pl.col("person_id").is_in(list(seen.people)))
    told = impact.Told(read_opportunities(place), read_campaigns(place), goals)
    view = impact.view(rows, seen.of(ratings_of(house)), house.elements(), load_plan(house.store.place), told)
    return page(request, "impact.html.jinja", **vars(view))


@router.get("/calibration.html", dependencies=HOUSES)
def show_calibration(request: Request, house: Home) -> Response:
    """How far raters and classifiers agree, anew where scores came in since."""
    refresh_agreement(house.store, house.elements())
    rows = house.tables("agreement", "raters", "rater_periods", "models", "labels", "scores", "repeats")
    versions = tuple(house.store.version(name) for name in ("labels", "models"))
    unseen = house.once("unseen", versions, partial(unseen_labels, house.store))
    return page(request, "calibration.html.jinja", **vars(calibration.view(rows, house.elements(), unseen=unseen)))


@router.get("/runs.html", dependencies=HOUSES)
def show_runs(request: Request, house: Home) -> Response:
    """What each run came to."""
    return page(request, "runs.html.jinja", **vars(runs.view(house.tables("runs", "stages", "failures", "calls"))))


def _goals(house: House, visitor: Visitor, seen: Reach, team: Team, person_id: str) -> dict[str, object]:
    """The goals of a person with their course, and how near own views are to others'."""
    shown = team.shown
    meets = pl.any_horizontal(pl.col("lead_id", "other_id").eq_missing(person_id))
    talks = shown.calls.filter(meets, pl.col("manager_id").is_not_null(), pl.col("other_id").is_in(list(seen.people)))
    with house.database.read() as session:
        goals = [course_of(goal, shown.ratings, shown.calls) for goal in goals_of(session, person_id)]
        own = shown.calls.filter(lead_id=person_id)["call_id"].to_list()
        views = views_of(session, own)
    judged = {view.call_id for view in views if view.person_id == visitor.person_id}
    told = [view for view in views if seen.sees_all or visitor.role == "second_line" or view.call_id in judged]
    about = house.elements().select("rubric", "element", "title")
    return {
        "goals": goals,
        "talks": talks.sort("started_at", descending=True, nulls_last=True).to_dicts(),
        "meetings": dict(talks.select("call_id", "call_href").iter_rows()),
        "titles": {(rubric, element): title for rubric, element, title in about.iter_rows()},
        "may_agree": visitor.role in AGREES and person_id != visitor.person_id,
        "aware": awareness(told, shown.labels),
        "course": over_time(told, shown.labels, shown.calls),
    }
