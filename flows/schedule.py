"""Schedule: scoring, retraining, the weekly summary and retention by the clock, run by Prefect until it is stopped."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import Flow, State
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, FlowRun
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType

from flows import publish as publishing
from flows.cli.logs import writing_log
from flows.forget import chosen_calls, forget
from flows.nightly import nightly
from flows.retrain import retrain
from flows.runners import task_runner
from flows.server import server
from models.ratings.rubrics import load_rubrics
from pipeline.pages.messages import SENDERS, senders
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
Parameters = dict[str, Any]
Given = ParamSpec("Given")
Result = TypeVar("Result")


def tell_of_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Send by all that is configured that a run came to no end of its own; says nothing of any call."""
    settings = load_settings(**flow_run.parameters["options"])
    text = f"callgrade: {flow.name} did not finish ({state.name})\nRun {flow_run.name} in {settings.workspace}"
    for name in senders(settings):
        SENDERS[name](text, settings)


def job(function: Callable[Given, Result]) -> Flow[Given, Result]:
    """The function as a flow of its name that is run by the clock; a run that fails is told."""
    return Flow(
        function,
        name=function.__name__,
        on_failure=[tell_of_failure],
        on_crashed=[tell_of_failure],
        validate_parameters=False,
    )


@job
def night(options: Parameters) -> None:
    """Score the call list, then bring pages, exports and whoever wants to know up to date."""
    settings = load_settings(**options)
    with writing_log(settings):
        nightly.with_options(task_runner=task_runner(settings))(Path(settings.call_list), settings)
        publishing.publish(settings)


@job
def retraining(options: Parameters) -> None:
    """Train what is stale and label the stored calls again by it."""
    settings = load_settings(**options)
    with writing_log(settings):
        retrain(settings)


@job
def week(options: Parameters) -> None:
    """Send the summary of the latest week."""
    settings = load_settings(**options)
    with writing_log(settings):
        publishing.weekly(settings)


@job
def retention(options: Parameters) -> int:
    """Forget the calls held longer than keep_days ago; returns how many there were. Raises RuntimeError where an export
    could not follow."""
    settings = load_settings(**options)
    store = Store(settings.workspace)
    try:
        calls = chosen_calls(store, before=settings.kept_from)
    except ValueError:  # nothing is that old
        return 0
    with writing_log(settings):
        left = forget(store, load_rubrics(settings.rubrics), settings, calls).left
    if left:
        raise RuntimeError("; ".join(left))
    return calls.height


def deployments(settings: Settings, options: Parameters) -> list[RunnerDeployment]:
    """What runs when: every flow whose setting names a time, none of them twice at once.

    Raises ValueError where a time is no cron expression, or where calls are to be scored and no list is named.
    """
    times: dict[Flow[[Parameters], Any], str] = {
        night: settings.nightly,
        retraining: settings.retraining,
        week: settings.weekly if senders(settings) else "",
        retention: settings.retention if settings.keep_days else "",
    }
    if settings.nightly and not settings.call_list:
        raise ValueError("serve: name the call list to score each night: callgrade serve LIST, or setting call_list")
    return [_deployment(job, cron, settings, options) for job, cron in times.items() if cron]


def _deployment(job: Flow[..., Any], cron: str, settings: Settings, options: Parameters) -> RunnerDeployment:
    return RunnerDeployment.from_flow(
        job,
        name="callgrade",
        schedule=Schedule(cron=_checked(cron, job.name), timezone=settings.timezone or None),
        parameters={"options": options},
        concurrency_limit=ONE_AT_A_TIME,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def serve(settings: Settings, options: Parameters) -> None:
    """Register the flows with Prefect and run them when they are due, one after another, until this process is told to
    end, of which it raises KeyboardInterrupt.

    `options` are the settings given to this process; the others are read anew by each run.
    """
    planned = deployments(settings, options)
    with server(services=True):
        runner = ClockRunner(limit=1)
        for deployment in planned:
            runner.add_deployment(deployment)
        with interrupts_cancel():
            asyncio.run(runner.start())


class ClockRunner(Runner):
    """A runner that SIGTERM ends as Ctrl-C does."""

    def handle_sigterm(self, *_args: object, **_options: object) -> None:
        """Cancel what the loop runs; Prefect's own handler raises in the middle of it, which ends with a traceback."""
        signal.raise_signal(signal.SIGINT)


@contextmanager
def interrupts_cancel() -> Iterator[None]:
    """Ctrl-C cancels the main task of asyncio.run in the block, as asyncio has it where Python's own handler is set."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _checked(cron: str, name: str) -> str:
    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ValueError(f"the time of {name}, {cron!r}, is no cron expression such as '0 2 * * *'") from error
    return cron


def cron_times(deployment: RunnerDeployment) -> str:
    """The cron expressions by which a deployment runs, in words for the user."""
    schedules = [timed.schedule for timed in deployment.schedules or []]
    return " ".join(schedule.cron for schedule in schedules if isinstance(schedule, CronSchedule))
