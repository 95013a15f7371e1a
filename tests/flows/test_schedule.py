"""The schedule: what runs when, what each job does, and a run that fails tells whoever wants to know."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import polars as pl
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from flows import schedule
from flows.cli import stopping
from flows.schedule import ClockRunner, deployments, interrupts_cancel, retention
from flows.server import server
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store
from tests.conftest import ROOT, Night, callgrade_here
from tests.workspace import DAYS, MONDAY, RUBRICS

A_DAY_S = 24 * 60 * 60.0
ALL = {"night": "0 2 * * *", "retraining": "0 1 * * *", "week": "0 7 * * 1", "retention": "0 6 * * *"}


def crons(settings: Settings) -> dict[str, str]:
    return {one.flow_name: one.schedules[0].schedule.cron for one in deployments(settings, {})}


def test_jobs() -> None:
    """A job runs when its setting says, unless there is nothing for it to do."""
    whole = Settings(call_list="calls.csv", keep_days=90, webhook="http://localhost/hook")
    assert crons(whole) == ALL
    assert set(crons(Settings(call_list="calls.csv"))) == {"night", "retraining"}
    assert crons(Settings(nightly="", retraining="5 3 * * 6")) == {"retraining": "5 3 * * 6"}
    berlin = deployments(whole.model_copy(update={"timezone": "Europe/Berlin"}), {})
    assert {one.schedules[0].schedule.timezone for one in berlin} == {"Europe/Berlin"}


def test_never_twice_at_once() -> None:
    """A job whose time comes while it runs is not started again."""
    for one in deployments(Settings(call_list="calls.csv", keep_days=9), {}):
        assert one.concurrency_limit == 1
        assert one.concurrency_options.collision_strategy == "CANCEL_NEW"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [({}, "name the call list"), ({"call_list": "a.csv", "nightly": "at two"}, "the time of night, 'at two'")],
)
def test_wrong_settings(given: dict[str, str], complaint: str) -> None:
    """Without a list, or with a time that is none, nothing is scheduled."""
    with pytest.raises(ValueError, match=complaint):
        deployments(Settings(**given), {})


def test_work_pool_has_the_same_jobs() -> None:
    """prefect.yaml deploys what `serve` runs, at the same times, none of them twice at once."""
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    for one in written:
        assert getattr(schedule, one["entrypoint"].partition(":")[2]).name in ALL
        assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
        load_settings(**one["parameters"]["options"])
    assert {one["entrypoint"].partition(":")[2]: one["schedules"][0]["cron"] for one in written} == ALL


def options(workspace: Path, **others: Any) -> dict[str, Any]:
    return {"workspace": str(workspace), "rubrics": str(RUBRICS), "encoder": "lexical", "timezone": "UTC"} | others


@pytest.mark.usefixtures("prefect")
def test_night(night: Night, tmp_path: Path) -> None:
    """The list is scored, and pages and exports follow. What would be forgotten again is not scored another time."""
    for part in ("models", "tables/models", "speech"):
        shutil.copytree(night.workspace / part, tmp_path / "w" / part)
    chosen = options(tmp_path / "w", rubrics=str(night.rubrics), transcriber="whisper", workers=1)
    target = tmp_path / "bi"
    schedule.night(chosen | {"call_list": str(night.call_list), "exports": [f"parquet:{target}"]})
    assert set(pl.read_parquet(target / "dim_call.parquet")["call_id"]) >= {"heard", "read"}
    assert (tmp_path / "w" / "reports" / "week.html").exists()
    runs = Store(str(tmp_path / "w")).read("runs").sort("started_at")
    assert runs["flow"].to_list() == ["nightly", "publish"]
    schedule.night(chosen | {"call_list": str(night.call_list), "keep_days": 1})
    last = Store(str(tmp_path / "w")).read("runs").filter(flow="nightly").sort("started_at").tail(1)
    assert (runs["n_ok"].sum(), last["n_ok"][0] + last["n_cached"][0]) == (2, 0)


@pytest.mark.usefixtures("prefect")
def test_retention(small_workspace: Path, tmp_path: Path) -> None:
    """Calls held longer ago than keep_days are forgotten; a second time there is nothing to forget."""
    workspace = Path(shutil.copytree(small_workspace, tmp_path / "w"))
    store = Store(str(workspace))
    age = (datetime.now(UTC) - MONDAY).days
    keep = age - DAYS // 2
    held = store.read("calls")["started_at"]
    n_old = len([at for at in held if (datetime.now(UTC) - at).days >= keep])
    assert 0 < n_old < len(held)
    assert retention(options(workspace, keep_days=keep)) == n_old
    assert len(store.read("calls")) == len(held) - n_old
    assert retention(options(workspace, keep_days=keep)) == 0
    (tmp_path / "blocked").write_text("a file where a folder should be")
    blocked = options(workspace, keep_days=1, exports=[f"csv:{tmp_path / 'blocked'}"])
    with pytest.raises(RuntimeError, match="still holds what was erased"):  # so that it is told as a failure
        retention(blocked)


@pytest.mark.usefixtures("prefect")
def test_failure_is_told(small_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that does not finish sends one message that names job and workspace, and nothing of what went wrong."""
    sent: list[str] = []
    monkeypatch.setitem(schedule.SENDERS, "webhook", lambda text, _: sent.append(text))
    chosen = options(tmp_path, webhook="http://localhost/hook", call_list=str(tmp_path / "Jane Ross.csv"))
    with pytest.raises(ValueError, match="Jane Ross"):
        schedule.night(chosen)
    (text,) = sent
    assert text.startswith("callgrade: night did not finish (Failed)")
    assert str(tmp_path) in text
    assert "Jane" not in text


