"""Accounted: words that a reader loses are found, and words that it joins, parts or reads once of two are not."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from benchmarks.faults import fuzz, seeds
from benchmarks.faults.accounted import unaccounted
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.transcript import Note, Transcript

ENDINGS = (".vtt", ".srt", ".sbv", ".txt", ".md", ".html", ".csv", ".json", ".docx")
SAMPLES = {name: content for name, content in seeds.transcripts(*ENDINGS) if not name[0].isdigit()}
OF_READERS = [name for name in SAMPLES if name != "callgrade.json"]  # which is checked by its own JSON


def without(transcript: Transcript, at: int) -> Transcript:
    """A transcript that lacks one of its utterances."""
    kept = transcript.utterances.with_row_index("at").filter(pl.col("at") != at).drop("at")
    return replace(transcript, utterances=kept)


@pytest.mark.parametrize("name", OF_READERS)
def test_what_is_lost_is_found(name: str, tmp_path: Path) -> None:
    """Of every format nothing is missing as it is read, and something where any utterance of less than half is lost.

    A word of notes alone hides an utterance of its size: the lines that it tells of could be these.
    """
    (tmp_path / name).write_bytes(SAMPLES[name])
    found = read_transcript(tmp_path / name)
    assert unaccounted(tmp_path / name, found) == 0
    silent = replace(found, notes=())
    sizes = [len(text.split()) for text in found.utterances["text"]]
    parts = [at for at, size in enumerate(sizes) if 2 * size < sum(sizes)]
    assert parts
    assert all(unaccounted(tmp_path / name, without(silent, at)) for at in parts)


@pytest.mark.parametrize("reader", ["captions", "transcript, text", "transcript, JSON", "transcript, Word", "RTTM"])
def test_reader_that_loses_is_caught(reader: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A reader that drops the first utterance of every file breaks in the fuzz of each kind of transcript."""

    def losing(path: Path, *, listed: Sequence[str] = ()) -> Transcript:
        return without(read_transcript(path, listed=listed), 0)

    assert fuzz.fuzz(reader, 30, seed=1, folder=tmp_path).broken == {}
    monkeypatch.setattr(fuzz, "read_transcript", losing)
    assert fuzz.fuzz(reader, 30, seed=1, folder=tmp_path).n_broken > 0


KINDS = {  # what stands in a file, and what is read of it
    "an unseen mark in a name": ("N\ufeffora: yes of course we can do that", "yes of course we can do that"),
    "an unseen mark in a word": ("Nora: yes of co\ufeffurse", "yes of course"),
    "a mark of bold in a word": ("Nora: yes of co**ur**se", "yes of course"),
    "a letter by its number": ("Nora: caf&#233; then", "café then"),
    "a letter by its number, as it stands": ("Nora: caf&#233; then", "caf&#233; then"),
    "a number that no letter has": (f"Nora: yes &#{'9' * 5_000}; then", f"yes &#{'9' * 5_000}; then"),
    "words that grow together": ("Nora: yes of\x00course", "yes ofcourse"),
    "a time in words": ("Nora 1 minute 20 seconds\nyes of course", "yes of course"),
}


def transcript_of(text: str, *notes: str) -> Transcript:
    """What Nora says, and what is told."""
    rows = pl.DataFrame({"text": [text], "speaker": ["S0"]})
    named = read_transcript(seeds.TRANSCRIPTS / "plain.txt").speakers["S0"]
    return Transcript(rows, {"S0": replace(named, name="Nora")}, 1.0, notes=tuple(Note("transcript", n) for n in notes))


@pytest.mark.parametrize("kind", KINDS)
def test_same_words_in_other_pieces(kind: str, tmp_path: Path) -> None:
    """What is read in other pieces than it is written is no loss."""
    written, read = KINDS[kind]
    (tmp_path / "a.txt").write_text(written)
    assert unaccounted(tmp_path / "a.txt", transcript_of(read)) == 0


def test_only_what_notes_leave_out_may_be_missing(tmp_path: Path) -> None:
    """Four words are missing: a note that three are left out accounts for three, one of ten o'clock for none."""
    (tmp_path / "a.txt").write_text("Nora: yes of course never mind that thing")
    for note, lost in (
        ("3 words stand where nobody speaks them and are left out", 1),
        ("times begin at 10:00", 4),
        ("40 words without a speaker are given to who speaks next to them", 4),
    ):
        assert unaccounted(tmp_path / "a.txt", transcript_of("yes of course", note)) == lost


def test_speech_that_json_holds_twice(tmp_path: Path) -> None:
    """A sentence that stands twice under one key and once under another is said once; under none it is lost."""
    said = ["thanks for making the time", "what made you look at this"]
    data = {"chunks": [{"text": text} for text in [*said, said[1]]], "speakers": [{"text": text} for text in said]}
    data["users"] = [{"text": "Nora time"}]  # a name of which a part is said is no speech
    (tmp_path / "a.json").write_text(json.dumps(data))
    assert unaccounted(tmp_path / "a.json", transcript_of(" ".join(said))) == 0
    assert unaccounted(tmp_path / "a.json", transcript_of("thanks for making the time look at this")) == 3
