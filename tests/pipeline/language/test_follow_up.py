"""Open actions followed into the next meeting."""

from datetime import UTC, date, datetime

import dataframely as dy
import polars as pl
import pytest

from pipeline.language.acts import classify_acts
from pipeline.language.follow_up import carry_actions, previous_meetings
from pipeline.language.moments import score_utterances
from pipeline.language.promises.reviews import exchanges_of
from pipeline.tables.conversations import Actions
from tests.conversations import talk_of


def actions_of(*rows: tuple[str, str], call_id: str = "first", carried_from: str | None = None) -> pl.DataFrame:
    """One action per row (what, state)."""
    schema = Actions.create_empty().schema
    values = [
        (call_id, n, 0, what, "other", "other", None, None, None, True, carried_from, state, None)
        for n, (what, state) in enumerate(rows)
    ]
    return pl.DataFrame(values, schema=schema, orient="row")


def carried(earlier: pl.DataFrame, new: pl.DataFrame | None = None) -> dy.DataFrame[Actions]:
    talk = talk_of(
        ("lead", 0, 4, "Morning. How was the train?"),
        ("other", 4, 8, "Late."),
        ("lead", 8, 12, "So from last week. The quote for the bakery ovens, did that go out?"),
        ("other", 12, 16, "Yes, done. It went on Thursday and they liked it."),
        ("lead", 16, 20, "And ringing the auditor about the licences, did you get hold of her?"),
        ("other", 20, 24, "No. I didn't get to it, I was off sick."),
        call_id="second",
        interaction="one_on_one",
    )
    own = Actions.validate(actions_of(call_id="second") if new is None else new)
    return carry_actions(
        own,
        earlier.with_columns(pl.lit("second").alias("into")),
        exchanges_of(score_utterances(talk), classify_acts(talk)),
    )


def test_done_missed_and_not_mentioned() -> None:
    """Each open action gets the state and the place of the exchange that takes it up."""
    found = carried(
        actions_of(("send the quote for the bakery ovens", "open"), ("ring the auditor about the licences", "open"),
                   ("visit the warehouse in Limerick", "open"))
    )  # fmt: skip
    assert found.select("what", "state", "idx", "carried_from").rows() == [
        ("send the quote for the bakery ovens", "done", 2, "first"),
        ("ring the auditor about the licences", "missed", 4, "first"),
        ("visit the warehouse in Limerick", "not_mentioned", None, "first"),
    ]


def test_what_was_done_is_not_carried() -> None:
    """A state of done ends an action."""
    assert carried(actions_of(("send the quote for the bakery ovens", "done"))).is_empty()


def test_still_open_after_two_meetings() -> None:
    """What the second meeting did not mention reaches the third, with the meeting it comes from."""
    found = carried(actions_of(("visit the warehouse in Limerick", "not_mentioned"), carried_from="zeroth"))
    assert found.select("state", "carried_from").rows() == [("not_mentioned", "zeroth")]


def test_promises_of_one_matter_are_carried_each() -> None:
    """Two of three promises about one contract were never heard of again, and stood open for good; so did one of two
    in the same words by two people."""
    matter = ("chase the contract renewal", "get the contract signed", "file the contract")
    of_both = actions_of(*[(what, "open") for what in (*matter, matter[2])]).with_columns(
        owner_role=pl.Series(["other", "other", "other", "lead"])
    )
    old = actions_of(("read the contract", "missed"), carried_from="zeroth").with_columns(action=pl.lit(4, pl.Int64))
    found = carried(pl.concat([of_both, old]))
    assert found.select("what", "owner_role", "carried_from").rows() == [
        *((what, "other", "first") for what in matter),
        ("file the contract", "lead", "first"),
        ("read the contract", "other", "zeroth"),
    ]


def test_numbered_after_the_new_actions() -> None:
    """New actions stay as they are; carried ones follow."""
    new = actions_of(("book the room", "open"), call_id="second")
    found = carried(actions_of(("send the quote for the bakery ovens", "open")), new)
    assert found.select("action", "what", "state").rows() == [
        (0, "book the room", "open"),
        (1, "send the quote for the bakery ovens", "done"),
    ]


def test_previous_meetings() -> None:
    """The latest earlier call of the same two people; others and unknown people have none."""
    days = {"a": 1, "b": 15, "c": 8, "d": 9, "e": 10}
    calls = pl.DataFrame(
        {
            "call_id": list(days),
            "lead_id": ["ann", "ann", "ann", "ann", None],
            "other_id": ["bob", "bob", "bob", "cat", "bob"],
            "started_at": [datetime(2026, 4, day, tzinfo=UTC) for day in days.values()],
        }
    )
    assert sorted(previous_meetings(calls).rows()) == [("b", "c"), ("c", "a")]


