"""Clauses and their signs."""

import polars as pl
import pytest

from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.tables.conversations import Acts
from tests.conversations import talk_of

NO_MORE = {"also": None, "reflection": None}  # of an act


def test_each_promise_stands_alone() -> None:
    """A sentence is cut before "and I'll", and after a comma before "I'm"."""
    talk = talk_of(("lead", 0, 10, "I'll release the architect today, and I'll write to Aarhus tomorrow."))
    found = clauses(talk, classify_acts(talk))
    assert found["words"].to_list() == ["i will release the architect today and", "i will write to aarhus tomorrow"]
    assert found["row"].to_list() == [0, 1]


def test_what_has_a_date_of_its_own_stands_alone() -> None:
    """ "Tonight and call you Thursday" are two; "tonight and tomorrow", and one date for both, are one."""
    talk = talk_of(
        ("lead", 0, 9, "I'll send the quote tonight and call you Thursday."),
        ("other", 9, 18, "I'm here tonight and tomorrow, and I'll read and sign it on Friday."),
    )
    assert clauses(talk, classify_acts(talk))["text"].to_list() == [
        "I'll send the quote tonight and",
        "call you Thursday.",
        "I'm here tonight and tomorrow, and",
        "I'll read and sign it on Friday.",
    ]


def test_signs_of_a_promise_and_of_an_order() -> None:
    """Who speaks, which form of speech it is, whether a time is named and how late in the call it is."""
    talk = talk_of(
        ("other", 0, 10, "Can you send it?"),
        ("lead", 80, 90, "I'll send it on Friday."),
        interaction="one_on_one",
    )
    ask, promise = clauses(talk, classify_acts(talk)).to_dicts()
    assert ask["@can_you"]
    assert not ask["@due"]
    assert not ask["@at0.8"]
    assert promise["@i_will_do"]
    assert promise["@due"]
    assert promise["@at0.8"]
    assert promise["@i_will_do+lead"]
    assert promise["@manager"]
    assert promise["@can_you_asked"]


def test_marks_make_no_difference_to_the_signs() -> None:
    """The clause without punctuation has the signs of the clause with it."""
    spoken, bare = (
        clauses(talk, classify_acts(talk)).select("^@.*$").row(0)
        for talk in (talk_of(("lead", 0, 9, text)) for text in ("I'll send it, by Friday.", "i'll send it by friday"))
    )
    assert spoken == bare


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("okay i'll send the quote we'll talk on friday", ["okay", "i will send the quote", "we will talk on friday"]),
        ("i think i'll send what you'll need", ["i think i will send what you will need"]),
    ],
)
def test_cut_without_marks(text: str, found: list[str]) -> None:
    """Where nothing but the words tells, "I'll" begins a clause, unless the word before it holds on to it."""
    acts = Acts.validate(
        pl.DataFrame({"call_id": "c", "idx": [0], "sentence": [0], "act": "inform", "p": 1.0, "text": text} | NO_MORE),
        cast=True,
    )
    assert clauses(talk_of(("lead", 0, 9, text)), acts)["words"].to_list() == found


def test_what_goes_on_is_joined_again() -> None:
    """A date or an "and the ..." that the sentences of a recogniser's text cut off goes back to what it belongs to."""
    parts = ["i'll send you the plan", "and the quote", "by thursday the twenty", "second", "and it works"]
    acts = Acts.validate(
        pl.DataFrame(
            {"call_id": "c", "idx": 0, "sentence": range(5), "act": "inform", "p": 1.0, "text": parts} | NO_MORE
        ),
        cast=True,
    )
    found = clauses(talk_of(("lead", 0, 9, " ".join(parts))), acts)["words"].to_list()
    assert found == ["i will send you the plan and the quote by thursday the twenty second", "and it works"]


def test_the_reply_is_a_sign() -> None:
    """A request answered by "Yes, the forms by Friday" is agreed, dated, and echoed in its words."""
    talk = talk_of(("lead", 0, 9, "Can you send me the forms?"), ("other", 9, 12, "Yes, the forms by Friday."))
    ask, reply = clauses(talk, classify_acts(talk)).to_dicts()
    assert ask["@assent_reply"]
    assert ask["@due_reply"]
    assert ask["@echoed"]
    assert not ask["@echoes"]
    assert ask["@to_me"]
    assert reply["@assent_reply"] is None
    assert reply["@echoes"]


def test_whose_clause_it_is_without_a_subject() -> None:
    """ "And send it back" is by whom the clause before it is by, within one utterance."""
    talk = talk_of(("lead", 0, 9, "I'll mark it. And send it back on Tuesday."), ("other", 9, 12, "Tuesday, fine."))
    own, carried, reply = clauses(talk, classify_acts(talk)).select("@for_me", "@carried").head(3).to_dicts()
    assert own == {"@for_me": True, "@carried": False}
    assert carried == {"@for_me": True, "@carried": True}
    assert reply == {"@for_me": False, "@carried": False}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("I'll send you the quote", "me"),
        ("I'll send it before you go", "me"),
        ("you'll have an answer from me by Friday", "me"),
        ("you'll get the invite today", "me"),
        ("you'll get the rates over to the school", "you"),
        ("Can you send me the forms?", "you"),
        ("Could he send the export?", "you"),
        ("and you let me know by noon", "you"),
        ("I need you to tell Trent", "you"),
        ("I want it by Friday", "you"),
        ("Then let's hold the sixth", "us"),
        ("can we meet on Tuesday", "us"),
        ("the scanners stayed behind", None),
    ],
)
def test_who_is_meant(text: str, who: str | None) -> None:
    """Whose action a clause is, by its grammar and whoever speaks."""
    talk = talk_of(("lead", 0, 9, text))
    (signs,) = clauses(talk, classify_acts(talk)).select("@for_me", "@for_you", "@for_us").to_dicts()
    assert [name for name, found in signs.items() if found] == ([f"@for_{who}"] if who else [])
