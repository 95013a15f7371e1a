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
SPEECH_DB = 35  # below the loudest frame: further down is the breath and noise of the voices' own recordings
MARGIN_S = 0.05  # kept around, for the soft ends of words
LEVEL = 0.07  # root mean square while speaking, of full scale


def speak(text: str, *, voice: str, pitch: float = 0, stretch: float = 1) -> NDArray[np.float32]:
    """Say `text` at 16 kHz, all voices equally loud; pitch in cents, stretch > 1 is slower.

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
    start_s, end_s = max(loud[0][0] - MARGIN_S, 0), loud[-1][1] + MARGIN_S
    speaking = np.concatenate([samples[round(a * RATE_HZ) : round(b * RATE_HZ)] for a, b in loud])
    scale = np.float32(LEVEL / np.sqrt(np.square(speaking).mean()))
    return samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] * scale


def stretches(samples: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Where a clean voice speaks: (start_s, end_s), from frames near the loudest, short pauses closed."""
    size = round(FRAME_S * RATE_HZ)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-SPEECH_DB / 10))
    breaks = np.flatnonzero(np.diff(loud) * FRAME_S > INNER_SILENCE_S)
    starts = loud[np.r_[0, breaks + 1]]
    ends = loud[np.r_[breaks, -1]] + 1
    return [(round(a * FRAME_S, 2), round(b * FRAME_S, 2)) for a, b in zip(starts, ends, strict=True)]
