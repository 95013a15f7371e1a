"""Speech of the samples, what spoils it, and how far turns lie from the truth."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.speech.audio import RATE_HZ, Audio, decode

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
SHARED = Path(__file__).parents[4] / "shared"
SECONDS = 60
COLLAR_S = 0.125  # to each side: pyannote.metrics' collar of 0.25
FRAMES = SECONDS * 100
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpora and weights of ../shared are not here")


@cache
def sample(call_id: str = "north-gate-dental") -> tuple[np.ndarray, np.ndarray]:
    """The first minutes of a sample, (2, n), and who speaks in each 10 ms frame by its script, (2, frames)."""
    lines = [json.loads(line) for line in (SAMPLES / "truth.jsonl").read_text().splitlines()]
    speech = np.zeros((2, FRAMES), bool)
    for line in lines:
        if line["call_id"] == call_id:
            for start_s, end_s in line["speech"]:
                speech[line["channel"], round(start_s * 100) : round(end_s * 100)] = True
    return decode(SAMPLES / f"{call_id}.mp3").samples[:, : SECONDS * RATE_HZ].copy(), speech


def recording(samples: np.ndarray) -> Audio:
    samples = samples.astype(np.float32)
    return Audio(samples, RATE_HZ, len(samples), samples.shape[1] / RATE_HZ)


def frames(turns: pl.DataFrame, n: int = FRAMES) -> np.ndarray:
    """Who speaks in each 10 ms frame, (2, n), for turns of S0 and S1."""
    found = np.zeros((2, n), bool)
    for speaker, start_s, end_s in turns.select("speaker", "start_s", "end_s").iter_rows():
        found[int(speaker[1:]), round(start_s * 100) : round(end_s * 100)] = True
    return found


def error_rate(truth: np.ndarray, found: np.ndarray) -> float:
    """Diarization error rate over frames: missed + false + confused speech by speech, without the collars."""
    edges = np.flatnonzero((np.diff(truth.astype(int), axis=1) != 0).any(axis=0)) + 1
    counted = np.ones(truth.shape[1], bool)
    for edge in edges:
        counted[max(0, edge - round(COLLAR_S * 100)) : edge + round(COLLAR_S * 100)] = False
    true, heard = truth[:, counted].sum(axis=0), found[:, counted].sum(axis=0)
    right = (truth & found)[:, counted].sum(axis=0)
    return float((np.maximum(true, heard) - right).sum() / true.sum())


def share(speech: np.ndarray) -> float:
    return float(speech[0].sum() / speech.sum())


def spoilt(samples: np.ndarray, *, leakage_db: float, snr_db: float) -> np.ndarray:
    """The other side 5 ms late on each channel, and white noise so far below speech."""
    heard = samples + np.roll(samples, 80, axis=1)[::-1] * 10 ** (leakage_db / 20)
    loud = np.sqrt([np.square(channel[np.abs(channel) > 0.01]).mean() for channel in samples])[:, None]
    return heard + np.random.default_rng(1).normal(size=samples.shape) * loud * 10 ** (-snr_db / 20)
