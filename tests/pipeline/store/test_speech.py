"""Stored transcripts: found by content and engine, immutable, whole or not at all."""

from pathlib import Path

import polars as pl

from pipeline.store.delta import Store
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript


def transcript(text: str) -> Transcript:
    said = pl.DataFrame([(0.0, 1.0, "S0", text, [])], schema=SPOKEN, orient="row")
    return Transcript(said, {"S0": Speaker()}, 1.0)


def told(store: Store) -> str | None:
    """What the stored transcript says."""
    found = store.speech.read("ab12", "f")
    return None if found is None else found.utterances["text"].item()


def test_speech_is_immutable(tmp_path: Path) -> None:
    """A transcript is found by content and fingerprint, stays as first written unless heard again, and leaves no
    partial file."""
    store = Store(str(tmp_path))
    assert store.speech.read("ab12", "f") is None
    store.speech.write("ab12", "f", transcript("Grüße"))
    store.speech.write("ab12", "f", transcript("other"))
    assert told(store) == "Grüße"
    store.speech.write("ab12", "f", transcript("heard anew"), again=True)
    assert told(store) == "heard anew"
    assert store.speech.read("ab12", "g") is None
    assert [path.name for path in (tmp_path / "speech").rglob("*") if path.is_file()] == ["ab12-f.json"]
