"""Word errors of Whisper, with and without speakers, and the errors of measures that follow from them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.paths import SAMPLES
from benchmarks.speech import errors
from benchmarks.speech.errors import MEASURED
from benchmarks.speech.synthetic_voices import Turn
from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech.align import align
from pipeline.speech.audio import Audio, decode
from pipeline.speech.channel_diarizer import by_channel
from pipeline.speech.diarize import load_diarizer
from pipeline.speech.engines import Diarizer
from pipeline.speech.transcribe import describe, transcribe


def words(_: int, shared: Path) -> Iterator[str]:
    """Whisper on the samples and on people: word errors with and without speakers, and the errors of measures."""
    truth = pl.read_ndjson(SAMPLES / "truth.jsonl")
    yield "### Words\n"
    yield (
        f"`python -m benchmarks.speech.accuracy --parts words`: {describe('whisper', Settings())}. The samples are "
        "synthetic voices on a clean line; the sales call and the meetings are people. Words are compared in the "
        "normal form of Whisper's own evaluation: numbers in digits, contractions spelt out, fillers left out. cpWER: "
        "the words of each speaker in a row, under the best way to pair speakers.\n"
    )
    yield "| call | WER | cpWER | talk_ratio | patience | interactivity | speed |\n| --- |" + " ---: |" * 6
    heard = []
    for (call_id,), lines in truth.group_by("call_id", maintain_order=True):
        recording = SAMPLES / f"{call_id}.mp3"
        engine = by_channel if lines["channel"].null_count() == 0 else load_diarizer("voices", Settings())
        if recording.exists():
            turns = [
                Turn(line["side"], line["channel"], line["start_s"], line["end_s"], line["speech"], line["text"])
                for line in lines.to_dicts()
            ]
            heard.append(_heard(turns, decode(recording), engine))
            yield _words_row(f"{call_id}{' (mono)' * (engine is not by_channel)}", heard[-1])
    yield _words_row("all samples", _pooled(heard))
    engine = load_diarizer("voices", Settings())
    if (shared / "data").is_dir():
        yield _words_row("acted sales call, 569 s, mono (reference by machine)", _sales_call(shared, engine))
        yield _words_row("AMI, 14 clips of 30 s, 1 to 4 people", _pooled(list(_meetings(shared, engine))))
    yield ""


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of one call, or of several."""

    wrong: int  # words wrong, left out or put in
    wrong_by_speaker: int  # the same, with the words of each speaker in a row
    n_words: int  # that were said
    errors: dict[str, float]  # of each of MEASURED that has a value
    speed: float  # processor seconds per second of call


def _heard(turns: list[Turn], audio: Audio, engine: Diarizer, *, n_speakers: int = 2) -> Heard:
    diarization = engine(audio, n_speakers=n_speakers)
    began = time.process_time()
    transcription = transcribe(audio, diarization, Settings())
    speed = (time.process_time() - began) / audio.duration_s
    heard = align(transcription, diarization, audio).utterances.sort("start_s")
    truth = pl.DataFrame([(turn.side, turn.text) for turn in turns], schema=["speaker", "text"], orient="row")
    wrong, n_words = errors.word_errors(truth["text"], heard["text"])
    paired = errors.paired_word_errors(
        *(dict(frame.group_by("speaker").agg("text").iter_rows()) for frame in (truth, heard))
    )
    sides = errors.pair(errors.true_stretches(turns), errors.found_stretches(diarization.turns))
    two = {turn.side for turn in turns} == {"lead", "other"}
    off = errors.measure_errors(turns, heard, sides, audio.duration_s) if two else {}
    return Heard(wrong, paired, n_words, off, speed)


def _sales_call(shared: Path, engine: Diarizer) -> Heard:
    folder = shared / "data" / "call_audio"
    lines = pl.read_ndjson(folder / "turns.jsonl").filter(
        pl.col("id") == "gong_sales_demo", pl.col("end").is_not_null()
    )
    turns = [
        Turn("lead" if speaker == "Roger" else "other", 0, start_s, end_s, [(start_s, end_s)], text)
        for speaker, start_s, end_s, text in lines.select("speaker", "start", "end", "text").iter_rows()
    ]
    return _heard(turns, decode(folder / "audio" / "gong_sales_demo.mp3"), engine)


def _meetings(shared: Path, engine: Diarizer) -> Iterator[Heard]:
    folder = shared / "data" / "ami_audio"
    spoken = pl.read_parquet(folder / "reference_words.parquet").filter(~pl.col("punc"), ~pl.col("vocalsound"))
    for (clip,), said in spoken.group_by("clip", maintain_order=True):
        turns = [
            Turn(who, 0, start_s, end_s, [(start_s, end_s)], text)
            for who, start_s, end_s, text in said.select("speaker", "start", "end", "text").iter_rows()
        ]
        people = said["speaker"].n_unique()
        try:
            yield _heard(turns, decode(folder / "audio" / f"{clip}.flac"), engine, n_speakers=people)
        except CallError:  # no speech is found in a clip of a few words: all of them are missed
            yield Heard(said.height, said.height, said.height, {}, 0.0)


def _pooled(heard: list[Heard]) -> Heard:
    means = {
        name: float(np.mean([result.errors[name] for result in heard]))
        for name in MEASURED
        if all(name in result.errors for result in heard)
    }
    return Heard(
        sum(result.wrong for result in heard),
        sum(result.wrong_by_speaker for result in heard),
        sum(result.n_words for result in heard),
        means,
        float(np.mean([result.speed for result in heard])),
    )


def _words_row(name: str, heard: Heard) -> str:
    rates = [f"{wrong / heard.n_words:.1%}" for wrong in (heard.wrong, heard.wrong_by_speaker)]
    off = [f"{heard.errors[measure]:.3f}" if measure in heard.errors else "" for measure in MEASURED]
    return f"| {' | '.join([name, *rates, *off])} | {heard.speed:.2f} |"
