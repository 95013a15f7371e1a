"""The page of runs: what each run came to, where its time went, and a run without an end."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from pipeline.pages.runs import ABOUT, MAX_RUNS, Failure, view
from pipeline.pages.site import write_report
from pipeline.tables import TABLES
from pipeline.tables.values import STAGES

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
COUNTS = {"n_calls": 9, "n_ok": 6, "n_failed": 3, "n_cached": 0, "audio_s": 1200.0, "error": None}


def table(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = TABLES[name]
    return schema.validate(pl.DataFrame(rows, schema_overrides=dict(schema.create_empty().schema)), cast=True)


def run(run_id: str, minute: int, took_s: float | None, **others: Any) -> dict[str, Any]:
    began = NOON + dt.timedelta(minutes=minute)
    ended = None if took_s is None else began + dt.timedelta(seconds=took_s)
    about = {"run_id": run_id, "flow": "nightly", "host": "h", "config_hash": "c"}
    return about | {"started_at": began, "ended_at": ended} | COUNTS | others


def stage(run_id: str, name: str, total_s: float, **others: Any) -> dict[str, Any]:
    took = {"n": 6, "total_s": total_s, "median_s": 1.0, "p95_s": 2.0, "max_s": 3.0, "audio_s": 1200.0}
    return {"run_id": run_id, "stage": name} | took | others


@pytest.fixture
def rows() -> dict[str, pl.DataFrame]:
    nothing = dict.fromkeys(COUNTS)
    return {
        "runs": table("runs", [
            run("scored", 0, 120.0),
            run("idle", 5, 1.0, n_ok=0, n_failed=0, n_cached=9, audio_s=0.0),
            run("published", 6, 2.0, **nothing | {"flow": "publish", "n_failed": 1, "error": "bi: no such host"}),
            run("killed", 9, None, **nothing),
        ]),
        "stages": table("stages", [
            stage("scored", "labels", 20.0), stage("scored", "transcribe", 180.0), stage("gone", "labels", 1.0)
        ]),
        "failures": table("failures", [
            {"run_id": "scored", "error_code": "silent", "n": 1},
            {"run_id": "scored", "error_code": "missing_file", "n": 2},
        ]),
    }  # fmt: skip


def test_runs(rows: dict[str, pl.DataFrame]) -> None:
    """The latest first, each with its state; 120 s for 1200 s of talk are a real-time factor of 0.1."""
    shown = view(rows)
    states = {run.run_id: run.state for run in shown.runs}
    assert list(states) == ["killed", "published", "idle", "scored"]
    assert list(states.values()) == ["no end", "failures", "ok", "failures"]
    (scored,) = [run for run in shown.runs if run.run_id == "scored"]
    assert (scored.took_s, scored.speed) == (120.0, pytest.approx(0.1))
    assert scored.failures == [Failure("missing_file", 2), Failure("silent", 1)]
    assert [run.speed for run in shown.runs[:3]] == [None] * 3


def test_where_the_time_went(rows: dict[str, pl.DataFrame]) -> None:
    """Of the last run with stages, in the order of the data: 180 of 200 s, 540 s for each hour of talk."""
    shown = view(rows)
    assert shown.last is not None
    assert shown.last.run_id == "scored"
    assert [(stage.stage, stage.share, stage.hourly_s) for stage in shown.stages] == [
        ("transcribe", pytest.approx(0.9), pytest.approx(540.0)),
        ("labels", pytest.approx(0.1), pytest.approx(60.0)),
    ]
    assert shown.columns == ["transcribe", "labels"]
    assert set(ABOUT) == set(STAGES)


def test_many_runs(rows: dict[str, pl.DataFrame]) -> None:
    """The latest runs are listed, and how many there are is said."""
    many = table("runs", [run(f"r{number:03}", number, 1.0) for number in range(MAX_RUNS + 5)])
    shown = view(rows | {"runs": many})
    assert [shown.n_runs, len(shown.runs), shown.runs[-1].run_id] == [MAX_RUNS + 5, MAX_RUNS, "r005"]


def test_page(rows: dict[str, pl.DataFrame], elements: pl.DataFrame, tmp_path) -> None:
    """It says the figures, is linked from the map, and without any run it says what to do."""
    write_report(rows, elements, tmp_path)
    page = (tmp_path / "runs.html").read_text()
    for text in ("no end", "missing_file", "bi: no such host", "540.0", "90 %", "2:00", "20:00", "0.1"):
        assert text in page
    assert 'href="runs.html"' in (tmp_path / "index.html").read_text()
    write_report({}, elements, tmp_path)
    assert "Nothing has run" in (tmp_path / "runs.html").read_text()
