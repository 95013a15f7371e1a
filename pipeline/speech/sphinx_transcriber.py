"""Sphinx transcriber: recognise words with PocketSphinx, the offline fallback."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech.audio import Audio, Samples
from pipeline.speech.engines import WORDS, Diarization, Transcription, pieces, sources

SPHINX = "pocketsphinx:en-us"
SPHINX_NOTE = (
    "recognised by PocketSphinx, the offline fallback: expect one word in four to be wrong on a clear line,"
    " and most on a poor one; Whisper weights give better"
)
SPHINX_PAD_S = 0.2
SPHINX_LONGEST_S = 20.0  # PocketSphinx searches a longer stretch at the cost of much memory and time
SPHINX_FRAME_S = 0.01
SPHINX_SEARCH = {"maxhmmpf": 3000, "fwdflatsfwin": 12}  # two thirds of the time for as few errors


class PocketSphinx:
    """The offline fallback, English only: its model comes with its package. No capitals, no punctuation."""

    def __init__(self, settings: Settings) -> None:
        if settings.language not in ("auto", "en"):
            raise CallError(
                "no_transcription_model",
                f"PocketSphinx knows only English, not {settings.language!r}; use --transcriber whisper",
            )

    def __call__(self, audio: Audio, diarization: Diarization) -> Transcription:
        """Recognise each turn by itself, with a fresh decoder: normalisation would carry over from call to call."""
        from pocketsphinx import Decoder

        decoder = Decoder(loglevel="FATAL", **SPHINX_SEARCH)
        samples_of = sources(audio, diarization)
        turns = diarization.exclusive if None in samples_of else diarization.turns
        rows = [
            (*word, channel, False)
            for channel, start_s, end_s in turns.select("channel", "start_s", "end_s").iter_rows()
            for piece_s, piece in pieces(
                samples_of[channel], start_s, end_s, longest_s=SPHINX_LONGEST_S, pad_s=SPHINX_PAD_S
            )
            for word in _sphinx_words(decoder, piece, piece_s)
        ]
        words = pl.DataFrame(rows, schema=WORDS, orient="row").sort("start_s", "end_s")
        return Transcription(words, "en", SPHINX, (SPHINX_NOTE,))


def _sphinx_words(decoder: Any, piece: Samples, piece_s: float) -> Iterator[tuple[float, float, str, float]]:
    """Start, end, text and posterior of each word; noises and pauses are in brackets and left out."""
    decoder.start_utt()
    decoder.process_raw((piece * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    for segment in decoder.seg() or ():
        if segment.word[0] not in "<[+":
            text = segment.word.split("(")[0]  # "the(2)" is a second way to say it
            start_s = piece_s + segment.start_frame * SPHINX_FRAME_S
            end_s = piece_s + (segment.end_frame + 1) * SPHINX_FRAME_S
            yield start_s, end_s, text, min(1.0, max(0.0, segment.prob))
