"""Words by PocketSphinx on real audio."""

import jiwer
import numpy as np
import polars as pl
import pytest

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech.engines import WORDS, Diarization
from pipeline.speech.transcribe import load_transcriber, transcribe
from tests.pipeline.speech.half_minute import sample, within


def test_pocketsphinx_hears_the_sample() -> None:
    """Words come on their channel, in their turns, with probabilities; most of them are right."""
    audio, diarization, said = sample()
    found = transcribe(audio, diarization, Settings(transcriber="pocketsphinx"))
    assert found.words.schema == WORDS
    assert (found.language, found.transcriber) == ("en", "pocketsphinx:en-us")
    assert "PocketSphinx" in found.notes[0]
    assert within(found.words, diarization, slack_s=0.3)
    assert found.words["p"].is_between(0, 1).all()
    assert not found.words["text"].str.contains(r"[\[<(+]").any()
    for channel in (0, 1):
        spoken = " ".join(line["text"] for line in said if line["channel"] == channel).lower()
        heard = " ".join(found.words.filter(pl.col("channel") == channel, pl.col("end_s") <= said[-1]["end_s"])["text"])
        plain = jiwer.Compose(
            [jiwer.RemovePunctuation(), jiwer.RemoveMultipleSpaces(), jiwer.ReduceToListOfListOfWords()]
        )
        assert jiwer.wer(spoken, heard, reference_transform=plain, hypothesis_transform=plain) <= 0.4


def test_pocketsphinx_does_not_remember_the_call_before() -> None:
    """What a call sounds like does not change what is heard in the next one: the decoder is fresh."""
    audio, diarization, _ = sample()
    first = diarization.turns.head(1).with_columns(end_s=pl.col("start_s") + 2.5)
    short = Diarization(first, first, "channels")
    engine = load_transcriber("pocketsphinx", Settings())
    loud = audio._replace(samples=np.clip(audio.samples * 8, -1, 1))
    alone = engine(audio, short).words
    engine(loud, short)
    assert engine(audio, short).words.equals(alone)


def test_pocketsphinx_knows_english_only() -> None:
    """Another language is refused before anything is recognised."""
    with pytest.raises(CallError, match="only English, not 'de'"):
        load_transcriber("pocketsphinx", Settings(language="de"))
