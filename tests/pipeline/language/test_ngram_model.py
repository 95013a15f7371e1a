"""Linear models over runs of words."""

import math

import polars as pl

from pipeline.language.ngram_model import grams, over, score


def test_grams_of_two_units() -> None:
    """Runs of one to three words with the ends marked; numbers and days are one word each; none crosses a unit."""
    units = pl.DataFrame({"row": [0, 1], "words": ["by friday", "nine"]})
    found = {row: set(part["gram"]) for (row,), part in grams(units).group_by("row")}
    assert found[0] == {"^", "by", "<day>", "$", "^ by", "by <day>", "<day> $", "^ by <day>", "by <day> $"}
    assert found[1] == {"^", "<number>", "$", "^ <number>", "<number> $", "^ <number> $"}


def test_score_by_hand() -> None:
    """A unit's log-odds are the constant, its signs and its grams: -1 + 2 (will) + 0.5 (@lead) for the first unit."""
    units = pl.DataFrame({"row": [0, 1, 2], "words": ["i will", "no", "will will"], "@lead": [True, False, None]})
    weights = pl.DataFrame({"gram": ["", "will", "@lead", "@other"], "promise": [-1.0, 2.0, 0.5, 9.0]})
    scored = score(units, weights)["promise"].to_list()
    assert scored == [round(1 / (1 + math.exp(-odds)), 6) for odds in (1.5, -1.0, 1.0)]


def test_over() -> None:
    """A number is a sign for each step it reaches."""
    signs = pl.select(**over(pl.lit(25), (10, 20, 30), "second"))
    assert signs.row(0, named=True) == {"@second10": True, "@second20": True, "@second30": False}
