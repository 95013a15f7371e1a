"""Speech with known timing: Debian's flite voices, pitch changed with sox, and two people talking in turns."""

import hashlib
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.audio import RATE_HZ, Samples

CACHE = Path(tempfile.gettempdir()) / "callgrade-voices"  # flite takes a tenth of a second per sentence
FRAME_S = 0.01
INNER_SILENCE_S = 0.25  # a shorter pause is part of speaking, as in hand-made segmentations
SPEECH_DB = 35  # below the loudest frame: further down is the breath and noise of the voices' own recordings
MARGIN_S = 0.05  # kept around, for the soft ends of words
LEVEL = 0.07  # root mean square while speaking, of full scale
# what the mark of a line means: seconds from the end of the turn before, from and to
GAP_S = {"": (0.25, 0.8), "..": (1.6, 2.4), "+": (-0.7, -0.5)}
BACK_CHANNEL = "&"  # said within the turn before


class Person(NamedTuple):
    """How somebody sounds: a flite voice, its pitch raised by some cents, and slowed down where stretch > 1."""

    voice: str
    pitch: float = 0
    stretch: float = 1


class Line(NamedTuple):
    """What is to be said by `side` (lead or other), and when: a mark of GAP_S or BACK_CHANNEL."""

    side: str
    mark: str
    text: str


class Turn(NamedTuple):
    """A line as it was said; `speech` is (start_s, end_s) of its stretches without a longer pause."""

    side: str
    channel: int
    start_s: float
    end_s: float
    speech: list[tuple[float, float]]
    text: str


def play(
    lines: Iterable[Line], people: Mapping[str, Person], *, seed: int, lead_channel: int = 0
) -> tuple[list[Turn], Samples]:
    """Let two people talk: their turns in the order of the lines, and float32 (2, n) at 16 kHz, silent in between.

    Raises FileNotFoundError where flite or sox is not installed.
    """
    rng = np.random.default_rng(seed)
    turns: list[Turn] = []
    voices: list[tuple[int, int, Samples]] = []
    before, silent_from = (0.0, 0.8), [0.0, 0.0]
    for side, mark, text in lines:
        voice = speak(text, people[side])
        speech = stretches(voice)
        if mark == BACK_CHANNEL:
            start_s = before[0] + rng.uniform(0.6, 0.7) * (before[1] - before[0])
        else:
            start_s = before[1] + rng.uniform(*GAP_S[mark])
        channel = lead_channel if side == "lead" else 1 - lead_channel
        start_s = max(start_s, silent_from[channel] + 2 * MARGIN_S)
        shift_s = round(start_s - speech[0][0], 2)
        speech = [(round(a + shift_s, 2), round(b + shift_s, 2)) for a, b in speech]
        turns.append(Turn(side, channel, speech[0][0], speech[-1][1], speech, text))
        voices.append((channel, round(shift_s * RATE_HZ), voice))
        silent_from[channel] = turns[-1].end_s
        if mark != BACK_CHANNEL:
            before = (turns[-1].start_s, max(before[1], turns[-1].end_s))
    samples = np.zeros((2, round((before[1] + 1) * RATE_HZ)), np.float32)
    for channel, start, voice in voices:
        samples[channel, start : start + len(voice)] += voice
    return turns, samples


def speak(text: str, person: Person) -> NDArray[np.float32]:
    """Say `text` at 16 kHz, everybody equally loud; what was said once is kept in a folder for temporary files."""
    path = CACHE / f"{hashlib.sha256(repr((text, person)).encode()).hexdigest()}.wav"
    if not path.exists():
        _synthesise(text, person, path)
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32)
    loud = stretches(samples)
    start_s, end_s = max(loud[0][0] - MARGIN_S, 0), loud[-1][1] + MARGIN_S
    speaking = np.concatenate([samples[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in loud])
    scale = np.float32(LEVEL / np.sqrt(np.square(speaking).mean()))
    return samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] * scale


def _synthesise(text: str, person: Person, path: Path) -> None:
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        plain, shifted = Path(folder) / "plain.wav", Path(folder) / "shifted.wav"
        pace = f"duration_stretch={person.stretch}"
        subprocess.run(["flite", "-voice", person.voice, "--setf", pace, "-t", text, "-o", plain], check=True)
        effect = ["pitch", str(person.pitch)]
        subprocess.run(["sox", "-D", plain, "-r", str(RATE_HZ), "-c", "1", shifted, *effect], check=True)
        shifted.replace(path)


def stretches(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Where a clean voice speaks: (start_s, end_s), from frames near the loudest, short pauses closed."""
    size = round(FRAME_S * RATE_HZ)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-SPEECH_DB / 10))
    breaks = np.flatnonzero(np.diff(loud) * FRAME_S > INNER_SILENCE_S)
    starts = loud[np.r_[0, breaks + 1]].tolist()
    ends = (loud[np.r_[breaks, -1]] + 1).tolist()
    return [(round(a * FRAME_S, 2), round(b * FRAME_S, 2)) for a, b in zip(starts, ends, strict=True)]
