"""Records: what a run writes, call by call, and what it came to."""

import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from socket import gethostname
from typing import NamedTuple
from uuid import uuid4

import dataframely as dy
import polars as pl

from flows.timing import Lap, summed
from pipeline.intake.calls import CANCELLED
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.conversations import Actions, Acts, Calls, Utterances
from pipeline.tables.figures import Measures
from pipeline.tables.judgements import Elements, Evidence, Labels
from pipeline.tables.runs import Runs
from pipeline.tables.values import SIDES
from pipeline.transcripts.roles import talk_of

NOT_MEANT = ("no_consent", CANCELLED)  # codes of rows that are not to be scored
OF_WORDS = ("utterances", "acts", "measures", "actions")  # tables that hold what was said in a call, and its figures
OF_THE_RUN = ("run_id", "scored_at")  # columns of calls
LABEL = ["call_id", "rubric", "element", "rubric_hash", "model_id"]
CALLS_MARKED = 5000  # at a time, of those whose moments an earlier version stored
log = logging.getLogger("callgrade")


class Run(NamedTuple):
    """One run of a flow; its row is stored when it begins and again when it ends."""

    run_id: str
    flow: str
    config_hash: str
    started_at: datetime
    n_calls: int


class Summary(NamedTuple):
    """What a run came to: the calls it scored, those it left as they were, the failed with code and error, and those
    not meant to be scored (consent is not given, or it was called off), and how long each stage took."""

    run: Run
    scored: pl.DataFrame
    cached: pl.DataFrame
    failed: pl.DataFrame
    skipped: pl.DataFrame
    stages: pl.DataFrame


class Followed(NamedTuple):
    """What stored meetings say of promises, looked for again as an earlier meeting came to light after them: their
    actions, and the measures that rest on these."""

    call_ids: list[str]
    actions: dy.DataFrame[Actions]
    measures: dy.DataFrame[Measures]


class Assessment(NamedTuple):
    """All that is known of some calls after scoring them, and what it changes in `later` meetings of these people."""

    calls: pl.DataFrame
    utterances: dy.DataFrame[Utterances]
    acts: dy.DataFrame[Acts]
    measures: dy.DataFrame[Measures]
    actions: dy.DataFrame[Actions]
    labels: dy.DataFrame[Labels]
    evidence: dy.DataFrame[Evidence]
    later: Followed | None = None


def begin(store: Store, flow: str, config_hash: str, *, n_calls: int) -> Run:
    """Store that a run has begun, and clear away what killed ones left half-written."""
    run = Run(uuid4().hex, flow, config_hash, datetime.now(UTC), n_calls)
    _store_run(store, run)
    log.debug("run began", extra={"run_id": run.run_id, "flow": flow, "total": n_calls})
    store.speech.drop_partial()
    return run


def end(store: Store, run: Run, cached: pl.DataFrame, written: list[pl.DataFrame], laps: Iterable[Lap] = ()) -> Summary:
    """Store what a run came to, given the rows of the calls table that it wrote and how long its stages took, and leave
    the tables tidy."""
    rows = pl.concat(written, how="diagonal")
    scored, failed, skipped = (rows.filter(status=status) for status in ("ok", "failed", "skipped"))
    of_run, stages = pl.lit(run.run_id).alias("run_id"), summed(laps)
    store.merge("stages", stages.select(of_run, *stages.columns))
    store.merge("failures", failed.group_by("error_code").agg(n=pl.len()).select(of_run, "error_code", "n"))
    _store_run(
        store,
        run,
        ended_at=datetime.now(UTC),
        n_ok=scored.height,
        n_failed=failed.height,
        n_cached=cached.height,
        audio_s=scored["duration_s"].sum(),
    )
    for table in TABLES:
        store.compact(table)
    counts = {"n_ok": scored.height, "n_failed": failed.height, "n_cached": cached.height}
    log.debug("run ended", extra={"seconds": (datetime.now(UTC) - run.started_at).total_seconds(), **counts})
    return Summary(run, scored, cached, failed, skipped, stages)


def close(store: Store, run: Run, *, n_failed: int = 0, error: str | None = None) -> None:
    """Store that a run which scores no conversations has ended, and what went wrong in it."""
    _store_run(store, run, ended_at=datetime.now(UTC), n_failed=n_failed, error=error)
    seconds = (datetime.now(UTC) - run.started_at).total_seconds()
    log.debug("run ended", extra={"seconds": seconds, "n_failed": n_failed})


def _store_run(store: Store, run: Run, **outcome: object) -> None:
    row = dict.fromkeys(Runs.column_names()) | run._asdict() | {"host": gethostname()} | outcome
    store.merge("runs", pl.DataFrame([row], schema_overrides=dict(Runs.create_empty().schema)))


