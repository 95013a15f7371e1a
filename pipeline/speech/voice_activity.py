"""Voice activity: find where somebody speaks with Silero's detector, which comes with faster-whisper."""

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.audio import RATE_HZ, Samples

THRESHOLD = (
    0.3  # of 0.5 as usual: the one real two-channel call at hand, at 8 kHz, has a tenth of its speech in between
)
BLOCK_S = 600  # the detector copies what it is given; blocks keep an hour-long call small


def speech_spans(channel: Samples, *, pad_s: float = 0.03) -> NDArray[np.float64]:
    """Start and end in seconds, (k, 2), of each stretch of speech in one channel of samples."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=THRESHOLD,
        min_speech_duration_ms=100,
        min_silence_duration_ms=100,
        speech_pad_ms=round(pad_s * 1000),
    )
    spans = [
        ((at + span["start"]) / RATE_HZ, (at + span["end"]) / RATE_HZ)
        for at in range(0, len(channel), BLOCK_S * RATE_HZ)
        for span in get_speech_timestamps(channel[at : at + BLOCK_S * RATE_HZ], options)
    ]
    return np.array(spans, np.float64).reshape(-1, 2)
