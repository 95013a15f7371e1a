"""The first half minute of a sample, who speaks in it, and whether words lie in its turns."""

import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from pipeline.speech.audio import RATE_HZ, Audio, decode
from pipeline.speech.channel_diarizer import by_channel
from pipeline.speech.engines import Diarization
from pipeline.speech.weights import whisper_folder

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
TINY = Path(__file__).parents[4] / "shared" / "models" / "whisper-random-tiny"
SECONDS = 28.0
needs_base = pytest.mark.skipif(
    whisper_folder("base", offline=True) is None, reason="Whisper base of weights.lock is not installed"
)
needs_tiny = pytest.mark.skipif(not TINY.is_dir(), reason="the random Whisper of ../shared is not here")


@cache
def sample() -> tuple[Audio, Diarization, list[dict]]:
    """The first half minute or so of a sample, who speaks in it, and the lines of its script."""
    whole = decode(SAMPLES / "north-gate-dental.mp3")
    audio = whole._replace(samples=whole.samples[:, : int(SECONDS * RATE_HZ)].copy(), duration_s=SECONDS)
    lines = [json.loads(line) for line in (SAMPLES / "truth.jsonl").read_text().splitlines()]
    said = [line for line in lines if line["call_id"] == "north-gate-dental" and line["end_s"] <= SECONDS]
    return audio, by_channel(audio), said


def mono() -> tuple[Audio, Diarization]:
    """The same on one channel, as pyannote would diarize it."""
    audio, diarization, _ = sample()
    turns = diarization.turns.with_columns(channel=pl.lit(None, pl.Int64))
    return audio._replace(samples=audio.samples.mean(axis=0, keepdims=True), channels=1), Diarization(
        turns, turns, "fake"
    )


def within(words: pl.DataFrame, diarization: Diarization, *, slack_s: float) -> bool:
    """Whether every word lies in a turn of its channel, or within `slack_s` of one."""
    turns = diarization.turns
    for start_s, end_s, channel in words.select("start_s", "end_s", "channel").iter_rows():
        own = turns if channel is None else turns.filter(pl.col("channel") == channel)
        near = own.filter(pl.col("start_s") - slack_s <= start_s, pl.col("end_s") + slack_s >= end_s)
        if near.is_empty():
            return False
    return True
