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


def kept(*lines: tuple[str, str]) -> str:
    """The words kept of the last clause of a conversation."""
    talk = talk_of(*((side, 4.0 * at, 4.0 * at + 4, text) for at, (side, text) in enumerate(lines)))
    units = clauses(talk, classify_acts(talk))
    return str(worded(units.tail(1), units)["what"].item())


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (
            [("lead", "your expenses are late again"), ("other", "it's the hotel receipts i'll get them in by monday")],
            "get them in by monday (your expenses, the hotel receipts)",
        ),
        (
            [("lead", "and the legal redlines for vantage you were waiting on me right"), ("other", "yeah you said"),
             ("lead", "shoot okay i'll look at them tonight")],
            "look at them tonight (the legal redlines for vantage)",
        ),
        (
            [("lead", "The ute's due for a service, can you book it in before the end of the month?")],
            "book it in before the end of the month (the ute)",
        ),
        ([("lead", "And the one-pager, who is doing it?"), ("other", "I'll draft.")], "I'll draft (the one-pager)"),
        (
            [("lead", "And please complete the compliance module."), ("other", "I'll do it over the weekend.")],
            "complete the compliance module, over the weekend",
        ),
    ],
)  # fmt: skip
def test_what_it_is_comes_with_what_names_nothing(lines: list[tuple[str, str]], what: str) -> None:
    """ "Get them in by Monday" alone tells nobody what, nor finds it again in the next meeting."""
    assert kept(*lines) == what


def test_a_yes_is_told_by_what_was_asked() -> None:
    """ "I will, yeah" is the promise to do what the other asked for."""
    asked = "Please ask Maeve who on the board is the awkward one."
    assert kept(("lead", asked), ("other", "I will yeah.")) == "ask Maeve who on the board is the awkward one"


def test_two_matters_are_not_put_together() -> None:
    """A promise of the taxi and a date for the compliance module are two things; so are a refusal and a date."""
    taxi = kept(
        ("lead", "Call me straight after."),
        ("other", "I'll call you from the taxi."),
        ("lead", "Oh, and the compliance module is still red."),
        ("other", "Friday I'll do."),
    )
    assert taxi == "Friday I'll do (the compliance module)"
    refused = kept(
        ("lead", "You're not giving him the breakfast for nothing."),
        ("other", "I wasn't going to give it for nothing."),
        ("lead", "Grand."),
        ("other", "This evening."),
    )
    asked = kept(("lead", "The Kepler machine is dirty. Who cleans that Kepler?"), ("other", "I'll clean it tonight."))
    assert asked == "clean it tonight (the Kepler machine)"
    assert "breakfast" not in refused
    assert "nothing" not in refused


def test_what_names_itself_takes_no_other_name():
    """ "One of your calls" and a person need no name from what was said before them."""
    house = ("other", "I'll call Franke on Tuesday, and I'll ask him about the wrong house.")
    listening = ("lead", "Great, and I'll listen to one of your calls on Wednesday.")
    assert kept(house, listening) == "listen to one of your calls on Wednesday"
    assert kept(("lead", "Tuesday at 10 works."), ("other", "I'll invite her today.")) == "invite her today"
