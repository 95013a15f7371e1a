"""Two processes write the same calls again and again, without the flow; a reader looks for tables that do not fit."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import polars as pl

from benchmarks.faults.compare import COMPARED
from flows.records import Assessment, Run, record
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.conversations import Utterances
from pipeline.tables.figures import Measures

WRITERS = 2
FEWEST = 3  # times that each writes and reads, however slow the machine is


@dataclass(frozen=True)
class Watched:
    """What the writers and the reader did, and what the reader saw that it never should."""

    commits: int
    reads: int
    faults: list[str]


def watch(full: Path, workspace: Path, *, seconds: float) -> Watched:
    """Two processes write the calls of the workspace `full` again and again; a third reads them meanwhile."""
    context = get_context("spawn")
    together = context.Barrier(WRITERS + 1)  # starting takes a while; all begin when the last has started
    with context.Pool(WRITERS + 1, initializer=together.wait) as pool:
        writing = [pool.apply_async(_write, (str(full), str(workspace), writer, seconds)) for writer in range(WRITERS)]
        reading = pool.apply_async(_read, (str(workspace), seconds))
        commits = sum(commit.get() for commit in writing)
        reads, faults = reading.get()
    return Watched(commits, reads, faults)


def _write(full: str, workspace: str, writer: int, seconds: float) -> int:
    """Record some of the calls again and again, marked by another version each time, so that a mixture shows."""
    store, rng, n = Store(workspace), random.Random(writer), 0
    whole, until = assessment(Store(full)), monotonic() + seconds
    while n < FEWEST or monotonic() < until:
        n += 1
        call_ids = rng.sample(whole.calls["call_id"].to_list(), k=rng.randint(1, whole.calls.height))
        part = Assessment._make([*(frame.filter(pl.col("call_id").is_in(call_ids)) for frame in whole[:-1]), None])
        version = WRITERS * n + writer
        marked = part._replace(
            measures=Measures.cast(part.measures.with_columns(measures_version=pl.lit(version, pl.Int64))),
            utterances=Utterances.cast(part.utterances.with_columns(speaker=pl.lit(str(version)))),
        )
        record(store, Run(f"{writer}-{n}", "nightly", "c", datetime.now(UTC), len(call_ids)), marked)
    return n


def assessment(store: Store) -> Assessment:
    """All that a workspace knows of its calls, in the form in which scoring them gives it."""
    tables = {name: store.read(name) for name in Assessment._fields if name != "later"}
    calls = (
        tables["calls"].rename({"audio_sha256": "content"}).with_columns(pl.lit(None, pl.String).alias("error_code"))
    )
    return Assessment(**tables | {"calls": calls.drop("run_id", "scored_at", "status")})  # type: ignore[arg-type]


def _read(workspace: str, seconds: float) -> tuple[int, list[str]]:
    store, n, faults, until = Store(workspace), 0, set(), monotonic() + seconds
    while n < FEWEST or monotonic() < until:
        faults |= set(_half_states(store))
        n += 1
    return n, sorted(faults)


def _half_states(store: Store) -> Iterator[str]:
    """Name what a reader should never see. Calls are read first, because their rows are written last."""
    calls = store.read("calls", where=pl.col("status") == "ok").select("call_id")
    rows = {name: store.read(name).join(calls, on="call_id", how="semi") for name in COMPARED[1:-1]}
    for name, frame in rows.items():
        if frame.select(TABLES[name].primary_key()).is_duplicated().any():
            yield f"{name}: a key stands twice"
        if name != "actions" and not calls.join(frame, on="call_id", how="anti").is_empty():
            yield f"{name}: no rows of a call that is among the calls"
    for name, mark in (("measures", "measures_version"), ("utterances", "speaker")):
        if (rows[name].group_by("call_id").agg(pl.col(mark).n_unique())[mark] > 1).any():
            yield f"{name}: rows of two runs for one call"
    labels = rows["labels"].filter("current")
    if labels.select("call_id", "rubric", "element").is_duplicated().any():
        yield "labels: two current labels of an element"
    if not labels.join(rows["evidence"], on=["call_id", "rubric", "element", "model_id"], how="anti").is_empty():
        yield "labels: a label without its evidence"
