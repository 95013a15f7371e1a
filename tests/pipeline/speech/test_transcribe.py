"""Which transcriber is chosen, by name or by what is at hand."""

import re
from difflib import SequenceMatcher

import polars as pl
import pytest

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech import transcribe as module
from pipeline.speech.engines import WORDS, Transcription
from pipeline.speech.transcribe import choose_transcriber, load_transcriber, transcribe
from tests.pipeline.speech.half_minute import needs_base, sample, within


def test_auto_is_whisper() -> None:
    """`auto` is Whisper, whatever weights are at hand: nothing weaker takes its place."""
    settings = Settings(transcription_model="nobody/no-such-model", offline=True, device="cpu")
    assert choose_transcriber(settings) == "whisper"
    audio, diarization, _ = sample()
    with pytest.raises(CallError, match="`make install`") as raised:
        transcribe(audio, diarization, settings)
    assert raised.value.code == "no_transcription_model"


@needs_base
def test_whisper_base_hears_the_sample() -> None:
    """Nine words of ten are those of the script, in its order, within the turns of the one who says them."""
    audio, diarization, said = sample()
    found = transcribe(audio, diarization, Settings(language="en", device="cpu", offline=True))
    assert (found.language, found.transcriber) == ("en", "faster-whisper:base:int8")
    script, heard = (plain(" ".join(texts)) for texts in ([line["text"] for line in said], found.words["text"]))
    same = sum(block.size for block in SequenceMatcher(a=script, b=heard, autojunk=False).get_matching_blocks())
    assert same / len(script) > 0.9
    assert within(found.words, diarization, slack_s=1e-6)


def plain(text: str) -> list[str]:
    """The words of a text, without case and marks."""
    return re.findall(r"[a-z']+|[0-9]+", text.lower())


def test_unknown_engine_is_named() -> None:
    """A transcriber that does not exist is refused with those that do."""
    with pytest.raises(ValueError, match="best: no transcriber of that name, only auto, whisper"):
        load_transcriber("best", Settings())


def test_engine_is_an_entry_in_the_dict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain function is an engine."""
    audio, diarization, _ = sample()
    nothing = Transcription(pl.DataFrame(schema=WORDS), "en", "fake")
    monkeypatch.setitem(module.TRANSCRIBERS, "fake", lambda _: lambda *_: nothing)
    assert transcribe(audio, diarization, Settings(transcriber="fake")) is nothing
