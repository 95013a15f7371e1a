"""The parts that tell a promise: trees, surroundings, mentions."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.promises.decision_trees import Tree, Trees, read_trees, write_trees
from pipeline.language.promises.mentions import _first_mentions
from pipeline.language.promises.probabilities import in_view
from tests.conversations import talk_of

STUMP = Tree(
    np.array([0, -1, -1]), np.array([0.5, 0.0, 0.0]), np.array([1, -1, -1]), np.array([2, -1, -1]),
    np.array([0.0, -1.0, 1.0]),
)  # fmt: skip


def test_trees_add_up_by_hand(tmp_path: Path) -> None:
    """Base 0.5 and a leaf of -1 or 1: log odds -0.5 and 1.5; the same after being stored."""
    trees = Trees(("size",), 0.5, (STUMP,))
    write_trees(trees, tmp_path / "trees.json")
    for read in (trees, read_trees(tmp_path / "trees.json")):
        odds = np.array([-0.5, 1.5])
        assert read.probabilities(np.array([[0.5], [0.6]])) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_a_clause_is_seen_with_what_is_said_around_it() -> None:
    """The clause before it in its utterance, the end of what it answers and the beginning of the answer to it."""
    talk = talk_of(
        ("lead", 0, 4, "Book five by the fifteenth."),
        ("other", 4, 8, "It's a lot. I'll book them."),
        ("lead", 8, 12, "Good."),
    )
    row = in_view(clauses(talk, classify_acts(talk))).filter(words="i will book them").to_dicts()[0]
    assert (row["before"], row["asked"], row["reply"]) == ("it s a lot", "book five by the fifteenth", "good")


SMALL_TALK = [
    ("lead", "So you moved the warehouse in March and the scanners stayed behind."),
    ("other", "They did, and nobody has counted the stock since."),
]


@pytest.mark.parametrize(
    "close",
    [
        [("lead", "What can I do for you today?"), ("other", "Nothing more, thank you.")],
        [("lead", "I'll let you go, thanks for your time."), ("other", "Thank you. Talk to you soon, bye.")],
        [("other", "We'll catch up at some point."), ("lead", "Yes, see you around.")],
    ],
)
def test_courtesies_are_no_actions(close: list[tuple[str, str]]) -> None:
    """Thanks, farewells and "for you today" promise nothing."""
    rows = [(side, 10.0 * n, 10.0 * n + 8, text) for n, (side, text) in enumerate([*SMALL_TALK, *close])]
    talk = talk_of(*rows)
    assert find_actions(talk, classify_acts(talk)).is_empty()


def test_a_dated_promise_counts_in_a_call_that_promises_little() -> None:
    """ "I'll ping her before lunch" is an action of its speaker, though nothing else in the call is."""
    close = [("lead", "Get it done by Thursday."), ("other", "Okay, Thursday. And I'll ping her before lunch.")]
    rows = [(side, 10.0 * n, 10.0 * n + 8, text) for n, (side, text) in enumerate([*SMALL_TALK, *close])]
    talk = talk_of(*rows, interaction="one_on_one")
    found = find_actions(talk, classify_acts(talk))
    assert ("other", "before lunch") in found.select("owner_role", "due_words").rows()


@pytest.mark.parametrize(
    "said",
    [
        "I'll tell you what, it rained all Sunday.",
        "I say I'll get it to you by the weekend, and they say no worries.",
        '"I\'ll phone you Thursday at nine."',
        "I wanted to send the list on Monday and I didn't.",
        "I'll get round to it when I'm eighty.",
        "I'm in the car all day tomorrow.",
    ],
)
def test_what_only_sounds_like_a_promise(said: str) -> None:
    """Figures of speech, what somebody would say, what was meant to be done and where one is promise nothing."""
    talk = talk_of(
        *[(side, 10.0 * n, 10.0 * n + 8, text) for n, (side, text) in enumerate([*SMALL_TALK, ("other", said)])]
    )
    assert find_actions(talk, classify_acts(talk)).is_empty()


def test_mentions_are_one_over_any_number_between() -> None:
    """Of three rows in which the second is of the first and the third of the second, all are of the first."""
    pairs = pl.DataFrame({"row": [4, 7], "row_later": [7, 9]})
    roots = _first_mentions(pl.Series("row", [4, 7, 8, 9]), pairs)
    assert roots.rows() == [(4, 4), (7, 4), (8, 8), (9, 4)]
