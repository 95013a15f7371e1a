"""Phrases of the vocabulary in words."""

import polars as pl
import pytest

from pipeline.language import vocabulary
from pipeline.language.text import plain
from pipeline.language.vocabulary import Form, Match, count, form_of, matches, meanings, said, says, spoken, ways

REMEMBERED = (vocabulary.meanings, vocabulary._written, vocabulary._finder, vocabulary._lead_in, vocabulary.matches)


def plain_words(text: str) -> str:
    return str(pl.select(plain(pl.lit(text))).item())


@pytest.mark.parametrize("name", meanings())
def test_hit_and_near_miss(name: str) -> None:
    """Each list finds its example, with marks and without, and does not find the one that is near."""
    meaning = meanings()[name]
    assert says(plain_words(meaning.hit), name)
    assert says(plain_words(meaning.hit.lower().replace(",", "").replace(".", "").replace("?", "")), name)
    assert not says(plain_words(meaning.miss), name)


def test_signs_of_a_phrase() -> None:
    """Choices stand at their place, words in brackets may be left out, ends are bound, other signs stay."""
    form = form_of("^ walk|talk me (right) through")
    assert form == Form((("walk", "talk"), ("me",), ("", "right"), ("through",)), at_start=True, at_end=False)
    assert ways(form)[:2] == [("walk", "me", "through"), ("walk", "me", "right", "through")]
    assert form_of("what ... keep * $").places == (("what",), ("...",), ("keep",), ("*",))


def test_phrases_are_read_like_texts() -> None:
    """A phrase with a contraction finds the words spelled out."""
    assert ways(form_of("I'll ping")) == [("i", "will", "ping")]


def test_start_after_words_that_lead_in() -> None:
    """The start of what is said may come after "so" and "well", not after anything else."""
    assert says("so well never", "dissent")
    assert not says("he is never there", "dissent")


def test_where_a_phrase_is() -> None:
    """The first word of a match and the word after it, counted from 0."""
    assert Match("promise", 1, 4) in matches("so i will ping her")


def test_words_between() -> None:
    """Up to three words lie between, and no more."""
    assert says("give him and her a shout", "kind_call")
    assert not says("give him and all of them a shout", "kind_call")


def test_whole_sayings() -> None:
    """A list of whole sayings is only found where nothing else is said."""
    frame = pl.DataFrame({"words": ["yeah right i see", "yeah the price", ""]})
    assert frame.select(said(pl.col("words"), "acknowledgement"))["words"].to_list() == [True, False, True]


def test_count_of_phrases_apart() -> None:
    """ "You know" and "kind of" are two fillers, "you know you know" two."""
    frame = pl.DataFrame({"words": ["you know it is kind of late", "you know you know", "late"]})
    assert frame.select(count(pl.col("words"), "filler"))["words"].to_list() == [2, 2, 0]


def test_unknown_list() -> None:
    """A list that is not in the file is refused by name."""
    with pytest.raises(ValueError, match="no list 'maybe'"):
        pl.select(said(pl.lit("x"), "maybe"))


def test_more_phrases_need_no_code(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """A list that somebody adds to the file is found without a change elsewhere."""
    written = vocabulary.VOCABULARY.read_text() + (
        "  goodwill:\n    means: A gift.\n    hit: It is on the house.\n    miss: It is in the house.\n"
        "    say:\n      - on the house\n"
    )
    path = vocabulary.Path(str(tmp_path)) / "vocabulary.yaml"
    path.write_text(written)
    monkeypatch.setattr(vocabulary, "VOCABULARY", path)
    for remembered in REMEMBERED:
        remembered.cache_clear()
    found = says("that is on the house", "goodwill")
    for remembered in REMEMBERED:
        remembered.cache_clear()
    assert found


def test_spoken() -> None:
    """Forms on several lines match whole words only, and MONTH is any month."""
    pattern = spoken("""
        in MONTH | pipelines? |
        land it
    """)
    texts = pl.Series(["it is in june", "two pipelines", "land it", "in mayor", "pipelined"])
    assert texts.str.contains(pattern).to_list() == [True, True, True, False, False]
