"""Commands that score: the samples, or the conversations of a list."""

import os
import shutil
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.cli import show
from flows.cli.console import console, showing_progress
from flows.cli.logs import writing_log
from flows.cli.options import ROOT, Engines, Options, absolute, known
from flows.cli.stopping import hear_sigterm
from flows.nightly import idle, nightly
from flows.publish import publish, write_pages
from flows.records import Summary
from flows.runners import task_runner
from flows.server import server
from models.ratings.rubrics import load_rubrics
from pipeline.intake.calls import read_calls
from pipeline.intake.kinds import all_kinds
from pipeline.metrics.cadence import load_plan
from pipeline.settings import Settings
from pipeline.store.delta import Store

DEMO = {"transcription_model": "base", "encoder": "lexical"}


def demo(
    *,
    engines: Engines = Engines(),
    options: Options = Options(),
    room: Annotated[bool, Parameter(negative="")] = False,
    port: int = 8350,
) -> int:
    """Score the sample conversations from their audio, by the engines that come with the package.

    Parameters
    ----------
    room
        Open a calibration session on them afterwards, in the browser.
    port
        Port at which the browser finds it.
    """
    chosen = DEMO | {"workers": os.cpu_count()} | known(asdict(engines)) | known({"encoder": options.encoder})
    settings = options.settings(**chosen, timezone="UTC")
    if room:
        from flows.room.open import Door, probe  # the room's libraries are loaded only for it

        probe(Door(port=port))
    run = _score(ROOT / "data" / "samples" / "calls.csv", settings)
    if room:
        _open_samples(settings, port)
    else:
        say_what_next(program())
    return 1 if len(run.failed) else 0


def program() -> str:
    """How this program is called here: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    is_found = called.name != "callgrade" or shutil.which("callgrade") is not None
    return "callgrade" if is_found else os.path.relpath(called)


def say_what_next(program: str) -> None:
    """Say what to do after the demo; the last line is the command that opens the room."""
    console.print(f"`{program} doctor` says which engines will run here, and what a larger Whisper would bring.")
    console.print("Score your own recordings: write a list like data/samples/calls.csv and run")
    console.print(f"  {program} score LIST", style="bold", markup=False)
    console.print(f"People score, check and coach in the browser by `{program} room`; on these samples:")
    console.print(f"  {program} demo --room", style="bold", markup=False)


def _open_samples(settings: Settings, port: int) -> None:
    """Open the room with a session on the samples, and say who comes in by which link."""
    from flows.room.demo import invite_everybody  # the room's libraries are loaded only for it
    from flows.room.open import Door, serve

    door = Door(port=port)
    for about, link in invite_everybody(settings, door):
        console.print(f"{about}:", markup=False)
        console.print(f"  {link}", markup=False, soft_wrap=True, style="bold")
    console.print("Each link works once; open them in different browsers or private windows. Stop with Ctrl-C.")
    serve(settings, door)


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
    settings = options.settings(**asdict(engines), timezone=timezone, log_json=absolute(log_json))
    with writing_log(settings):
        run = _score(call_list, settings, rescore=rescore, from_audio=from_audio)
    return 1 if len(run.failed) else 0


def _score(call_list: Path, settings: Settings, *, rescore: bool = False, from_audio: bool = False) -> Summary:
    """Run the nightly flow, show what it found, write the pages and bring configured exports up to date."""
    elements = load_rubrics(settings.rubrics)
    kinds = all_kinds(elements["rubric"], load_plan(Store(settings.workspace).place).unjudged)
    read_calls(call_list, kinds, timezone=settings.timezone)  # what cannot be read is said at once
    Store(settings.workspace).probe()  # and that nothing can be written, too
    publishing = bool(settings.exports or settings.webhook or settings.mail_to)
    pages = None
    with showing_progress(console):
        run = None if rescore or from_audio else idle(call_list, settings)
        with server() if run is None or publishing else nullcontext():
            if run is None:
                scheduled = nightly.with_options(task_runner=task_runner(settings), on_running=[hear_sigterm])
                run = scheduled(call_list, settings, rescore=rescore, from_audio=from_audio)
            if publishing:
                pages = publish(settings).page
    store = Store(settings.workspace)
    show.show_run(console, store, elements, run)
    pages = pages or write_pages(store, settings.rubrics)
    console.print(f"Pages: {pages}", soft_wrap=True)
    return run
