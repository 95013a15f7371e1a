"""Nights that go wrong: runs killed at random moments, two runs at once, two writers and a reader.

    python -m benchmarks.faults.killed_runs --kills 20 --seconds 60

compares the tables with those of an undisturbed run and writes docs/benchmarks/faults.md. A run is killed with all its
processes once a certain number of files has appeared in the workspace, so that it is killed while it works.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import polars as pl

from benchmarks.faults.compare import COMPARED, OF_THE_RUN, differences
from benchmarks.faults.two_writers import watch
from benchmarks.page import write
from benchmarks.paths import DOCS, ROOT, RUBRICS, SAMPLES, SCRIPTED
from models.ratings.reference import load_reference
from pipeline.store.delta import Store
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

PAGE = DOCS / "benchmarks" / "faults.md"
QUIET = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL"}
CHOSEN = {"CALLGRADE_ENCODER": "lexical", "CALLGRADE_TIMEZONE": "UTC", "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
LONGEST_S = 300


class Night(NamedTuple):
    """What a run needs: the list, two rubrics, and a workspace that holds the classifiers alone."""

    call_list: Path
    rubrics: Path
    trained: Path
    home: Path

    def begin(self, workspace: Path) -> Path:
        """A workspace to score into."""
        shutil.copytree(self.trained, workspace)
        return workspace

    def start(self, workspace: Path, *options: str, workers: int = 1, **environment: str) -> subprocess.Popen[str]:
        """Begin to score the list, in a process group of its own."""
        command = [sys.executable, "-m", "flows", "score", str(self.call_list), "--workspace", str(workspace)]
        return subprocess.Popen(
            [*command, "--rubrics", str(self.rubrics), "--workers", str(workers), *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, start_new_session=True,
            env=os.environ | QUIET | CHOSEN | {"HOME": str(self.home)} | environment,
        )  # fmt: skip

    def score(self, workspace: Path, *options: str) -> str:
        """Score the list to its end; returns the output."""
        running = self.start(workspace, *options)
        output, _ = running.communicate(timeout=LONGEST_S)
        if running.returncode:
            raise RuntimeError(f"status {running.returncode}: {output[-2000:]}")
        return output


def make_night(folder: Path, *, trained: Path, n_each: int = 2) -> Night:
    """Make a list of one call in WebVTT and some written conversations, two meetings of one pair among them.

    `trained` is a workspace whose classifiers are copied.
    """
    call_list, rubrics, home = folder / "calls.csv", folder / "rubrics", folder / "home"
    for place in (rubrics, home):
        place.mkdir(parents=True)
    for name in ("common", "discovery_call", "one_on_one"):
        shutil.copy(RUBRICS / f"{name}.yaml", rubrics)
    for part in ("models", "tables/models"):
        shutil.copytree(trained / part, folder / "trained" / part)
    shutil.copy(SAMPLES / "ross-animal-care.vtt", folder)
    listed = pl.read_csv(SAMPLES / "calls.csv", infer_schema=False)
    reference = load_reference(SCRIPTED)
    meetings = (
        reference.calls.filter(interaction="one_on_one").sort("series", "meeting", nulls_last=True).head(n_each + 1)
    )
    chosen = pl.concat([reference.calls.filter(interaction="discovery_call").head(n_each), meetings])
    for (call_id,), talk in reference.talk.join(chosen, on="call_id", how="semi").group_by("call_id"):
        (folder / f"{call_id}.json").write_text(_written(talk.sort("idx")))
    rows = chosen.select(
        "call_id", "interaction", "lead_id", "other_id",
        transcript=pl.col("call_id") + ".json",
        started_at=pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%MZ"),
    )  # fmt: skip
    pl.concat([listed.filter(call_id="ross-animal-care"), rows], how="diagonal").write_csv(call_list)
    return Night(call_list, rubrics, folder / "trained", home)


def _written(talk: pl.DataFrame) -> str:
    utterances = talk.with_columns(words=pl.lit([], SPOKEN["words"])).select(SPOKEN.names())
    speakers = {name: Speaker(role=role) for name, role in talk.select("speaker", "role").unique().iter_rows()}
    return Transcript(utterances, speakers, float(talk["end_s"].max())).to_json()  # type: ignore[arg-type]


def files(workspace: Path) -> int:
    """How many files a workspace holds."""
    return sum(len(names) for _, _, names in os.walk(workspace))


def kill_after(night: Night, workspace: Path, n_files: int, *, delay_s: float) -> bool:
    """Score until so many files are new, wait, and kill all processes of the run; says whether it was still running."""
    before, began = files(workspace), monotonic()
    running = night.start(workspace)
    while running.poll() is None and files(workspace) - before < n_files and monotonic() - began < LONGEST_S:
        sleep(0.002)
    sleep(delay_s)
    was_running = running.poll() is None
    if was_running:
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    return was_running


def kill_and_end(
    night: Night, workspace: Path, expected: Store, moments: list[tuple[int, float]]
) -> tuple[int, list[str]]:
    """Kill a run at each moment (new files, then seconds), then score to the end.

    Returns how many runs were killed while they ran, and how the tables differ from the expected ones.
    """
    night.begin(workspace)
    killed = sum(kill_after(night, workspace, n_files, delay_s=delay_s) for n_files, delay_s in moments)
    night.score(workspace)
    return killed, differences(Store(str(workspace)), expected)


def main() -> None:
    """Kill runs, run two at once, write and read at once; print and write how often the tables differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trained", type=Path, help="a workspace whose classifiers are used; else they are trained")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    trained = options.trained or train_classifiers(folder)
    night = make_night(folder / "night", trained=trained)
    expected = Store(str(night.begin(folder / "undisturbed")))
    n_before = files(folder / "undisturbed")
    night.score(folder / "undisturbed")
    n_files = files(folder / "undisturbed") - n_before
    n_calls = expected.read("calls", where=pl.col("status") == "ok").height
    print(f"an undisturbed run of {n_calls} calls writes {n_files} files", flush=True)

    rng, killed = random.Random(options.seed), 0
    faults: list[str] = []
    for number in range(options.kills // 2):
        moments = [(rng.randint(1, n_files), rng.uniform(0, 0.05)) for _ in range(2)]
        was_running, differing = kill_and_end(night, folder / f"killed-{number}", expected, moments)
        killed, faults = killed + was_running, faults + differing
        print(f"kills at {moments}: {differing or 'the same tables'}", flush=True)

    running = [night.start(night.begin(folder / "both")), night.start(folder / "both")]
    outputs = [run.communicate(timeout=LONGEST_S)[0] for run in running]
    at_once = [
        *(output[-300:] for output, run in zip(outputs, running, strict=True) if run.returncode),
        *differences(Store(str(folder / "both")), expected),
    ]
    print(f"two runs at once: {at_once or 'the same tables'}", flush=True)
    watched = watch(folder / "undisturbed", folder / "watched", seconds=options.seconds)
    print(watched, flush=True)
    lines = [
        "| what happened | how often | ended otherwise than an undisturbed run |",
        "| --- | --- | ---: |",
        f"| run killed (SIGKILL), at last run to its end | {killed} of {options.kills} kills hit | {len(faults)} |",
        f"| two runs of the same list on one new workspace at once | 1 | {len(at_once)} |",
        f"| two writers and a reader, {options.seconds:g} s | {watched.commits} batches of seven commits, "
        f"{watched.reads} readings of all tables | {len(watched.faults)} |",
        "", *(f"- {fault}" for fault in [*faults, *at_once, *watched.faults]),
    ]  # fmt: skip
    about = (
        f"`python -m benchmarks.faults.killed_runs --kills {options.kills} --seconds {options.seconds:g} --seed "
        f"{options.seed}`: {n_calls} calls from transcripts, two rubrics, lexical encoder. The benchmark compares "
        f"{', '.join(COMPARED)}, apart from {', '.join(OF_THE_RUN)}; no key may occur twice. The store guarantees: "
        "each table changes by one commit at a time and is whole at any moment; the row of a call is written after "
        "its other rows, so that a reader who reads the calls first finds all rows of every call.\n\n"
    )
    print("\n".join(lines))
    write("benchmarks.faults.killed_runs", about + "\n".join(lines).strip(), to=PAGE, head="# Nights that go wrong\n")
    shutil.rmtree(folder)


def train_classifiers(folder: Path) -> Path:
    """A workspace with classifiers of the two rubrics, trained by a first run."""
    for part in ("models", "tables/models"):
        (folder / "none" / part).mkdir(parents=True)
    first = make_night(folder / "first", trained=folder / "none", n_each=1)
    first.score(folder / "trained")
    return folder / "trained"


if __name__ == "__main__":
    main()
