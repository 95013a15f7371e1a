"""Hostile files: every reader accepts a file or refuses it in one sentence, within seconds and without a crash.

    python -m benchmarks.faults.fuzz --inputs 20000

prints a table and writes docs/benchmarks/fuzz.md. Inputs are good files with bytes, tokens and structure changed; the
same seed gives the same inputs. Each reader runs in a process of its own whose memory is limited. Inputs that break a
reader are kept in a folder, whose name is printed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from resource import RLIMIT_AS, RUSAGE_SELF, getrusage, setrlimit
from time import process_time
from typing import Any

import numpy as np

from benchmarks.faults import seeds
from benchmarks.faults.accounted import unaccounted
from benchmarks.faults.limits import LIMIT_S, limited
from benchmarks.faults.mutate import Mutate, in_zip, mutated, signed
from benchmarks.faults.seeds import KINDS
from benchmarks.page import write
from benchmarks.paths import DOCS
from models.learning.element_model import ABOUT, ARRAYS, load
from models.ratings.rubrics import RubricError, load_rubrics
from models.ratings.scores import read_scores
from pipeline.errors import CallError
from pipeline.intake.calls import LISTED, read_calls
from pipeline.metrics.cadence import DEFAULT, load_plan
from pipeline.pages.parts.coaching import CONSENT, read_consent
from pipeline.settings import load_settings
from pipeline.speech.audio import decode
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.transcript import from_json

PAGE = DOCS / "benchmarks" / "fuzz.md"
LIMIT_BYTES = 12 << 30
TEXT = """`python -m benchmarks.faults.fuzz --inputs {inputs} --seed {seed}`: good files of every format with bits \
flipped, ends cut off, pieces of other files put in, tokens and numbers that mean something to a parser put in \
or repeated up to 20,000 times, values of JSON replaced, parts of workbooks changed and packed again, models \
signed again. A file is refused if it raises the reader's own error with one sentence. Other errors are any \
other exception, a crash, an input that takes more than {limit} s of processor time, and an accepted file that \
breaks what the reader promises (a call_id that occurs twice, a transcript that its JSON does not give back, \
words of it that are neither in an utterance nor in a note). A row is of its reader's last run; `--reader` runs \
one again.
"""
HEADER = (
    "| reader | inputs | accepted | refused | other errors | slowest, s | peak memory, GB |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
)
LONGEST_SENTENCE = 1_000


@dataclass(frozen=True)
class Reader:
    """What is fuzzed."""

    seeds: Callable[[], list[tuple[str, bytes]]]  # names and contents of good files
    read: Callable[[Path], object]  # reads one, and checks what the reader promises of an accepted file
    refusals: tuple[type[Exception], ...]  # the errors by which a reader may refuse a file
    inside: Mutate | None = None  # changes the inside of the format


@dataclass(frozen=True)
class Outcome:
    """How one reader dealt with its inputs."""

    accepted: int
    refused: int
    slowest_s: float
    broken: dict[str, bytes]  # the first input that raised each kind of other error
    n_broken: int


def fuzz(name: str, inputs: int, *, seed: int, folder: Path) -> Outcome:
    """Give `inputs` mutated files to a reader, the good ones first."""
    reader, rng = READERS[name], random.Random(f"{name} {seed}")
    good_files = reader.seeds()
    accepted = refused = n_broken = 0
    slowest_s = 0.0
    broken: dict[str, bytes] = {}
    for number in range(inputs):
        file_name, content = good_files[number % len(good_files)]
        if number >= len(good_files):
            for _ in range(rng.choice((1, 1, 1, 2, 4))):
                content = mutated(content, [other for _, other in good_files], rng, reader.inside)
        path = folder / file_name
        path.write_bytes(content)
        began = process_time()
        try:
            with limited():
                reader.read(path)
            accepted += 1
        except reader.refusals as error:
            if fault := _unfit(error):
                broken.setdefault(fault, content)
                n_broken += 1
            else:
                refused += 1
        except BaseException as error:  # a crash in Rust is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            broken.setdefault(_kind(error), content)
            n_broken += 1
        slowest_s = max(slowest_s, process_time() - began)
    return Outcome(accepted, refused, slowest_s, broken, n_broken)


def _unfit(error: Exception) -> str | None:
    """What is wrong with a refusal, which must be one sentence (a rubric's: one for each problem)."""
    lines = str(error).splitlines()
    if not lines or not all(line.strip() for line in lines):
        return f"{type(error).__name__} without a word"
    if len(lines) > 1 and not isinstance(error, RubricError):
        return f"{type(error).__name__} of {len(lines)} lines: {lines[0][:80]}"
    longest = max(map(len, lines))
    return f"{type(error).__name__} of {longest} letters: {lines[0][:60]}" if longest > LONGEST_SENTENCE else None


def _kind(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}: {str(error)[:100]!r}"


# What each reader promises beyond not failing


def _read_list(path: Path) -> None:
    rows = read_calls(path, KINDS, timezone="Europe/Berlin")
    _hold(set(LISTED) <= set(rows.columns), "a column is lacking")
    _hold(rows["call_id"].is_unique().all() and not rows["call_id"].has_nulls(), "call_id is no key")
    _hold(rows["scheduled_minutes"].drop_nulls().is_finite().all(), "scheduled_minutes is not finite")
    _hold(all("\n" not in error for error in rows["error"].drop_nulls()), "an error of several lines")


def _read_transcript(path: Path) -> None:
    transcript = read_transcript(path)
    again = from_json(transcript.to_json().encode().decode())
    _hold(again.utterances.equals(transcript.utterances, null_equal=True), "its JSON is another transcript")
    _hold(dict(again.speakers) == dict(transcript.speakers), "its JSON has other speakers")
    _hold(np.isfinite(transcript.duration_s), "its duration is not finite")
    of_file = (transcript.transcriber or "").startswith("transcript:")
    lost = unaccounted(path, transcript) if of_file else 0
    _hold(not lost, f"{lost} words neither in an utterance nor in a note")


def _read_beside(path: Path) -> None:
    """A transcript that names nobody, with the file as the RTTM beside it."""
    path.with_suffix(".json").write_bytes(seeds.words_without_speakers())
    _read_transcript(path.with_suffix(".json"))


def _read_rubric(path: Path) -> None:
    load_rubrics(path.parent)


def _read_scores(path: Path) -> None:
    read = read_scores(path, seeds.rubric_elements(), seeds.known_calls())
    _hold(read.scores["level"].is_between(0, 3).all(), "a level that is none")
    _hold(all("\n" not in problem for problem in read.problems), "a problem of several lines")


def _read_settings(path: Path) -> None:
    load_settings(workspace=str(path.parent))


def _read_model(path: Path) -> None:
    other = path.with_name(ARRAYS if path.name == ABOUT else ABOUT)
    other.write_bytes(dict(seeds.model_files())[other.name])
    load(path.parent)


def _decode(path: Path) -> None:
    samples = decode(path, max_hours=0.02).samples
    _hold(bool(np.isfinite(samples).all()), "a sample that is no number")


def _hold(promise: bool, what: str) -> None:
    if not promise:
        raise AssertionError(what)


READERS = {
    "call list": Reader(seeds.call_lists, _read_list, (ValueError,)),
    "call list, Parquet": Reader(seeds.parquet_call_lists, _read_list, (ValueError,)),
    "call list, XLSX": Reader(seeds.workbook_call_list, _read_list, (ValueError,), in_zip),
    "captions": Reader(lambda: seeds.transcripts(".vtt", ".srt", ".sbv"), _read_transcript, (CallError,)),
    "transcript, text": Reader(
        lambda: seeds.transcripts(".txt", ".md", ".html", ".csv"), _read_transcript, (CallError,)
    ),
    "transcript, JSON": Reader(lambda: seeds.transcripts(".json"), _read_transcript, (CallError,)),
    "transcript, Word": Reader(lambda: seeds.transcripts(".docx"), _read_transcript, (CallError,), in_zip),
    "RTTM": Reader(seeds.spans, _read_beside, (CallError,)),
    "rubric": Reader(seeds.rubrics, _read_rubric, (RubricError,)),
    "scores": Reader(seeds.score_lists, _read_scores, (ValueError,)),
    "scores, XLSX": Reader(seeds.workbook_scores, _read_scores, (ValueError,), in_zip),
    "cadence.yaml": Reader(
        lambda: [("cadence.yaml", DEFAULT.read_bytes()[:600]), ("cadence.yaml", b'{"weights": {"agenda": 2}}')],
        lambda path: load_plan(path.parent),
        (ValueError,),
    ),
    "consent.yaml": Reader(
        lambda: [(CONSENT, b"ann: true\nbob: false\n"), (CONSENT, b'{"ann": true, "bob": false}')],
        lambda path: read_consent(path.parent),
        (ValueError,),
    ),
    "callgrade.toml": Reader(
        lambda: [("callgrade.toml", b'encoder = "lexical"\nworkers = 2\nexports = ["csv:out"]\nmax_hours = 3.5\n')],
        _read_settings,
        (ValueError,),
    ),
    "model": Reader(seeds.model_files, _read_model, (ValueError,), signed),
    "recording": Reader(seeds.recordings, _decode, (CallError,)),
}  # fmt: skip


def main() -> None:
    """Fuzz every reader in a process of its own; print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--reader", choices=READERS, action="append", help="this one, and others so named; else all")
    parser.add_argument("--at-once", type=int, default=1, help="readers at a time")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)  # where what breaks the reader is put
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_child(options)))
        return
    breaking = Path(tempfile.mkdtemp(prefix="fuzz-"))
    names = options.reader or list(READERS)
    with ThreadPoolExecutor(options.at_once) as pool:
        for name, row in zip(names, pool.map(lambda name: _row(name, options, breaking), names), strict=True):
            print(row, flush=True)
            rows = _stored_rows() | {name: row}
            about = TEXT.format(inputs=options.inputs, seed=options.seed, limit=LIMIT_S)
            write(
                "benchmarks.faults.fuzz", "\n".join((about, *HEADER, *rows.values())), to=PAGE, head="# Hostile files\n"
            )


def _stored_rows() -> dict[str, str]:
    """The rows of the page, in the order of READERS, by reader; empty ones where there is none."""
    lines = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []
    cells = {line.split(" | ")[0].strip("| "): line for line in lines if line.startswith("| ")}
    return {name: cells.get(name, f"| {name} | | | | | | |") for name in READERS}


def _row(name: str, options: argparse.Namespace, breaking: Path) -> str:
    command = [sys.executable, "-m", "benchmarks.faults.fuzz", "--reader", name, "--child", str(breaking)]
    limits = ["--inputs", str(options.inputs), "--seed", str(options.seed)]
    process = subprocess.run([*command, *limits], capture_output=True, text=True, check=False)
    if process.returncode:
        return f"| {name} | | | | crashed with status {process.returncode}: {process.stderr[-300:]!r} | | |"
    outcome = json.loads(process.stdout.splitlines()[-1])
    for fault in outcome["broken"]:
        print(f"{name}: {fault}; see {breaking}", file=sys.stderr)
    figures = (outcome["accepted"], outcome["refused"], outcome["n_broken"])
    cells = [
        name,
        *(f"{n:,}" for n in (sum(figures), *figures)),
        f"{outcome['slowest_s']:.2f}",
        f"{outcome['peak_gb']:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _child(options: argparse.Namespace) -> dict[str, Any]:
    setrlimit(RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        (name,) = options.reader
        outcome = fuzz(name, options.inputs, seed=options.seed, folder=Path(folder))
    for number, content in enumerate(outcome.broken.values()):
        (options.child / f"{name.replace(' ', '-')}-{number}").write_bytes(content)
    peak_gb = getrusage(RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return asdict(outcome) | {"broken": list(outcome.broken), "peak_gb": peak_gb}


if __name__ == "__main__":
    main()
