"""The page of runs: what each run came to, how long it took, and where the time went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from pipeline.pages.parts.typed_rows import record_of, rows_of
from pipeline.tables.values import STAGES

MAX_RUNS = 60  # the latest, on the page
ABOUT = {
    "read": "a transcript from elsewhere is read",
    "decode": "the recording is decoded",
    "diarize": "who speaks when",
    "transcribe": "what is said",
    "align": "words are given to speakers",
    "keep": "numbers and names are redacted, the transcript is stored",
    "roles": "stored transcripts are read, and who leads is found",
    "acts": "what each sentence does",
    "measures": "moments, purposes, promises and measures",
    "labels": "features and colours",
    "store": "rows are written to the tables",
    "kpis": "the KPIs of all weeks are computed",
}


@dataclass(frozen=True)
class Failure:
    """How many conversations of a run failed with one error code."""

    error_code: str
    n: int


@dataclass(frozen=True)
class Run:
    """A run and what it came to; `speed` is the real-time factor, `stages` the seconds by stage."""

    run_id: str
    flow: str
    started_at: datetime
    host: str
    n_calls: int | None
    n_ok: int | None
    n_failed: int | None
    n_cached: int | None
    audio_s: float | None
    error: str | None
    state: str
    took_s: float | None
    speed: float | None
    failures: list[Failure] | None
    stages: dict[str, float]


@dataclass(frozen=True)
class Stage:
    """A stage of a run: its share of all seconds, and its seconds for each hour of conversation."""

    stage: str
    n: int
    total_s: float
    median_s: float
    p95_s: float
    max_s: float
    share: float
    hourly_s: float | None


@dataclass(frozen=True)
class RunsPage:
    """What the page of runs shows: the latest runs, and the stages of the last one that scored conversations."""

    runs: list[Run]
    n_runs: int
    last: Run | None
    stages: list[Stage]
    columns: list[str]
    about: dict[str, str] = field(default_factory=lambda: ABOUT)
    title: str = "Runs"


def view(rows: Mapping[str, pl.DataFrame]) -> RunsPage:
    """The page of runs, the latest first."""
    latest = rows["runs"].sort("started_at", "run_id", descending=True).head(MAX_RUNS)
    seconds = rows["stages"].join(latest.select("run_id"), on="run_id", how="semi")
    by_run = {str(run_id): of_run for (run_id,), of_run in seconds.group_by("run_id")}
    runs = []
    for row in _described(latest, rows["failures"]).iter_rows(named=True):
        of_run = by_run.get(row["run_id"])
        stages = {} if of_run is None else dict(of_run.select("stage", "total_s").rows())
        runs.append(record_of(Run, row | {"stages": stages}))
    last = next((run for run in runs if run.stages), None)
    return RunsPage(
        runs=runs,
        n_runs=rows["runs"].height,
        last=last,
        stages=[] if last is None else _stages(by_run[last.run_id]),
        columns=[stage for stage in STAGES if seconds["stage"].eq(stage).any()],
    )


def _described(runs: pl.DataFrame, failures: pl.DataFrame) -> pl.DataFrame:
    """Runs with their failures, commonest first, how long they took, their state and real-time factor."""
    by_run = (
        failures.sort(pl.col("n"), "error_code", descending=[True, False])
        .group_by("run_id", maintain_order=True)
        .agg(failures=pl.struct("error_code", "n"))
    )
    described = runs.join(by_run, on="run_id", how="left", maintain_order="left").with_columns(
        took_s=(pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1e6,
        state=pl.when(pl.col("ended_at").is_null())
        .then(pl.lit("no end"))
        .when(pl.col("error").is_not_null() | (pl.col("n_failed") > 0))
        .then(pl.lit("failures"))
        .otherwise(pl.lit("ok")),
    )
    return described.with_columns(speed=pl.when(pl.col("audio_s") > 0).then(pl.col("took_s") / pl.col("audio_s")))


def _stages(of_run: pl.DataFrame) -> list[Stage]:
    """The stages of one run in the order of the data."""
    rank = pl.col("stage").replace_strict(list(STAGES), range(len(STAGES)), return_dtype=pl.Int64)
    shares = of_run.with_columns(
        share=pl.col("total_s") / pl.col("total_s").sum(),
        hourly_s=pl.when(pl.col("audio_s") > 0).then(pl.col("total_s") / pl.col("audio_s") * 3600),
    )
    return rows_of(Stage, shares.sort(rank))
