"""Schedule: scoring, retraining, the weekly summary and retention by the clock, run by Prefect until it is stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from prefect import Flow, State, flow
from prefect import serve as run_deployments
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, FlowRun
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.flows import EntrypointType
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

from flows import publish as publishing
from flows import retrain as retraining
from flows.cli.logs import writing_log
from flows.forget import chosen_calls, forget
from flows.nightly import nightly
from flows.runners import task_runner
from models.ratings.rubrics import load_rubrics
from pipeline.pages.messages import SENDERS, senders
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
PATIENCE_S = 120.0
Parameters = dict[str, Any]


def tell(failed: Flow[..., Any], run: FlowRun, state: State[Any]) -> None:
    """Send by all that is configured that a run came to no end of its own; says nothing of any call."""
    settings = load_settings(**run.parameters["options"])
    text = f"callgrade: {failed.name} did not finish ({state.name})\nRun {run.name} in {settings.workspace}"
    for name in senders(settings):
        SENDERS[name](text, settings)


told = {"on_failure": [tell], "on_crashed": [tell], "validate_parameters": False}


@flow(name="night", **told)
def night(options: Parameters) -> None:
    """Score the call list, then bring pages, exports and whoever wants to know up to date."""
    settings = load_settings(**options)
    with writing_log(settings):
        nightly.with_options(task_runner=task_runner(settings))(Path(settings.call_list), settings)
        publishing.publish(settings)


@flow(name="retraining", **told)
def retrain(options: Parameters) -> None:
    """Train what is stale and label the stored calls again by it."""
    settings = load_settings(**options)
    with writing_log(settings):
        retraining.retrain(settings)


@flow(name="week", **told)
def week(options: Parameters) -> None:
    """Send the summary of the latest week."""
    settings = load_settings(**options)
    with writing_log(settings):
        publishing.weekly(settings)


@flow(name="retention", **told)
def retention(options: Parameters) -> int:
    """Forget the calls held longer than keep_days ago; returns how many there were."""
    settings = load_settings(**options)
    store = Store(settings.workspace)
    try:
        calls = chosen_calls(store, before=datetime.now(UTC) - timedelta(days=settings.keep_days))
    except ValueError:  # nothing is that old
        return 0
    with writing_log(settings):
        forget(store, load_rubrics(settings.rubrics), settings, calls)
    return calls.height


def deployments(settings: Settings, options: Parameters) -> list[RunnerDeployment]:
    """What runs when: every flow whose setting names a time, none of them twice at once.

    Raises ValueError where a time is no cron expression, or where calls are to be scored and no list is named.
    """
    times = {
        night: settings.nightly,
        retrain: settings.retraining,
        week: settings.weekly if senders(settings) else "",
        retention: settings.retention if settings.keep_days else "",
    }
    if settings.nightly and not settings.call_list:
        raise ValueError("serve: name the call list to score each night: callgrade serve LIST, or setting call_list")
    return [
        one.to_deployment(
            name="callgrade",
            schedule=_cron(one.name, cron, settings.timezone),
            parameters={"options": options},
            concurrency_limit=ONE_AT_A_TIME,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for one, cron in times.items()
        if cron
    ]


def serve(settings: Settings, options: Parameters) -> None:
    """Register the flows with Prefect and run them when they are due, one after another, until this process ends.

    `options` are the settings given to this process; the others are read anew by each run.
    """
    planned = deployments(settings, options)
    with server():
        run_deployments(*planned, limit=1, print_starting_message=False)


@contextmanager
def server() -> Iterator[str]:
    """The address of the Prefect server that PREFECT_API_URL names, else of one of our own that ends with the block.

    Raises RuntimeError where that does not start.
    """
    if named := get_current_settings().api.url:
        yield str(named)
        return
    port = _free_port()
    address = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = os.environ | {"PREFECT_API_URL": address}
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603  our own command
    try:
        _wait_for(f"{address}/health", started)
        with temporary_settings({PREFECT_API_URL: address}):
            yield address
    finally:
        started.terminate()
        started.wait(PATIENCE_S)


def _cron(name: str, cron: str, timezone: str) -> CronSchedule:
    try:
        return CronSchedule(cron=cron, timezone=timezone or None)
    except ValueError as error:
        raise ValueError(f"the time of {name}, {cron!r}, is no cron expression such as '0 2 * * *'") from error


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(address: str, started: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and started.poll() is None:
        try:
            with urlopen(address, timeout=5):  # noqa: S310  our own server on this machine
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("the Prefect server did not start; `prefect server start` says why, or set PREFECT_API_URL")
