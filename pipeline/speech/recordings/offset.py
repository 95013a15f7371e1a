"""Offset: whether the two sides of a call were recorded with one beginning later, so that answers precede questions.

People take turns: they talk over each other least where both channels stand as they were said. Where another shift
would have far less talk over talk, the recording says so in a note; nothing is moved, as a shift can only be estimated.
"""

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.1
BLOCK_FRAMES = 600  # at a time, to save memory
LOUD_SHARE = 0.1  # of the level that a channel has in its loudest twentieth, from which somebody speaks
LONGEST_SHIFT_S = 20.0
SHORTEST_SHIFT_S = 0.5
FEWEST_SPOKEN_S = 20.0  # of each side, from which turns can be told
TALKED_OVER = 0.15  # of the speech of who says less, that is more than people talk at once
FAR_LESS = 0.4  # of that, which another shift would leave

Samples = NDArray[np.float32]


def shift_note(samples: Samples, rate_hz: int) -> str:
    """A sentence on a likely shift of the two channels against each other; empty where they stand as they should."""
    left, right = (_speaks(channel, rate_hz) for channel in samples)
    least = min(left.sum(), right.sum())
    if least * FRAME_S < FEWEST_SPOKEN_S:
        return ""
    size = 1 << (2 * len(left) - 1).bit_length()
    over = np.fft.irfft(np.fft.rfft(left, size).conj() * np.fft.rfft(right, size), size)
    lags = np.arange(-int(LONGEST_SHIFT_S / FRAME_S), int(LONGEST_SHIFT_S / FRAME_S) + 1)
    both = over[lags % size]
    now = both[lags == 0].item()
    best = int(lags[both.argmin()])
    if now < TALKED_OVER * least or both.min() > FAR_LESS * now or abs(best) * FRAME_S < SHORTEST_SHIFT_S:
        return ""
    later, earlier = ("right", "left") if best > 0 else ("left", "right")
    return (
        f"both sides talk at once in {now / least:.0%} of the time: the {later} channel seems to be about "
        f"{abs(best) * FRAME_S:.1f} s late against the {earlier}: check how the sides were put together"
    )


def _speaks(channel: Samples, rate_hz: int) -> NDArray[np.float64]:
    """1 for each frame in which somebody speaks, else 0."""
    size = int(FRAME_S * rate_hz)
    whole = len(channel) // size * size
    blocks = (channel[at : min(whole, at + BLOCK_FRAMES * size)] for at in range(0, whole, BLOCK_FRAMES * size))
    level = np.concatenate([np.sqrt(np.square(block.reshape(-1, size)).mean(axis=1)) for block in blocks])
    speaks: NDArray[np.float64] = (level > LOUD_SHARE * np.quantile(level, 0.95)).astype(np.float64)
    return speaks
