"""Stopping: a run that is told to stop ends with all that it started and says where it was."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing import get_context, spawn
from multiprocessing.context import SpawnProcess
from pathlib import Path

import polars as pl
import pytest

from benchmarks.load.growth import descendants
from flows.cli import stopping
from flows.cli.stopping import Stopped, stop_on_signals
from tests.conftest import OWN, ROOT, Night

LONGEST_S = 240
A_DAY_S = 24 * 60 * 60.0


def alive(pids: list[int]) -> list[int]:
    """Those that still run."""
    return [pid for pid in pids if Path(f"/proc/{pid}").exists() and "Z" not in state(pid)]


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def until(done: bool, began: float) -> bool:
    """Whether to go on waiting."""
    time.sleep(0.1)
    return not done and time.monotonic() - began < LONGEST_S


def listening(night: Night, folder: Path) -> subprocess.Popen[str]:
    """A run that has begun to listen to two recordings with two workers."""
    for part in ("models", "tables/models"):
        shutil.copytree(night.workspace / part, folder / "w" / part)
    clip = str(night.call_list.parent / "heard.wav")
    rows = [{"call_id": name, "interaction": "discovery_call", "recording": clip} for name in ("a", "b")]
    pl.DataFrame(rows).write_csv(folder / "calls.csv")
    running = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "flows", "score", str(folder / "calls.csv"), "--workspace", str(folder / "w"),
         "--rubrics", str(night.rubrics), "--transcriber", "whisper", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | OWN,
    )  # fmt: skip
    began = time.monotonic()
    while until(len(list(descendants(running.pid))) >= 4, began):  # server, workers, tracker
        pass
    return running


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGINT, signal.SIGKILL))],
)
def test_stopped(night: Night, tmp_path: Path, number: signal.Signals) -> None:
    """Its status says which signal it was, its one line where it stopped; server and workers end with it, even where it
    is killed."""
    running = listening(night, tmp_path)
    started = list(descendants(running.pid))
    assert len(started) >= 3
    running.send_signal(number)
    _, complained = running.communicate(timeout=LONGEST_S)
    if number == signal.SIGKILL:
        assert running.returncode == -number
    else:
        assert running.returncode == 128 + number
        assert re.fullmatch(r"callgrade: stopped.*; what is done is stored, and the same command .*\n", complained)
    began = time.monotonic()
    while until(not alive(started), began):
        pass
    assert alive(started) == []


WAITING = """
from threading import Event
from flows.cli.stopping import Stopped, stop_on_signals
try:
    with stop_on_signals():
        import polars
        polars.select(1)
        print("waits", flush=True)
        Event().wait()
except Stopped as stopped:
    print(stopped.status, flush=True)
"""


def test_heard_while_it_waits() -> None:
    """Ctrl-C ends a command that waits for a worker at once, whatever was imported since: polars takes the signal for
    itself, and what waits would go on until the work is done."""
    waiting = subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
    assert waiting.stdout.readline() == "waits\n"
    time.sleep(0.5)  # until it does
    waiting.send_signal(signal.SIGINT)
    said, _ = waiting.communicate(timeout=60)
    assert said == "130\n"


TOLD = """
import signal, time
from threading import Event
from flows.cli.stopping import Stopped, stop_on_signals

class Cleared:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

done = True
try:
    with stop_on_signals():
{}
except Stopped as stopped:
    print(stopped.status if done else "what was to be ended is not")
"""
GOING_ON = {
    "clearing up": """
        Cleared()
        Event().wait(20)
        print("not heard")""",
    "going wrong": """
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            raise ValueError("there is nothing to end yet")""",
    "swallowed": """
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            pass
        Event().wait(20)
        print("not heard")""",
    "at the end": """
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            pass""",
    "ended in peace": """
        done = False
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            time.sleep(1)
            done = True""",
}


@pytest.mark.parametrize("what", GOING_ON)
def test_heard_whatever_is_going_on(what: str) -> None:
    """A signal is not lost where what is raised is passed over, nor hidden by what goes wrong on the way out, on which
    everything is ended in peace."""
    command = [sys.executable, "-c", TOLD.format(GOING_ON[what])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)  # noqa: S603  our own command
    assert done.stdout == "143\n"
    assert done.stderr == ""


def test_where() -> None:
    """The line says how far the run was, where that is known."""
    stopped = Stopped(signal.SIGTERM)
    assert str(stopped).startswith("stopped; what is done is stored")
    stopped.where = " while listening, with 3 of 8 done"
    assert str(stopped).startswith("stopped while listening, with 3 of 8 done; ")
    assert stopped.status == 143


def start_and_wait(worker: SpawnProcess) -> None:
    worker.start()
    time.sleep(LONGEST_S)


def test_a_worker_that_is_being_started_is_started_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would print a traceback of having been told nothing; it ends with the command all the same."""
    prepare = spawn.get_preparation_data

    def told_to_stop(name: str) -> dict[str, object]:
        signal.raise_signal(signal.SIGINT)
        return prepare(name)

    monkeypatch.setattr(stopping, "GRACE_S", A_DAY_S)  # after which this process would end
    monkeypatch.setattr(spawn, "get_preparation_data", told_to_stop)
    worker = get_context("spawn").Process(target=time.sleep, args=(LONGEST_S,))
    with pytest.raises(Stopped), stop_on_signals():
        start_and_wait(worker)
    worker.join(LONGEST_S)
    assert worker.exitcode == -signal.SIGTERM
