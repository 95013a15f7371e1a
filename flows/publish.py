"""Publishing: the pages and exports made from a workspace's tables, and the message that says what changed."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl
from prefect import flow, unmapped

from flows.records import begin, close
from flows.timing import step
from models.drift import drift
from models.ratings.planner import next_to_score
from models.ratings.reference import examples
from models.ratings.rubrics import load_guides, load_rubrics
from models.registry import cross_validation
from models.registry.workspace import REFERENCE, own_scores, refresh_agreement, unseen_labels
from pipeline.export.data_dictionary import dictionary
from pipeline.export.star_schema import Terms
from pipeline.export.targets import export
from pipeline.intake.goals import read_goals
from pipeline.intake.opportunities import read_opportunities
from pipeline.intake.roster import read_roster
from pipeline.location import writing
from pipeline.metrics.cadence import Plan, load_plan
from pipeline.metrics.coaching.campaign import read_campaigns
from pipeline.metrics.current_labels import current_labels, settled, shown_labels
from pipeline.metrics.kpi_table import refresh_kpis
from pipeline.pages import week
from pipeline.pages.call_parts import Call
from pipeline.pages.messages import SENDERS, night_text, senders, week_text
from pipeline.pages.parts.coaching import read_consent
from pipeline.pages.parts.ratings import name_calls, rate
from pipeline.pages.selection import EVERYTHING, Selection
from pipeline.pages.site import Context, next_meeting, write_report
from pipeline.pages.week import Week
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.store.zone import in_zone, today_of, zone_of
from pipeline.tables import TABLES
from pipeline.tables.judgements import Elements, Labels, Scores

ABOUT = ("calls", "actions", "kpis", "runs")  # tables that a summary tells of, beside labels
log = logging.getLogger("callgrade")


class Published(NamedTuple):
    """What publishing came to: the page to open first, rows changed by target and table, the text of the message (None
    where there was nothing to say) and how it was sent, and a sentence for each target or sender that failed."""

    page: Path
    exported: pl.DataFrame
    text: str | None
    sent: list[str]
    failed: list[str]


@flow(name="publish", validate_parameters=False)
def publish(settings: Settings) -> Published:
    """After a night: write the pages, bring every export target up to date, tell what changed where that is wanted.

    A target that fails does not stop the others. It is named in `failed` and in the run's row; the next time it is
    exported to in full.
    """
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    plan, zone = load_plan(store.place), settings.timezone or zone_of(store)
    configuration = _configuration(settings, elements, plan, read_roster(store.place))
    since = _last_day(store, configuration, zone)
    run = begin(store, "publish", configuration, n_calls=0)
    page = step(write_pages)(store, settings.rubrics)
    written = export_all(store, elements, settings, since=since)
    text = night_text(week_view(store, elements, plan))
    sent, unsent = _send(text, settings)
    unwritten = _failures(settings.exports, written)
    for sentence in [*unwritten, *unsent]:
        log.error("not published: %s", sentence)
    close(store, run, n_failed=len(unwritten), error="; ".join([*unwritten, *unsent]) or None)
    return Published(page, _counts(settings.exports, written), text, sent, [*unwritten, *unsent])


@flow(name="weekly", validate_parameters=False)
def weekly(settings: Settings) -> str | None:
    """Send the summary of the latest week where that is wanted; returns its text, None before anything was scored.

    Raises RuntimeError where it could not be sent."""
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    text = week_text(step(week_view)(store, elements, load_plan(store.place)))
    _, failed = _send(text, settings)
    if failed:
        raise RuntimeError("; ".join(failed))
    return text


def write_pages(store: Store, rubrics: Path, selection: Selection = EVERYTHING) -> Path:
    """Write the pages of a workspace, or of one call, person or team; returns the page to open first.

    KPIs and agreement are computed anew before where they are stale, as where people settled labels or scored since."""
    elements = load_rubrics(rubrics)
    refresh_kpis(store, elements)
    refresh_agreement(store, elements)
    tables = _tables(store, elements)
    context = replace(_context(store, rubrics), teaching=teaching(tables, own_scores(store, elements)))
    with writing(store.root):
        return write_report(tables, elements, store.folder("reports"), selection=selection, context=context)[0]


def invitation(store: Store, rubrics: Path, person_id: str, kind: str | None = None) -> str:
    """The text that invites a person and the manager to their next meeting, of a kind or else of that of the last one;
    raises ValueError where there is no such person or kind."""
    elements = load_rubrics(rubrics)
    kinds = elements["rubric"].unique().sort()
    if kind is not None and kind not in kinds:
        raise ValueError(f"no rubric {kind!r}, only {', '.join(kinds)}")
    return next_meeting(_tables(store, elements), elements, person_id, context=_context(store, rubrics), kind=kind).text


def _tables(store: Store, elements: dy.DataFrame[Elements]) -> dict[str, pl.DataFrame]:
    """The tables as pages show them: settled labels, times of the workspace's zone."""
    tables = {name: store.read(name) for name in TABLES}
    tables["labels"] = settled(tables["labels"], tables["overrides"], elements)
    tables["calls"] = in_zone(tables["calls"], zone_of(store))
    return tables


