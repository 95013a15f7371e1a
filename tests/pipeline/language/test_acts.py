"""Acts: sentences with and without marks, the nine acts, and that a call is read alone."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.language.act_network import CHUNK, Size, WordOrder, act_probabilities, ends_kept, load, save
from pipeline.language.act_patterns import CUES
from pipeline.language.acts import classify_acts, split_sentences, timed_sentences
from pipeline.language.sentences import WEIGHTS, marked_words_of, word_bits, words_of
from pipeline.tables import Acts
from tests.conversations import talk_of

CALL = (
    ("lead", 0, 3, "Thanks for making the time today."),
    ("other", 3, 4, "Sure."),
    ("lead", 4, 8, "How do you plan the routes for your trucks today?"),
    ("other", 8, 15, "We print them every morning and the drivers change half of them."),
    ("lead", 15, 19, "So the drivers change half of them. Do you know why they change them?"),
    ("other", 19, 24, "The addresses are old. Nobody keeps them."),
    ("lead", 24, 30, "Walk me through what happened last Tuesday."),
    ("other", 30, 40, "We lost two hours in the yard because the list was wrong."),
    ("lead", 40, 46, "Why don't you just call the dispatcher? You need to call him tonight."),
    ("other", 46, 50, "Okay. I'll call him tomorrow."),
    ("lead", 50, 56, "You could try the new list first. I'll send you the proposal by Thursday."),
    ("other", 56, 58, "Great, thanks."),
)


def bare(rows: tuple[tuple[str, float, float, str], ...]) -> tuple[tuple[str, float, float, str], ...]:
    words = [" ".join(pl.select(words_of(pl.lit(text))).item()) for *_, text in rows]
    return tuple((side, start, end, text) for (side, start, end, _), text in zip(rows, words, strict=True))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. Smith came at 5 p.m. today. Did he?", ["Dr. Smith came at 5 p.m. today.", "Did he?"]),
        ("It was 3.5 times... and then it fell. Wow!", ["It was 3.5 times... and then it fell.", "Wow!"]),
        ('She said "no." He left.', ['She said "no."', "He left."]),
        ("So, I'm fine?", ["So, I'm fine?"]),
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


def test_sentences_share_the_time_of_their_utterance() -> None:
    """A sentence with a quarter of the letters has a quarter of the seconds."""
    sentences = timed_sentences(talk_of(("lead", 10, 18, "Aha. Ten letters.")))  # 4 and 12 characters
    assert sentences.select("sentence", "start_s", "end_s").rows() == [(0, 10.0, 12.0), (1, 12.0, 18.0)]


def test_acts_of_a_call() -> None:
    """Questions without question form, telling in question form, promises and orders are told apart."""
    acts = classify_acts(talk_of(*CALL)).select("idx", "sentence", "act").rows()
    found = {(idx, sentence): act for idx, sentence, act in acts}
    expected = {
        (1, 0): "acknowledge",
        (2, 0): "ask_open",
        (3, 0): "inform",
        (4, 1): "ask_closed",
        (6, 0): "ask_open",
        (7, 0): "inform",
        (8, 0): "ask_leading",
        (8, 1): "direct",
        (9, 1): "commit",
        (10, 0): "suggest",
        (10, 1): "commit",
    }
    assert {key: found[key] for key in expected} == expected


def test_acts_without_marks() -> None:
    """Asking is found, and nothing else asks, when case and marks are gone."""
    acts = classify_acts(talk_of(*bare(CALL)))
    asking = acts.filter(pl.col("act").str.starts_with("ask"))["idx"].unique().sort().to_list()
    assert asking == [2, 4, 6, 8]


def test_a_call_is_read_alone() -> None:
    """The acts of a call do not depend on the calls beside it, on their order, or on the names of its speakers."""
    one = talk_of(*CALL)
    other = talk_of(*bare(CALL[2:7])).with_columns(pl.lit("another").alias("call_id"))
    alone, beside = (
        classify_acts(one),
        classify_acts(pl.concat([other, one.reverse()])).filter(pl.col("call_id") != "another"),
    )
    renamed = classify_acts(one.with_columns(pl.col("speaker") + " the second"))
    for again in (beside, renamed):
        assert again.drop("p").equals(alone.drop("p"))
        assert np.allclose(again["p"], alone["p"], atol=1e-5)


def test_nothing_said() -> None:
    """A call without words has no acts, and no call is no error."""
    assert classify_acts(talk_of(("lead", 0, 1, " ")).head(1)).is_empty()
    assert Acts.is_valid(classify_acts(talk_of(("lead", 0, 1, "Hello.")).clear()))


def test_words_and_marks() -> None:
    """Words in lower case with the marks between them; without marks the words alone."""
    text = pl.select(marked_words_of(pl.lit("Why don’t you call 12 people, then?")).alias("words"))["words"].item()
    assert text.to_list() == ["why", "don't", "you", "call", "0", "people", ",", "then", "?"]
    assert pl.select(words_of(pl.lit("So - yes!"))).item().to_list() == ["so", "yes"]


def test_both_ends_of_a_long_sentence_are_read() -> None:
    """Of 40 words the first 18 and the last 10, of three all, of none none."""
    bits = np.arange(43, dtype=np.uint64)
    words, counts = ends_kept(bits, np.array([40, 0, 3]))
    assert words.tolist() == [*range(18), *range(30, 40), 40, 41, 42]
    assert counts.tolist() == [28, 0, 3]


def test_a_sentence_is_read_alone() -> None:
    """Its vector depends on the order of its words, not on the sentences read with it; a word not known is not another
    that is."""
    torch.manual_seed(0)
    order = WordOrder(Size(n_words=50)).eval()

    def read(*sentences: tuple[int, ...]) -> torch.Tensor:
        words = torch.tensor([word for sentence in sentences for word in sentence], dtype=torch.int64)
        return order(words, torch.tensor([len(sentence) for sentence in sentences]))

    many = tuple(tuple(range(k % 28)) for k in range(2 * CHUNK))
    with torch.inference_mode():
        alone = read((3, 1, 2))
        assert torch.allclose(read((7,), (3, 1, 2), (), (9, 8), *many)[1], alone[0], atol=1e-6)
        for other in ((1, 3, 2), (3, 1), (3, 1, 2, 2), (3, 1, 99)):
            assert not torch.allclose(read(other), alone, atol=1e-3)
        assert torch.equal(read((3, 1, 99)), read((3, 1, -5)))


def test_weights_come_back(tmp_path: Path) -> None:
    """Networks that are stored say the same when they are loaded, to the precision they are stored with."""
    networks = load(WEIGHTS)
    save(list(networks), tmp_path)
    sentences = timed_sentences(talk_of(*CALL))
    assert np.array_equal(act_probabilities(load(tmp_path), sentences), act_probabilities(networks, sentences))
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 20e6


def test_numbers_of_words_never_change() -> None:
    """The weights are only good for the numbers they were trained with: crc32("hello") = 907060870, stirred."""
    stirred = (907060870 ^ (907060870 >> 29)) * 0xC2B2AE3D27D4EB4F % 2**64
    assert word_bits(pl.Series(["hello"])).tolist() == [stirred ^ (stirred >> 32)]


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("leading", "so why don't you just call him"),
        ("open", "okay walk me through that"),
        ("closed", "and how many seats"),
        ("commit", "i'll send it by thursday"),
        ("direct", "you need to call him"),
    ],
)
def test_cues(cue: str, text: str) -> None:
    """Each wording is known by its cue."""
    assert pl.select(pl.lit(text).str.contains(CUES[cue])).item()
