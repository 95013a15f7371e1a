"""Pages: assessment map, week, cadence, calibration, runs, each conversation and person, as self-contained HTML."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, is_dataclass
from functools import partial
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.intake.guide import Guide
from pipeline.intake.roster import NOBODY_LISTED
from pipeline.metrics.cadence import Plan, load_plan
from pipeline.metrics.campaign import Campaign
from pipeline.pages import assessment_map, cadence, calibration, call_parts, people, person, runs, week
from pipeline.pages import call as call_page
from pipeline.pages.assessment_map import AssessmentMap
from pipeline.pages.cadence import Cadence
from pipeline.pages.calibration import Calibration
from pipeline.pages.call_parts import Call
from pipeline.pages.html import digest, look, stamp_of, write_page
from pipeline.pages.meetings import guides
from pipeline.pages.meetings.guides import NO_EXAMPLES, GuidePage, Guides, Shown
from pipeline.pages.parts.actions import trace
from pipeline.pages.parts.playback import audio_of, file_state
from pipeline.pages.parts.ratings import in_order, mark_pages, name_calls, page_name, rate, unjudged
from pipeline.pages.parts.usual import beside_usual
from pipeline.pages.people import People
from pipeline.pages.person import PersonPage
from pipeline.pages.runs import RunsPage
from pipeline.pages.week import Week
from pipeline.tables import TABLES
from pipeline.tables.judgements import Elements

log = logging.getLogger(__name__)

FOLDERS = ("calls", "people", "teams", "guides")
MAX_READERS = 16  # object storage answers many at once
MAX_CALLS_AT_ONCE = 200  # laid out at once: bounds memory, not what is written
View = AssessmentMap | Week | Cadence | Calibration | RunsPage | PersonPage | People | GuidePage | Guides
TEMPLATES: dict[type[View], str] = {
    AssessmentMap: "map.html.jinja",
    Week: "week.html.jinja",
    Cadence: "cadence.html.jinja",
    Calibration: "calibration.html.jinja",
    RunsPage: "runs.html.jinja",
    PersonPage: "person.html.jinja",
    People: "people.html.jinja",
    GuidePage: "guide.html.jinja",
    Guides: "guides.html.jinja",
}
Tables = Mapping[str, pl.DataFrame]
Notes = Callable[[Call], list[str]]


@dataclass(frozen=True)
class Selection:
    """Which conversation, person or team to write pages of; all where none is chosen."""

    call_id: str | None = None
    lead_id: str | None = None
    team: str | None = None

    @property
    def entry(self) -> str:
        """The page to open first, as a path from the report's folder."""
        if self.call_id is not None:
            return f"calls/{page_name(self.call_id)}"
        if self.lead_id is not None:
            return f"people/{page_name(self.lead_id)}"
        return "index.html" if self.team is None else f"teams/{page_name(self.team)}"


@dataclass(frozen=True)
class Context:
    """What pages show that is not in the tables.

    plan: the cadence and the assumptions that KPIs rest on
    consented: the people whose best moments colleagues may see
    notes: gives the sentences on a call's recording
    drifted: rows of `models.drift.drift`; null shows no drift
    campaigns: what teams work on together, for the page of the week
    guides: how each kind of conversation is held, by rubric
    examples: written moments that show elements well and badly, see `models.ratings.reference.examples`
    roster: the people of `intake.roster`, who have a page whether they are recorded or not
    teaching: call_id and rubric, best first: what to score next for elements that are not judged yet
    unseen: the current labels as models give them that had not learnt from the call
    """

    plan: Plan = field(default_factory=load_plan)
    consented: list[str] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    guides: Mapping[str, Guide] = field(default_factory=dict)
    examples: pl.DataFrame = field(default_factory=lambda: NO_EXAMPLES)
    roster: pl.DataFrame = field(default_factory=lambda: NOBODY_LISTED)
    notes: Notes = lambda _call: []
    drifted: pl.DataFrame | None = None
    teaching: pl.DataFrame | None = None
    unseen: pl.DataFrame | None = None


