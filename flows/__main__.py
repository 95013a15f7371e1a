"""The command line: `callgrade demo`, `score`, `train`, `report` and the rest; see `callgrade --help`."""

import os
import sys
import traceback
import warnings

from cyclopts import App, CycloptsError
from rich.console import Console

from flows.cli.console import console
from flows.cli.stopping import Stopped, stop_on_signals

PRIVATE = {  # nothing is reported to anybody
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
PATIENT = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",  # a busy machine needs more than the usual 20 s
}
QUIET = {
    "PREFECT_LOGGING_TO_API_ENABLED": "false",  # what a run says is ours to show; at its end nobody listens any more
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PYTHONWARNINGS": "ignore",  # of workers; what libraries warn their callers of is nothing to a user
}
COMMANDS = {  # a command's module is imported when the command is called
    "demo": (
        "scoring",
        "Score the sample conversations from their audio, by the engines that come with the package.",
    ),
    "import": ("preparing", "Make a call list of a folder of recordings and transcripts, for a person to correct."),
    "check": (
        "preparing",
        "Read everything in a call list without scoring it, and say of each row what is understood.",
    ),
    "score": ("scoring", "Score every conversation of a call list, from recording or transcript to labels and pages."),
    "scores": ("rating", "Import scores that people gave, from CSV or XLSX; or say which calls to score next."),
    "agreement": (
        "rating",
        "Show how far raters agree with each other and the classifiers with them, and what is still to be scored.",
    ),
    "train": (
        "rating",
        "Train, cross-validate, gate and promote the classifiers that are stale, and label the stored calls again.",
    ),
    "commitments": (
        "output",
        "Print what is promised and still open, the earliest first; of one manager or person, if given.",
    ),
    "prepare": (
        "output",
        "Print what invites a person and the manager to their next meeting: promises, goal, moments, agenda.",
    ),
    "report": ("output", "Write the HTML pages: assessment map, conversations, people, calibration."),
    "export": ("output", "Bring a BI target to what the workspace holds: the star schema, as files or in a database."),
    "forget": (
        "output",
        "Erase calls from tables and their history, transcripts, pages and exports; run it while nothing is scored.",
    ),
    "serve": ("serving", "Score, retrain, publish and forget by the clock until stopped; callgrade.toml says when."),
    "room": ("room", "Open the room: people score, check and coach in the browser, until it is stopped."),
    "doctor": (
        "doctor",
        "Say what will run here: devices, engines, whether weights are at hand, store, database.",
    ),
}
FUNCTIONS = {"import": "import_folder"}  # of commands whose name no function can have
OF_RUBRICS = {
    "check": "Validate the rubric files, and that what was scored by was not rewritten without a word on its meaning.",
    "status": "Show which classifiers and labels no longer fit the rubric files, the scores or the encoder.",
    "diff": "Compare two folders of rubric files, and say what of the scores and classifiers of each element stays.",
}

app = App(
    name="callgrade",
    help="Scores recorded sales calls and one-on-ones from red to green, on your own machine.",
    console=console,
    suppress_keyboard_interrupt=False,
)
rubrics = App(name="rubrics", help="Check rubric files, see what is stale, compare versions.")
app.command(rubrics)
for name, (module, text) in COMMANDS.items():
    app.command(f"flows.cli.{module}:{FUNCTIONS.get(name, name)}", name=name, help=text)
for name, text in OF_RUBRICS.items():
    rubrics.command(f"flows.cli.rubrics:{name}", name=name, help=text)


def main() -> None:
    """Run the command line and exit with its status: 0 all well, 1 some conversations failed, 2 nothing was done, 128
    and the number of the signal where one stopped it."""
    os.umask(0o077)  # recordings are personal data: what is written is for its owner only
    verbose = "--verbose" in sys.argv
    if not verbose:
        warnings.simplefilter("ignore")
    os.environ.update(PRIVATE)
    for name, value in {**PATIENT, **({} if verbose else QUIET)}.items():
        os.environ.setdefault(name, value)
    try:
        with stop_on_signals():
            status = app(exit_on_error=False, result_action="return_value")
    except CycloptsError:
        status = 2
    except Stopped as stopped:
        _complain(stopped)
        status = stopped.status
    except Exception as error:  # noqa: BLE001  whatever went wrong is one sentence to the user
        if verbose:
            traceback.print_exc()
        _complain(error)
        status = 2
    sys.exit(status)


def _complain(what: object) -> None:
    Console(stderr=True, highlight=False).print(f"callgrade: {what}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
