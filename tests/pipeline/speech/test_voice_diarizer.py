"""Who speaks when by voice, with the weights that come with the program."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load_file, save_file

from benchmarks.speech import errors
from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech import voice_diarizer
from pipeline.speech.audio import decode
from pipeline.speech.diarize import load_diarizer
from pipeline.speech.voice_diarizer import VoiceClustering
from tests.pipeline.speech.speaking import SAMPLES, SHARED, needs_shared, recording

CALLS = SHARED / "data" / "call_audio"


def voices_around(*angles: tuple[float, int]) -> np.ndarray:
    """Vectors of voices in the plane: for each angle in degrees so many, within two degrees of it."""
    degrees = [angle + offset for angle, n in angles for offset in np.linspace(-2, 2, n)]
    return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1).astype(np.float32)


def sizes(vectors: np.ndarray, *, named: int, most: int) -> list[int]:
    """How many vectors each voice gets, most first."""
    clusters = VoiceClustering(metric="cosine").cluster(vectors, named, most)
    return sorted(np.bincount(clusters), reverse=True)


def test_as_many_voices_as_are_named() -> None:
    """Two voices close together (30 degrees: 0.13 of cosine distance) are two where two are named."""
    assert sizes(voices_around((0, 30), (30, 20)), named=2, most=4) == [30, 20]


def test_a_further_voice_that_is_plainly_heard() -> None:
    """Three voices 60 degrees apart (0.5) are three though two are named; one of a few moments is not counted."""
    assert sizes(voices_around((0, 30), (60, 20), (120, 10)), named=2, most=4) == [30, 20, 10]
    assert sizes(voices_around((0, 30), (60, 25), (120, 2)), named=2, most=4) == [30, 27]
    assert sizes(voices_around((0, 30), (60, 20), (90, 10)), named=2, most=4) == [30, 30]


def test_unknown_number_of_voices() -> None:
    """Where nobody is named, voices farther apart than 0.6 are told apart, and nearer ones are not."""
    assert sizes(voices_around((0, 30), (90, 20)), named=1, most=50) == [30, 20]
    assert sizes(voices_around((0, 30), (30, 20)), named=1, most=50) == [50]


def test_mono_sample() -> None:
    """Two synthetic voices on one channel are told apart with at most 2 % of the time wrong."""
    audio = decode(SAMPLES / "david-laura.mp3")
    found = load_diarizer("voices", Settings(device="cpu"))(audio, n_speakers=2)
    assert found.diarizer == "voices"
    assert found.turns["channel"].is_null().all()
    lines = pl.read_ndjson(SAMPLES / "truth.jsonl").filter(call_id="david-laura")
    truth = [
        (side, *stretch) for side, stretches in lines.select("side", "speech").iter_rows() for stretch in stretches
    ]
    assert errors.der(truth, errors.found_stretches(found.turns)) < 0.02


@needs_shared
@pytest.mark.parametrize(
    ("file", "rttm"),
    [
        ("pyannote_phone_sample.flac", "pyannote_phone_sample.rttm"),
        ("aws_auto_repairs_40.flac", "aws_auto_repairs_40.derived.rttm"),
    ],
)
def test_people_on_the_telephone(file: str, rttm: str) -> None:
    """Two real voices on one channel are told apart with at most 4 % of the time wrong."""
    audio = decode(CALLS / "audio" / file)
    audio = audio._replace(samples=audio.samples.mean(axis=0, keepdims=True))
    (truth,) = errors.read_rttm(CALLS / rttm).values()
    found = load_diarizer("voices", Settings(device="cpu"))(audio, n_speakers=2)
    assert errors.der(truth, errors.found_stretches(found.turns)) < 0.04


@needs_shared
def test_number_of_speakers_is_a_hint() -> None:
    """Three voices are found where the call list names two people."""
    found = load_diarizer("voices", Settings(device="cpu"))(decode(CALLS / "audio/falcon_test.flac"), n_speakers=2)
    assert found.turns["speaker"].n_unique() == 3


def test_silence_is_refused() -> None:
    """Noise in which nobody speaks is one call's error."""
    noise = np.random.default_rng(1).normal(size=(1, 12 * 16_000)) * 1e-3
    with pytest.raises(CallError) as raised:
        load_diarizer("voices", Settings(device="cpu"))(recording(noise), n_speakers=2)
    assert raised.value.code == "silent"


def test_weights_that_are_not_the_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that lacks a part of the model is refused by name: nothing is diarized by chance."""
    for name in ("segmentation", "embedding"):
        whole = load_file(voice_diarizer.WEIGHTS / f"{name}.safetensors")
        save_file({key: value for key, value in whole.items() if "linear" not in key}, tmp_path / f"{name}.safetensors")
    monkeypatch.setattr(voice_diarizer, "WEIGHTS", tmp_path)
    with pytest.raises(ValueError, match=r"segmentation\.safetensors: not the weights of PyanNet"):
        voice_diarizer.load_voices()
