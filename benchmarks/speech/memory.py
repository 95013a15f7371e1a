"""Peak memory of decoding and diarizing long recordings, each in a process of its own.

    python -m benchmarks.speech.memory --stereo-hours 3 --mono-hours 1

writes its part of docs/benchmarks.md. Recordings are the samples, repeated. Linux only: it reads VmHWM.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from benchmarks.page import write
from benchmarks.paths import SAMPLES
from pipeline.settings import Settings
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.speech.diarize import diarize

WRITTEN_HZ = 8_000


def main() -> None:
    """Make the recordings, measure each step apart, write the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stereo-hours", type=float, default=3)
    parser.add_argument("--mono-hours", type=float, default=1)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)  # a recording, and how many steps to take
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measured(Path(options.measure[0]), steps=int(options.measure[1]))))
        return
    rows = ["| step | hours | peak memory, GB | seconds |", "| --- | ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as folder:
        for name, hours, channels in (("two channels", options.stereo_hours, 2), ("one", options.mono_hours, 1)):
            path = Path(folder) / f"{channels}.wav"
            _write(path, hours, channels)
            for steps, step in enumerate(("decoded", "decoded and diarized"), 1):
                peak_gb, seconds = _apart(path, steps)
                rows.append(f"| {name}, {step} | {hours:g} | {peak_gb:.2f} | {seconds:.0f} |")
    about = (
        "## Memory of long recordings\n\n`python -m benchmarks.speech.memory "
        f"--stereo-hours {options.stereo_hours:g} --mono-hours {options.mono_hours:g}`: wav at 8 kHz; the peak of the "
        "whole process, Python and its libraries included; seconds on a machine that did other work meanwhile. One "
        "channel is diarized by voice, with the weights that come with the program, two by channel.\n\n"
    )
    print(about + "\n".join(rows))
    write("benchmarks.speech.memory", about + "\n".join(rows))


def _apart(path: Path, steps: int) -> tuple[float, float]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.speech.memory", "--measure", str(path), str(steps)]
    process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    peak_gb, seconds = json.loads(process.stdout.strip().splitlines()[-1])
    return peak_gb, seconds


def _measured(path: Path, *, steps: int) -> tuple[float, float]:
    """Peak memory of this process in GB and the seconds it took."""
    began = time.perf_counter()
    audio = decode(path)
    if steps > 1:
        diarize(audio, Settings(device="cpu"), n_speakers=2)
    status = Path("/proc/self/status").read_text()
    peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return peak_kb * 1024 / 1e9, time.perf_counter() - began


def _write(path: Path, hours: float, channels: int) -> None:
    stereo = decode(SAMPLES / "north-gate-dental.mp3").samples[:, :: RATE_HZ // WRITTEN_HZ]
    heard = stereo if channels == 2 else stereo.mean(axis=0, keepdims=True)
    piece = (heard.T * 32767).astype(np.int16)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(WRITTEN_HZ)
        left = round(hours * 3600 * WRITTEN_HZ)
        while left > 0:
            out.writeframes(piece[:left].tobytes())
            left -= len(piece)


if __name__ == "__main__":
    main()
