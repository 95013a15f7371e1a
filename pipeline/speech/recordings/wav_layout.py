"""WAV layout: signs in a WAV file that its header gives another number of channels, or contradicts itself.

A wrong sample rate leaves no such sign: it shows in how fast the words come (`pipeline/transcripts/pace.py`).
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.recordings.wav_header import PCM_KINDS, wav_chunks

LOOKED_AT_SAMPLES = 1 << 21  # two minutes of one channel at 16 kHz
FRAME = 2048
LOUD_SHARE = 0.3  # of the frames, that say anything
UNEVEN_DB = 6.0  # between samples of even and of odd numbers: of one sound they are equally loud within 0.1
BETTER, LEFT = 0.75, 0.2  # the error of a good guess of right samples, over that of worse ones and over all
FORM_BYTES = 16

Doubles = NDArray[np.float64]


def layout_notes(path: str | Path) -> list[str]:
    """Sentences where the sound of a WAV file is in several pieces, or cannot be what its header says of 16 bits."""
    with Path(path).open("rb") as file:
        chunks = list(wav_chunks(file))
        pieces = [(start, length) for name, start, length in chunks if name == b"data"]
        forms = [start for name, start, length in chunks if name == b"fmt " and length >= FORM_BYTES]
        if not pieces or not forms:
            return []
        file.seek(forms[0])
        form = struct.unpack("<HHIIHH", file.read(FORM_BYTES))
        start, length = max(pieces, key=lambda piece: piece[1])
        wanted = min(length, 2 * LOOKED_AT_SAMPLES)
        file.seek(start + (length - wanted) // 8 * 4)
        content = file.read(wanted // 4 * 4)
    odd = _odd(form, np.frombuffer(content, "<i2").astype(np.float64))
    joined = f"its sound is in {len(pieces)} pieces, which are read one after the other"
    return [joined] * (len(pieces) > 1) + ([f"{odd}: check its sample rate and number of channels"] if odd else [])


def _odd(form: tuple[int, ...], samples: Doubles) -> str | None:
    kind, channels, rate_hz, bytes_a_second, _, bits = form
    if kind not in PCM_KINDS or bits != 16 or channels not in (1, 2):
        return None
    if bytes_a_second != rate_hz * channels * 2:
        return f"its header contradicts itself ({rate_hz} Hz, {bytes_a_second} bytes a second)"
    if channels == 1 and _is_uneven(samples):
        return "its header says one channel, its samples are of two by turns"
    if channels == 2 and _is_one(samples[::2], samples[1::2]):
        return "its header says two channels, its samples are of one"
    return None


def _is_uneven(samples: Doubles) -> bool:
    """Whether every other sample is much louder than those between, now these and now those, as of two people."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    even, odd = (np.square(frames[:, first::2]).mean(axis=1) + 1 for first in (0, 1))
    if not len(frames):
        return False
    loud = even + odd >= np.quantile(even + odd, 1 - LOUD_SHARE)
    return bool(np.median(np.abs(10 * np.log10(even[loud] / odd[loud]))) > UNEVEN_DB)


def _is_one(left: Doubles, right: Doubles) -> bool:
    """Whether each sample on the right lies between two on the left, as the next of one sound: it is guessed better by
    both than by the one at its time, or by that and the one before."""
    if len(right) < FRAME:
        return False
    now, after, guessed = left[1:-1], left[2:], right[1:-1]
    between, same, before = (
        float(np.square(guessed - by).mean()) for by in ((now + after) / 2, now, (left[:-2] + now) / 2)
    )
    return between < BETTER * min(same, before) and between < LEFT * np.square(right).mean()
