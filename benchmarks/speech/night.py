"""Listen to a night of recordings by a plain loop over the engines and by the flow, and time both."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from benchmarks.paths import SAMPLES
from pipeline.intake.calls import Call
from pipeline.settings import Settings
from pipeline.speech import devices
from pipeline.speech.align import align
from pipeline.speech.audio import RATE_HZ, Samples, decode
from pipeline.speech.diarize import diarize
from pipeline.speech.transcribe import transcribe

WARM_UP_S = 12
APART_S = 47  # between the beginnings of two recordings, so that no two are alike
PIECE_S = 30
QUIET = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "OMP_WAIT_POLICY": "PASSIVE",
}


class Night(NamedTuple):
    """The recordings: a short one to load the engines with, then the rest, `audio_s` seconds in all."""

    warm_up: Path
    recordings: list[Path]
    audio_s: float


class Heard(NamedTuple):
    """Seconds of listening to a night, by stage in the loop, and the share of them in which a GPU was busy."""

    took_s: dict[str, float]
    gpu_busy: float | None  # null where there is no GPU


def make_night(folder: Path, *, recordings: int, minutes: float, mono: int) -> Night:
    """The samples over and over as mp3s, `mono` of them with one channel; made once."""
    folder = folder / f"{recordings}-of-{minutes:g}-minutes-{mono}-mono"
    night = Night(
        folder / "warm-up.mp3", [folder / f"call-{n}.mp3" for n in range(recordings)], recordings * minutes * 60
    )
    if night.recordings[-1].exists():
        return night
    folder.mkdir(parents=True, exist_ok=True)
    samples = [decode(path).samples for path in sorted(SAMPLES.glob("*.mp3"))]
    stereo = np.concatenate([samples_of_one for samples_of_one in samples if len(samples_of_one) == 2], axis=1)
    lengths = [WARM_UP_S, *[minutes * 60] * recordings]
    for number, (path, length_s) in enumerate(zip([night.warm_up, *night.recordings], lengths, strict=True)):
        take = np.arange(number * APART_S * RATE_HZ, round((number * APART_S + length_s) * RATE_HZ)) % stereo.shape[1]
        heard = stereo[:, take]
        _write_mp3(path, heard.mean(axis=0, keepdims=True) if number <= mono and mono else heard)
    return night


def _write_mp3(path: Path, samples: Samples) -> None:
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libmp3lame", rate=RATE_HZ)
        stream.layout, stream.format = layout, "fltp"
        resampler = av.AudioResampler("fltp", layout, RATE_HZ, frame_size=stream.frame_size)
        for at in range(0, samples.shape[1], PIECE_S * RATE_HZ):
            piece = np.ascontiguousarray(samples[:, at : at + PIECE_S * RATE_HZ])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = RATE_HZ, at
            for ready in resampler.resample(frame):
                out.mux(stream.encode(ready))
        for left in (*resampler.resample(None), None):
            out.mux(stream.encode(left))


def by_loop(night: Night, settings: Settings) -> Heard:
    """One recording after another through the engines, in this process; seconds by stage."""
    _one_after_another([night.warm_up], settings)
    with _gpu_busy(settings) as busy:
        took_s = _one_after_another(night.recordings, settings)
    return Heard(took_s, busy())


def _one_after_another(recordings: list[Path], settings: Settings) -> dict[str, float]:
    took_s: dict[str, float] = {}

    def timed(step: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        result = step(*arguments, **options)
        took_s[step.__name__] = took_s.get(step.__name__, 0.0) + time.perf_counter() - began
        return result

    for path in recordings:
        audio = timed(decode, path)
        turns = timed(diarize, audio, settings, n_speakers=2)
        words = timed(transcribe, audio, turns, settings)
        timed(align, words, turns, audio).to_json()
    return took_s


def by_flow(night: Night, settings: Settings) -> Heard:
    """The flow's own listening in the flow's own workers, each of which has loaded its engines; seconds in all."""
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    from prefect import flow, unmapped  # noqa: TID251  it is the flow that is measured

    from flows.listen import listen
    from flows.runners import task_runner
    from flows.timing import step

    def all_heard(recordings: list[Path]) -> float:
        calls = [
            Call(path.stem, recording=str(path), content=f"{number}-{path.stem}", engines="benchmark")
            for number, path in enumerate(recordings)
        ]
        began = time.perf_counter()
        for heard in step(listen).map(calls, unmapped(settings)):
            heard.result()
        return time.perf_counter() - began

    @flow(task_runner=task_runner(settings))
    def hearing() -> Heard:
        all_heard([night.warm_up] * 2 * settings.workers)
        with _gpu_busy(settings) as busy:
            took_s = all_heard(night.recordings)
        return Heard({"all": took_s}, busy())

    with tempfile.TemporaryDirectory(prefix="callgrade-night-") as workspace:
        settings = settings.model_copy(update={"workspace": workspace})
        return hearing()


@contextmanager
def _gpu_busy(settings: Settings) -> Iterator[Callable[[], float | None]]:
    """Sample the utilisation of all GPUs meanwhile; yields a function that returns the mean, null without a GPU."""
    seen: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            shares = subprocess.run(
                ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"],
                check=False, capture_output=True, text=True,
            ).stdout.split()  # fmt: skip
            seen.append(float(np.mean([float(one) for one in shares])) / 100)

    watcher = threading.Thread(target=watch, daemon=True)
    if devices.choose(settings.device)[0] == "cuda" and shutil.which("nvidia-smi"):
        watcher.start()
    try:
        yield lambda: float(np.mean(seen)) if seen else None
    finally:
        done.set()
