"""The command line: `callgrade demo`, `score`, `train`, `report` and the rest; see `callgrade --help`."""

import os
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from flows.records import Summary
    from pipeline.store import Store

ROOT = Path(__file__).parents[1]
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
QUIET = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL"}

console = Console(highlight=False)
app = App(
    name="callgrade",
    help="Scores recorded sales calls and one-on-ones from red to green, on your own machine.",
    console=console,
)
rubrics = App(name="rubrics", help="Check rubric files, see what is stale, compare versions.")
app.command(rubrics)


@Parameter(name="*")
@dataclass(frozen=True)
class Options:
    """Settings that any command takes; what is not given comes from CALLGRADE_*, callgrade.toml or a default."""

    workspace: str | None = None
    "Where results go (default ./workspace)."
    rubrics: Path | None = None
    "The folder of rubric files."
    encoder: str | None = None
    "Hub name or folder of a sentence-transformers model, or lexical."
    offline: bool | None = None
    "Never ask a hub."
    verbose: Annotated[bool, Parameter(negative="")] = False
    "Show tracebacks and Prefect's own messages."

    def settings(self, **others: object) -> Settings:
        """The settings these options come to."""
        given = {name: value for name, value in asdict(self).items() if name != "verbose"}
        return load_settings(**{"rubrics": _rubrics_at_hand(), **_given(given | others)})


@Parameter(name="*")
@dataclass(frozen=True)
class Engines:
    """How recordings are heard."""

    transcriber: Literal["auto", "whisper", "pocketsphinx"] | None = None
    "The speech recogniser."
    diarizer: Literal["auto", "channels", "pyannote"] | None = None
    "How speakers are told apart."
    device: str | None = None
    "auto, cpu, cuda or cuda:1."
    language: str | None = None
    "Spoken language, such as en."
    workers: int | None = None
    "Conversations at a time."


def _given(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _rubrics_at_hand() -> Path | None:
    """The project's own rubric files, where neither the working folder nor a setting has others."""
    if "CALLGRADE_RUBRICS" in os.environ or Path("rubrics").is_dir():
        return None
    return ROOT / "rubrics"


@app.command
def demo(*, engines: Engines = Engines(), options: Options = Options()) -> int:
    """Score the sample conversations from their audio, with the engines that come with the package."""
    chosen = DEMO | {"workers": os.cpu_count()} | _given(asdict(engines)) | _given({"encoder": options.encoder})
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
    """
    settings = options.settings(**asdict(engines), timezone=timezone)
    run = _score(call_list, settings, rescore=rescore, from_audio=from_audio)
    return 1 if len(run.failed) else 0


def _score(call_list: Path, settings: Settings, *, rescore: bool = False, from_audio: bool = False) -> "Summary":
    """Run the nightly flow, show what it found and write the pages."""
    from flows import console as shown
    from flows.nightly import nightly
    from flows.publish import write_pages
    from flows.runners import task_runner
    from models.rubric import load_rubrics
    from pipeline.store import Store

    with shown.showing_progress(console):
        run = nightly.with_options(task_runner=task_runner(settings))(
            call_list, settings, rescore=rescore, from_audio=from_audio
        )
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    shown.show_run(console, store, elements, run)
    pages = write_pages(store, elements)
    console.print(f"Pages: {pages}")
    return run


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
    from models.rubric import load_rubrics

    settings = options.settings()
    page = write_pages(_workspace(settings), load_rubrics(settings.rubrics), call_id=call, lead_id=lead, team=team)
    console.print(f"Pages: {page}")
    return 0


def _workspace(settings: Settings) -> "Store":
    """The store of a workspace that has something in it; raises ValueError where it has not."""
    from pipeline.store import Store

    store = Store(settings.workspace)
    if not store.exists():
        raise ValueError(f"{settings.workspace}: no workspace here yet; score a call list first, or name --workspace")
    return store


def main() -> None:
    """Run the command line and exit with its status: 0 all well, 1 some conversations failed, 2 nothing was done."""
    os.umask(0o077)  # recordings are personal data: what is written is for its owner only
    verbose = "--verbose" in sys.argv
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
