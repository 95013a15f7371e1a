"""Hours of recordings per hour of listening: by stage, in a plain loop, and as the flow runs them.

    python -m benchmarks.speech.throughput --workers 1 2
    python -m benchmarks.speech.throughput --random large-v3-turbo --recordings 120 --minutes 30 --mono 30

The plain loop takes one recording after another through the same engines in one process. The flow's own `listen` runs
in the flow's own workers. With `--random`, Whisper has random weights of a size that cannot be had here, which produce
about as many words as people do. Each measurement runs in a fresh process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.page import write
from benchmarks.speech.night import Heard, by_flow, by_loop, make_night
from benchmarks.speech.random_whisper import SIZES, TOKENS, make_whisper
from pipeline.settings import Settings
from pipeline.speech import devices

NIGHT_H = 8


def main() -> None:
    """Measure the loop, then the flow with each number of workers, and write the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="base", help="a size or folder of Whisper weights")
    parser.add_argument("--random", choices=SIZES, help="random weights of this size instead")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--recordings", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=2.0, help="of each recording")
    parser.add_argument("--mono", type=int, default=0, help="how many of the recordings have one channel")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "callgrade-speech")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)  # one measurement: workers, or 0 for the loop
    options = parser.parse_args()
    night = make_night(options.folder, recordings=options.recordings, minutes=options.minutes, mono=options.mono)
    if options.random:
        options.model = str(make_whisper(options.folder, options.random))
    if options.measure is not None:
        settings = _settings(options)
        print(json.dumps((by_flow if options.measure else by_loop)(night, settings)))
        return
    load = os.getloadavg()[0]
    loop, *flows = (_apart(workers) for workers in (0, *options.workers))
    text = "\n".join(_tables(options, night.audio_s, loop, dict(zip(options.workers, flows, strict=True)), load))
    print(text)
    weights = "random" if options.random else "whisper"
    write(f"benchmarks.speech.throughput {weights} {devices.choose(options.device)[0]}", text)


def _apart(workers: int) -> Heard:
    """Measure in a fresh process: libraries fix their number of threads when they are loaded."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "benchmarks.speech.throughput",
        *sys.argv[1:],
        "--measure",
        str(workers),
    ]
    process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Heard(*json.loads(process.stdout.strip().splitlines()[-1]))


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        device=options.device,
        transcription_model=options.model,
        language="en",
        workers=max(1, options.measure),
        offline=True,
    )


def _tables(
    options: argparse.Namespace, audio_s: float, loop: Heard, flows: dict[int, Heard], load: float
) -> Iterator[str]:
    engine = f"Whisper {Path(options.model).name}"
    if options.random:
        engine = f"Whisper {options.random} with random weights, {TOKENS} tokens for each 28 s of speech"
    yield f"### {engine} on {_machine(options.device)}\n"
    yield f"`{' '.join(['python -m benchmarks.speech.throughput', *sys.argv[1:]])}`\n"
    yield (
        f"{options.recordings} recordings of {options.minutes:g} minutes, {options.mono} of them with one channel. "
        f"Load of the machine when it began: {load:.1f}. Hours of recordings heard in an hour:\n"
    )
    whole = sum(loop.took_s.values())
    yield "| | hours an hour | times the loop | GPU busy |\n| --- | ---: | ---: | ---: |"
    yield from (f"| {stage} alone | {audio_s / took:.0f} | | |" for stage, took in loop.took_s.items())
    yield f"| plain loop | {audio_s / whole:.1f} | 1.00 | {_busy(loop)} |"
    for workers, heard in flows.items():
        took = heard.took_s["all"]
        yield f"| flow, workers: {workers} | {audio_s / took:.1f} | {whole / took:.2f} | {_busy(heard)} |"
    most = max(audio_s / heard.took_s["all"] for heard in flows.values())
    yield f"\nIn a night of {NIGHT_H} hours: {most * NIGHT_H:.0f} hours of recordings.\n"


def _busy(heard: Heard) -> str:
    return "" if heard.gpu_busy is None else f"{heard.gpu_busy:.0%}"


def _machine(device: str) -> str:
    if devices.choose(device)[0] == "cuda":
        import torch

        return f"{devices.count_gpus()} x {torch.cuda.get_device_name(0)}, {os.cpu_count()} cores"
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {models[0].partition(': ')[2] if models else 'an unknown processor'}"


if __name__ == "__main__":
    main()
