"""The command line: `callgrade demo`, `score`, `train`, `report` and the rest; see `callgrade --help`."""

import os
import sys
import traceback
import warnings
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from flows.cli.logs import writing_log
from flows.cli.options import ROOT, Engines, Options, known, workspace_of
from pipeline.settings import Settings

if TYPE_CHECKING:
    from flows.records import Summary

DEMO = {"transcriber": "pocketsphinx", "diarizer": "channels", "encoder": "lexical"}
PRIVATE = {  # nothing is reported to anybody
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
PATIENT = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",  # a busy machine needs more than the usual 20 s
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait halt each other on a machine with few cores
}
QUIET = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PYTHONWARNINGS": "ignore",  # of workers; what libraries warn their callers of is nothing to a user
}

console = Console(highlight=False)
app = App(
    name="callgrade",
    help="Scores recorded sales calls and one-on-ones from red to green, on your own machine.",
    console=console,
)
rubrics = App(name="rubrics", help="Check rubric files, see what is stale, compare versions.")
app.command(rubrics)


@app.command
def demo(*, engines: Engines = Engines(), options: Options = Options()) -> int:
    """Score the sample conversations from their audio, with the engines that come with the package."""
    chosen = DEMO | {"workers": os.cpu_count()} | known(asdict(engines)) | known({"encoder": options.encoder})
    settings = options.settings(**chosen, timezone="UTC")
    run = _score(ROOT / "data" / "samples" / "calls.csv", settings)
    console.print("Score your own recordings: write a list like data/samples/calls.csv and run")
    console.print("  callgrade score LIST", style="bold")
    console.print("`callgrade doctor` says which engines will run here; PocketSphinx, used for this demo, is weak.")
    return 1 if len(run.failed) else 0


@app.command
def score(
    call_list: Path,
    *,
    engines: Engines = Engines(),
    options: Options = Options(),
    timezone: str | None = None,
    rescore: Annotated[bool, Parameter(negative="")] = False,
    from_audio: Annotated[bool, Parameter(negative="")] = False,
    log_json: Path | None = None,
) -> int:
    """Score every conversation of a call list, from recording or transcript to labels and pages.

    Parameters
    ----------
    call_list
        CSV, Parquet, JSON lines or XLSX with at least interaction and recording or transcript.
    timezone
        Of times in the list that name none, such as Europe/Berlin.
    rescore
        Label again from stored transcripts.
    from_audio
        Listen again too.
    log_json
        A file to which each thing that happens is added as a line of JSON.
    """
    settings = options.settings(**asdict(engines), timezone=timezone, log_json=_absolute(log_json))
    with writing_log(settings):
        run = _score(call_list, settings, rescore=rescore, from_audio=from_audio)
    return 1 if len(run.failed) else 0


def _score(call_list: Path, settings: Settings, *, rescore: bool = False, from_audio: bool = False) -> "Summary":
    """Run the nightly flow, show what it found, write the pages and bring configured exports up to date."""
    from flows.cli import console as shown
    from flows.nightly import idle, nightly
    from flows.publish import publish, write_pages
    from flows.runners import task_runner
    from models.ratings.rubrics import load_rubrics
    from pipeline.intake.calls import read_calls
    from pipeline.store.delta import Store

    elements = load_rubrics(settings.rubrics)
    read_calls(call_list, elements["rubric"], timezone=settings.timezone)  # what cannot be read is said at once
    Store(settings.workspace).probe()  # and that nothing can be written, too
    with shown.showing_progress(console):
        run = None if rescore or from_audio else idle(call_list, settings)
        if run is None:
            run = nightly.with_options(task_runner=task_runner(settings))(
                call_list, settings, rescore=rescore, from_audio=from_audio
            )
    store = Store(settings.workspace)
    shown.show_run(console, store, elements, run)
    if settings.exports or settings.webhook or settings.mail_to:
        with shown.showing_progress(console):
            pages = publish(settings).page
    else:
        pages = write_pages(store, elements)
    console.print(f"Pages: {pages}", soft_wrap=True)
    return run


