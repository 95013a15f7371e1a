"""Nights that go wrong: runs killed at random moments, two runs at once, two writers and a reader.

    python -m benchmarks.faults.killed_runs --kills 20 --seconds 60

prints what came of them and writes docs/benchmarks/faults.md. A run is killed with all its processes once a certain
number of files has appeared in the workspace, so that the moments fall into the time in which it works.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import polars as pl

from benchmarks.page import write
from benchmarks.paths import DOCS, ROOT, RUBRICS, SAMPLES, SCRIPTED
from flows.records import Assessment, Run, record
from models.ratings.reference import load_reference
from pipeline.store.delta import Store
from pipeline.tables import TABLES, Measures, Utterances
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

PAGE = DOCS / "benchmarks" / "faults.md"
COMPARED = ("calls", "utterances", "acts", "measures", "labels", "evidence", "actions", "kpis")
OF_THE_RUN = ("run_id", "scored_at", "labelled_at")
QUIET = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL"}
CHOSEN = {"CALLGRADE_ENCODER": "lexical", "CALLGRADE_TIMEZONE": "UTC", "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
LONGEST_S = 300
WRITERS = 2


class Night(NamedTuple):
    """What a run is given: the list, two rubrics, and a workspace with nothing but the classifiers."""

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
        """Score the list to its end; returns what was said."""
        running = self.start(workspace, *options)
        said, _ = running.communicate(timeout=LONGEST_S)
        if running.returncode:
            raise RuntimeError(f"status {running.returncode}: {said[-2000:]}")
        return said


def make_night(folder: Path, *, trained: Path, n_each: int = 2) -> Night:
    """A list of one call in WebVTT and some of the written conversations, two meetings of one pair among them.

    `trained` is a workspace whose classifiers are taken.
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
    """Score until so many files are new, wait, and kill all processes of the run; whether it was still going."""
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


def differences(workspace: Store, expected: Store) -> list[str]:
    """Tables that do not hold the same rows, apart from what names the run, and those in which a key stands twice."""
    faults = []
    for name in COMPARED:
        key = TABLES[name].primary_key()
        rows, expected_rows = (
            store.read(name).drop(OF_THE_RUN, strict=False).sort(key) for store in (workspace, expected)
        )
        if rows.select(key).is_duplicated().any():
            faults.append(f"{name}: a key stands twice")
        if not rows.select(sorted(rows.columns)).equals(
            expected_rows.select(sorted(expected_rows.columns)), null_equal=True
        ):
            faults.append(f"{name}: {rows.height} rows, not the {expected_rows.height} of an undisturbed run")
    return faults


def kill_and_end(
    night: Night, workspace: Path, expected: Store, moments: list[tuple[int, float]]
) -> tuple[int, list[str]]:
    """Kill a run at each moment (new files, then seconds), let the last go to its end; how many were killed while they
    ran, and what is not as it should be."""
    night.begin(workspace)
    killed = sum(kill_after(night, workspace, n_files, delay_s=delay_s) for n_files, delay_s in moments)
    night.score(workspace)
    return killed, differences(Store(str(workspace)), expected)


# Two writers and a reader, without the flow, so that they do nothing but write and read


class Watched(NamedTuple):
    """What a minute of writing and reading came to."""

    commits: int
    reads: int
    faults: list[str]


def watch(full: Path, workspace: Path, *, seconds: float) -> Watched:
    """Two processes write the calls of the workspace `full` again and again; a third looks at what stands there."""
    context = get_context("spawn")
    together = context.Barrier(WRITERS + 1)  # as starting takes each a while
    with context.Pool(WRITERS + 1, initializer=together.wait) as pool:
        writing = [pool.apply_async(_write, (str(full), str(workspace), writer, seconds)) for writer in range(WRITERS)]
        reading = pool.apply_async(_read, (str(workspace), seconds))
        commits = sum(commit.get() for commit in writing)
        reads, faults = reading.get()
    return Watched(commits, reads, faults)


def _write(full: str, workspace: str, writer: int, seconds: float) -> int:
    """Record some of the calls at a time, each time marked by another version, so that a mixture would show."""
    store, rng, n = Store(workspace), random.Random(writer), 0
    whole, until = assessment(Store(full)), monotonic() + seconds
    while monotonic() < until:
        n += 1
        call_ids = rng.sample(whole.calls["call_id"].to_list(), k=rng.randint(1, whole.calls.height))
        part = Assessment._make(frame.filter(pl.col("call_id").is_in(call_ids)) for frame in whole)
        version = WRITERS * n + writer
        marked = part._replace(
            measures=Measures.cast(part.measures.with_columns(measures_version=pl.lit(version, pl.Int64))),
            utterances=Utterances.cast(part.utterances.with_columns(speaker=pl.lit(str(version)))),
        )
        record(store, Run(f"{writer}-{n}", "nightly", "c", datetime.now(UTC), len(call_ids)), marked)
    return n


def assessment(store: Store) -> Assessment:
    """All that a workspace knows of its calls, as scoring them would have it."""
    tables = {name: store.read(name) for name in Assessment._fields}
    calls = (
        tables["calls"].rename({"audio_sha256": "content"}).with_columns(pl.lit(None, pl.String).alias("error_code"))
    )
    return Assessment(**tables | {"calls": calls.drop("run_id", "scored_at", "status")})  # type: ignore[arg-type]


def _read(workspace: str, seconds: float) -> tuple[int, list[str]]:
    store, n, faults, until = Store(workspace), 0, set(), monotonic() + seconds
    while monotonic() < until:
        faults |= set(_half_states(store))
        n += 1
    return n, sorted(faults)


def _half_states(store: Store) -> Iterator[str]:
    """What a reader should never see. The calls are read first, as their rows are written last."""
    calls = store.read("calls", where=pl.col("status") == "ok").select("call_id")
    rows = {name: store.read(name).join(calls, on="call_id", how="semi") for name in COMPARED[1:-1]}
    for name, frame in rows.items():
        if frame.select(TABLES[name].primary_key()).is_duplicated().any():
            yield f"{name}: a key stands twice"
        if name != "actions" and not calls.join(frame, on="call_id", how="anti").is_empty():
            yield f"{name}: nothing of a call that stands among the calls"
    for name, mark in (("measures", "measures_version"), ("utterances", "speaker")):
        if (rows[name].group_by("call_id").agg(pl.col(mark).n_unique())[mark] > 1).any():
            yield f"{name}: rows of two runs for one call"
    labels = rows["labels"].filter("current")
    if labels.select("call_id", "rubric", "element").is_duplicated().any():
        yield "labels: two current ones of an element"
    if not labels.join(rows["evidence"], on=["call_id", "rubric", "element", "model_id"], how="anti").is_empty():
        yield "labels: one without its evidence"


def main() -> None:
    """Kill, run twice at once, write and read; print and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trained", type=Path, help="a workspace whose classifiers are taken; else they are trained")
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
        f"{options.seed}`: "
        f"{n_calls} calls from transcripts, two rubrics, lexical encoder. Compared are {', '.join(COMPARED)}, "
        f"apart from {', '.join(OF_THE_RUN)}; no key may stand twice. The store guarantees: each table changes by one "
        "commit at a time and is whole at any moment; the row of a call is written after everything else of it, so "
        "that who reads the calls first finds all of every call that stands there.\n\n"
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
