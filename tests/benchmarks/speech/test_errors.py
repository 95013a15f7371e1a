"""Word errors, worked out by hand."""

from benchmarks.speech.errors import word_errors


def test_a_number_in_digits_is_no_error() -> None:
    """Recognisers write numbers in digits and texts in words: only "pallets" is misheard, of five words."""
    said, heard = ["It's thirty percent,", "eleven thousand pallets."], ["It is 30%, 11,000 pellets"]
    assert word_errors(said, heard) == (1, 5)


def test_nothing_was_said() -> None:
    """Every word that is heard is then one too many."""
    assert word_errors([""], ["thank you"]) == (2, 0)