def record(store: Store, run: Run, result: Assessment | pl.DataFrame) -> pl.DataFrame:
    """Store calls with all that is known of them, or, given rows of the call list with an error_code, as failed.

    The calls' own rows come last, so that a call which stands there is whole. What was scored on an earlier day is not
    overwritten by a failure; where the list now says that it is not to be scored, it becomes skipped, and what was said
    is taken out of the tables. Returns the rows of the calls table.
    """
    if isinstance(result, Assessment):
        call_ids = result.calls["call_id"].to_list()
        for table in OF_WORDS:
            store.replace(table, getattr(result, table), call_id=call_ids)
        record_labels(store, result.labels, result.evidence, whole=call_ids)
        if result.later:
            store.replace("actions", result.later.actions, call_id=result.later.call_ids)
            store.merge("measures", result.later.measures)
        rows = fresh = _call_rows(result.calls, run)
    else:
        rows = _call_rows(result, run)
        fresh = _not_scored(store, rows)
    store.merge("calls", fresh)
    return rows


def _not_scored(store: Store, rows: pl.DataFrame) -> pl.DataFrame:
    """Those of these failed and skipped rows that are to be stored, with the hash of a recording that was heard before:
    by it the transcript is forgotten. Rows skipped before that say nothing new stay: KPIs are newer than they are."""
    stored = store.read("calls", where=pl.col("call_id").is_in(rows["call_id"].implode()))
    scored = stored.filter(status="ok")
    withdrawn = rows.filter(status="skipped").join(scored, on="call_id", how="semi")
    if not withdrawn.is_empty():
        _take_out(store, withdrawn["call_id"].to_list())
    fresh = pl.concat([rows.join(scored, on="call_id", how="anti"), withdrawn])
    known = stored.select("call_id", known="audio_sha256")
    hashed = fresh.join(known, on="call_id", how="left", maintain_order="left")
    complete = hashed.with_columns(audio_sha256=pl.coalesce("audio_sha256", "known")).drop("known")
    about = [name for name in complete.columns if name not in OF_THE_RUN]
    if not set(about) <= set(stored.columns):
        return complete
    return complete.join(stored.filter(status="skipped"), on=about, how="anti", nulls_equal=True)


def _take_out(store: Store, call_ids: list[str]) -> None:
    """Take what was said in calls out of the tables, and what was carried from them into later meetings; their labels
    become history."""
    for table in (*OF_WORDS, "evidence"):
        store.replace(table, TABLES[table].create_empty(), call_id=call_ids)
    store.replace("actions", Actions.create_empty(), carried_from=call_ids)
    record_labels(store, Labels.create_empty(), Evidence.create_empty(), whole=call_ids)


def record_labels(store: Store, labels: pl.DataFrame, evidence: pl.DataFrame, *, whole: Collection[str] = ()) -> None:
    """Store labels with their evidence; earlier ones of the same calls and elements, and all others of the calls in
    `whole`, of which these are all the labels there are, stay, but are no longer current."""
    if labels.is_empty() and not whole:
        return
    call_ids, model_ids = (labels[name].unique().to_list() for name in ("call_id", "model_id"))
    is_whole = pl.col("call_id").is_in(whole)
    others = store.read("labels", where=pl.col("call_id").is_in({*call_ids, *whole}) & pl.col("current")).join(
        labels, on=LABEL, how="anti"
    )
    judged_again = others.filter(~is_whole).join(labels, on=["call_id", "rubric", "element"], how="semi")
    earlier = pl.concat([others.filter(is_whole), judged_again]).with_columns(current=pl.lit(value=False))
    store.replace("evidence", evidence, call_id=call_ids, model_id=model_ids)
    store.merge("labels", pl.concat([labels, earlier]))


def mark_moments(store: Store, elements: dy.DataFrame[Elements]) -> None:
    """Say of the evidence that earlier versions stored whether it may stand for the person: where the judged role says
    it. Whether it is small talk is not known."""
    unmarked = store.read("evidence", where=pl.col("worth_showing").is_null() & pl.col("idx").is_not_null())
    for calls in unmarked.select(pl.col("call_id").unique().sort()).iter_slices(CALLS_MARKED):
        there = pl.col("call_id").is_in(calls["call_id"].implode())
        talk = talk_of(store.read("utterances", where=there), store.read("calls", where=there), elements)
        own = talk.select("call_id", "idx", worth_showing=pl.col("side").eq_missing(SIDES[0]))
        marked = unmarked.filter(there).drop("worth_showing").join(own, on=["call_id", "idx"], how="left")
        store.merge("evidence", marked.with_columns(pl.col("worth_showing").fill_null(value=False)))


def _call_rows(listed: pl.DataFrame, run: Run) -> pl.DataFrame:
    """Rows of the calls table from rows of the call list and what was found out about them."""
    renamed = listed.rename({"content": "audio_sha256"})
    schema = Calls.create_empty().schema
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in renamed.columns]
    status = (
        pl.when(pl.col("error_code").is_null())
        .then(pl.lit("ok"))
        .when(pl.col("error_code").is_in(NOT_MEANT))
        .then(pl.lit("skipped"))
        .otherwise(pl.lit("failed"))
    )
    rows = renamed.with_columns(missing).with_columns(
        status=status, run_id=pl.lit(run.run_id), scored_at=pl.lit(datetime.now(UTC))
    )
    return rows.select(*schema, pl.selectors.starts_with("x_"))