@app.command
def scores(file: Path | None = None, *, options: Options = Options(), next_calls: int = 0) -> int:
    """Import scores that people gave, from CSV or XLSX; or say which calls to score next.

    Parameters
    ----------
    file
        One row per call, element and rater; or one row per call and rater, one column per element.
    next_calls
        How many calls to name whose scores would teach most.
    """
    import polars as pl

    from flows.cli import console as shown
    from models.ratings.rubrics import load_rubrics, rewritten
    from models.ratings.scores import next_to_score, read_scores

    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    if file is None and not next_calls:
        raise ValueError("scores: name a CSV or XLSX file of scores, or --next-calls 20")
    problems: list[str] = []
    if file is not None:
        read, problems = read_scores(file, elements, store.read("calls", where=pl.col("status") == "ok"))
        problems += rewritten(elements, store.read("scores"))
        store.merge("scores", read)
        for problem in problems:
            console.print(problem, markup=False, soft_wrap=True)
        console.print(f"{read.height} scores imported, {len(problems)} rows left out")
        console.print("`callgrade agreement` says how far the raters agree, `callgrade train` learns from them.")
    if next_calls:
        labels, given = store.read("labels"), store.read("scores")
        shown.show_table(console, next_to_score(store.read("calls"), labels, given, n=next_calls))
    return 1 if problems else 0


@app.command
def agreement(rubric: str | None = None, *, options: Options = Options()) -> int:
    """Show how far raters agree with each other and the classifiers with them, and what is still to be scored."""
    from flows.cli import console as shown
    from models.ratings.rubrics import load_rubrics
    from models.registry.workspace import update_agreement

    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    _known_rubric(rubric, elements["rubric"].unique().to_list())
    update_agreement(store, elements)
    shown.show_agreement(console, store, elements, rubric)
    return 0


@app.command
def train(
    rubric: str | None = None,
    *,
    element: str | None = None,
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
    log_json: Path | None = None,
    options: Options = Options(),
) -> int:
    """Train, cross-validate, gate and promote the classifiers that are stale, and label the stored calls again.

    Parameters
    ----------
    rubric
        Only this rubric's elements.
    element
        Only this element.
    everything
        Whether stale or not.
    log_json
        A file to which each thing that happens is added as a line of JSON.
    """
    from flows.cli import console as shown
    from flows.retrain import is_fresh, retrain
    from models.ratings.rubrics import load_rubrics
    from models.registry.workspace import Choice

    settings = options.settings(log_json=_absolute(log_json))
    elements = load_rubrics(settings.rubrics)
    _known_rubric(rubric, elements["rubric"].unique().to_list())
    if element is not None and element not in set(elements["element"]):
        raise ValueError(f"no element {element!r}; there are {', '.join(sorted(set(elements['element'])))}")
    if not everything and is_fresh(settings, Choice(rubric, element)):
        console.print("Nothing is stale: every element has a classifier for its anchors, scores and encoder.")
        return 0
    with writing_log(settings), shown.showing_progress(console):
        done = retrain(settings, Choice(rubric, element, everything))
    shown.show_training(console, done)
    return 0


@rubrics.command
def check(*, options: Options = Options()) -> int:
    """Validate the rubric files, and that no version which has scores was rewritten."""
    from models.ratings.rubrics import check_rubrics, load_rubrics, rewritten
    from pipeline.store.delta import Store

    settings = options.settings()
    problems = check_rubrics(settings.rubrics)
    if not problems:
        elements = load_rubrics(settings.rubrics)
        problems = rewritten(elements, Store(settings.workspace).read("scores"))
        console.print(f"{elements['rubric'].n_unique()} rubrics, {elements.height} elements in {settings.rubrics}")
    for problem in problems:
        console.print(problem, markup=False, soft_wrap=True)
    return 1 if problems else 0


@rubrics.command
def status(*, options: Options = Options()) -> int:
    """Show which classifiers and labels no longer fit the rubric files, the scores or the encoder."""
    from flows.cli import console as shown
    from models.features.encoder import load_encoder
    from models.ratings.rubrics import load_rubrics
    from models.registry.workspace import standing

    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    found = standing(store, elements, load_encoder(settings).name)
    stale = found.drop_nulls("why")
    shown.show_table(console, found.drop("rubric_hash"))
    console.print(
        f"{stale.height} of {found.height} elements are stale" + ("; run `callgrade train`" if stale.height else "")
    )
    return 0


@rubrics.command
def diff(old: Path, new: Path | None = None, *, options: Options = Options()) -> int:
    """Compare two folders of rubric files, and say whether scores and classifiers of each element stay valid.

    Parameters
    ----------
    old
        The folder with the earlier files.
    new
        The folder with the later ones; without it the rubrics in use.
    """
    from flows.cli import console as shown
    from models.ratings.rubrics import diff_rubrics, load_rubrics

    changed = diff_rubrics(load_rubrics(old), load_rubrics(new or options.settings().rubrics))
    shown.show_table(console, changed)
    console.print(f"{changed.height} differences")
    return 0


