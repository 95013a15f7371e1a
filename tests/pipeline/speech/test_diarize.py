"""Which diarizer is chosen: channels where each holds one side, else pyannote."""

import numpy as np
import polars as pl
import pytest

from pipeline.settings import Settings
from pipeline.speech import diarize as module
from pipeline.speech.channel_diarizer import ChannelsAlikeError
from pipeline.speech.diarize import diarize, load_diarizer
from pipeline.speech.engines import TURNS, Diarization
from tests.pipeline.speech.speaking import recording, sample


def alike() -> dict[str, np.ndarray]:
    samples, _ = sample()
    both = samples.sum(axis=0)
    noise = np.random.default_rng(3).normal(size=(2, len(both))) * 0.001
    return {
        "copy": np.stack([both, both]),
        "quieter_copy": np.stack([both, 0.2 * both]) + noise,
        "inverted_copy": np.stack([both, -both]),
        "dead": np.stack([both, 0 * both]),
        "dead_but_noisy": np.stack([both, 0 * both]) + noise,
        "crosstalk_only": np.stack([both, 0.03 * both]) + noise / 10,
        "mono": both[None],
    }


@pytest.mark.parametrize(
    "case", ["copy", "quieter_copy", "inverted_copy", "dead", "dead_but_noisy", "crosstalk_only", "mono"]
)
def test_channels_that_are_no_sides_go_to_pyannote(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead channel, a copy or a single channel is left to pyannote, and refused where channels are insisted on."""
    audio = recording(alike()[case])
    turns = pl.DataFrame([("S0", 0.0, 1.0, None)], schema=TURNS, orient="row")
    fake = Diarization(turns, turns, "fake")
    monkeypatch.setitem(module.DIARIZERS, "pyannote", lambda **_: lambda *_, **__: fake)
    assert diarize(audio, Settings(), n_speakers=2) is fake
    with pytest.raises(ChannelsAlikeError) as raised:
        diarize(audio, Settings(diarizer="channels"))
    assert raised.value.code == "no_diarization_model"


def test_unknown_engine_is_named() -> None:
    """A diarizer that does not exist is refused with those that do."""
    with pytest.raises(ValueError, match="best: no diarizer of that name, only auto, channels, pyannote"):
        load_diarizer("best", Settings())