def last_week(*rows: tuple[str, str]) -> pl.DataFrame:
    """The open actions of the seller from the meeting before."""
    return actions_of(*rows).with_columns(into=pl.lit("second"))


def test_missed_and_agreed_anew_is_one_item() -> None:
    """The new promise is no second action: the old one has its new date, and what was new is gone."""
    talk = talk_of(
        ("lead", 0, 4, "From last week. Ringing the auditor about the licences, did you get hold of her?"),
        ("other", 4, 8, "No, I didn't get to it, I was off sick."),
        ("lead", 8, 12, "When can you ring her?"),
        ("other", 12, 16, "I'll ring the auditor on Friday."),
        call_id="second",
        interaction="one_on_one",
    )
    again = actions_of(("ring the auditor on Friday", "open"), call_id="second").with_columns(
        idx=pl.lit(3, pl.Int64), due_words=pl.lit("on Friday"), due_date=pl.date(2026, 4, 24)
    )
    found = carry_actions(
        Actions.validate(again),
        last_week(("ring the auditor about the licences", "open")),
        exchanges_of(score_utterances(talk), classify_acts(talk)),
    )
    assert found.select("what", "state", "due_words", "carried_from").rows() == [
        ("ring the auditor about the licences", "reagreed", "on Friday", "first")
    ]


def test_what_was_withdrawn_is_not_carried() -> None:
    """A promise that was taken back ends, like one that was kept."""
    assert carried(actions_of(("send the quote for the bakery ovens", "withdrawn"))).is_empty()


DAYS = pl.DataFrame({"call_id": ["second"], "day": [date(2026, 4, 20)]})  # a Monday


