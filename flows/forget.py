"""Forgetting: calls are erased from every table and its history, from transcripts, pages and exports."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl

from flows.publish import write_pages
from flows.room.forgetting import forget_in_room
from models.registry import cross_validation
from models.registry.workspace import update_agreement
from pipeline.export.star_schema import Terms
from pipeline.export.targets import export
from pipeline.location import remove_folder
from pipeline.metrics.kpi_table import update_kpis
from pipeline.pages.parts.coaching import CONSENT
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.store.zone import zone_of
from pipeline.tables import TABLES
from pipeline.tables.judgements import Elements

OF_CALLS = [name for name, table in TABLES.items() if "call_id" in table.column_names()]


class Forgotten(NamedTuple):
    """What was or would be removed: `calls` (call_id, interaction, started_at), and `removed` (what, n)."""

    calls: pl.DataFrame
    removed: pl.DataFrame


def chosen_calls(
    store: Store, *, call_id: str | None = None, person_id: str | None = None, before: datetime | None = None
) -> pl.DataFrame:
    """The calls to forget: one, all in which a person took part, or all before a time (by started_at, where that is
    unknown by when they were scored). Raises ValueError where there is none."""
    calls = store.read("calls")
    if call_id is not None:
        chosen, what = calls.filter(pl.col("call_id") == call_id), f"call {call_id!r}"
    elif person_id is not None:
        spoke = store.read("utterances", where=pl.col("person_id") == person_id)["call_id"].unique()
        listed = pl.any_horizontal(pl.col("lead_id", "other_id").eq_missing(person_id))
        chosen, what = calls.filter(listed | pl.col("call_id").is_in(spoke.implode())), f"person {person_id!r}"
    elif before is not None:
        chosen = calls.filter(pl.coalesce("started_at", "scored_at") < before)
        what = f"call before {before:%Y-%m-%d}"
    else:
        raise ValueError("forget: say which: --call ID, --person ID or --before DATE")
    if chosen.is_empty():
        raise ValueError(f"forget: no {what} in {store.root}; nothing was removed")
    return chosen


def forget(
    store: Store,
    elements: dy.DataFrame[Elements],
    settings: Settings,
    calls: pl.DataFrame,
    *,
    person_id: str | None = None,
    dry_run: bool = False,
) -> Forgotten:
    """Erase calls, and what was carried from them into later meetings; pages, KPIs and exports follow.

    Classifiers hold weights and no words. Scores of these calls go too; what was learnt from them stays learnt until
    the next training. The recordings themselves are yours and are left alone.
    """
    call_ids = calls["call_id"].to_list()
    others = store.read("calls").join(calls, on="call_id", how="anti")
    recorded = calls["audio_sha256"].drop_nulls().unique()
    contents = recorded.filter(~recorded.is_in(others["audio_sha256"].drop_nulls().implode())).to_list()
    shown = calls.select("call_id", "interaction", "started_at")
    if dry_run:
        return Forgotten(shown, pl.DataFrame(_counted(store, call_ids), schema=["what", "n"], orient="row"))
    removed = [("transcripts", store.speech.erase(contents))]
    removed.append(("cross-validations", cross_validation.forget_calls(store.folder("models"), call_ids)))
    carried = {"actions": {"carried_from": call_ids}}
    removed += [
        (table, store.erase(table, call_id=call_ids, **carried.get(table, {})))
        for table in sorted(OF_CALLS, key=lambda name: name == "calls")  # last: what stopped can be repeated
    ]
    removed.append(("the room", forget_in_room(settings, store, call_ids, person_id=person_id)))
    if person_id is not None:
        removed.append(("goals and comments", store.erase("taken_up", person_id=[person_id])))
        _unname(store, person_id)
    _follow(store, elements, settings)
    return Forgotten(shown, pl.DataFrame(removed, schema=["what", "n"], orient="row"))


def _counted(store: Store, call_ids: list[str]) -> list[tuple[str, int]]:
    return [(table, store.read(table, where=pl.col("call_id").is_in(call_ids)).height) for table in OF_CALLS]


def _unname(store: Store, person_id: str) -> None:
    """Take a person out of the calls of others, as their manager, and out of the list of consents."""
    managed = store.read("calls", where=pl.col("manager_id") == person_id)
    store.merge("calls", managed.with_columns(manager_id=pl.lit(None, pl.String)))
    store.drop_history("calls")
    consent = store.place / CONSENT
    if consent.is_file():
        others = [
            line for line in consent.read_text().splitlines() if line.partition(":")[0].strip("\"' ") != person_id
        ]
        consent.write_text("".join(f"{line}\n" for line in others))


def _follow(store: Store, elements: dy.DataFrame[Elements], settings: Settings) -> None:
    """Make anew all that is computed from the calls that are left."""
    update_kpis(store, elements, zone=settings.timezone or zone_of(store))
    update_agreement(store, elements)
    for table in ("kpis", "commitments", "agreement", "raters", "rater_periods"):
        store.drop_history(table)
    remove_folder(store.place / "reports")
    write_pages(store, settings.rubrics)
    for target in settings.exports:
        kind, _, place = target.partition(":")
        if kind == "duckdb":
            Path(place).unlink(missing_ok=True)  # its file keeps deleted rows until it is written anew
        export(store, target, elements, terms=Terms.of(store, settings))
