"""Listening: what is private is gone from the transcript that is stored of a recording."""

from pathlib import Path

from flows.listen import listen
from pipeline.intake.calls import Call
from pipeline.settings import Settings
from pipeline.store.delta import Store
from tests.pipeline.speech.half_minute import needs_base

PRIVATE = Path(__file__).with_name("audio") / "private.mp3"


@needs_base
def test_private_words_are_gone_from_what_is_heard(tmp_path: Path) -> None:
    """Synthetic voices say an e-mail address, a card and a social security number: their kinds stand in their place.

    They say "babu at acme dot com", "four one one one" and so on to sixteen digits, and "one two three, four five, six
    seven eight nine". Nothing of them is in the file that is stored, words included.
    """
    call = Call("private", content="ab" * 32, engines="cd" * 32, recording=str(PRIVATE))
    settings = Settings(workspace=str(tmp_path), transcription_model="base", device="cpu", offline=True, workers=1)
    listen(call, settings)
    (stored,) = [path for path in (tmp_path / "speech").rglob("*") if path.is_file()]
    transcript = Store(str(tmp_path)).speech.read(call.content, call.engines)
    said = " ".join(transcript.utterances["text"])
    for kind in ("[email]", "[card]", "[ssn]"):
        assert kind in said, said
    kept = stored.read_text().lower()
    for private in ("babu", "acme", "1111", "4111", "6789", "123-45", "one one", "seven eight"):
        assert private not in kept
    assert "friday" in kept  # the rest is there
