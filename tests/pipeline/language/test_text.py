"""Text as plain words, as words with marks, as stems and as numbers."""

import polars as pl
import pytest

from pipeline.language.text import (
    marked_words_of,
    plain,
    plain_tokens,
    stem_of,
    stemmed,
    word_bits,
    words_of,
)


def plain_words(text: str) -> str:
    return str(pl.select(plain(pl.lit(text))).item())


def test_words_and_marks() -> None:
    """Words in lower case with the marks between them; without marks the words alone."""
    text = pl.select(marked_words_of(pl.lit("Why don’t you call 12 people, then?")).alias("words"))["words"].item()
    assert text.to_list() == ["why", "do", "not", "you", "call", "12", "people", ",", "then", "?"]
    assert pl.select(words_of(pl.lit("So - yes!"))).item().to_list() == ["so", "yes"]


def test_numbers_of_words_never_change() -> None:
    """The weights are only good for the numbers they were trained with: crc32("hello") = 907060870, stirred."""
    stirred = (907060870 ^ (907060870 >> 29)) * 0xC2B2AE3D27D4EB4F % 2**64
    assert word_bits(pl.Series(["hello"])).tolist() == [stirred ^ (stirred >> 32)]


def test_forms_of_one_text() -> None:
    """What the normal form makes of hums, hyphens, contractions, numbers and a curly apostrophe."""
    text = "Mm-hm—I’ll bring 12 at half-past"
    words = ["mhm", "i", "will", "bring", "12", "at", "half", "past"]
    assert pl.select(words_of(pl.lit(text))).item().to_list() == words
    assert plain_words(text) == " ".join(words)
    assert plain_tokens(pl.Series(text.split())).to_list() == ["mhmiwill", "bring", "12", "at", "halfpast"]


def test_numbers_in_digits_are_one_word() -> None:
    """All numbers in digits have the number of "0"."""
    assert word_bits(pl.Series(["12", "0", "5k"])).tolist() == [word_bits(pl.Series(["0"]))[0]] * 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Yeah—I'll", "yeah i will"),
        ("dont lemme mm-hmm uh-huh", "do not let me mhm uhhuh"),
        ("i ll see we don t", "i will see we do not"),
        ("Send me the id on wed", "send me the id on wed"),
        ("Shan’t! O'clock; y'all", "shall not oclock you all"),
        ("I'll send it, by Friday the twenty-sixth!", "i will send it by friday the twenty sixth"),
        ("Don’t -- you can't. Let's go", "do not you can not let us go"),
        ("I'm gonna; he'd won't", "i am going to he would will not"),
        ("I didn't, he hadn't. We don't", "i did not he had not we do not"),
    ],
)
def test_plain(text: str, words: str) -> None:
    """Contractions are spelled out, marks and case are gone."""
    assert plain_words(text) == words


def test_plain_needs_no_punctuation() -> None:
    """Text with and without marks gives the same words."""
    assert plain_words("So, Graham: by next Friday -- OK?") == plain_words("so graham by next friday ok")


def test_stemmed() -> None:
    """Forms of one word share a stem."""
    units = pl.DataFrame({"row": [0], "words": ["quotes quoted quote carries carry"]})
    assert set(stemmed(units)["stem"]) == {"quot", "carry"}


def test_gaps_are_no_stem() -> None:
    """Spaces at the ends, left where a date was taken out, are no word that two clauses could share."""
    assert stemmed(pl.DataFrame({"row": [0], "words": [" quote  it "]}))["stem"].sort().to_list() == ["it", "quot"]


def test_stem_of_a_word() -> None:
    """Words of over three letters lose their ending, shorter ones keep it."""
    words = pl.Series(["licences", "customers", "used", "its", "us"])
    assert pl.DataFrame({"word": words}).select(stem_of(pl.col("word")))["word"].to_list() == [
        "licenc", "customer", "used", "its", "us"
    ]  # fmt: skip
