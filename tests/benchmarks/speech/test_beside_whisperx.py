"""WhisperX beside our own listening: words and speed of each recording."""

from benchmarks.speech.beside_whisperx import Heard, rows


def test_words_and_speed() -> None:
    """WhisperX mishears one of four words in half the time of the recording, ours none in a tenth of it."""
    theirs, ours = Heard([30.0], [["send the", "cart today"]], 1.0), Heard([6.0], [["Send, the,", "card today."]], 2.0)
    (_, row) = rows({"a call": 60.0}, [["Send the card", "today."]], theirs, ours)
    assert row == "| a call | 60 | 25.0% | 0.0% | 2.0 | 10.0 |"
