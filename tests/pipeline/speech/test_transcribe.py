"""Which transcriber is chosen, by name or by what is at hand."""

import logging

import polars as pl
import pytest

from pipeline.settings import Settings
from pipeline.speech import transcribe as module
from pipeline.speech.engines import WORDS, Transcription
from pipeline.speech.transcribe import choose_transcriber, load_transcriber, transcribe
from tests.pipeline.speech.half_minute import TINY, sample


def test_auto_falls_back_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """Without weights of Whisper `auto` is PocketSphinx, with a warning; what is asked for by name is not changed."""
    settings = Settings(transcription_model="nobody/no-such-model", offline=True, device="cpu")
    with caplog.at_level(logging.WARNING):
        assert choose_transcriber(settings) == "pocketsphinx"
    assert "PocketSphinx" in caplog.text
    assert choose_transcriber(settings.model_copy(update={"transcriber": "whisper"})) == "whisper"
    if TINY.is_dir():
        assert choose_transcriber(settings.model_copy(update={"transcription_model": str(TINY)})) == "whisper"


def test_unknown_engine_is_named() -> None:
    """A transcriber that does not exist is refused with those that do."""
    with pytest.raises(ValueError, match="best: no transcriber of that name, only auto, whisper, pocketsphinx"):
        load_transcriber("best", Settings())


def test_engine_is_an_entry_in_the_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain function is an engine."""
    audio, diarization, _ = sample()
    nothing = Transcription(pl.DataFrame(schema=WORDS), "en", "fake")
    monkeypatch.setitem(module.TRANSCRIBERS, "fake", lambda _: lambda *_: nothing)
    assert transcribe(audio, diarization, Settings(transcriber="fake")) is nothing
