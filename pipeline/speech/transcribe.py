"""Transcribe: what is said and when, with faster-whisper or, where its weights cannot be had, PocketSphinx."""

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech.audio import RATE_HZ, Audio, Samples, mono
from pipeline.speech.diarize import Diarization

log = logging.getLogger(__name__)

WORDS = pl.Schema(
    {
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "text": pl.String,
        "p": pl.Float64,
        "channel": pl.Int64,
        "flagged": pl.Boolean,
    }
)

SPHINX = "pocketsphinx:en-us"
SPHINX_NOTE = (
    "recognised by PocketSphinx, the offline fallback: expect one word in four to be wrong on a clear line,"
    " and most on a poor one; Whisper weights give better"
)
SPHINX_PAD_S = 0.2
SPHINX_LONGEST_S = 20.0  # PocketSphinx searches a longer stretch at the cost of much memory and time
SPHINX_FRAME_S = 0.01
SPHINX_SEARCH = {"maxhmmpf": 3000, "fwdflatsfwin": 12}  # two thirds of the time for as few errors
TENTH = RATE_HZ // 10


class Transcription(NamedTuple):
    """Words in the order of time, with the columns of WORDS; `transcriber` names engine and model.

    `p` is the recogniser's probability; `channel` is null where the recording does not separate speakers; a `flagged`
    word is probably not in the recording, and nothing may rest on it.
    """

    words: pl.DataFrame
    language: str
    transcriber: str
    notes: tuple[str, ...] = ()


class Transcriber(Protocol):
    """An engine: a recording and who speaks when in, words out."""

    def __call__(self, audio: Audio, diarization: Diarization) -> Transcription:
        """Raises CallError where the recording needs more memory than there is."""
        ...


def load_transcriber(name: str, settings: Settings) -> Transcriber:
    """The engine of this name, loaded once per process."""
    if name not in TRANSCRIBERS:
        raise ValueError(f"{name}: no transcriber of that name, only auto, {', '.join(TRANSCRIBERS)}")
    return _loaded(TRANSCRIBERS[name], settings)


def transcribe(audio: Audio, diarization: Diarization, settings: Settings) -> Transcription:
    """Transcribe with the engine the settings name."""
    return load_transcriber(choose_transcriber(settings), settings)(audio, diarization)


def choose_transcriber(settings: Settings) -> str:
    """The engine that `auto` means here: whisper where its weights can be had, else pocketsphinx."""
    if settings.transcriber != "auto":
        return settings.transcriber
    from pipeline.speech import whisper_transcriber

    model = whisper_transcriber.plan(settings).model
    if whisper_transcriber.find_weights(model, offline=settings.offline):
        return "whisper"
    log.warning("no weights of Whisper %s can be had: speech is recognised by PocketSphinx, far less well", model)
    return "pocketsphinx"


def describe(name: str, settings: Settings) -> str:
    """What calls.transcriber says of the engine of this name; it also tells stored transcripts apart."""
    if name == "whisper":
        from pipeline.speech import whisper_transcriber

        return whisper_transcriber.describe(settings)
    return SPHINX


@functools.cache
def _loaded(factory: Callable[[Settings], Transcriber], settings: Settings) -> Transcriber:
    return factory(settings)


def sources(audio: Audio, diarization: Diarization) -> dict[int | None, Samples]:
    """What to listen to: each channel (n,) by its number, or all of them together under None."""
    if diarization.turns["channel"].is_not_null().all() and len(audio.samples) > 1:
        return dict(enumerate(audio.samples))
    return {None: mono(audio.samples)}


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
        listened = sources(audio, diarization)
        turns = diarization.exclusive if None in listened else diarization.turns
        rows = [
            (*word, channel, False)
            for channel, start_s, end_s in turns.select("channel", "start_s", "end_s").iter_rows()
            for piece_s, piece in pieces(
                listened[channel], start_s, end_s, longest_s=SPHINX_LONGEST_S, pad_s=SPHINX_PAD_S
            )
            for word in _sphinx_words(decoder, piece, piece_s)
        ]
        words = pl.DataFrame(rows, schema=WORDS, orient="row").sort("start_s", "end_s")
        return Transcription(words, "en", SPHINX, (SPHINX_NOTE,))


def pieces(
    channel: Samples, start_s: float, end_s: float, *, longest_s: float, pad_s: float
) -> Iterator[tuple[float, Samples]]:
    """A stretch of (n,) samples with some sound around it, cut at its quietest moments where it is long."""
    at, end = max(0.0, start_s - pad_s), min(len(channel) / RATE_HZ, end_s + pad_s)
    while end - at > longest_s:
        late = channel[round((at + longest_s / 2) * RATE_HZ) : round((at + longest_s) * RATE_HZ)]
        tenths = np.square(late[: len(late) // TENTH * TENTH]).reshape(-1, TENTH).mean(axis=1)
        cut = at + longest_s / 2 + (int(tenths.argmin()) + 0.5) * TENTH / RATE_HZ
        yield at, channel[round(at * RATE_HZ) : round(cut * RATE_HZ)]
        at = cut
    yield at, channel[round(at * RATE_HZ) : round(end * RATE_HZ)]


def _sphinx_words(decoder: Any, piece: Samples, piece_s: float) -> Iterator[tuple[float, float, str, float]]:
    """Start, end, text and posterior of each word; noises and pauses are in brackets and left out."""
    decoder.start_utt()
    decoder.process_raw((piece * 32767).astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    for found in decoder.seg() or ():
        if found.word[0] not in "<[+":
            text = found.word.split("(")[0]  # "the(2)" is a second way to say it
            start_s = piece_s + found.start_frame * SPHINX_FRAME_S
            end_s = piece_s + (found.end_frame + 1) * SPHINX_FRAME_S
            yield start_s, end_s, text, min(1.0, max(0.0, found.prob))


def _whisper(settings: Settings) -> Transcriber:
    from pipeline.speech.whisper_transcriber import Whisper

    return Whisper(settings)


TRANSCRIBERS: dict[str, Callable[[Settings], Transcriber]] = {"whisper": _whisper, "pocketsphinx": PocketSphinx}
