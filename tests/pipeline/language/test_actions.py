"""Action items of made-up closes."""

from datetime import date

import dataframely as dy
import polars as pl
import pytest

from pipeline.language.actions import actions_of, find_actions, standing_actions
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.tables.conversations import Actions, Talk
from tests.conversations import Row, talk_of

SMALL_TALK: list[Row] = [
    ("lead", 0, 5, "Morning, how was your weekend?"),
    ("other", 5, 10, "Quiet. We painted the kitchen."),
    ("lead", 10, 20, "So you moved the warehouse in March and the scanners stayed behind."),
    ("other", 20, 70, "They did, and nobody has counted the stock since, it is a mess."),
]


def close(*rows: tuple[str, str], interaction: str = "discovery_call") -> dy.DataFrame[Talk]:
    """A call that ends with these words, on Monday 20 April 2026."""
    ending = [(side, 80.0 + 3 * number, 83.0 + 3 * number, text) for number, (side, text) in enumerate(rows)]
    return talk_of(*SMALL_TALK, *ending, interaction=interaction)


def found_in(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    return find_actions(talk, classify_acts(talk))


def test_promise_with_day_and_assent() -> None:
    """What, whose, when and whether the other side agreed; Friday after Monday 20 April is the 24th."""
    talk = close(("lead", "I'll send you the quote for the scanners by Friday."), ("other", "Perfect, thank you."))
    (action,) = found_in(talk).to_dicts()
    assert action == {
        "call_id": "c",
        "action": 0,
        "idx": 4,
        "what": "send you the quote for the scanners by Friday",
        "owner_role": "lead",
        "due_words": "by Friday",
        "due_date": date(2026, 4, 24),
        "confirmed": True,
        "kind": "send",
        "owner_id": None,
        "carried_from": None,
        "state": "open",
        "share_done": None,
    }


BESIDE = {  # what one says, what the other answers, and when the answer's promise is due
    "own_promise": ("I will send you the quote by Friday.", "I'll talk to legal about the contract.", None),
    "own_promise_and_event": (
        "I will send you the quote by Friday.",
        "I'll talk to legal about the contract before our next meeting.",
        None,
    ),
    "request": ("Could you send me the contract by Friday?", "I'll send it to you.", date(2026, 4, 24)),
    "command": ("Send me the contract by Friday, please.", "I'll send it to you.", date(2026, 4, 24)),
}


@pytest.mark.parametrize("case", BESIDE)
def test_day_of_the_other_sides_promise(case: str) -> None:
    """A promise is due by the day of the request that it answers, and not by that of what the other side promises."""
    said, answered, due = BESIDE[case]
    actions = found_in(close(("other", said), ("lead", answered), ("other", "Perfect, thank you.")))
    assert actions.filter(owner_role="lead")["due_date"].to_list() == [due]


def test_without_punctuation() -> None:
    """A recogniser's text gives the same action."""
    talk = close(("lead", "i'll send you the quote for the scanners by friday"), ("other", "perfect thank you"))
    (action,) = found_in(talk).to_dicts()
    assert (action["idx"], action["owner_role"], action["due_date"]) == (4, "lead", date(2026, 4, 24))
    assert action["confirmed"]


def test_the_same_promise_by_the_other_side() -> None:
    """Swapping the roles swaps the owner."""
    talk = close(("other", "I'll send you the list of the scanners by Friday."), ("lead", "Great."))
    assert found_in(talk)["owner_role"].to_list() == ["other"]


def test_a_managers_order_is_the_sellers_action() -> None:
    """ "You send ..." of a manager is the seller's."""
    talk = close(
        ("lead", "You'll send Halvorsen the one-page on the split by Tuesday."),
        ("other", "Yes, Tuesday."),
        interaction="one_on_one",
    )
    (action,) = found_in(talk).to_dicts()
    assert (action["owner_role"], action["due_date"]) == ("other", date(2026, 4, 21))


def test_promised_then_repeated_at_the_close() -> None:
    """Said twice it is one action, at its first mention, confirmed by the repetition."""
    talk = close(
        ("lead", "I'll send you the scanner quote by Friday."),
        ("other", "How long does the installation take?"),
        ("lead", "Two days."),
        ("other", "So you'll send me the scanner quote by Friday."),
    )
    (action,) = found_in(talk).to_dicts()
    assert (action["idx"], action["confirmed"]) == (4, True)


def test_two_promises_with_dates() -> None:
    """Two promises that share no more than that a day is named are two."""
    talk = close(
        ("lead", "I'll send you the quote for the scanners by Friday."),
        ("other", "And I'll ring the fitters by Wednesday."),
        ("lead", "Great."),
    )
    assert found_in(talk).select("idx", "owner_role", "due_words").rows() == [
        (4, "lead", "by Friday"),
        (5, "other", "by Wednesday"),
    ]


def test_answered_with_another_day() -> None:
    """A bare date is the answer to the request, not an action; the day that the owner names holds."""
    talk = close(
        ("lead", "Can you send me the list of the scanners by Friday?"),
        ("other", "Monday the twenty-seventh."),
        ("lead", "Perfect."),
    )
    assert found_in(talk).select("idx", "owner_role", "due_date").rows() == [(4, "other", date(2026, 4, 27))]


def test_refused() -> None:
    """A no is no assent; what is plainly refused is no action."""
    offer = ("lead", "I'll send you the quote for the scanners by Friday.")
    assert found_in(close(offer, ("other", "No, that is early for us.")))["confirmed"].to_list() == [False]
    assert found_in(close(offer, ("other", "No, please do not."))).is_empty()


def test_day_of_the_call_where_it_took_place() -> None:
    """Monday 9:00 UTC is still Sunday in Honolulu at 20:00 the day before when the call starts at 6:00 UTC."""
    early = pl.col("started_at").dt.offset_by("-3h")
    talk = Talk.validate(close(("lead", "I'll send you the quote tomorrow."), ("other", "Great.")).with_columns(early))
    acts = classify_acts(talk)
    assert find_actions(talk, acts)["due_date"].to_list() == [date(2026, 4, 21)]
    assert find_actions(talk, acts, zone="Pacific/Honolulu")["due_date"].to_list() == [date(2026, 4, 20)]


def test_talk_without_promises() -> None:
    """Nothing promised, nothing found; an empty talk has no actions either."""
    assert found_in(talk_of(*SMALL_TALK)).is_empty()
    assert found_in(Talk.create_empty()).is_empty()


@pytest.mark.parametrize(
    ("what", "due_date", "idx", "stands"),
    [
        ("send the quote for the forklift batteries", None, 1, True),
        ("send the quote for the forklift batteries", None, 0, False),
        ("send the quote for the forklift batteries", date(2026, 4, 24), 0, True),
        ("send you something over", None, 1, False),
        ("catch up at some point", None, 1, False),
        ("send you some information", date(2026, 4, 24), 1, True),
    ],
)
def test_what_stands_at_the_close(what: str, due_date: date | None, idx: int, *, stands: bool) -> None:
    """A dated action stands wherever it was agreed; an undated one if it is late and says what is meant."""
    talk = talk_of(("lead", 0, 10, "early"), ("lead", 90, 100, "late"))
    action = Actions.create_empty().to_dict(as_series=False) | {
        "call_id": ["c"], "action": [0], "idx": [idx], "what": [what], "owner_role": ["lead"], "due_words": [None],
        "due_date": [due_date], "confirmed": [True], "carried_from": [None], "state": ["open"],
        "kind": ["send"], "owner_id": [None], "share_done": [None],
    }  # fmt: skip
    actions = Actions.validate(pl.DataFrame(action, schema=Actions.create_empty().schema))
    assert standing_actions(actions, talk).height == stands


def test_carried_actions_are_no_next_steps() -> None:
    """What comes from an earlier meeting does not stand as new."""
    talk = close(("lead", "I'll send you the quote for the scanners by Friday."), ("other", "Great."))
    carried = Actions.validate(found_in(talk).with_columns(pl.lit("earlier").alias("carried_from")))
    assert standing_actions(carried, talk).is_empty()


def test_day_in_the_answer_to_a_request() -> None:
    """Who is asked says by when, in more words than a bare day."""
    talk = close(
        ("other", "Could you send me the meter export?"), ("lead", "Sure, you'll have it in your inbox on Friday.")
    )
    (action,) = found_in(talk).to_dicts()
    assert (action["owner_role"], action["due_date"]) == ("lead", date(2026, 4, 24))


def test_what_somebody_said_is_no_promise() -> None:
    """Words that are only told of promise nothing."""
    assert found_in(close(("other", "So he says, I'll send you the quote on Monday, and it never came."))).is_empty()


def test_a_day_beside_says_more_than_an_event() -> None:
    """Asked for today, it is done before he goes home, which is today; asked for no day, the event is when."""
    answer = ("other", "I'll send the meter export before I go home.")
    (asked,) = found_in(close(("lead", "Send the meter export to the auditor. Today."), answer)).to_dicts()
    (bare,) = found_in(close(("lead", "And the meter export?"), answer)).to_dicts()
    assert (asked["due_words"], asked["due_date"]) == ("Today", date(2026, 4, 20))
    assert (bare["due_words"], bare["due_date"]) == ("before I go home", None)


def test_a_time_proposed_after_the_request() -> None:
    """ "Say Thursday?" at the end says when, not what has to happen first."""
    request = "Could you get me the meter export before you go in, so I can hold the twelve stools? Say Thursday?"
    (action,) = found_in(close(("lead", request), ("other", "Yes, I'll send it."))).to_dicts()
    assert (action["owner_role"], action["due_date"]) == ("other", date(2026, 4, 23))


def test_the_answer_to_when() -> None:
    """Who is asked when it will be done says so; a time in the answer to another question is none of the promise."""
    promise = ("lead", "I'll send you the meter export from the auditor.")
    asked = close(promise, ("other", "Lovely. When can I have it?"), ("lead", "Thursday."))
    assert found_in(asked)["due_date"].to_list() == [date(2026, 4, 23)]
    other = close(promise, ("other", "Lovely. And who was the visitor?"), ("lead", "Thursday's man."))
    assert found_in(other)["due_date"].to_list() == [None]


def test_an_hour_said_before_the_promise() -> None:
    """ "By six, yes. I'll send it" is of today at six."""
    talk = close(
        ("lead", "Can you send the meter export to the auditor?"), ("other", "By six, yes. I'll send it over.")
    )
    assert found_in(talk).select("owner_role", "due_words", "due_date").rows() == [
        ("other", "By six", date(2026, 4, 20))
    ]


def test_neither_what_nor_when() -> None:
    """Some material some time is no promise, however it is said; one that names its matter is."""
    talk = close(("lead", "I'll put some material together and let's reconnect once the dust settles on your end."))
    assert found_in(talk).is_empty()
    talk = close(
        ("lead", "I'll put the meter export together once the dust settles on your end."), ("other", "Thanks.")
    )
    assert found_in(talk).height == 1


def test_a_request_that_can_be_done() -> None:
    """ "I can do that" takes on what was also asked for; "I can see that" does not."""
    request = ("lead", "Also could you put the pain hypothesis into the template?")
    assert found_in(close(request, ("other", "The one with the iceberg, I can do that.")))["owner_role"].to_list() == [
        "other"
    ]
    assert found_in(close(request, ("other", "The one with the iceberg, I can see that."))).is_empty()


def test_how_things_are_is_no_promise_beside_one() -> None:
    """Where the others are till Tuesday is no promise, nor its date that of what is promised beside it."""
    talk = talk_of(
        ("other", 0, 4, "Two out of four certificates is no good to Mick."),
        ("lead", 4, 8, "I know, the others are at the lab till Tuesday, I'll have them to you Wednesday."),
        ("other", 8, 12, "Okay."),
        interaction="one_on_one",
    )
    found = found_in(talk)
    assert found.select("what", "due_words").rows() == [("have them to you Wednesday", "Wednesday")]


def test_what_one_has_on_a_day_says_when() -> None:
    """ "I've got Bradford on Thursday" is no promise, but the day of what is to be asked there."""
    talk = close(
        ("lead", "Would you be willing to try that?"),
        ("other", "I've got Bradford on Thursday and the college on Friday, so I'll ask the cost question on both."),
    )
    owners = {"speaker": pl.lit(1.0), "listener": pl.lit(0.0), "both": pl.lit(0.0)}
    sure = clauses(talk, classify_acts(talk)).with_columns(action=pl.when(pl.col("idx") == 5).then(0.9).otherwise(0.0))
    assert actions_of(sure.with_columns(**owners), talk).select("what", "due_words").rows() == [
        ("ask the cost question on both", "on Thursday")
    ]
