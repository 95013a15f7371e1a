"""Sentences with and without marks."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.language.sentences import english_sentences, split_frame


def split_sentences(text: str) -> list[str]:
    """The sentences of one text, in order."""
    return split_frame(pl.DataFrame({"text": [text]}))["text"].to_list()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith came at 5 p.m. today. Did he?", ["Dr. Smith came at 5 p.m. today.", "Did he?"]),
        ("It was 3.5 times... and then it fell. Wow!", ["It was 3.5 times... and then it fell.", "Wow!"]),
        ('She said "no." He left.', ['She said "no."', "He left."]),
        ("So, I'm fine?", ["So, I'm fine?"]),
        ("Call  Ann.\n\nThen me.", ["Call Ann.", "Then me."]),
        ("", []),
        ("   ", []),
    ],
)
def test_marks_end_sentences(text: str, sentences: list[str]) -> None:
    """A mark before a space ends a sentence; those of abbreviations, numbers and trailing off do not."""
    assert split_sentences(text) == sentences


@pytest.mark.parametrize(
    "question",
    [
        "how many trucks do you run each day",
        "what happens when one of them breaks down",
        "do you have a budget for that",
    ],
)
def test_question_at_the_end_without_marks(question: str) -> None:
    """A question that closes a long stretch without marks is a sentence of its own."""
    story = "we have about forty people in the warehouse and they still use paper for all of it i think that is slow"
    assert split_sentences(f"{story} {question}")[-1] == question


@given(st.text(alphabet="ab .?!,'é-\n", max_size=60))
@settings(max_examples=40, deadline=None)
def test_no_word_is_lost(text: str) -> None:
    """The sentences have the words of the text, in their order."""
    assert " ".join(split_sentences(text)).split() == text.split()


def test_a_stretch_is_cut_by_its_own_words() -> None:
    """A question word at the end of an utterance is no beginning of the question that another utterance asks."""
    texts = ["it broke again on tuesday what", "it works fine", "is it"]
    alone = [split_sentences(text) for text in texts]
    together = split_frame(pl.DataFrame({"utterance": range(3), "text": texts}))
    assert together.group_by("utterance", maintain_order=True).agg("text")["text"].to_list() == alone


def test_spacy_reads_them() -> None:
    """The one English pipeline has our sentences in every text it reads, whatever others it reads with it; a token
    inside a piece of text and a blank begin none."""
    texts = ["I'll call. You'll write.", "", "  Well.  No!\n", "it works fine. is it (really) so"]
    wanted = [["I'll call.", "You'll write."], [], ["Well.", "No!"], ["it works fine.", "is it (really) so"]]
    for docs in (english_sentences().pipe(texts), map(english_sentences(), texts)):
        found = [[sentence.text.strip() for sentence in doc.sents] for doc in docs]
        assert [[one for one in sentences if one] for sentences in found] == wanted
