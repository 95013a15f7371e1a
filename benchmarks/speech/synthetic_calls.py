"""Two-channel calls with known truth: the texts of data/scripted spoken by flite, spoilt the way telephone lines do."""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from benchmarks.paths import SCRIPTED
from benchmarks.speech.synthetic_voices import BACK_CHANNEL, LEVEL, Line, Person, Turn, play
from models.ratings.reference import load_reference
from pipeline.speech.audio import RATE_HZ, Samples

PEOPLE = tuple(Person(voice, pitch) for voice in ("slt", "rms", "awb", "kal16") for pitch in (-100, 0, 100))
BACK_CHANNELS = ("Right.", "Okay.", "Yeah.", "Sure.", "I see.")
QUIET_DB = 46  # from speech to the noise of a good line
CROSSTALK_DELAY_S = 0.004
PHONE_HZ, PHONE_BAND_HZ, MU = 8_000, (300, 3_400), 255


class GeneratedCall(NamedTuple):
    """A call and its truth: `samples` float32 (channels, n) at 16 kHz, the turns in order, the lead on channel 0."""

    samples: Samples
    turns: list[Turn]


@dataclass(frozen=True)
class Conditions:
    """How people talk over each other, and what the line does to their speech."""

    overlap: float = 0.15  # share of the turns that start before the last one ends; long turns get back-channels too
    leakage_db: float | None = None  # how loud each side is in the other's channel, negative; None: not at all
    snr_db: float | None = None  # speech over noise on each line; None: QUIET_DB
    mu_law_8k: bool = False  # band-passed and coded as on the telephone
    mono: bool = False  # both sides on one channel


CLEAN = Conditions()


def generate_call(
    seed: int, conditions: Conditions = CLEAN, *, minutes: float = 3, talk: pl.DataFrame | None = None
) -> GeneratedCall:
    """Generate the call of this seed, which also chooses the voices and how loud each side is (-9 to 0 dB).

    It speaks `talk` (side, text and n_words of each turn), or the first `minutes` of a text that the seed chooses.
    Raises FileNotFoundError where flite or sox is not installed.
    """
    rng = np.random.default_rng(seed)
    lead, other = rng.choice(len(PEOPLE), 2, replace=False)
    people = {"lead": PEOPLE[lead], "other": PEOPLE[other]}
    turns, voices = play(
        _lines(rng, talk if talk is not None else _text(rng, minutes), conditions.overlap), people, seed=seed
    )
    gains = 10 ** (rng.uniform(-9, 0, (2, 1)) / 20)
    samples = voices.astype(np.float64) * gains
    if conditions.leakage_db is not None:
        late = np.roll(samples, round(CROSSTALK_DELAY_S * RATE_HZ), axis=1)  # what wraps round is silence
        samples = samples + late[::-1] * 10 ** (conditions.leakage_db / 20)
    noise = LEVEL * gains * 10 ** (-(QUIET_DB if conditions.snr_db is None else conditions.snr_db) / 20)
    samples = samples + noise * rng.normal(size=samples.shape)
    if conditions.mono:
        samples = samples.mean(axis=0, keepdims=True)
    if conditions.mu_law_8k:
        samples = _telephone(samples)
    return GeneratedCall(samples.clip(-1, 1).astype(np.float32), turns)


@functools.cache
def _texts() -> list[pl.DataFrame]:
    talk = load_reference(SCRIPTED).talk.select("call_id", "side", "text", "n_words", "start_s")
    return talk.partition_by("call_id", maintain_order=True)


def _text(rng: np.random.Generator, minutes: float) -> pl.DataFrame:
    """The first `minutes` of one conversation."""
    texts = _texts()
    return texts[rng.integers(len(texts))].filter(pl.col("start_s") < minutes * 60)


def _lines(rng: np.random.Generator, talk: pl.DataFrame, overlap: float) -> list[Line]:
    """Lines of a conversation, with marks for overlaps, pauses and back-channels."""
    lines: list[Line] = []
    for side, text, n_words in talk.select("side", "text", "n_words").iter_rows():
        lines.append(Line(side, str(rng.choice(["+", "..", ""], p=[overlap, 0.1, 0.9 - overlap])), text))
        if n_words > 20 and rng.random() < 0.5:
            lines.append(Line("other" if side == "lead" else "lead", BACK_CHANNEL, str(rng.choice(BACK_CHANNELS))))
    return lines


def _telephone(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Send through a band-pass at 8 kHz and eight bits of µ-law (the continuous law of ITU-T G.711), and back."""
    narrow = resample_poly(samples, PHONE_HZ, RATE_HZ, axis=1)
    narrow = sosfiltfilt(butter(2, PHONE_BAND_HZ, "bandpass", fs=PHONE_HZ, output="sos"), narrow, axis=1).clip(-1, 1)
    coded = np.round(np.sign(narrow) * np.log1p(MU * np.abs(narrow)) / np.log1p(MU) * 127) / 127
    decoded = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(MU)) / MU
    return resample_poly(decoded, RATE_HZ, PHONE_HZ, axis=1)[:, : samples.shape[1]]
