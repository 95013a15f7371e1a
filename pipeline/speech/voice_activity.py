"""Voice activity: find where somebody speaks with Silero's detector, which comes with faster-whisper.

The detector was trained on sound of the usual level over some noise. It misses most of a quiet side, and more where the
line is silent between words (digital silence, the steps of µ-law): so each channel is raised to one level, over noise.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.speech.audio import RATE_HZ, Samples

# Of 0.5 as usual: the one real two-channel call at hand, at 8 kHz, has a tenth of its speech in between. Around such a
# moment speech goes on above the lower one: short answers lie low where the other side is heard beneath (side tone).
THRESHOLD, GOES_ON = 0.3, 0.2
FRAME = 512  # samples for each of which the detector gives a probability
SHORTEST_S = 0.1  # of speech, and of a pause
LOUD_DBFS = -20.0  # the level that the loudest tenth of a channel is brought to
MOST_GAIN_DB = 40.0  # beyond it a line that carries nothing but noise would be raised to speech
NOISE_DBFS = -60.0  # 40 dB below the speech
TENTHS = RATE_HZ // 10
SILENCE_POWER = 1e-9  # -90 dB: below the least bit of 16
BLOCK_S = 600  # the detector copies what it is given; blocks keep an hour-long call small


def speech_spans(channel: Samples, *, pad_s: float = 0.03) -> NDArray[np.float64]:
    """Start and end in seconds, (k, 2), of each stretch of speech in one channel of samples."""
    from faster_whisper.vad import get_vad_model

    detector = get_vad_model()
    gain, noise = _gain(channel), np.random.default_rng(0)
    spans = []
    for at in range(0, len(channel), BLOCK_S * RATE_HZ):
        block = _raised(channel[at : at + BLOCK_S * RATE_HZ], gain, noise)
        chances = detector(np.pad(block, (0, -len(block) % FRAME))).reshape(-1)
        spans.append(at / RATE_HZ + _padded(_stretches(chances), pad_s, len(block) / RATE_HZ))
    return np.concatenate(spans) if spans else np.zeros((0, 2))


def _stretches(chances: NDArray[np.float32]) -> NDArray[np.float64]:
    """Start and end in seconds of each stretch above GOES_ON, short pauses closed, that rises above THRESHOLD."""
    frames = np.flatnonzero(chances >= GOES_ON)
    if not len(frames):
        return np.zeros((0, 2))
    new = np.r_[True, np.diff(frames) - 1 > SHORTEST_S * RATE_HZ / FRAME]
    begins = np.flatnonzero(new)
    peaks = np.maximum.reduceat(chances[frames], begins)
    edges = np.stack([frames[begins], frames[np.r_[begins[1:] - 1, len(frames) - 1]] + 1], axis=1) * FRAME / RATE_HZ
    kept: NDArray[np.float64] = edges[(peaks >= THRESHOLD) & (edges[:, 1] - edges[:, 0] >= SHORTEST_S)]
    return kept


def _padded(spans: NDArray[np.float64], pad_s: float, length_s: float) -> NDArray[np.float64]:
    """The spans longer by `pad_s` on each side, within the recording."""
    longer: NDArray[np.float64] = np.clip(spans + np.array([-pad_s, pad_s]), 0, length_s)
    return longer


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
