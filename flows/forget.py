"""Forgetting: calls are erased from every table and its history, from transcripts, pages and exports."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl

from flows.publish import named, write_pages
from flows.room.forgetting import FORGOTTEN, forget_in_room
from models.registry import cross_validation
from models.registry.workspace import update_agreement
from pipeline.export.star_schema import Terms
from pipeline.export.targets import export
from pipeline.intake.calls import PEOPLE
from pipeline.intake.goals import GOALS, read_goals
from pipeline.intake.roster import ROSTER, read_roster
from pipeline.location import remove_folder
from pipeline.metrics.kpi_table import update_kpis
from pipeline.pages.parts.coaching import CONSENT
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.store.zone import zone_of
from pipeline.tables import TABLES
from pipeline.tables.judgements import Elements

OF_CALLS = [name for name, table in TABLES.items() if "call_id" in table.column_names()]


SETTLED_BY = ("raised_by", "settled_by")
BY_RATER = ("scores", "pointed", "repeats")


class Forgotten(NamedTuple):
    """What was or would be removed: `calls` (call_id, interaction, started_at), and `removed` (what, n); `left` says in
    a sentence each what stays and what would help: lists that name the person, exports that could not be written."""

    calls: pl.DataFrame
    removed: pl.DataFrame
    left: list[str]


def chosen_calls(
    store: Store, *, call_id: str | None = None, person_id: str | None = None, before: datetime | None = None
) -> pl.DataFrame:
    """The calls to forget: one, all in which a person took part, or all before a time (by started_at, where that is
    unknown by when they were scored). Raises ValueError where there is none, and the person scored or settled none."""
    calls = store.read("calls")
    if call_id is not None:
        chosen, what = calls.filter(pl.col("call_id") == call_id), f"call {call_id!r}"
    elif person_id is not None:
        spoke = store.read("utterances", where=pl.col("person_id") == person_id)["call_id"].unique()
        listed = pl.any_horizontal(pl.col("lead_id", "other_id").eq_missing(person_id)) | _is_listed(calls, person_id)
        chosen, what = calls.filter(listed | pl.col("call_id").is_in(spoke.implode())), f"person {person_id!r}"
        if _did_for_others(store, calls, person_id):
            return chosen
    elif before is not None:
        chosen = calls.filter(pl.coalesce("started_at", "scored_at") < before.astimezone(UTC))
        what = f"call before {before:%Y-%m-%d}"
    else:
        raise ValueError("forget: say which: --call ID, --person ID or --before DATE")
    if chosen.is_empty():
        raise ValueError(f"forget: no {what} in {store.root}; nothing was removed")
    return chosen


def _is_listed(calls: pl.DataFrame, person_id: str) -> pl.Series:
    """Whether a person stands among the people listed for each call, spoken or not."""
    in_brackets = re.compile(rf"[(,|]\s*{re.escape(person_id)}\s*(?:[),|;]|$)")
    cells = calls[PEOPLE] if PEOPLE in calls.columns else pl.Series([None] * calls.height, dtype=pl.String)
    return pl.Series([bool(in_brackets.search(cell or "")) for cell in cells], dtype=pl.Boolean)


def _did_for_others(store: Store, calls: pl.DataFrame, person_id: str) -> bool:
    """Whether a person scored, disputed or settled labels, or is the manager of somebody's calls."""
    rated = any(store.read(table, where=pl.col("rater") == person_id).height for table in BY_RATER)
    columns = [*(store.read("overrides")[name] for name in SETTLED_BY), calls["manager_id"]]
    return rated or any(person_id in column for column in columns)


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

    Classifiers hold weights and no words. Scores of these calls go too, and all that a forgotten person gave; what was
    learnt from them stays learnt until the next training. What the person settled for others stays, without the name.
    The recordings and lists are yours and are left alone.
    """
    call_ids = calls["call_id"].to_list()
    others = store.read("calls").join(calls, on="call_id", how="anti")
    recorded = calls["audio_sha256"].drop_nulls().unique()
    contents = recorded.filter(~recorded.is_in(others["audio_sha256"].drop_nulls().implode())).to_list()
    shown = calls.select("call_id", "interaction", "started_at")
    left = [] if person_id is None else _still_named(store, person_id)
    if dry_run:
        counted = _counted(store, call_ids, person_id)
        return Forgotten(shown, pl.DataFrame(counted, schema=["what", "n"], orient="row"), left)
    removed = [("transcripts", store.speech.erase(contents))]
    removed.append(("cross-validations", cross_validation.forget_calls(store.folder("models"), call_ids)))
    also = {"actions": {"carried_from": call_ids}}
    if person_id is not None:
        also |= {table: {"rater": [person_id]} for table in BY_RATER}
    removed += [
        (table, store.erase(table, call_id=call_ids, **also.get(table, {})))
        for table in sorted(OF_CALLS, key=lambda name: name == "calls")  # last: what stopped can be repeated
    ]
    removed.append(("the room", forget_in_room(settings, store, call_ids, person_id=person_id)))
    if person_id is not None:
        removed.append(("goals and comments", store.erase("taken_up", person_id=[person_id])))
        _unname(store, person_id)
    left += _follow(store, elements, settings)
    return Forgotten(shown, pl.DataFrame(removed, schema=["what", "n"], orient="row"), left)


def _counted(store: Store, call_ids: list[str], person_id: str | None) -> list[tuple[str, int]]:
    of_calls = pl.col("call_id").is_in(call_ids)
    by_person = pl.col("rater") == person_id if person_id is not None else pl.lit(value=False)
    wanted = {table: of_calls | by_person if table in BY_RATER else of_calls for table in OF_CALLS}
    return [(table, store.read(table, where=where).height) for table, where in wanted.items()]


def _still_named(store: Store, person_id: str) -> list[str]:
    """The lists in the workspace in which a person stands: pages and exports are made of them again."""
    roster, goals = read_roster(store.place), read_goals(store.place)
    lists = {ROSTER: (roster["person"], roster["manager"]), GOALS: (goals["person_id"],)}
    files = {names: next((name for name in names if (store.place / name).is_file()), names[0]) for names in lists}
    still = [files[names] for names, columns in lists.items() if any(person_id in column for column in columns)]
    return [f"{name} in the workspace names {person_id!r}: take that out, then `callgrade report`" for name in still]


def _unname(store: Store, person_id: str) -> None:
    """Take a person out of the calls of others, as their manager, out of what was settled for others, and out of the
    list of consents."""
    settled = store.read("overrides")
    theirs = {name: pl.when(pl.col(name) == person_id).then(pl.lit(FORGOTTEN)).otherwise(name) for name in SETTLED_BY}
    store.merge("overrides", settled.filter(pl.any_horizontal(pl.col(SETTLED_BY) == person_id)).with_columns(**theirs))
    store.drop_history("overrides")
    managed = store.read("calls", where=pl.col("manager_id") == person_id)
    store.merge("calls", managed.with_columns(manager_id=pl.lit(None, pl.String)))
    store.drop_history("calls")
    consent = store.place / CONSENT
    if consent.is_file():
        others = [
            line for line in consent.read_text().splitlines() if line.partition(":")[0].strip("\"' ") != person_id
        ]
        consent.write_text("".join(f"{line}\n" for line in others))


def _follow(store: Store, elements: dy.DataFrame[Elements], settings: Settings) -> list[str]:
    """Make anew all that is computed from the calls that are left; a sentence for each export that failed."""
    update_kpis(store, elements, zone=settings.timezone or zone_of(store))
    update_agreement(store, elements)
    for table in ("kpis", "commitments", "agreement", "raters", "rater_periods"):
        store.drop_history(table)
    remove_folder(store.place / "reports")
    write_pages(store, settings.rubrics)
    failed = []
    for target in settings.exports:
        kind, _, place = target.partition(":")
        if kind == "duckdb":
            Path(place).unlink(missing_ok=True)  # its file keeps deleted rows until it is written anew
        try:
            export(store, target, elements, terms=Terms.of(store, settings))
        except Exception as error:  # noqa: BLE001  the others follow; what was erased cannot be asked for again
            reason = " ".join(str(error).split())
            failed.append(
                f"{named(target)} still holds what was erased ({reason}): `callgrade export` it when it can be"
            )
    return failed
