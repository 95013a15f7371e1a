"""Errors of speakers and words, and of the measures that depend on them, against the truth of a call."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import jiwer
import numpy as np
import polars as pl

from benchmarks.speech.synthetic_voices import Turn
from pipeline.language.analyse import Findings
from pipeline.metrics.measure_values import measure
from pipeline.speech.engines import WORDS, Transcription
from pipeline.tables.conversations import Actions, Acts, Moments, Purposes, Talk

COLLAR_S = 0.25  # pyannote.metrics' total width: 0.125 s to each side of an edge
MEASURED = ("talk_ratio", "patience", "interactivity")
Stretch = tuple[str, float, float]  # speaker, start and end in seconds


def der(truth: Iterable[Stretch], found: Iterable[Stretch]) -> float:
    """Diarization error rate, speakers paired as they fit best, overlap counted."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    annotations = []
    for stretches in (list(truth), list(found)):
        annotation = Annotation()
        for number, (speaker, start_s, end_s) in enumerate(stretches):
            annotation[Segment(start_s, end_s), number] = speaker
        annotations.append(annotation)
    whole = Timeline([annotations[0].get_timeline().extent() | annotations[1].get_timeline().extent()])
    return float(DiarizationErrorRate(collar=COLLAR_S)(*annotations, uem=whole))


def found_stretches(turns: pl.DataFrame) -> list[Stretch]:
    """The stretches of a diarization's turns."""
    return turns.select("speaker", "start_s", "end_s").rows()


def true_stretches(turns: Iterable[Turn]) -> list[Stretch]:
    """The stretches in which each side speaks."""
    return [(turn.side, *stretch) for turn in turns for stretch in turn.speech]


def read_rttm(path: Path) -> dict[str, list[Stretch]]:
    """Stretches by file of an RTTM."""
    by_file: dict[str, list[Stretch]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        _, name, _, start_s, length_s, _, _, speaker, *_ = line.split()
        by_file.setdefault(name, []).append((speaker, float(start_s), float(start_s) + float(length_s)))
    return by_file


def share(stretches: Iterable[Stretch], speaker: str) -> float:
    """A speaker's share of all speech."""
    lengths = [(who, end_s - start_s) for who, start_s, end_s in stretches]
    return sum(length for who, length in lengths if who == speaker) / sum(length for _, length in lengths)


def pair(truth: Sequence[Stretch], found: Sequence[Stretch]) -> dict[str, str]:
    """For each found speaker the true speaker with whom they share most time."""
    true_speakers = sorted({who for who, *_ in truth})
    shared: dict[str, dict[str, float]] = {}
    for speaker, start_s, end_s in found:
        with_each = shared.setdefault(speaker, dict.fromkeys(true_speakers, 0.0))
        for who, begins_s, ends_s in truth:
            with_each[who] += max(0.0, min(end_s, ends_s) - max(start_s, begins_s))
    return {speaker: max(true_speakers, key=with_each.__getitem__) for speaker, with_each in shared.items()}


def word_errors(truth: Iterable[str], heard: Iterable[str]) -> tuple[int, int]:
    """Words wrong, left out or put in, and words said, both in the normal form of Whisper's own evaluation: case, marks
    and fillers aside, contractions spelt out, numbers in digits ("thirty" is "30")."""
    reference, hypothesis = (_normal_form()(" ".join(texts)).split() for texts in (truth, heard))
    if not reference:
        return len(hypothesis), 0
    counted = jiwer.process_words(" ".join(reference), " ".join(hypothesis) or "-")
    return counted.substitutions + counted.deletions + counted.insertions, len(reference)


@cache
def _normal_form() -> Callable[[str], str]:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    made: Callable[[str], str] = EnglishTextNormalizer({})  # type: ignore[no-untyped-call]  # no British spellings
    return made


def paired_word_errors(truth: dict[str, list[str]], heard: dict[str, list[str]]) -> int:
    """Word errors with each speaker's words in a row, under the best way to pair speakers (the numerator of cpWER)."""
    wide = max(len(truth), len(heard))
    references, hypotheses = ([*texts.values()] + [[]] * (wide - len(texts)) for texts in (truth, heard))
    return min(
        sum(word_errors(references[a], hypotheses[b])[0] for a, b in enumerate(order))
        for order in itertools.permutations(range(wide))
    )


def true_words(turns: Iterable[Turn], *, by_channel: bool) -> Transcription:
    """What was said, its words spread over the time of each turn: words without a recogniser's errors."""
    rows = []
    for turn in turns:
        words = turn.text.split()
        edges = np.linspace(turn.speech[0][0], turn.speech[-1][1], len(words) + 1).tolist()
        channel = turn.channel if by_channel else None
        rows += [
            (a, b, word, 1.0, channel, False) for (a, b), word in zip(itertools.pairwise(edges), words, strict=True)
        ]
    return Transcription(pl.DataFrame(rows, schema=WORDS, orient="row"), "en", "truth")


def measure_errors(
    turns: Iterable[Turn], found: pl.DataFrame, sides: dict[str, str], duration_s: float
) -> dict[str, float]:
    """The absolute error of each of MEASURED that has a value, given who each found speaker is."""
    truth = pl.DataFrame(
        [(turn.side, start_s, end_s, turn.text) for turn in turns for start_s, end_s in turn.speech],
        schema=["side", "start_s", "end_s", "text"],
        orient="row",
    )
    heard = found.with_columns(side=pl.col("speaker").replace_strict(sides)).select("side", "start_s", "end_s", "text")
    talk = pl.concat([_talk(truth, "truth", duration_s), _talk(heard, "found", duration_s)])
    values = measure(
        Talk.validate(talk),
        Acts.create_empty(),
        Findings(Moments.create_empty(), Purposes.create_empty(), Actions.create_empty()),
    )
    chosen = values.filter(pl.col("measure").is_in(MEASURED), pl.col("role").is_in(["lead", "all"]))
    wide = chosen.pivot("call_id", index="measure", values="value")
    return {
        name: abs(true - got) for name, true, got in wide.select("measure", "truth", "found").drop_nulls().iter_rows()
    }


def _talk(said: pl.DataFrame, call_id: str, duration_s: float) -> pl.DataFrame:
    return (
        said.sort("start_s")
        .with_row_index("idx")
        .select(
            pl.lit(call_id).alias("call_id"),
            pl.col("idx").cast(pl.Int64),
            "start_s",
            "end_s",
            pl.col("side").alias("speaker"),
            pl.col("side").alias("role"),
            pl.lit(None, pl.String).alias("person_id"),
            "text",
            pl.col("text").str.extract_all(r"\S+").list.len().cast(pl.Int64).alias("n_words"),
            pl.lit(None, pl.Float64).alias("confidence"),
            "side",
            pl.lit("discovery_call").alias("interaction"),
            pl.lit(duration_s).alias("duration_s"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("started_at"),
        )
    )
