"""Channel diarizer: who speaks when in a two-channel recording, one side a channel."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import CallError
from pipeline.speech.audio import RATE_HZ, Audio, Samples
from pipeline.speech.engines import BY_CHANNEL, GAP_S, TURNS, Diarization
from pipeline.speech.voice_activity import speech_spans

FRAME_S = 0.01
SMOOTH_FRAMES = 25  # levels over a quarter of a second: echo paths and consonants no longer tip the balance
ALIKE_DB = 5.0  # crosstalk of -10 dB under noise 10 dB down still leaves 15 dB between the sides
LEAK_MARGIN = 0.35  # of the distance between the sides, but at most
LEAK_MARGIN_DB = 10.0
QUIET_PERCENT = 10  # of the moments without speech; line noise is so even that a tenth tells its level
ABOVE_NOISE_DB = 1.5  # the detector holds on for a moment when speech ends in noise
SHORTEST_STRETCH_S = 0.1  # what is left of the other side's crosstalk at its edges
SHORTEST_TURN_S = 0.2
LEAST_SPEECH_S = 1.0  # a channel with less speech than this is dead

Mask = NDArray[np.bool_]
Spans = NDArray[np.floating[Any]]


class ChannelsAlikeError(CallError):
    """The channels of a recording do not hold one side each: one is dead, or a copy of the other."""


def by_channel(audio: Audio, *, n_speakers: int | None = None) -> Diarization:  # noqa: ARG001  a channel is a side
    """Who speaks when in a two-channel recording, one side a channel, in spite of crosstalk and noise.

    A frame of speech is a channel's own unless the difference of the levels is that of the other side speaking alone.
    Raises ChannelsAlikeError for a mono recording, a dead channel and a copy.
    """
    if len(audio.samples) != 2:
        raise ChannelsAlikeError(
            "no_diarization_model", "a recording of one channel cannot be diarized by channel; use voices or auto"
        )
    levels = _levels(audio.samples)
    voiced = np.stack([_mask(speech_spans(channel), levels.shape[1]) for channel in audio.samples])
    if not voiced.any():
        raise CallError("silent", "there is no speech in this recording; check what was recorded")
    difference = levels[0] - levels[1]
    right, left = _sides(difference[voiced.any(axis=0)])
    margin = min(LEAK_MARGIN * (left - right), LEAK_MARGIN_DB)
    own = np.stack([difference > right + margin, difference < left - margin])
    spans = [_spans(mask) for mask in voiced & own & (levels > _noise(levels, voiced) + ABOVE_NOISE_DB)]
    if left - right < ALIKE_DB or min(float(np.diff(side).sum()) for side in spans) < LEAST_SPEECH_S:
        raise ChannelsAlikeError(
            "no_diarization_model", "one channel is dead or a copy of the other: not a side each; use voices or auto"
        )
    turns = (
        pl.concat(
            pl.DataFrame({"speaker": f"S{side}", "start_s": times[:, 0], "end_s": times[:, 1], "channel": side})
            for side, times in enumerate(spans)
        )
        .cast(TURNS)
        .sort("start_s", "end_s")
    )
    return Diarization(turns, turns, BY_CHANNEL)


def _levels(samples: Samples) -> NDArray[np.float64]:
    """Level in dB of each channel and frame, (2, frames), smoothed."""
    from scipy.ndimage import uniform_filter1d

    size = round(FRAME_S * RATE_HZ)
    n = samples.shape[1] // size
    minute = 6000 * size  # by blocks: the squares of a long call would double its memory
    power = np.concatenate(
        [
            np.square(block.reshape(2, -1, size)).mean(axis=2)
            for block in (samples[:, at : min(at + minute, n * size)] for at in range(0, n * size, minute))
        ],
        axis=1,
    )
    quietest = 1e-9  # -90 dB: below the least bit of 16
    smooth = uniform_filter1d(power.astype(np.float64), SMOOTH_FRAMES, axis=1)
    return np.asarray(10 * np.log10(smooth + quietest))


def _noise(levels: NDArray[np.float64], voiced: Mask) -> NDArray[np.float64]:
    """Each channel's level of noise in dB, (2, 1): a low percentile of its frames without speech."""
    quiet = [channel[~speech] for channel, speech in zip(levels, voiced, strict=True)]
    return np.array([[np.percentile(channel, QUIET_PERCENT) if len(channel) else -np.inf] for channel in quiet])


def _sides(difference: NDArray[np.float64]) -> tuple[float, float]:
    """Typical level difference (dB, first channel less second) while the right and the left side speak.

    Two-means from the extremes, so that a side that says little is found too.
    """
    right, left = np.percentile(difference, [0.5, 99.5])
    for _ in range(50):
        near_left = difference > (right + left) / 2
        if near_left.all() or not near_left.any():
            break
        before = right, left
        right, left = np.median(difference[~near_left]), np.median(difference[near_left])
        if (right, left) == before:
            break
    return float(right), float(left)


def _mask(spans: NDArray[np.float64], n: int) -> Mask:
    """Frames within spans of seconds (k, 2)."""
    steps = np.zeros(n + 1, np.int64)
    edges = np.minimum((spans / FRAME_S + [0.5, 0.5]).astype(np.int64), n)
    np.add.at(steps, edges[:, 0], 1)
    np.add.at(steps, edges[:, 1], -1)
    return steps.cumsum()[:n] > 0


def _spans(mask: Mask) -> Spans:
    """Stretches (k, 2) in seconds: drop the shortest, close pauses, then drop what is still too short for a turn."""
    edges = np.flatnonzero(np.diff(np.r_[0, mask.astype(np.int8), 0]))
    spans = edges.reshape(-1, 2) * FRAME_S
    spans = spans[spans[:, 1] - spans[:, 0] >= SHORTEST_STRETCH_S]
    if len(spans) == 0:
        return spans
    pauses = spans[1:, 0] - spans[:-1, 1] > GAP_S
    spans = np.column_stack([spans[np.r_[True, pauses], 0], spans[np.r_[pauses, True], 1]])
    return spans[spans[:, 1] - spans[:, 0] >= SHORTEST_TURN_S]
