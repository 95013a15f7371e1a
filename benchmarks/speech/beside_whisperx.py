"""WhisperX beside our own listening in one run: the same recordings, the same Whisper folder, the same cores.

    uv venv whisperx && uv pip install --python whisperx/bin/python whisperx==3.8.6
    python -m benchmarks.speech.beside_whisperx --environment whisperx

writes its part of docs/benchmarks.md. WhisperX runs in an environment of its own, without alignment, with its own voice
detector; its diarization needs weights of the hub and is left out, so it gives words without times or speakers. Ours
gives turns, words with times and speakers. Linux only: it reads VmHWM.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from benchmarks.page import write
from benchmarks.paths import SAMPLES, SHARED
from benchmarks.speech import errors
from benchmarks.speech.night import Night, by_flow, make_night
from pipeline.settings import Settings
from pipeline.speech import weights
from pipeline.speech.align import align
from pipeline.speech.audio import decode
from pipeline.speech.diarize import diarize
from pipeline.speech.transcribe import transcribe

ALONE = Path(__file__).with_name("whisperx_alone.py")
STEREO, MONO = ("miller-plumbing",), "david-laura"
SALES_CALL = SHARED / "data" / "call_audio" / "audio" / "gong_sales_demo.mp3"


@dataclass(frozen=True)
class Heard:
    """What an engine made of the recordings: seconds and texts of each, in their order, and its peak memory.

    `processor_s` are the processor seconds of all, null where they were spent in workers.
    """

    took_s: list[float]
    texts: list[list[str]]
    peak_gb: float
    processor_s: float | None = None


def main() -> None:
    """Run the three apart, compare, write the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environment", type=Path, default=Path("whisperx"), help="where whisperX is installed")
    parser.add_argument("--workers", type=int, default=2, help="of the flow; 0: without it")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of each single process")
    parser.add_argument("--recordings", type=int, default=8, help="at most so many of the recordings")
    parser.add_argument("--measure", choices=("ours", "flow"), help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    recordings = dict(list(_recordings().items())[: options.recordings])
    if options.measure:
        measured = _ours(recordings) if options.measure == "ours" else _flow(recordings, options.workers)
        print(json.dumps(asdict(measured)))
        return
    folder = weights.whisper_folder("base", offline=True)
    if folder is None:
        raise SystemExit("Whisper base is not installed: `make install`")
    load = os.getloadavg()[0]
    python = str(options.environment / "bin" / "python")
    paths = [str(path) for path in (_warm_up(), *recordings.values())]
    theirs = _last_line(
        [python, "-W", "ignore", str(ALONE), str(folder), str(options.threads), *paths], options.threads
    )
    mine = [sys.executable, "-W", "ignore", "-m", "benchmarks.speech.beside_whisperx"]
    mine += ["--recordings", str(options.recordings), "--workers", str(options.workers), "--measure"]
    ours = _last_line([*mine, "ours"], options.threads)
    apart = max(1, options.threads // max(1, options.workers))
    flow = _last_line([*mine, "flow"], apart) if options.workers else None
    how = f"--workers {options.workers} --threads {options.threads} --recordings {options.recordings}"
    text = "\n".join(_part(recordings, theirs, ours, flow, how=how, load=load))
    print(text)
    write("benchmarks.speech.beside_whisperx", text)


def _recordings() -> dict[str, Path]:
    names = {f"{call_id}, two channels": SAMPLES / f"{call_id}.mp3" for call_id in STEREO}
    names |= {f"{MONO}, one channel": SAMPLES / f"{MONO}.mp3"}
    return names | ({"acted sales call, one channel": SALES_CALL} if SALES_CALL.exists() else {})


def _warm_up() -> Path:
    """A short recording to load everything with."""
    folder = Path(tempfile.gettempdir()) / "callgrade-speech"
    return make_night(folder, recordings=1, minutes=0.2, mono=1).warm_up


def _last_line(command: list[str], threads: int) -> Heard:
    """Run a command whose threads do not wait for each other busily, which would cost the others their time."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return Heard(**json.loads(process.stdout.strip().splitlines()[-1]))


def _settings(workers: int) -> Settings:
    return Settings(device="cpu", transcription_model="base", language="en", workers=workers, offline=True)


def _ours(recordings: dict[str, Path]) -> Heard:
    """One recording after another in this process: decoded, diarized, recognised, aligned."""
    took_s: list[float] = []
    texts: list[list[str]] = []
    spent = 0.0
    settings = _settings(1)
    for path in (_warm_up(), *recordings.values()):
        began = time.perf_counter()
        if len(took_s) == 1:
            spent = time.process_time()
        audio = decode(path)
        turns = diarize(audio, settings, n_speakers=2)
        heard = align(transcribe(audio, turns, settings), turns, audio)
        took_s.append(time.perf_counter() - began)
        texts.append(heard.utterances.sort("start_s")["text"].to_list())
    spent = time.process_time() - spent
    return Heard(took_s[1:], texts[1:], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, spent)


def _flow(recordings: dict[str, Path], workers: int) -> Heard:
    """The flow's own listening in its own workers; seconds in all, memory of the largest of them times their number."""
    night = Night(_warm_up(), list(recordings.values()), 0.0)
    took_s = by_flow(night, _settings(workers)).took_s["all"]
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e9
    return Heard([took_s], [], largest * workers)


def _truth() -> dict[str, list[str]]:
    lines = pl.read_ndjson(SAMPLES / "truth.jsonl").sort("start_s").group_by("call_id").agg("text")
    texts: dict[str, list[str]] = dict(lines.iter_rows())
    turns = SHARED / "data" / "call_audio" / "turns.jsonl"
    if turns.exists():
        sales = pl.read_ndjson(turns).filter(id="gong_sales_demo").filter(pl.col("end").is_not_null())
        texts["acted sales call"] = sales["text"].to_list()
    return texts


def _part(
    recordings: dict[str, Path], theirs: Heard, ours: Heard, flow: Heard | None, *, how: str, load: float
) -> Iterator[str]:
    lengths = [decode(path).duration_s for path in recordings.values()]
    said = [_truth()[name.partition(", ")[0]] for name in recordings]
    yield "## Beside whisperX\n"
    yield (
        f"`python -m benchmarks.speech.beside_whisperx {how}`, whisperX 3.8.6 in an environment of its "
        "own (`uv venv whisperx && uv pip install --python whisperx/bin/python whisperx==3.8.6`): Whisper base in int8 "
        f"from the same folder on the same {os.cpu_count()} cores, one engine after the other; load of the machine at "
        f"the beginning: {load:.1f}. WhisperX gives words without times and speakers (alignment off; its diarization "
        "needs weights of the hub), from both channels mixed. Ours gives each word its time and speaker. Speed is "
        "hours heard in an hour, models loaded before; processor seconds are those of a second of recording, which "
        "other work on the machine does not change much.\n"
    )
    yield from rows(dict(zip(recordings, lengths, strict=True)), said, theirs, ours)
    yield "\n| all recordings | speed | processor seconds | peak memory, GB |\n| --- | ---: | ---: | ---: |"
    engines = {"whisperX, one process": theirs, "ours, one process": ours}
    for name, heard in (engines | ({"ours, the flow with its workers": flow} if flow else {})).items():
        spent = "" if heard.processor_s is None else f"{heard.processor_s / sum(lengths):.3f}"
        yield f"| {name} | {sum(lengths) / sum(heard.took_s):.1f} | {spent} | {heard.peak_gb:.2f} |"


def rows(lengths: dict[str, float], said: list[list[str]], theirs: Heard, ours: Heard) -> Iterator[str]:
    """Words wrong and speed of both on each recording, given its seconds and what was said in it."""
    yield "| recording | seconds | words wrong, whisperX | ours | speed, whisperX | ours |\n| --- |" + " ---: |" * 5
    for number, (name, length_s) in enumerate(lengths.items()):
        wrong = [errors.word_errors(said[number], heard.texts[number]) for heard in (theirs, ours)]
        rates = [f"{missed / n_words:.1%}" for missed, n_words in wrong]
        speeds = [f"{length_s / heard.took_s[number]:.1f}" for heard in (theirs, ours)]
        yield f"| {name} | {length_s:.0f} | {' | '.join([*rates, *speeds])} |"


if __name__ == "__main__":
    main()
