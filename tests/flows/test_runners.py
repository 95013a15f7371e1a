"""Runners: how many conversations at a time, and how the cores are shared out among them."""

import itertools
import os
import shutil
import signal
import sqlite3
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from prefect.client.orchestration import get_client
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from flows import runners
from flows.runners import THREADS, Workers, task_runner
from flows.server import server
from pipeline.settings import Settings
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.store.delta import Store
from tests.conftest import Night, callgrade, write_wav

CASES = {  # workers, device, GPUs, cores: workers at a time, cores for each
    "half the cores": (0, "auto", 0, 8, (4, 2)),
    "one for each GPU": (0, "auto", 2, 16, (2, 8)),
    "one GPU is chosen": (0, "cuda:1", 4, 16, (1, None)),
    "the processor is chosen": (0, "cpu", 4, 6, (3, 2)),
    "as asked for": (3, "auto", 1, 16, (3, 5)),
    "more than cores": (8, "cpu", 0, 2, (8, 1)),
    "a small machine": (0, "auto", 0, 1, (1, None)),
}


@pytest.mark.parametrize("case", CASES)
def test_workers(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One per GPU, else half the cores, unless asked otherwise; threads of all workers together fit the cores."""
    workers, device, gpus, cores, (at_a_time, threads) = CASES[case]
    monkeypatch.setattr(runners, "count_gpus", lambda: gpus)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    for name in THREADS:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    runner = task_runner(Settings(workers=workers, device=device))
    kind = ThreadPoolTaskRunner if at_a_time == 1 else ProcessPoolTaskRunner
    assert isinstance(runner, kind)
    assert runner._max_workers == at_a_time
    assert {os.environ.get(name) for name in THREADS} == {None if threads is None else str(threads)}


def test_runner_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster whose package is not there: what to install, in one sentence."""
    monkeypatch.setitem(sys.modules, "prefect_ray", None)
    with pytest.raises(ValueError, match="pip install prefect-ray, or use --runner local"):
        task_runner(Settings(runner="ray"))


def test_what_is_left_of_lost_workers_ends() -> None:
    """Of lost workers a process that was just being started is ended at the end of the run, which would wait for it;
    one of whoever started the run is left alone, and so are all where no worker was lost."""
    others, started = (get_context("spawn").Process(target=time.sleep, args=(600,)) for _ in range(2))
    others.start()
    workers = Workers(Settings(workers=1))
    started.start()
    with workers:
        pass
    assert started.is_alive()
    with workers:
        assert workers.do_instead(abs, -1) == 1
    started.join(60)
    assert started.exitcode == -signal.SIGTERM
    assert others.is_alive()
    others.kill()


@pytest.mark.slow
def test_dask_scores_as_local_does(night: Night, tmp_path: Path) -> None:
    """Two processes of a Dask cluster come to the tables that the local runner came to."""
    for part in ("models", "tables/models"):
        shutil.copytree(night.workspace / part, tmp_path / "w" / part)
    listed = pl.read_csv(night.call_list, infer_schema=False).filter(pl.col("call_id") != "heard")
    here = pl.lit(f"{night.call_list.parent}/")
    listed.with_columns((here + pl.col(name)).alias(name) for name in ("recording", "transcript")).write_csv(
        tmp_path / "calls.csv"
    )
    done = callgrade(
        *("score", tmp_path / "calls.csv", "--workspace", tmp_path / "w", "--rubrics", night.rubrics),
        *("--transcriber", "whisper", "--runner", "dask", "--workers", "2"),
    )
    assert "1 scored, 0 cached, 7 failed" in done.stdout, done.stderr
    stores = (Store(str(tmp_path / "w")), night.store)
    for table in ("utterances", "acts", "measures", "labels", "evidence", "actions"):
        rows = (there.read(table, where=pl.col("call_id") == "read") for there in stores)
        both = [frame.drop("labelled_at", strict=False).sort(pl.all()) for frame in rows]
        assert_frame_equal(*both, check_exact=True)


@pytest.mark.slow
def test_limit_of_gpus(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers listen at the same time; where Prefect lets one step at a time use a GPU, they take turns."""
    for part in ("models", "tables/models"):
        shutil.copytree(night.workspace / part, tmp_path / "w" / part)
    clip = decode(night.call_list.parent / "heard.wav").samples
    for number in range(4):
        write_wav(tmp_path / f"{number}.wav", clip[:, : (12 + number) * RATE_HZ])
    listed = pl.read_csv(night.call_list, infer_schema=False).filter(call_id="heard").drop("call_id", "recording")
    listed.join(pl.DataFrame({"recording": [f"{number}.wav" for number in range(4)]}), how="cross").write_csv(
        tmp_path / "calls.csv"
    )

    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))

    def overlaps(name: str) -> list[bool]:
        """Of the four steps of a run, whether each began before the one before it ended."""
        shutil.copytree(tmp_path / "w", tmp_path / f"w-{name}")
        done = callgrade(
            *("score", tmp_path / "calls.csv", "--workspace", tmp_path / f"w-{name}", "--rubrics", night.rubrics),
            *("--transcriber", "whisper", "--workers", "2"),
        )
        assert "4 scored, 0 cached, 0 failed" in done.stdout, done.stderr
        with sqlite3.connect(tmp_path / "home" / "prefect.db") as kept:
            steps = "SELECT start_time, end_time FROM task_run WHERE tags LIKE '%gpu%' ORDER BY start_time"
            *_, first, second, third, fourth = kept.execute(steps).fetchall()
        return [start < end for (_, end), (start, _) in itertools.pairwise((first, second, third, fourth))]

    with server(), get_client(sync_client=True) as client:
        assert any(overlaps("free"))
        client.create_concurrency_limit(tag="gpu", concurrency_limit=1)
        assert not any(overlaps("limited"))
