"""Voice activity: find where somebody speaks with Silero's detector, which comes with faster-whisper.

The detector was trained on sound of the usual level over some noise. It misses most of a quiet side, and more where the
line is silent between words (digital silence, the steps of µ-law): so each channel is raised to one level, over noise.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.audio import RATE_HZ, Samples

THRESHOLD = (
    0.3  # of 0.5 as usual: the one real two-channel call at hand, at 8 kHz, has a tenth of its speech in between
)
LOUD_DBFS = -20.0  # the level that the loudest tenth of a channel is brought to
MOST_GAIN_DB = 40.0  # beyond it a line that carries nothing but noise would be raised to speech
NOISE_DBFS = -60.0  # 40 dB below the speech
TENTHS = RATE_HZ // 10
SILENCE_POWER = 1e-9  # -90 dB: below the least bit of 16
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
    gain, noise = _gain(channel), np.random.default_rng(0)
    spans = [
        ((at + span["start"]) / RATE_HZ, (at + span["end"]) / RATE_HZ)
        for at in range(0, len(channel), BLOCK_S * RATE_HZ)
        for span in get_speech_timestamps(_raised(channel[at : at + BLOCK_S * RATE_HZ], gain, noise), options)
    ]
    return np.array(spans, np.float64).reshape(-1, 2)


def _gain(channel: Samples) -> float:
    """The factor that brings the loudest tenth of the moments with any sound to LOUD_DBFS."""
    n = len(channel) // TENTHS * TENTHS
    minutes = (channel[at : min(at + 600 * TENTHS, n)] for at in range(0, n, 600 * TENTHS))  # to save memory
    powers = [np.square(minute).reshape(-1, TENTHS).mean(axis=1) for minute in minutes]
    power = np.concatenate(powers) if powers else np.zeros(0)
    power = power[power > SILENCE_POWER]
    if not len(power):
        return 1.0
    loud_db = 10 * float(np.log10(np.percentile(power, 90)))
    return float(10 ** (min(LOUD_DBFS - loud_db, MOST_GAIN_DB) / 20))


def _raised(block: Samples, gain: float, noise: np.random.Generator) -> Samples:
    """The block louder or softer, within -1 to 1, over noise."""
    hiss = noise.standard_normal(len(block), dtype=np.float32) * np.float32(10 ** (NOISE_DBFS / 20))
    raised: Samples = np.clip(block * np.float32(gain), -1, 1) + hiss
    return raised