def followed_in(
    *lines: tuple[str, str], what: str, owner: str = "other", new: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The actions of a meeting of those lines (side, text) into which one was carried."""
    rows = [(side, 4.0 * at, 4.0 * at + 4, text) for at, (side, text) in enumerate(lines)]
    talk = talk_of(*rows, call_id="second", interaction="one_on_one")
    own = Actions.validate(actions_of(call_id="second") if new is None else new)
    old = last_week((what, "open")).with_columns(owner_role=pl.lit(owner))
    return carry_actions(own, old, exchanges_of(score_utterances(talk), classify_acts(talk)), days=DAYS)


QUOTE = "send the quote for the bakery ovens"
NOT_SENT = (
    ("lead", "From last week. The quote for the bakery ovens, did that go out?"),
    ("other", "No, not yet, I'm sorry."),
)


@pytest.mark.parametrize(
    ("lines", "due"),
    [
        ([("lead", "When do you reckon?"), ("other", "It'll be Thursday now.")], date(2026, 4, 23)),
        ([("lead", "Can you have it by Friday?"), ("other", "Yes.")], date(2026, 4, 24)),
        ([("lead", "Okay."), ("other", "Tomorrow first thing, I promise.")], date(2026, 4, 21)),
        ([("lead", "Why?"), ("other", "It slipped. Give me till Thursday."), ("lead", "Right.")], date(2026, 4, 23)),
        ([("lead", "Until when do you finish it?"), ("other", "Tomorrow I have the rate, so tomorrow I finish.")],
         date(2026, 4, 21)),
    ],
)  # fmt: skip
def test_new_date_told_in_the_answer(lines: list[tuple[str, str]], due: date) -> None:
    """What names nothing but a day, just after what was not done, is its new date."""
    found = followed_in(*NOT_SENT, *lines, what=QUOTE)
    assert found.select("state", "due_date").rows() == [("reagreed", due)]


@pytest.mark.parametrize(
    "lines",
    [
        [("lead", "Why?"), ("other", "He rang on Monday and said he was off.")],
        [("lead", "Okay."), ("other", "They'll decide on Thursday.")],
        [("lead", "Okay."), ("other", "I'll visit the warehouse in Limerick on Thursday.")],
        [("lead", "Shall I come on Friday?"), ("other", "No.")],
        [("lead", "And it was for today."), ("other", "It's today, and it isn't finished.")],
    ],
)
def test_a_fact_with_a_day_is_no_new_date(lines: list[tuple[str, str]]) -> None:
    """What was, what others do, what is refused and what is promised of another matter set no date for it."""
    found = followed_in(*NOT_SENT, *lines, what=QUOTE)
    assert found.select("state", "due_date").rows() == [("missed", None)]


def dated(what: str, idx: int, due_words: str, due: date) -> pl.DataFrame:
    """A new action of the second meeting."""
    return actions_of((what, "open"), call_id="second").with_columns(
        idx=pl.lit(idx, pl.Int64), due_words=pl.lit(due_words), due_date=pl.lit(due)
    )


def test_the_rest_with_a_long_date_is_the_same_action() -> None:
    """The words that say when do not make a promise one of its own."""
    new = dated("finish the rest by end of day tomorrow", 3, "by end of day tomorrow", date(2026, 4, 21))
    lines = (("lead", "Why?"), ("other", "It blew up. I'll finish the rest by end of day tomorrow."))
    found = followed_in(*NOT_SENT, *lines, what=QUOTE, new=new)
    assert found.select("what", "state", "due_words").rows() == [(QUOTE, "reagreed", "by end of day tomorrow")]


def test_the_date_of_what_is_found_too_is_taken_once() -> None:
    """What was found as a promise and is but the new date of an old one is no second promise."""
    new = dated("Tomorrow I have the rate, so tomorrow I finish", 3, "Tomorrow", date(2026, 4, 21))
    lines = (("lead", "When do you finish it?"), ("other", "Tomorrow I have the rate, so tomorrow I finish."))
    found = followed_in(*NOT_SENT, *lines, what=QUOTE, new=new)
    assert found.select("what", "state", "due_date").rows() == [(QUOTE, "reagreed", date(2026, 4, 21))]


def test_dates_and_verbs_of_any_matter_make_no_two_actions_one() -> None:
    """ "Get it to her Monday" is not "get them in by Monday"."""
    new = dated("redo the one-pager and get it to her Monday", 1, "Monday", date(2026, 4, 27))
    lines = (("lead", "What does the board need?"), ("other", "I'll redo the one-pager and get it to her Monday."))
    found = followed_in(*lines, what="get the receipts in by Monday", new=new)
    assert found["what"].to_list() == ["redo the one-pager and get it to her Monday", "get the receipts in by Monday"]


def test_what_is_to_be_done_once_more_is_a_new_promise() -> None:
    """ "I called, I call him again tomorrow": the call was made, and another is promised; it was lost."""
    new = dated("call the auditor again tomorrow", 2, "tomorrow", date(2026, 4, 21))
    lines = (
        ("lead", "You wanted to call the auditor on Tuesday. What happened?"),
        ("other", "I did, I called him on Tuesday and he was out."),
        ("other", "I call the auditor again tomorrow."),
    )
    found = followed_in(*lines, what="call the auditor on Tuesday", new=new)
    assert found.select("what", "state").rows() == [
        ("call the auditor again tomorrow", "open"),
        ("call the auditor on Tuesday", "done"),
    ]


def test_the_date_goes_to_the_one_taken_up_last() -> None:
    """What was done just before another is taken up is not agreed anew by the other's date."""
    talk = talk_of(
        ("lead", 0, 4, "Bec, how'd you go with the sample"),
        ("other", 4, 8, "Dropped it off Wednesday, Mick had it out in the sun."),
        ("lead", 8, 12, "Ripper, and the returns price"),
        ("other", 12, 16, "That one's not done."),
        ("lead", 16, 20, "When do you reckon?"),
        ("other", 20, 24, "It'll be Thursday now."),
        call_id="second",
        interaction="one_on_one",
    )
    old = last_week(("do the sample on Wednesday", "open"), ("do the price for the returns", "open"))
    none = Actions.validate(actions_of(call_id="second"))
    found = carry_actions(none, old, exchanges_of(score_utterances(talk), classify_acts(talk)), days=DAYS)
    assert found.select("what", "due_date").rows() == [
        ("do the sample on Wednesday", None),
        ("do the price for the returns", date(2026, 4, 23)),
    ]


@pytest.mark.parametrize(
    ("lines", "what", "owner", "state"),
    [
        ([("lead", "The calculation for Bielsko is complete, I saw. Only the names I have not received.")],
         "adapt the calculation for Bielsko", "other", "done"),
        ([("lead", "My side: I sat in on the Leeds call on Monday. Sandra I have not caught, she is off.")],
         "sit in on the Leeds call", "lead", "done"),
        ([("other", "The samples for Coastline. Dropped them off on Wednesday, he liked them.")],
         "take the samples to Coastline", "other", "done"),
    ],
)  # fmt: skip
def test_an_outcome_is_told_in_its_own_sentence(
    lines: list[tuple[str, str]], what: str, owner: str, state: str
) -> None:
    """What the next sentence says of something else tells nothing, unless the first does no more than name it."""
    opening = ("lead", "So, what became of last week's things?"), ("other", "Let me see.")
    found = followed_in(*opening, *lines, ("other", "Right."), what=what, owner=owner)
    assert found.filter(pl.col("carried_from").is_not_null())["state"].to_list() == [state]
