"""Listening: what is private is gone from the transcript that is stored of a recording."""

from pathlib import Path

import pytest

from flows.listen import listen
from pipeline.intake.calls import Call
from pipeline.settings import Settings
from pipeline.store.delta import Store
from tests.pipeline.speech.half_minute import needs_base

AUDIO = Path(__file__).with_name("audio")
SPOKEN = {  # recording: what stands for what is private, none of which is stored
    "private": (
        ("[email]", "[card]", "[ssn]"),
        ("babu", "acme", "1111", "4111", "6789", "123-45", "one one", "seven eight"),
    ),
    "address": (("[address]",), ("maple", "street", "forty")),
}


@needs_base
@pytest.mark.parametrize("recording", SPOKEN)
def test_private_words_are_gone_from_what_is_heard(tmp_path: Path, recording: str) -> None:
    """Synthetic voices say an e-mail address, a card, a social security number and a street: their kinds stand in their
    place.

    They say "babu at acme dot com", "four one one one" and so on to sixteen digits, "one two three, four five, six
    seven eight nine", and "42 Maple Street". Nothing of them is in the file that is stored, words included.
    """
    kinds, private = SPOKEN[recording]
    call = Call("c", content="ab" * 32, engines="cd" * 32, recording=str(AUDIO / f"{recording}.mp3"))
    settings = Settings(workspace=str(tmp_path), transcription_model="base", device="cpu", offline=True, workers=1)
    listen(call, settings)
    (stored,) = [path for path in (tmp_path / "speech").rglob("*") if path.is_file()]
    transcript = Store(str(tmp_path)).speech.read(call.content, call.engines)
    said = " ".join(transcript.utterances["text"])
    for kind in kinds:
        assert kind in said, said
    kept = stored.read_text().lower()
    for word in private:
        assert word not in kept
    assert "friday" in kept  # the rest is there
