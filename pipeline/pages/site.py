"""Pages: assessment map, week, cadence, calibration, runs, each conversation and person, as self-contained HTML."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.intake.guide import Guide
from pipeline.intake.opportunities import NO_SNAPSHOTS
from pipeline.intake.roster import NOBODY_LISTED
from pipeline.metrics.cadence import Plan, load_plan
from pipeline.metrics.coaching.campaign import Campaign
from pipeline.metrics.coaching.loop import coaching_meetings
from pipeline.metrics.coaching.taken_up import spoken_of, taken_up
from pipeline.pages import assessment_map, cadence, calibration, people, person, runs, week
from pipeline.pages.assessment_map import AssessmentMap
from pipeline.pages.cadence import Cadence
from pipeline.pages.calibration import Calibration
from pipeline.pages.call_files import Notes, Tables, write_calls
from pipeline.pages.effects import impact
from pipeline.pages.effects.impact import Impact
from pipeline.pages.html import digest, look, stamp_of, write_page
from pipeline.pages.meetings import guides, managers, preparation, second_line
from pipeline.pages.meetings.guides import NO_EXAMPLES, GuidePage, Guides, Shown
from pipeline.pages.meetings.managers import ManagerPage, Sources
from pipeline.pages.meetings.preparation import Material, Preparation, promises_of
from pipeline.pages.meetings.second_line import Managers
from pipeline.pages.meetings.team import house_of, with_met
from pipeline.pages.parts.actions import trace
from pipeline.pages.parts.ratings import in_order, mark_pages, name_calls, page_name, rate, unjudged
from pipeline.pages.parts.usual import beside_usual
from pipeline.pages.people import People
from pipeline.pages.person import PersonPage
from pipeline.pages.runs import RunsPage
from pipeline.pages.selection import EVERYTHING, Selection
from pipeline.pages.week import Week
from pipeline.tables import TABLES
from pipeline.tables.coaching import TakenUp
from pipeline.tables.judgements import Elements

FOLDERS = ("calls", "people", "teams", "guides", "managers", "meetings")
View = (
    AssessmentMap
    | Week
    | Cadence
    | Impact
    | Calibration
    | RunsPage
    | PersonPage
    | People
    | GuidePage
    | Guides
    | Preparation
    | ManagerPage
    | Managers
)
TEMPLATES: dict[type[View], str] = {
    AssessmentMap: "map.html.jinja",
    Week: "week.html.jinja",
    Cadence: "cadence.html.jinja",
    Impact: "impact.html.jinja",
    Calibration: "calibration.html.jinja",
    RunsPage: "runs.html.jinja",
    PersonPage: "person.html.jinja",
    People: "people.html.jinja",
    GuidePage: "guide.html.jinja",
    Guides: "guides.html.jinja",
    Preparation: "next_meeting.html.jinja",
    ManagerPage: "manager.html.jinja",
    Managers: "managers.html.jinja",
}


@dataclass(frozen=True)
class Context:
    """What pages show that is not in the tables.

    plan: the cadence and the assumptions that KPIs rest on
    consented: the people whose best moments colleagues may see
    notes: gives the sentences on a call's recording
    drifted: rows of `models.drift.drift`; null shows no drift
    campaigns: what teams work on together, for the page of the week
    goals: what single people work on, of a file of the workspace
    opportunities: their stages by date, of a file of the workspace
    guides: how each kind of conversation is held, by rubric
    examples: written moments that show elements well and badly, see `models.ratings.reference.examples`
    roster: the people of `intake.roster`, who have a page whether they are recorded or not
    teaching: call_id and rubric, best first: what to score next for elements that are not judged yet
    unseen: the current labels as models give them that had not learnt from the call
    today: the day by which promises are overdue; null for that of the latest call
    """

    plan: Plan = field(default_factory=load_plan)
    consented: list[str] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    goals: pl.DataFrame = field(default_factory=TakenUp.create_empty)
    opportunities: pl.DataFrame = field(default_factory=lambda: NO_SNAPSHOTS)
    guides: Mapping[str, Guide] = field(default_factory=dict)
    examples: pl.DataFrame = field(default_factory=lambda: NO_EXAMPLES)
    roster: pl.DataFrame = field(default_factory=lambda: NOBODY_LISTED)
    notes: Notes = lambda _call: []
    drifted: pl.DataFrame | None = None
    teaching: pl.DataFrame | None = None
    unseen: pl.DataFrame | None = None
    today: date | None = None


def write_report(
    tables: Tables,
    elements: dy.DataFrame[Elements],
    folder: Path,
    *,
    selection: Selection = EVERYTHING,
    context: Context | None = None,
) -> list[Path]:
    """Write the pages of a workspace, or of one conversation, person or team; the first one returned is the entry.

    `tables` holds the Delta tables by name; one that is missing counts as empty. A page whose content would not change
    is left alone, so writing again is cheap; without a choice, pages of what is no longer there are removed.
    Raises ValueError where the chosen conversation, person or team is not in the tables.
    """
    rows = {name: tables.get(name, schema.create_empty()) for name, schema in TABLES.items()}
    context = context or Context()
    calls = name_calls(rows["calls"])
    chosen = selection.of(calls)
    shown = mark_pages(calls, chosen, pages=set(_existing(folder)))
    ratings = rate(shown, rows["labels"], elements)
    rows["actions"] = trace(rows["actions"], shown)
    rows["measures"] = beside_usual(rows["measures"], shown)
    shown = in_order(shown)

    everyone, pages = _people(shown, rows, ratings, elements, context)
    theirs = {page.person.person_href for page in pages} if selection == EVERYTHING else set(chosen["person_href"])
    there = theirs | set(_existing(folder))
    known = [page for page in pages if page.person.person_href in there]
    views = _maps(shown, ratings, elements, rows, team=selection.team, teaching=context.teaching) | {
        "people.html": people.view(known),
        "week.html": week.view(
            rows, ratings, elements, context.plan, drifted=context.drifted, campaigns=context.campaigns
        ),
        "cadence.html": cadence.view(rows, _linked(shown), elements, context.plan),
        "impact.html": impact.view(
            rows,
            ratings,
            elements,
            context.plan,
            impact.Told(context.opportunities, context.campaigns, _noted(rows, context)),
        ),
        "calibration.html": calibration.view(rows, elements, unseen=context.unseen),
        "runs.html": runs.view(rows),
    }
    shelf = guides.views(
        elements, Shown(context.guides, context.examples, ratings, rows["evidence"], rows["scores"], context.consented)
    )
    material = _material(everyone, rows, elements, context)
    held = Sources(
        known, material, ratings, rows["commitments"], rows["utterances"], everyone.filter("led"), context.plan
    )
    meetings = _meetings(held, elements)
    prepared = {page.person_href: path for path, page in meetings.items() if isinstance(page, Preparation)}
    of_people = {page.person.person_href: page for page in pages if page.person.person_href in theirs}
    views |= meetings | {href: replace(page, prepare_href=prepared.get(href)) for href, page in of_people.items()}
    views |= {"guides.html": guides.index(shelf, context.plan.manager_role)} | {page.href: page for page in shelf}
    written = [_write_view(folder / path, view) for path, view in views.items()]
    asked = shown.filter(pl.col("call_id").is_in(chosen["call_id"].implode()))
    written += write_calls(folder, asked, rows, elements, context.notes)

    if selection == EVERYTHING:
        _remove_others(folder, keep=set(written))
    return sorted(written, key=lambda path: path != folder / selection.entry)


def next_meeting(
    tables: Tables, elements: dy.DataFrame[Elements], person_id: str, *, context: Context, kind: str | None = None
) -> Preparation:
    """What the next meeting of a person with the manager needs, of the kind given or else of the last one.

    Raises ValueError where nobody is known to manage that person."""
    rows = {name: tables.get(name, schema.create_empty()) for name, schema in TABLES.items()}
    calls = name_calls(rows["calls"])
    ratings = rate(calls, rows["labels"], elements)
    everyone, pages = _people(calls, rows, ratings, elements, context)
    material = _material(everyone, rows, elements, context)
    found = preparation.views(pages, material, kind=kind).get(preparation.path_of(person_id))
    if found is None:
        known = ", ".join(material.house.members["person"].sort()) or "nobody"
        raise ValueError(f"{person_id!r} has no manager in this workspace, only {known}; name one in people.csv")
    return found


def _people(
    calls: pl.DataFrame, rows: Tables, ratings: pl.DataFrame, elements: dy.DataFrame[Elements], context: Context
) -> tuple[pl.DataFrame, list[PersonPage]]:
    """Calls with those that sellers were met in (see `meetings.team.with_met`), and the pages of everybody."""
    everyone = with_met(calls, elements, context.plan.manager_role)
    grey = unjudged(calls, rows["labels"], elements)
    met = coaching_meetings(everyone, context.plan)
    noted = _noted(rows, context)
    taken = taken_up(noted, spoken_of(rows["utterances"], met["call_id"], elements), met)
    said, scores = rows["utterances"], rows["scores"]
    source = person.Ratings(everyone, ratings, rows["evidence"], grey, scores, said, noted=noted, taken=taken)
    known = everyone["person"].unique().to_list()
    pages = list(person.views(source, elements, known, plan=context.plan, consented=context.consented))
    return everyone, pages + person.listed_only(context.roster, pages)


def _noted(rows: Tables, context: Context) -> pl.DataFrame:
    """Goals and comments as people noted them, in the room or in a list."""
    return pl.concat([rows["taken_up"], context.goals])


def _material(everyone: pl.DataFrame, rows: Tables, elements: dy.DataFrame[Elements], context: Context) -> Material:
    house = house_of(everyone, rows["utterances"], context.roster, context.plan)
    titles = dict(elements.select("rubric", "rubric_title").unique().iter_rows())
    latest = house.today.date() if house.today else None
    promises = promises_of(rows["commitments"], everyone, context.today or latest)
    return Material(house, promises, context.guides, titles)


def _meetings(source: Sources, elements: dy.DataFrame[Elements]) -> dict[str, View]:
    """The pages of managers and of next meetings, by path."""
    of_managers = managers.views(source, elements)
    house = source.material.house
    views: dict[str, View] = {"managers.html": second_line.view(of_managers, house, source.pages)}
    return views | {page.href: page for page in of_managers} | preparation.views(source.pages, source.material)


def _maps(
    calls: pl.DataFrame,
    ratings: pl.DataFrame,
    elements: dy.DataFrame[Elements],
    rows: Tables,
    *,
    team: str | None,
    teaching: pl.DataFrame | None,
) -> dict[str, View]:
    """The map of the whole, those of the teams where it shows teams, and that of the team chosen, by path."""
    view = partial(assessment_map.view_map, calls, ratings, elements, rows, teaching=teaching)
    maps: dict[str, View] = {"index.html": view()}
    teams = calls["team"].drop_nulls().to_list() if assessment_map.by_team(ratings) else []
    for name in sorted({*teams, *([team] if team else [])}):
        maps[f"teams/{page_name(name)}"] = view(team=name)
    return maps


def _linked(calls: pl.DataFrame) -> pl.DataFrame:
    """The people who have a page: person, person_href."""
    return calls.select("person", "person_href").drop_nulls().unique()


def _write_view(path: Path, view: View) -> Path:
    """Write a page unless it shows just that already."""
    stamp = digest(look() + json.dumps(view, default=_written, sort_keys=True))
    if stamp_of(path) != stamp:
        write_page(path, TEMPLATES[type(view)], view, stamp=stamp, root="../" * (path.parent.name in FOLDERS))
    return path


def _written(value: object) -> object:
    """What a page is made of, for its stamp."""
    return vars(value) if is_dataclass(value) else str(value)


def _existing(folder: Path) -> Iterator[str]:
    """Pages that are there, as paths from the report's folder."""
    for name in FOLDERS:
        yield from (path.relative_to(folder).as_posix() for path in (folder / name).glob("*.html"))


def _remove_others(folder: Path, *, keep: set[Path]) -> None:
    for path in [folder / name for name in _existing(folder)]:
        if path not in keep and stamp_of(path):
            path.unlink()