def _context(store: Store, rubrics: Path) -> Context:
    own = store.place
    return Context(
        load_plan(own), read_consent(own), notes=partial(notes_of, store), drifted=drift_of(store),
        unseen=unseen_labels(store), roster=read_roster(own), campaigns=read_campaigns(own), goals=read_goals(own),
        guides=load_guides(rubrics), examples=examples(REFERENCE), opportunities=read_opportunities(own),
        today=today_of(store),
    )  # fmt: skip


def export_all(
    store: Store, elements: dy.DataFrame[Elements], settings: Settings, *, since: date | None = None
) -> list[Any]:
    """Bring every export target up to date, within a flow: for each the rows changed, or the error it came to."""
    bring = partial(export, store, elements=elements, terms=Terms.of(store, settings), since=since)
    futures = step(_export_to).map(list(settings.exports), unmapped(bring))
    return [future.result(raise_on_failure=False) for future in futures]


def follow(store: Store, elements: dy.DataFrame[Elements], settings: Settings) -> list[str]:
    """Let KPIs, pages and exports follow, within a flow, after labels changed; returns a sentence for each target that
    failed."""
    step(refresh_kpis)(store, elements, zone=settings.timezone)
    step(write_pages)(store, settings.rubrics)
    return _failures(settings.exports, export_all(store, elements, settings))


def notes_of(store: Store, call: Call) -> list[str]:
    """What a reader should know of a call's recording: what its stored transcript notes of it."""
    for transcript in store.speech.read_all(call.audio_sha256 or "-"):
        if transcript.transcriber == call.transcriber and transcript.diarizer == call.diarizer:
            return [note.text for note in transcript.notes if note.kind != "recogniser"]
    return []


def teaching(tables: Mapping[str, pl.DataFrame], scores: dy.DataFrame[Scores]) -> pl.DataFrame:
    """The calls to score next for the elements that are not judged yet, best first."""
    grey = Labels.validate(current_labels(tables["labels"]).filter(pl.col("level").is_null()))
    return next_to_score(tables["calls"], grey, scores, n=grey.height)


def drift_of(store: Store) -> pl.DataFrame:
    """How the colours of each week are spread beside what is expected, as `models.drift.drift` says it."""
    labels = Labels.validate(store.read("labels", where=pl.col("current")))
    validated = cross_validation.validated(store.folder("models"), labels["model_id"].unique())
    return drift(labels, in_zone(store.read("calls"), zone_of(store)), validated)


def week_view(store: Store, elements: dy.DataFrame[Elements], plan: Plan) -> Week:
    """What the page of the week shows, for a message; KPIs are computed anew where they are stale."""
    refresh_kpis(store, elements)
    rows = {name: store.read(name) for name in ABOUT}
    rows["calls"] = name_calls(in_zone(rows["calls"], zone_of(store)))
    rows["labels"] = shown_labels(store, elements)
    ratings = rate(rows["calls"], rows["labels"], elements)
    return week.view(rows, ratings, elements, plan, drifted=drift_of(store))


def _export_to(target: str, bring: partial[pl.DataFrame]) -> pl.DataFrame:
    return bring(target)


def _send(text: str | None, settings: Settings) -> tuple[list[str], list[str]]:
    """Send the text by all that is configured: by what it went, and a sentence for each that failed."""
    sent, failed = [], []
    for name in senders(settings) if text else []:
        try:
            SENDERS[name](text or "", settings)
        except OSError as error:
            failed.append(f"{name}: the summary was not sent ({type(error).__name__}: {error}); check the setting")
        else:
            sent.append(name)
    return sent, failed


def _configuration(settings: Settings, elements: pl.DataFrame, plan: Plan, roster: pl.DataFrame) -> str:
    """The fingerprint of all but the calls that decides what a target holds: when it changes, all is exported again."""
    parts = [*settings.exports, settings.timezone, *settings.redact, plan.model_dump_json()]
    tables = [elements.write_json(), dictionary().write_json(), roster.write_json()]
    return hashlib.sha256("\0".join([*parts, *tables]).encode()).hexdigest()[:16]


def _last_day(store: Store, configuration: str, zone: str) -> date | None:
    """The day of the last publishing with this configuration in which every target was written."""
    good = (pl.col("n_failed") == 0) & pl.col("ended_at").is_not_null() & (pl.col("config_hash") == configuration)
    runs = store.read("runs", where=good & (pl.col("flow") == "publish"))
    last = runs["started_at"].max()
    if not isinstance(last, datetime) or last > datetime.now(UTC):  # a clock was set back: all is exported again
        return None
    return last.astimezone(ZoneInfo(zone)).date()


def named(target: str) -> str:
    """A target without its user and password."""
    address = urlsplit(target)
    return f"postgresql://{address.hostname or ''}{address.path}" if address.scheme == "postgresql" else target


def _failures(targets: tuple[str, ...], written: list[Any]) -> list[str]:
    """A sentence for each target whose export came to an error."""
    pairs = zip(targets, written, strict=True)
    return [f"{named(target)}: {' '.join(str(what).split())}" for target, what in pairs if _bad(what)]


def _bad(what: object) -> bool:
    return not isinstance(what, pl.DataFrame)


def _counts(targets: tuple[str, ...], written: list[Any]) -> pl.DataFrame:
    """The rows changed, by target and table."""
    good = [
        rows.select(target=pl.lit(named(target)), **{name: name for name in rows.columns})
        for target, rows in zip(targets, written, strict=True)
        if not _bad(rows)
    ]
    return pl.concat(good) if good else pl.DataFrame(schema={"target": pl.String, "table": pl.String})
