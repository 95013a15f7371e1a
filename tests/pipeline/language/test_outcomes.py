"""What is said of an action that is taken up."""

import polars as pl
import pytest

from pipeline.language.promises.outcomes import likeliest_states, signed, where_answered, where_told
from pipeline.language.promises.reviews import NO_EXCHANGES, taken_up
from pipeline.language.text import plain


def rows(
    words: str, reply: str, first: int | None = None, last: int | None = None, in_reply: int | None = None
) -> pl.DataFrame:
    """One exchange as a row of `outcomes.signed`; with the words that name the action, or as a question and answer."""
    exchange = {"row": 0, "words": words, "reply": reply, "first": first, "last": last, "in_reply": in_reply}
    frame = pl.DataFrame([exchange]).with_columns(begins_at=pl.lit(0, pl.Int64), ends_at=pl.lit(None, pl.Int64))
    texts = frame.with_columns(plain(pl.col("words", "reply")))
    told = where_answered(pl.col("words"), pl.col("reply")) if first is None else where_told()
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


@pytest.mark.parametrize(
    ("what", "words", "reply", "state"),
    [
        ("hand in the mileage", "By the way, the mileage came in on the seventh.", "Yes, a day late.", "done"),
        ("set up a coffee with Alicia", "Is the coffee with Alicia still on?", "It is, the invite went out.", "done"),
        ("scan the January receipts", "What about the January receipts?", "I never got round to them.", "missed"),
        ("ask Sandra about Alderley", "Sandra I've not caught, she's been off.", "Is she back this week?", "missed"),
        ("get the expenses in", "Expenses?", "Did them Sunday night.", "done"),
        ("drop off the sample", "How'd you go with the sample?", "Dropped it off Wednesday.", "done"),
    ],
)
def test_told_late_in_a_meeting(what: str, words: str, reply: str, state: str) -> None:
    """What became of a promise is found wherever it is told, not only in the opening."""
    told = {"row": [0, 1], "idx": [20, 21], "words": [words, reply], "reply": [reply, ""], "by_lead": [True, False]}
    place = {"call_id": "c", "then": "", "back": 0.2, "back_near": 0.2, "at": 0.8, "ends": None}
    exchanges = pl.DataFrame(told | {name: [value] * 2 for name, value in place.items()}).with_columns(
        plain(pl.col("words", "reply")), pl.col("ends").cast(pl.List(pl.Int64))
    )
    wanted = pl.DataFrame({"row": [0], "call_id": ["c"], "what": [what]})
    as_numbers = {"row": pl.UInt32}
    found = taken_up(wanted.cast(as_numbers), exchanges.select(NO_EXCHANGES.columns).cast(as_numbers))
    assert found["state"].to_list() == [state]


def test_an_answer_that_tells_of_two() -> None:
    """Of two things named in a question, each is what the answer says where it names it."""
    asked, answer = "So the price list and the tyre agreement", "Price list, Sam has it. The tyre one I didn't manage."
    tyre = rows(asked, answer, 5, 6, in_reply=6)
    assert tyre["named"].to_list() == ["has it the tyre one i did not manage"]
    assert likeliest_states(tyre, "row")["state"].to_list() == ["missed"]
