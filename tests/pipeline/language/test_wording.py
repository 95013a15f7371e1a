"""What is to be done, in words that can be read alone."""

import pytest

from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.promises.wording import main_clause, verb_phrase, worded
from tests.conversations import talk_of


@pytest.mark.parametrize(
    ("said", "phrase"),
    [
        ("Okay, so I'll send you the plan by Thursday, so that you see it.", "send you the plan by Thursday"),
        ("Then I'd suggest that I send you a short plan by Thursday.", "send you a short plan by Thursday"),
        ("And can we meet on Friday at two to decide?", "meet on Friday at two to decide"),
        ("Marjan, you make the deck.", "make the deck"),
        ("I'll have it by Tuesday because the board sits then.", "have it by Tuesday"),
        ("Send me the list, please.", "Send me the list"),
        ("I'll fetch the water on the thirteenth, so results by the seventeenth.", "fetch the water on the thirteenth"),
        ("I'm calling her, so tomorrow by nine.", "I'm calling her, so tomorrow by nine"),
        ("I'll ring her on Friday, that's the usual day.", "ring her on Friday"),
        ("I'll ring her on Friday, that's the twelfth.", "ring her on Friday, that's the twelfth"),
    ],
)
def test_from_the_verb_on(said: str, phrase: str) -> None:
    """What only introduces, and the reason after it, are left out."""
    assert verb_phrase(said) == phrase


def test_a_reason_alone_is_kept() -> None:
    """A clause of which nothing else would be left stays whole."""
    assert main_clause("because of it") == "because of it"


@pytest.mark.parametrize(
    ("asked", "answer", "what"),
    [
        (
            "When will you call the Glasgow valuer?",
            "Tomorrow after six.",
            "call the Glasgow valuer, tomorrow after six",
        ),
        (
            "Could you send the Kepler price list?",
            "I'll do it this Thursday.",
            "send the Kepler price list, this Thursday",
        ),
        ("Could you send the Kepler price list?", "I'll mark it.", "mark it (send the Kepler price list)"),
        ("Lovely weather.", "I'll do it this Thursday.", "do it this Thursday"),
    ],
)
def test_completed_by_what_it_refers_to(asked: str, answer: str, what: str) -> None:
    """A date or "it" is completed by the request before it; where there is none, it stays as it is."""
    talk = talk_of(("lead", 0, 4, asked), ("other", 4, 8, answer))
    units = clauses(talk, classify_acts(talk))
    assert worded(units.filter(idx=1), units)["what"].to_list() == [what]


def test_one_action_of_two_clauses_is_told_by_the_one_that_says_more() -> None:
    """ "I'll have that for you by Wednesday" goes on about the comparison sheet, which the clause before names."""
    talk = talk_of(
        ("lead", 0, 4, "What will you do about the Kepler comparison sheet?"),
        ("other", 4, 8, "I'll write the comparison sheet for Kepler. I'll have that for you by Wednesday."),
        ("lead", 8, 12, "Wednesday is perfect."),
    )
    found = find_actions(talk, classify_acts(talk)).select("what", "due_words").rows()
    assert ("write the comparison sheet for Kepler", "by Wednesday") in found
