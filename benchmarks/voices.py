"""Speech with known timing: Debian's flite voices, each person's pitch and pace changed with sox."""

import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
FRAME_S = 0.01
INNER_SILENCE_S = 0.25  # a shorter pause is part of speaking, as in hand-made segmentations


def speak(text: str, *, voice: str, pitch: float = 0, stretch: float = 1) -> NDArray[np.float32]:
    """Say `text` at 16 kHz with a peak of 0.5, without the silence around it; pitch in cents, stretch > 1 is slower.

    Raises FileNotFoundError where flite or sox is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said.wav"
        pace = f"duration_stretch={stretch}"
        subprocess.run(["flite", "-voice", voice, "--setf", pace, "-t", text, "-o", said], check=True)
        shifted = said.with_name("shifted.wav")
        subprocess.run(["sox", "-D", said, "-r", str(RATE_HZ), "-c", "1", shifted, "pitch", str(pitch)], check=True)
        with wave.open(str(shifted)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32)
    loud = stretches(samples)
    samples = samples[round(loud[0][0] * RATE_HZ) : round(loud[-1][1] * RATE_HZ)]
    return samples * np.float32(0.5 / np.abs(samples).max())


def stretches(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Where a clean voice speaks: (start_s, end_s), from frames within 45 dB of the loudest, short pauses closed."""
    size = round(FRAME_S * RATE_HZ)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10**-4.5)
    breaks = np.flatnonzero(np.diff(loud) * FRAME_S > INNER_SILENCE_S)
    starts = loud[np.r_[0, breaks + 1]]
    ends = loud[np.r_[breaks, -1]] + 1
    return [(round(a * FRAME_S, 2), round(b * FRAME_S, 2)) for a, b in zip(starts, ends, strict=True)]
