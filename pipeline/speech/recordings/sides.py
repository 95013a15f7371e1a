"""Sides: which channels of a recording hold somebody, so that no side is measured that was not recorded."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CallError

SILENCE_LEVEL = 10 ** (-70 / 20)  # full scale is 1; a dead line with dither stays below this
SAME_SOUND = 0.9995  # correlation of two channels that are one, but for what compression changed
BLOCK = 960_000  # samples at a time
SHORTEST_DEAD_S, DEAD_SHARE = 20.0, 0.2  # from which a line that is dead is no pause
NAMES = ("left", "right")

Samples = NDArray[np.float32]


def sides(samples: Samples, path: str | Path, *, rate_hz: int) -> tuple[Samples, list[str]]:
    """The channels that hold sound, with a note on what was made of the others.

    Of more than two the silent ones are left out; what is then more than two is mixed down to one. Two channels with
    the same sound are one; one that is dead up to or from some moment is told. Raises CallError one_speaker where one
    of two channels is silent.
    """
    n_channels = len(samples)
    loud = [at for at, channel in enumerate(samples) if _level(channel) >= SILENCE_LEVEL]
    notes = []
    if n_channels == 2 and len(loud) == 1:
        heard, silent = NAMES[loud[0]], NAMES[1 - loud[0]]
        raise CallError(
            "one_speaker",
            f"{path}: one side was not recorded: the {silent} channel is silent; export both sides, or the {heard}"
            " channel alone as mono if both people are on it",
        )
    if n_channels > 2 and 0 < len(loud) < n_channels:
        left_out = [str(at + 1) for at in range(n_channels) if at not in loud]
        plural = "s" * (len(left_out) > 1)
        notes.append(f"silent channel{plural} {', '.join(left_out)} of {n_channels} left out")
        samples = samples[loud]
    if len(samples) > 2:
        notes.append(f"{len(samples)} channels mixed down to one")
        samples = samples.mean(axis=0, keepdims=True)
    if len(samples) == 2:
        notes += _dead_ends(samples, rate_hz)
    if len(samples) == 2 and _likeness(samples[0], samples[1]) >= SAME_SOUND:
        notes.append("both channels hold the same sound (mono saved as stereo), and are read as one")
        samples = samples[:1]
    return samples, notes


def _dead_ends(samples: Samples, rate_hz: int) -> list[str]:
    """Sentences on a channel that is silent for long at the beginning or the end while the other is not."""
    whole = samples[:, : samples.shape[1] // rate_hz * rate_hz]
    length_s = whole.shape[1] // rate_hz
    dead = np.array(
        [
            [np.ptp(channel[at : at + rate_hz]) / 2 < SILENCE_LEVEL for at in range(0, whole.shape[1], rate_hz)]
            for channel in whole
        ]
    ).reshape(2, -1)
    shortest_s = max(SHORTEST_DEAD_S, DEAD_SHARE * length_s)
    notes = []
    for name, own, other in zip(NAMES, dead, dead[::-1], strict=True):
        first, last = (int(np.argmin(own)), int(np.argmin(own[::-1]))) if not own.all() else (0, 0)
        for n, where, there in (
            (first, f"up to {first} s", other[:first]),
            (last, f"from {length_s - last} s on", other[length_s - last :]),
        ):
            if n >= shortest_s and not there.all():
                notes.append(f"the {name} channel is dead {where}: what that side said there is not in it")
    return notes


def _level(channel: Samples) -> float:
    """Half the largest range of a block."""
    return max((float(np.ptp(channel[at : at + BLOCK])) / 2 for at in range(0, len(channel), BLOCK)), default=0.0)


def _likeness(left: Samples, right: Samples) -> float:
    """The correlation of two channels, whatever their sign and level."""
    both = left_power = right_power = 0.0
    for at in range(0, len(left), BLOCK):
        one, other = left[at : at + BLOCK].astype(np.float64), right[at : at + BLOCK].astype(np.float64)
        both += float(one @ other)
        left_power += float(one @ one)
        right_power += float(other @ other)
    return abs(both) / max(1e-12, math.sqrt(left_power * right_power))
