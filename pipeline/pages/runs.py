"""The page of runs: what each run came to, how long it took, and where the time went."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.tables import STAGES

RUNS = 60  # the latest, on the page
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


def view(rows: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """What the page of runs shows: the latest runs, and the stages of the last one that scored conversations."""
    runs = rows["runs"].sort("started_at", "run_id", descending=True).head(RUNS)
    failures = (
        rows["failures"]
        .sort(pl.col("n"), "error_code", descending=[True, False])
        .group_by("run_id", maintain_order=True)
        .agg(failures=pl.struct("error_code", "n"))
    )
    known = runs.join(failures, on="run_id", how="left", maintain_order="left").with_columns(
        took_s=(pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1e6,
        state=pl.when(pl.col("ended_at").is_null())
        .then(pl.lit("no end"))
        .when(pl.col("error").is_not_null() | (pl.col("n_failed") > 0))
        .then(pl.lit("failures"))
        .otherwise(pl.lit("ok")),
    )
    speed = pl.when(pl.col("audio_s") > 0).then(pl.col("took_s") / pl.col("audio_s"))  # the real-time factor
    told = known.with_columns(speed=speed).to_dicts()
    seconds = rows["stages"].join(known.select("run_id"), on="run_id", how="semi")
    by_run = {run_id: of_run for (run_id,), of_run in seconds.group_by("run_id")}
    for run in told:
        run["stages"] = dict(by_run[run["run_id"]].select("stage", "total_s").rows()) if run["run_id"] in by_run else {}
    last = next((run for run in told if run["stages"]), None)
    return {
        "title": "Runs",
        "runs": told,
        "n_runs": rows["runs"].height,
        "last": last,
        "stages": _stages(by_run[last["run_id"]]) if last else [],
        "about": ABOUT,
        "columns": [stage for stage in STAGES if seconds["stage"].eq(stage).any()],
    }


def _stages(of_run: pl.DataFrame) -> list[dict[str, Any]]:
    """The stages of one run in the order of the data, each with its share of all seconds and seconds for each hour of
    conversation."""
    rank = pl.col("stage").replace_strict(list(STAGES), range(len(STAGES)), return_dtype=pl.Int64)
    return (
        of_run.with_columns(
            share=pl.col("total_s") / pl.col("total_s").sum(),
            hourly_s=pl.when(pl.col("audio_s") > 0).then(pl.col("total_s") / pl.col("audio_s") * 3600),
        )
        .sort(rank)
        .to_dicts()
    )
