"""Clauses and their signs."""

from pipeline.acts import classify_acts
from pipeline.promises import clauses
from tests.conversations import talk_of


def test_each_promise_stands_alone() -> None:
    """A sentence is cut before "and I'll", and after a comma before "I'm"."""
    talk = talk_of(("lead", 0, 10, "I'll release the architect today, and I'll write to Aarhus tomorrow."))
    found = clauses(talk, classify_acts(talk))
    assert found["words"].to_list() == ["i will release the architect today and", "i will write to aarhus tomorrow"]
    assert found["row"].to_list() == [0, 1]


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