EVERYTHING = Selection()


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
    chosen = _choose(calls, selection)
    shown = mark_pages(calls, chosen, pages=set(_existing(folder)))
    ratings = rate(shown, rows["labels"], elements)
    rows["actions"] = trace(rows["actions"], shown)
    rows["measures"] = beside_usual(rows["measures"], shown)
    shown = in_order(shown)

    everyone = person.with_met(shown, elements, context.plan.manager_role)
    grey = unjudged(shown, rows["labels"], elements)
    source = person.Ratings(everyone, ratings, rows["evidence"], grey, rows["utterances"])
    pages = list(
        person.views(
            source, elements, everyone["person"].unique().to_list(), plan=context.plan, consented=context.consented
        )
    )
    pages += person.listed_only(context.roster, pages)
    theirs = {page.person.person_href for page in pages} if selection == EVERYTHING else set(chosen["person_href"])
    there = theirs | set(_existing(folder))
    listed = people.view([page for page in pages if page.person.person_href in there])
    views = _maps(shown, ratings, elements, rows, team=selection.team, teaching=context.teaching) | {
        "people.html": listed,
        "week.html": week.view(
            rows, ratings, elements, context.plan, drifted=context.drifted, campaigns=context.campaigns
        ),
        "cadence.html": cadence.view(rows, _linked(shown), elements, context.plan),
        "calibration.html": calibration.view(rows, elements, unseen=context.unseen),
        "runs.html": runs.view(rows),
    }
    views |= {page.person.person_href: page for page in pages if page.person.person_href in theirs}
    shelf = guides.views(
        elements, Shown(context.guides, context.examples, ratings, rows["evidence"], context.consented)
    )
    views |= {"guides.html": guides.index(shelf, context.plan.manager_role)} | {page.href: page for page in shelf}
    written = [_write_view(folder / path, view) for path, view in views.items()]
    held = shown.filter(pl.col("call_id").is_in(chosen["call_id"].implode()))
    written += _write_calls(folder, held, rows, elements, context.notes)

    if selection == EVERYTHING:
        _remove_others(folder, keep=set(written))
    return sorted(written, key=lambda path: path != folder / selection.entry)


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


def _choose(calls: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """The scored conversations that were asked for."""
    chosen = calls.filter(pl.col("status") == "ok")
    wishes = {
        "conversation": ("call_id", selection.call_id),
        "person": ("person", selection.lead_id),
        "team": ("team", selection.team),
    }
    for what, (column, wish) in wishes.items():
        if wish is None:
            continue
        chosen = chosen.filter(pl.col(column) == wish)
        if chosen.is_empty():
            why = calls.filter((pl.col(column) == wish) & pl.col("error").is_not_null())["error"].head(1).to_list()
            raise ValueError(f"no scored {what} {wish!r} in this workspace" + "".join(f": {text}" for text in why))
    return chosen


def _write_calls(
    folder: Path, calls: pl.DataFrame, rows: Tables, elements: dy.DataFrame[Elements], notes: Notes
) -> list[Path]:
    """Pages of conversations; only those whose rows, recording or templates changed are laid out."""
    calls = calls.with_columns(stamp=_stamps(calls, rows, elements))
    paths = {folder / href: stamp for href, stamp in calls.select("call_href", "stamp").iter_rows()}
    with ThreadPoolExecutor(MAX_READERS) as readers:
        stamped = readers.map(stamp_of, paths)
        stale = [path for (path, stamp), written in zip(paths.items(), stamped, strict=True) if written != stamp]
    log.info("pages of conversations: %d to write, %d unchanged", len(stale), len(paths) - len(stale))
    names = pl.Series([path.relative_to(folder).as_posix() for path in stale], dtype=pl.String)
    todo = calls.filter(pl.col("call_href").is_in(names.implode()))
    for some in todo.iter_slices(MAX_CALLS_AT_ONCE):
        for call, parts in call_parts.parts(some, rows, elements):
            path = folder / call.call_href
            page = call_page.view(call, parts, notes=notes(call), audio=audio_of(call.recording, path))
            write_page(path, "call.html.jinja", page, stamp=call.stamp, root="../")
    return list(paths)


def _stamps(calls: pl.DataFrame, rows: Tables, elements: dy.DataFrame[Elements]) -> pl.Series:
    """What each conversation's page depends on, as one hexadecimal number per row of `calls`."""
    parts = [calls.select("call_id", part=pl.struct(pl.all()).hash())]
    for name in ("utterances", "acts", "measures", "labels", "evidence", "actions", "scores"):
        of_call = pl.col("call_id").is_in(calls["call_id"].implode())
        parts.append(rows[name].filter(of_call).select("call_id", part=pl.struct(pl.all()).hash(seed=len(parts))))
    summed = pl.concat(parts).group_by("call_id").agg(pl.col("part").sum())
    common = hashlib.sha256(look().encode() + elements.write_json().encode())
    files = pl.Series([file_state(recording) for recording in calls["recording"]], dtype=pl.String)
    keys = calls.join(summed, on="call_id", how="left", maintain_order="left").select(
        key=pl.col("part").cast(pl.String) + files
    )["key"]
    return pl.Series([digest(common.hexdigest() + key) for key in keys], dtype=pl.String)


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
