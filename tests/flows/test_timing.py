"""Stages: seconds by stage, summed by hand, and those of a real run."""

import time

import polars as pl
import pytest

from flows.timing import Lap, collect_laps, queue, shown, summed, timed
from pipeline.tables.values import STAGES
from tests.conftest import BAD, Night


def test_summed() -> None:
    """Total, middle, 95th percentile (between the two nearest) and longest of each stage, in the order they came."""
    laps = [Lap("decode", 1.0, 60.0), Lap("labels", 4.0, None), Lap("decode", 3.0, 30.0), Lap("decode", 2.0, None)]
    assert summed(laps).rows() == [
        ("decode", 3, 6.0, 2.0, pytest.approx(2.9), 3.0, 90.0),
        ("labels", 1, 4.0, 4.0, 4.0, 4.0, None),
    ]
    assert summed([]).is_empty()


def test_timed() -> None:
    """A block is one lap with the length of its conversation, which may be known in the block only; one that fails
    leaves none, and outside of a collection nothing is kept."""
    with collect_laps() as laps:
        with timed("decode") as lap:
            time.sleep(0.05)
            lap.audio_s = 7.0
        with timed("align", 7.0):
            pass
        with pytest.raises(ZeroDivisionError), timed("keep"):
            raise ZeroDivisionError
    with timed("labels"):
        pass
    assert [(lap.stage, lap.audio_s) for lap in laps] == [("decode", 7.0), ("align", 7.0)]
    assert laps[0].seconds >= 0.05 > laps[1].seconds


def test_shown_outside_of_a_run() -> None:
    """Outside of a Prefect run a step is the plain function: nothing asks for a server."""
    assert shown("decode", abs) is abs


def test_queue() -> None:
    """What waits is what is not finished."""
    assert queue("listening", 3, 10) == {"stage": "listening", "finished": 3, "waiting": 7, "total": 10}


def test_stages_of_a_run(night: Night) -> None:
    """One call was heard and one read, by workers; both were assessed in one batch, stored apart from the failed."""
    stages = night.store.read("stages")
    (run,) = night.store.read("runs").filter(flow="nightly").sort("started_at").head(1).to_dicts()
    first = stages.filter(run_id=run["run_id"])
    assert set(first["stage"]) == set(STAGES)
    assert dict(first.select("stage", "n").rows()) == dict.fromkeys(STAGES, 1) | {"keep": 2, "store": 2}
    (heard_s,) = night.store.read("calls", where=pl.col("call_id") == "heard")["duration_s"]
    audio_s = dict(first.select("stage", "audio_s").rows())
    assert audio_s["transcribe"] == pytest.approx(heard_s, abs=0.1)
    assert audio_s["labels"] == pytest.approx(run["audio_s"])
    took_s = (run["ended_at"] - run["started_at"]).total_seconds()
    of_batches = first.filter(pl.col("stage").is_in(["roles", "acts", "measures", "labels", "store", "kpis"]))
    assert 0 < of_batches["total_s"].sum() < took_s
    assert "Seconds by stage" in night.done.stdout
    assert "transcribe" in night.done.stdout


def test_failures_of_a_run(night: Night) -> None:
    """The codes of a run are counted, and stay when a later run finds otherwise."""
    run_id = night.store.read("runs").filter(flow="nightly").sort("started_at")["run_id"][0]
    expected = pl.Series(list(BAD.values())).value_counts().rows()
    assert sorted(night.store.read("failures").filter(run_id=run_id).select("error_code", "n").rows()) == sorted(
        expected
    )
