"""Transcripts survive their JSON."""

import json
from pathlib import Path

import pytest

from pipeline.errors import CallError
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.transcript import Note, from_json

FOLDER = Path(__file__).parent / "samples"


def test_json_round_trip() -> None:
    """Our JSON gives back all that was written, unknown roles and probabilities included."""
    found = read_transcript(FOLDER / "callgrade.json")
    again = from_json(found.to_json())
    assert again.utterances.equals(found.utterances)
    assert again.speakers == found.speakers
    assert again.speakers["S0"].person_id == "maya"
    assert again.utterances["words"][0][0]["p"] == 0.98


def noted(*notes: object) -> str:
    """Our JSON with other notes."""
    return json.dumps(json.loads((FOLDER / "callgrade.json").read_text()) | {"notes": notes})


def test_notes_kept_before_they_had_a_kind() -> None:
    """Transcripts that were kept with texts alone are read: what was said of a recogniser is marked as such."""
    cut = "truncated: 61.0 of 90.0 s could be decoded"
    recogniser = (  # as written in two versions
        "recognised by another, the offline fallback: expect one word in four to be wrong on a clear line,",
        "recognised by another, the offline fallback: expect one word in four to be wrong on a clear line and",
    )
    transcript = from_json(noted(cut, *recogniser))
    assert transcript.notes == (Note("recording", cut), *(Note("recogniser", text) for text in recogniser))
    assert from_json(transcript.to_json()).notes == transcript.notes


@pytest.mark.parametrize("note", [7, None, {"kind": "recording"}, {"kind": "gossip", "text": "a"}, {"text": "a"}])
def test_what_is_no_note(note: object) -> None:
    """A note of no kind or without a text makes no transcript of ours."""
    with pytest.raises(CallError, match="not a transcript of ours"):
        from_json(noted(note))