@pytest.mark.slow
def test_due_while_it_runs(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that is due while another is at work is cancelled, and the other ends as if nothing had been."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    for part in ("models", "tables/models", "speech"):
        shutil.copytree(night.workspace / part, tmp_path / "w" / part)
    command = [sys.executable, "-m", "flows", "serve", str(night.call_list), "--workspace", str(tmp_path / "w")]
    engines = ["--rubrics", str(night.rubrics), "--encoder", "lexical", "--transcriber", "whisper"]
    with server(services=True), get_client(sync_client=True) as client, Hook() as hook:
        monkeypatch.setenv("CALLGRADE_WEBHOOK", hook.address)
        serving = subprocess.Popen([*command, *engines, "--workers", "1"], cwd=ROOT)  # noqa: S603  our own command
        try:
            deployed = until(lambda: _deployed(client))
            first = client.create_flow_run_from_deployment(deployed).id
            until(hook.called.is_set)  # the first has something to tell: it runs until it is told
            second = client.create_flow_run_from_deployment(deployed).id
            until(lambda: client.read_flow_run(second).state.is_final())
            hook.answer.set()
            until(lambda: client.read_flow_run(first).state.is_final())
            names = [client.read_flow_run(run).state.name for run in (first, second)]
        finally:
            serving.terminate()
            serving.wait(60)
    assert names == ["Completed", "Cancelled"]
    runs = Store(str(tmp_path / "w")).read("runs").filter(flow="nightly")
    assert runs.select("n_ok", "n_failed").rows() == [(2, 7)]


class Hook:
    """A place to send messages to that answers when it is let."""

    def __init__(self) -> None:
        self.called, self.answer = Event(), Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.called.set()
                hook.answer.wait(300)
                self.send_response(200)
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.set()
        self.server.shutdown()


@pytest.mark.parametrize(
    "stop",
    [lambda: signal.raise_signal(signal.SIGINT), lambda: ClockRunner.handle_sigterm(object.__new__(ClockRunner))],
)
def test_stopping_ends_what_is_awaited(stop: Callable[[], None]) -> None:
    """Ctrl-C or SIGTERM while `serve` waits cancels it, so that it ends in order, whoever else handles Ctrl-C."""
    ended = []

    async def wait() -> None:
        asyncio.get_running_loop().call_soon(stop)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("in order")
            raise

    ours = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        handler = signal.getsignal(signal.SIGINT)
        with interrupts_cancel(), pytest.raises(KeyboardInterrupt):
            asyncio.run(wait())
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, ours)
    assert ended == ["in order"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_is_stopped_before_its_runner_hears(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Serving ends with status 0 also where it is told to after its registration, before Prefect's runner hears it."""

    async def start(_runner: ClockRunner) -> None:
        signal.raise_signal(number)
        await asyncio.sleep(60)

    monkeypatch.setattr(stopping, "GRACE_S", A_DAY_S)  # after which this process would end
    monkeypatch.setattr(ClockRunner, "start", start)
    monkeypatch.setattr(ClockRunner, "add_deployment", lambda *_: None)
    monkeypatch.setattr(schedule, "server", lambda **_: nullcontext())
    done = callgrade_here("serve", ROOT / "data" / "samples" / "calls.csv", "--workspace", tmp_path / "w")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Stopped; nothing more is started.")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    """Serving ends with status 0 and without a traceback, and its server with it."""
    command = [sys.executable, "-m", "flows", "serve", str(ROOT / "data" / "samples" / "calls.csv")]
    home = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect")}
    serving = subprocess.Popen(  # noqa: S603  our own command
        [*command, "--workspace", str(tmp_path / "w")],
        cwd=ROOT, env=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    database = tmp_path / "prefect" / "prefect.db"
    until(lambda: database.exists() and deployed_in(database))
    serving.send_signal(number)
    shown, complained = serving.communicate(timeout=60)
    assert serving.returncode == 0
    assert shown.splitlines()[-1] == "Stopped; nothing more is started."
    assert "Traceback" not in complained


def deployed_in(database: Path) -> bool:
    """Whether both jobs are registered in Prefect's database."""
    with sqlite3.connect(database) as connection:
        try:
            return connection.execute("SELECT count(*) FROM deployment").fetchone()[0] == 2
        except sqlite3.OperationalError:
            return False


def _deployed(client: Any) -> Any:
    try:
        return client.read_deployment_by_name("night/callgrade").id
    except ObjectNotFound:
        return None


def until(done: Any, *, longest_s: float = 300) -> Any:
    """Wait until something holds; what it is."""
    began = time.monotonic()
    while not (found := done()):
        if time.monotonic() - began > longest_s:
            raise TimeoutError
        time.sleep(0.5)
    return found