@app.command
def report(
    *,
    options: Options = Options(),
    call: str | None = None,
    lead: str | None = None,
    team: str | None = None,
) -> int:
    """Write the HTML pages: assessment map, conversations, people, calibration."""
    from flows.publish import write_pages
    from models.ratings.rubrics import load_rubrics
    from pipeline.pages.site import Selection

    settings, selection = options.settings(), Selection(call_id=call, lead_id=lead, team=team)
    page = write_pages(workspace_of(settings), load_rubrics(settings.rubrics), selection)
    console.print(f"Pages: {page}", soft_wrap=True)
    return 0


@app.command
def export(target: str, *, since: date | None = None, timezone: str | None = None, options: Options = Options()) -> int:
    """Bring a BI target to what the workspace holds: the star schema, as files or in a database.

    Parameters
    ----------
    target
        parquet:DIR, csv:DIR, duckdb:FILE or postgresql://USER@HOST/DATABASE.
    since
        Send a database only what was scored or labelled from this day on.
    timezone
        In which days and weeks begin.
    """
    from flows.cli import console as shown
    from models.ratings.rubrics import load_rubrics
    from pipeline.export import targets as exporting

    settings = options.settings(timezone=timezone)
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    written = exporting.export(store, target, elements, since=since, zone=settings.timezone or "UTC")
    shown.show_table(console, written)
    return 0


@app.command
def forget(
    *,
    call: str | None = None,
    person: str | None = None,
    before: datetime | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    options: Options = Options(),
) -> int:
    """Erase calls from tables and their history, transcripts, pages and exports; run it while nothing is scored.

    Parameters
    ----------
    call
        The call_id of one call.
    person
        The id of a person: all calls in which this person took part.
    before
        All calls held before this day.
    dry_run
        Only say what would be removed.
    """
    from flows import forget as forgetting
    from flows.cli import console as shown
    from models.ratings.rubrics import load_rubrics

    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    since = before.replace(tzinfo=before.tzinfo or UTC) if before else None
    calls = forgetting.chosen_calls(store, call_id=call, person_id=person, before=since)
    done = forgetting.forget(store, elements, settings, calls, person_id=person, dry_run=dry_run)
    shown.show_table(console, done.calls)
    shown.show_table(console, done.removed)
    console.print(f"{done.calls.height} calls {'would be' if dry_run else 'were'} removed; recordings are left alone")
    return 0


@app.command
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
    files = {"call_list": _absolute(call_list), "log_json": _absolute(log_json)}
    given = {**files, "timezone": timezone, **asdict(engines)}
    from flows.schedule import deployments
    from flows.schedule import serve as serve_by_clock
    from pipeline.store.delta import Store

    settings = options.settings(**given)
    at = {"workspace": Store(settings.workspace).root, "rubrics": settings.rubrics.absolute()}
    chosen = {name: str(value) for name, value in (options.named(**given) | at).items()}

    for one in deployments(settings, chosen):
        console.print(f"{one.flow_name}: {' '.join(str(at.schedule.cron) for at in one.schedules)}", markup=False)
    console.print("Stop with Ctrl-C; a run that was cut short goes on at its next time.")
    serve_by_clock(settings, chosen)
    return 0


@app.command
def doctor(*, options: Options = Options(), engines: Engines = Engines()) -> int:
    """Say what will run here: devices, engines, whether their weights are at hand, store, database."""
    from flows.cli import console as shown
    from flows.cli.doctor import examine

    found = examine(options.settings(**asdict(engines)))
    shown.show_findings(console, found)
    return 2 if found.filter(state="broken").height else 0


def _absolute(path: Path | None) -> str | None:
    return str(path.absolute()) if path else None


def _known_rubric(rubric: str | None, names: list[str]) -> None:
    if rubric is not None and rubric not in names:
        raise ValueError(f"no rubric {rubric!r}; there are {', '.join(sorted(names))}")


def main() -> None:
    """Run the command line and exit with its status: 0 all well, 1 some conversations failed, 2 nothing was done."""
    os.umask(0o077)  # recordings are personal data: what is written is for its owner only
    verbose = "--verbose" in sys.argv
    if not verbose:
        warnings.simplefilter("ignore")
    os.environ.update(PRIVATE)
    for name, value in {**PATIENT, **({} if verbose else QUIET)}.items():
        os.environ.setdefault(name, value)
    try:
        status = app(exit_on_error=False, result_action="return_value")
    except CycloptsError:
        status = 2
    except Exception as error:  # noqa: BLE001  whatever went wrong is one sentence to the user
        if verbose:
            traceback.print_exc()
        Console(stderr=True, highlight=False).print(f"callgrade: {error}", markup=False, soft_wrap=True)
        status = 2
    sys.exit(status)


if __name__ == "__main__":
    main()
