"""Transcripts survive their JSON."""

from pathlib import Path

from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.transcript import from_json

FOLDER = Path(__file__).parent / "samples"


def test_json_round_trip() -> None:
    """Our JSON gives back all that was written, unknown roles and probabilities included."""
    found = read_transcript(FOLDER / "callgrade.json")
    again = from_json(found.to_json())
    assert again.utterances.equals(found.utterances)
    assert again.speakers == found.speakers
    assert again.speakers["S0"].person_id == "maya"
    assert again.utterances["words"][0][0]["p"] == 0.98
