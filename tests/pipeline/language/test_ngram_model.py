"""Words without punctuation and linear models over them."""

import math

import polars as pl
import pytest

from pipeline.language.ngram_model import grams, over, plain, score, spoken, stemmed


def words_of(text: str) -> str:
    return str(pl.select(plain(pl.lit(text))).item())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'll send it, by Friday the twenty-sixth!", "i will send it by friday the twenty sixth"),
        ("Don’t -- you can't. Let's go", "do not you can not let us go"),
        ("I'm gonna; he'd won't", "i am going to he would will not"),
    ],
)
def test_plain(text: str, words: str) -> None:
    """Contractions are spelled out, marks and case are gone."""
    assert words_of(text) == words


def test_plain_needs_no_punctuation() -> None:
    """Text with and without marks gives the same words."""
    assert words_of("So, Graham: by next Friday -- OK?") == words_of("so graham by next friday ok")


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
    assert scored == pytest.approx([1 / (1 + math.exp(-odds)) for odds in (1.5, -1.0, 1.0)])


def test_over() -> None:
    """A number is a sign for each step it reaches."""
    signs = pl.select(**over(pl.lit(25), (10, 20, 30), "second"))
    assert signs.row(0, named=True) == {"@second10": True, "@second20": True, "@second30": False}


def test_spoken() -> None:
    """Forms on several lines match whole words only, and MONTH is any month."""
    pattern = spoken("""
        in MONTH | pipelines? |
        land it
    """)
    texts = pl.Series(["it is in june", "two pipelines", "land it", "in mayor", "pipelined"])
    assert texts.str.contains(pattern).to_list() == [True, True, True, False, False]


def test_stemmed() -> None:
    """Forms of one word share a stem."""
    units = pl.DataFrame({"row": [0], "words": ["quotes quoted quote carries carry"]})
    assert set(stemmed(units)["stem"]) == {"quot", "carry"}


def test_gaps_are_no_stem() -> None:
    """Spaces at the ends, left where a date was taken out, are no word that two clauses could share."""
    assert stemmed(pl.DataFrame({"row": [0], "words": [" quote  it "]}))["stem"].sort().to_list() == ["it", "quot"]
