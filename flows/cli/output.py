"""Commands on what leaves a workspace: pages, exports, and what is to be forgotten."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import polars as pl
from cyclopts import Parameter, Token

from flows import forget as forgetting
from flows.cli import show
from flows.cli.console import console
from flows.cli.options import Options, workspace_of
from flows.publish import invitation, write_pages
from models.ratings.rubrics import load_rubrics
from pipeline.export import targets
from pipeline.export.star_schema import Terms
from pipeline.metrics.commitments import open_commitments
from pipeline.metrics.kpi_table import refresh_kpis
from pipeline.pages.selection import Selection
from pipeline.store.zone import today_of, zone_of


def report(
    *,
    options: Options = Options(),
    call: str | None = None,
    lead: str | None = None,
    team: str | None = None,
) -> int:
    """Write the HTML pages: assessment map, conversations, people, calibration."""
    settings, selection = options.settings(), Selection(call_id=call, lead_id=lead, team=team)
    page = write_pages(workspace_of(settings), settings.rubrics, selection)
    console.print(f"Pages: {page}", soft_wrap=True)
    return 0


def commitments(*, manager: str | None = None, person: str | None = None, options: Options = Options()) -> int:
    """Print what is promised and still open, the earliest first; of one manager or person, if given.

    Parameters
    ----------
    manager
        Only what was promised in the meetings that this person leads.
    person
        Only what was promised in the meetings in which this person leads or sits opposite, or is theirs to do.
    """
    store = workspace_of(options.settings())
    promises = store.read("commitments")
    zone, met = zone_of(store), store.read("calls").select("lead_id", "other_id")
    met = pl.concat([met, promises.select("owner_id")], how="diagonal")
    for wanted, role, columns in ((manager, "leads", ["lead_id"]), (person, "is in", met.columns)):
        if wanted is not None and not any(wanted in met[column] for column in columns):
            raise ValueError(f"nobody called {wanted!r} {role} a meeting; give an id that the call lists use")
    rows = open_commitments(promises, manager, person)
    is_late = pl.col("due_date") < today_of(store)
    show.show_table(
        console,
        rows.select(
            "due_date",
            state=pl.when(is_late).then(pl.lit("overdue")).otherwise("state"),
            owner=pl.coalesce("owner_id", "owner_role"),
            what="what",
            made=pl.col("made_at").dt.convert_time_zone(zone).dt.date(),
            pair="pair",
        ),
    )
    return 0


def prepare(person: str, *, kind: str | None = None, options: Options = Options()) -> int:
    """Print what invites a person and the manager to their next meeting: promises, goal, moments, agenda.

    Parameters
    ----------
    person
        The id of the person who is managed.
    kind
        Kind of meeting, such as one_on_one; that of the last one unless given.
    """
    settings = options.settings()
    console.print(invitation(workspace_of(settings), settings.rubrics, person, kind), markup=False, soft_wrap=True)
    return 0


def day_of(_kind: object, tokens: Sequence[Token]) -> date:
    """The day that an option gives; raises ValueError saying which form it takes."""
    try:
        return date.fromisoformat(tokens[0].value)
    except ValueError as error:
        raise ValueError(f"{tokens[0].value!r} is no day; write it as year-month-day, such as 2026-04-20") from error


Day = Annotated[date | None, Parameter(converter=day_of)]


def export(target: str, *, since: Day = None, timezone: str | None = None, options: Options = Options()) -> int:
    """Bring a BI target to what the workspace holds: the star schema, as files or in a database.

    Parameters
    ----------
    target
        parquet:DIR, csv:DIR, duckdb:FILE or postgresql://USER@HOST/DATABASE.
    since
        Send a database only what was scored or labelled from this day on, such as 2026-04-20.
    timezone
        In which days and weeks begin.
    """
    settings = options.settings(timezone=timezone)
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    refresh_kpis(store, elements)
    written = targets.export(store, target, elements, since=since, terms=Terms.of(store, settings))
    show.show_table(console, written)
    return 0


def forget(
    *,
    call: str | None = None,
    person: str | None = None,
    before: Day = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    options: Options = Options(),
) -> int:
    """Erase calls from tables and their history, transcripts, pages and exports; run it while nothing is scored.

    Parameters
    ----------
    call
        The call_id of one call.
    person
        The id of a person: all calls in which this person took part.
    before
        All calls held before this day, such as 2026-04-20.
    dry_run
        Only say what would be removed.
    """
    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    zone = ZoneInfo(settings.timezone or zone_of(store))
    since = datetime.combine(before, time(), zone) if before else None
    calls = forgetting.chosen_calls(store, call_id=call, person_id=person, before=since)
    done = forgetting.forget(store, elements, settings, calls, person_id=person, dry_run=dry_run)
    show.show_table(console, done.calls)
    show.show_table(console, done.removed)
    console.print(f"{done.calls.height} calls {'would be' if dry_run else 'were'} removed; recordings are left alone")
    for sentence in done.left:
        console.print(sentence, markup=False, soft_wrap=True)
    if not dry_run and done.calls.height:
        sentence = "Take them out of your call lists, too: a list that names them has them scored again."
        console.print(sentence, soft_wrap=True)
    return 1 if done.left and not dry_run else 0
