"""What is said of an action that is taken up."""

import polars as pl
import pytest

from pipeline.language.promises.outcomes import likeliest_states, signed, where_answered, where_told
from pipeline.language.text import plain


def rows(words: str, reply: str, first: int | None = None, last: int | None = None) -> pl.DataFrame:
    """One exchange as a row of `outcomes.signed`; with the words that name the action, or as a question and answer."""
    frame = pl.DataFrame({"row": [0], "words": [words], "reply": [reply], "first": [first], "last": [last]})
    texts = frame.with_columns(plain(pl.col("words", "reply")))
    parts = (pl.col("words"), pl.col("reply"))
    told = where_answered(*parts) if first is None else where_told(*parts, pl.col("first"), pl.col("last"))
    return signed(texts.with_columns(**told))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("I did, on Monday, and he confirmed it.", "done"),
        ("No. I didn't get to that, the week just went.", "missed"),
        ("Three of the five are booked.", "partly"),
        ("Did it on four walks out of seven.", "partly"),
        ("We dropped that, remember.", "withdrawn"),
    ],
)
def test_the_answer_tells(answer: str, state: str) -> None:
    """Asked after, an action is what the answer says, the number done and dropping it before all else."""
    asked = rows("And the visits, did you get to them?", answer)
    assert likeliest_states(asked, "row")["state"].to_list() == [state]


def test_of_two_in_one_answer_each_has_its_own() -> None:
    """ "The diagram is done, but the invoice I never sent": told where each is named."""
    said = (
        "So the network diagram for the harbour is done and with them since last Friday, but the invoice I never sent"
    )
    first = rows(said, "Never mind.", 2, 3)
    assert first["told"].to_list() == [
        "so the network diagram for the harbour is done and with them since last friday but"
    ]
    later = rows(said + ", I forgot it and I am sorry about that", "Never mind.", 16, 16)
    assert likeliest_states(later, "row")["state"].to_list() == ["missed"]
