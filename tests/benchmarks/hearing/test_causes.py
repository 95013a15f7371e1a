"""Words laid on turns, worked out by hand."""

from benchmarks.hearing.causes import laid


def test_words_lie_on_the_turns_that_they_are_aligned_with() -> None:
    """ "a" is put in and goes with the word before it, "fine phone" stands for "phone"; "thanks" is not heard."""
    turns = ["What is it?", "New phone.", "Thanks."]
    assert laid(turns, ["what is it a", "new, fine phone"]) == ["what is it a", "new, fine phone", ""]


def test_nothing_is_heard() -> None:
    """Every turn is then empty."""
    assert laid(["Yes.", "No."], []) == ["", ""]
