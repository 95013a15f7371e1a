"""Time and memory of a night from stored transcripts to labels and KPIs, by the number of conversations.

    python -m benchmarks.load.growth --calls 1000 10000

writes its part of docs/benchmarks.md. The conversations are those of data/scripted, repeated by other people with one
utterance left out of each, so that no two are alike. Each number of them is scored in a workspace and a process of its
own. Linux only: memory is what its kernel says, a page that processes share counted once.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl

from benchmarks.page import write
from benchmarks.paths import RUBRICS, SCRIPTED
from flows.listen import listen
from flows.todo import identify, left
from models.ratings.reference import load_reference
from models.ratings.rubrics import load_rubrics
from models.registry.in_use import current_models
from pipeline.intake.calls import calls_of, read_calls
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

PATIENT = {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300", "PREFECT_LOGGING_LEVEL": "CRITICAL"}
AS_COMMAND = {"OMP_WAIT_POLICY": "PASSIVE"}
EVERY_S = 3.0  # a look at the memory of several processes stalls them; every half second cost two workers more than one
PRIVATE = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def main() -> None:
    """Make each number of conversations, score them with each number of workers, write the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runner", default="local", choices=["local", "dask"])
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # a folder to score
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_scored(Path(options.measure), options.workers[0], options.runner)))
        return
    rows = [
        "| conversations | workers | seconds | a second | peak memory, GB |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for number in options.calls:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_calls(folder, number)
            _prepare(folder)
            for workers in options.workers:
                measured = _measured(folder, workers, options.runner)
                rate = number / measured["s"]
                rows.append(f"| {number:,} | {workers} | {measured['s']:.0f} | {rate:.1f} | {measured['gb']:.2f} |")
                print(rows[-1], flush=True)
    command = " ".join(["python -m benchmarks.load.growth", *sys.argv[1:]])
    about = (
        "from transcripts that are stored already to labels and KPIs; lexical encoder, classifiers trained before. "
        "Peak memory is that of all processes together, Prefect's server too, looked at every three seconds."
    )
    where = "" if options.runner == "local" else " on a cluster of Dask"
    text = "\n".join([f"## Growth{where}\n", f"`{command}`: {about}\n", *rows, ""])
    print(text)
    write("benchmarks.load.growth" + ("" if options.runner == "local" else f" {options.runner}"), text)


def _measured(folder: Path, workers: int, runner: str) -> dict[str, float]:
    """Score the list in a process of its own, in a workspace of its own."""
    shutil.copytree(folder / "w", folder / f"w{workers}")
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.load.growth", "--measure", str(folder)]
    command += ["--workers", str(workers), "--runner", runner]
    environment = os.environ | PATIENT | PRIVATE | AS_COMMAND
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        while process.poll() is None:
            peak = max(peak, memory_gb(process.pid))
            time.sleep(EVERY_S)
        said = process.stdout.read() if process.stdout else ""
    shutil.rmtree(folder / f"w{workers}")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return {"s": json.loads(said.strip().splitlines()[-1])["s"], "gb": peak}


def memory_gb(pid: int) -> float:
    """What a process and all that it started hold in memory now, in gigabytes; what several hold is counted once."""
    kilobytes = 0
    for path in (Path(f"/proc/{one}/smaps_rollup") for one in (pid, *descendants(pid))):
        try:
            kilobytes += sum(int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith("Pss:"))
        except OSError:  # it has just ended
            continue
    return kilobytes * 1024 / 1e9


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process has started, and theirs."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from descendants(child)


def write_calls(folder: Path, number: int) -> None:
    """Write a call list and transcripts of `number` conversations, those of the reference repeated."""
    reference = load_reference(SCRIPTED)
    talk = {key[0]: rows for key, rows in reference.talk.partition_by("call_id", as_dict=True).items()}
    calls = reference.calls.sort("call_id").to_dicts()
    listed = []
    for at in range(number):
        call, again = calls[at % len(calls)], at // len(calls)
        path = folder / "transcripts" / f"{at}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_transcript(talk[call["call_id"]], again).to_json())
        listed.append(
            {
                "call_id": f"c{at}",
                "transcript": str(path),
                "interaction": call["interaction"],
                "started_at": (call["started_at"] + timedelta(days=7 * again)).isoformat(),
                "lead_id": f"{call['lead_id']}-{again // 50}",
                "other_id": f"{call['other_id']}-{again // 50}",
            }
        )
    pl.DataFrame(listed, infer_schema_length=None).write_csv(folder / "calls.csv")


def _transcript(said: pl.DataFrame, again: int) -> Transcript:
    """The conversation with one utterance left out, another each time."""
    rows = said.sort("idx")
    kept = rows.filter(pl.int_range(pl.len()) != 4 + again % max(1, rows.height - 8))
    roles = dict(kept.select("speaker", "role").unique(maintain_order=True).iter_rows())
    spoken = kept.select("start_s", "end_s", "speaker", "text", words=pl.lit([], SPOKEN["words"]))
    speakers = {speaker: Speaker(role=role) for speaker, role in roles.items()}
    return Transcript(spoken, speakers, float(kept["duration_s"][0]), language="en", transcriber="made up")


def _settings(workspace: Path, **others: object) -> Settings:
    own = {"workspace": str(workspace), "rubrics": RUBRICS, "encoder": "lexical", "timezone": "UTC"}
    return load_settings(**own, transcriber="whisper", **others)


def _prepare(folder: Path) -> None:
    """Train the classifiers and store the transcripts in the workspace that all measurements begin with."""
    settings = _settings(folder / "w")
    elements = load_rubrics(settings.rubrics)
    current_models(Store(settings.workspace), elements, settings)
    listed = identify(read_calls(folder / "calls.csv", elements["rubric"], timezone="UTC"), settings)
    for call in calls_of(left(listed, listed.clear())):
        listen(call, settings)


def _scored(folder: Path, workers: int, runner: str) -> dict[str, float]:
    """Seconds of scoring the list, once the Prefect server answers."""
    from flows.nightly import nightly
    from flows.runners import task_runner
    from flows.server import server

    settings = _settings(folder / f"w{workers}", workers=workers, runner=runner)
    with server():
        began = time.perf_counter()
        scored = nightly.with_options(task_runner=task_runner(settings))(folder / "calls.csv", settings)
        seconds = time.perf_counter() - began
    if scored.failed.height:
        raise RuntimeError(f"{scored.failed.height} conversations were not scored: {scored.failed['error'][0]}")
    return {"s": seconds}


if __name__ == "__main__":
    main()
