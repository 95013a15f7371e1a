"""Engines: the types that diarizers and transcribers take and return, and the stretches of sound they share."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from pipeline.speech.audio import RATE_HZ, Audio, Samples, mono

TURNS = pl.Schema({"speaker": pl.String, "start_s": pl.Float64, "end_s": pl.Float64, "channel": pl.Int64})
GAP_S = 0.4  # a pause within a turn
BY_CHANNEL = "channels"  # the diarizer of recordings whose channels hold a side each
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
UNSPACED = ("zh", "yue", "ja", "th", "lo", "my")  # languages whose words are written without spaces between them
TENTH = RATE_HZ // 10


class Diarization(NamedTuple):
    """Who speaks when. `turns` may overlap; `exclusive` gives each moment to one speaker, for words without a channel.

    Both have the columns of TURNS, sorted by start; `channel` is null where the recording does not separate speakers.
    """

    turns: pl.DataFrame
    exclusive: pl.DataFrame
    diarizer: str


class Diarizer(Protocol):
    """A function that finds who speaks when in a recording; `n_speakers` is the number of people expected."""

    def __call__(self, audio: Audio, *, n_speakers: int | None = None) -> Diarization:
        """Raises CallError where it cannot tell the speakers apart or lacks its model."""
        ...


class Transcription(NamedTuple):
    """Words in the order of time, with the columns of WORDS; `transcriber` names engine and model.

    `p` is the recogniser's probability; `channel` is null where the recording does not separate speakers; a `flagged`
    word is probably not in the recording and must not be counted. `notes` are sentences on the recogniser, whatever
    it listens to.
    """

    words: pl.DataFrame
    language: str
    transcriber: str
    notes: tuple[str, ...] = ()


class Transcriber(Protocol):
    """A function that recognises the words in a recording, given who speaks when."""

    def __call__(self, audio: Audio, diarization: Diarization) -> Transcription:
        """Raises CallError where the recording needs more memory than there is."""
        ...


def sources(audio: Audio, diarization: Diarization) -> dict[int | None, Samples]:
    """The samples to recognise: each channel (n,) by its number, or all channels mixed under None."""
    if diarization.turns["channel"].is_not_null().all() and len(audio.samples) > 1:
        return dict(enumerate(audio.samples))
    return {None: mono(audio.samples)}


def pieces(
    channel: Samples, start_s: float, end_s: float, *, longest_s: float, pad_s: float
) -> Iterator[tuple[float, Samples]]:
    """Yield a stretch of samples with its start, padded by `pad_s`; cut it where it is quiet if it is long."""
    at, end = max(0.0, start_s - pad_s), min(len(channel) / RATE_HZ, end_s + pad_s)
    while end - at > longest_s:
        late = channel[round((at + longest_s / 2) * RATE_HZ) : round((at + longest_s) * RATE_HZ)]
        tenths = np.square(late[: len(late) // TENTH * TENTH]).reshape(-1, TENTH).mean(axis=1)
        cut = at + longest_s / 2 + (int(tenths.argmin()) + 0.5) * TENTH / RATE_HZ
        yield at, channel[round(at * RATE_HZ) : round(cut * RATE_HZ)]
        at = cut
    yield at, channel[round(at * RATE_HZ) : round(end * RATE_HZ)]
