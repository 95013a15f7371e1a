"""Which diarizer is chosen: channels where each holds one side, else voices or pyannote."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from huggingface_hub import constants

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
def test_channels_that_are_no_sides_go_by_voice(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead channel, a copy or a single channel goes by voice, and is refused where channels are insisted on."""
    audio = recording(alike()[case])
    turns = pl.DataFrame([("S0", 0.0, 1.0, None)], schema=TURNS, orient="row")
    fake = Diarization(turns, turns, "fake")
    monkeypatch.setitem(module.DIARIZERS, "voices", lambda **_: lambda *_, **__: fake)
    assert diarize(audio, Settings(), n_speakers=2) is fake
    with pytest.raises(ChannelsAlikeError) as raised:
        diarize(audio, Settings(diarizer="channels"))
    assert raised.value.code == "no_diarization_model"


def test_pyannote_where_its_model_is_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` takes the voices that come with the program unless pyannote's model is cached or one is named."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    assert module.by_voice(Settings()) == "voices"
    assert module.by_voice(Settings(diarization_model="/no/such/folder")) == "pyannote"  # and it is refused there
    repository = tmp_path / "models--pyannote--speaker-diarization-community-1"
    (repository / "snapshots" / "123").mkdir(parents=True)
    (repository / "snapshots" / "123" / "config.yaml").touch()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("123")
    assert module.by_voice(Settings()) == "pyannote"


def test_unknown_engine_is_named() -> None:
    """A diarizer that does not exist is refused with those that do."""
    with pytest.raises(ValueError, match="best: no diarizer of that name, only auto, channels, pyannote, voices"):
        load_diarizer("best", Settings())
