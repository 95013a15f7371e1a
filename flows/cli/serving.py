"""The command that scores, retrains, publishes and forgets by the clock."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from flows.cli.console import console
from flows.cli.options import Engines, Options, absolute
from flows.cli.stopping import Stopped
from flows.schedule import cron_times, deployments
from flows.schedule import serve as serve_by_clock
from pipeline.store.delta import Store


def serve(
    call_list: Path | None = None,
    *,
    options: Options = Options(),
    engines: Engines = Engines(),
    timezone: str | None = None,
    log_json: Path | None = None,
) -> int:
    """Score, retrain, publish and forget by the clock until stopped; callgrade.toml says when.

    Parameters
    ----------
    call_list
        The list to score each night, as for score.
    timezone
        Of the schedule, and of times in the list that name none.
    log_json
        A file to which each thing that happens is added as a line of JSON.
    """
    files = {"call_list": absolute(call_list), "log_json": absolute(log_json)}
    given = {**files, "timezone": timezone, **asdict(engines)}
    settings = options.settings(**given)
    at = {"workspace": Store(settings.workspace).root, "rubrics": settings.rubrics.absolute()}
    chosen = {name: str(value) for name, value in (options.named(**given) | at).items()}

    for deployment in deployments(settings, chosen):
        console.print(f"{deployment.flow_name}: {cron_times(deployment)}", markup=False)
    console.print("Stop with Ctrl-C; a run that was cut short goes on at its next time.")
    try:
        with suppress(SystemExit):  # by which Prefect's runner leaves
            serve_by_clock(settings, chosen)
    except KeyboardInterrupt as stopped:
        if isinstance(stopped, Stopped):
            stopped.heard = True
    console.print("Stopped; nothing more is started.")
    return 0
