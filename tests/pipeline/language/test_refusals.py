"""What is refused at once and what is taken back later, and what only sounds like it."""

import polars as pl
import pytest

from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.text import plain
from pipeline.language.vocabulary import says
from tests.conversations import Row, talk_of

SMALL_TALK: list[Row] = [
    ("lead", 0, 5, "Morning, how was your weekend?"),
    ("other", 5, 10, "Quiet. We painted the kitchen."),
    ("lead", 10, 20, "So you moved the warehouse in March and the scanners stayed behind."),
    ("other", 20, 70, "They did, and nobody has counted the stock since, it is a mess."),
]
SAYINGS = {  # of a list of phrases: what it finds, and what is near and it does not find
    "refusal": (
        [
            "Sorry, I can't.",
            "I can't promise that.",
            "I can't, I'm afraid.",
            "I can't, sorry.",
            "We can't this week.",
            "I can't do Friday.",
            "We can't share that, sorry.",
            "I wouldn't.",
            "That won't be necessary",
            "No, there's no need for that.",
            "I'd actually rather do it on my own",
            "I'd sooner you didn't.",
            "I'd prefer not to.",
            "Thanks, but I'm fine.",
            "I don't think that's a good idea.",
            "Let's hold off on that.",
            "It is too early for that.",
            "That's a bit too soon.",
            "Not necessary, really.",
            "No, I don't want that now.",
            "We'd rather do this ourselves.",
            "I won't promise.",
            "No, we could not make that",
        ],
        [
            "I can't wait.",
            "I can't see why not.",
            "I won't say no.",
            "I can't thank you enough",
            "I couldn't agree more",
            "I can't come off the old system before July.",
            "I can't do Mondays, just so you know.",
            "I don't think that's a problem",
            "No, that'd be great",
            "I'd rather you came before lunch",
            "That's necessary.",
            "I'm good, thanks.",
            "It's too early to say what it costs.",
            "I don't want to lose the discount.",
            "Let's hold off until Friday and then do it.",
            "Thanks, but I'm away on Monday.",
            "I don't think it's expensive.",
        ],
    ),
    "taking_back": (
        [
            "Then I'll leave that.",
            "We'll drop it altogether.",
            "I can't make it.",
            "I can't do it after all.",
            "I can't do that now.",
            "I can't come after all.",
            "Forget that one.",
            "Scrap that.",
        ],
        [
            "Great, I'll leave it with you.",
            "Okay, we'll leave it there for today.",
            "I'll drop it in the chat as well.",
            "I'll leave that for the next call.",
            "I can't make it any cheaper.",
            "I can't do Mondays.",
            "I can't do it on Monday.",
            "Don't let me forget that.",
            "Scratch that off the list.",
            "I can't do that.",
        ],
    ),
    "taking_back_named": (
        [
            "Actually, scrap what I said about the deck.",
            "On second thoughts, don't bother with the deck.",
            "Actually hold off on the deck for now.",
            "There's no need for the deck.",
            "No need to send the deck.",
            "Never mind the deck, I'll use last year's.",
            "Ignore what I said about the deck.",
            "Forget about the deck actually.",
            "You needn't send the deck actually.",
            "You don't need to send the deck after all.",
            "Actually, you don't need to send it.",
            "So I'm not sending the deck.",
            "Don't bother sending it.",
        ],
        [
            "You don't need to send the deck before Friday",
            "don't forget the deck",
            "Never mind the price, what about support?",
            "I always forget the deck",
            "I won't forget the deck",
            "You didn't forget the deck?",
            "Hold off on the deck until Friday.",
            "They hold off on the contract.",
            "No need to send the deck before Friday.",
            "You don't need to call anybody to cancel.",
            "So I'm not sending it until Friday.",
            "We need the deck.",
            "You don't need to send the deck now, Friday before lunch is fine",
            "Don't bother, I have it",
            "Let's park the pricing.",
        ],
    ),
}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [(name, text, not at) for name, both in SAYINGS.items() for at, texts in enumerate(both) for text in texts],
)
def test_sayings(name: str, text: str, found: bool) -> None:
    """Each list finds what it means and leaves alone what is near."""
    assert says(str(pl.select(plain(pl.lit(text))).item()), name) == found


def states(*lines: tuple[str, str]) -> list[str]:
    """The states of what is found in a call that ends with these lines."""
    ending = [(side, 80.0 + 3 * at, 83.0 + 3 * at, text) for at, (side, text) in enumerate(lines)]
    talk = talk_of(*SMALL_TALK, *ending)
    return find_actions(talk, classify_acts(talk))["state"].to_list()


@pytest.mark.parametrize(
    "answer", ["That won't be necessary.", "I'd actually rather do it on my own.", "I can't, sorry."]
)
def test_an_offer_that_is_refused_leaves_nothing(answer: str) -> None:
    """However politely it is refused."""
    assert states(("lead", "I'll come out to the site on Thursday."), ("other", answer)) == []


@pytest.mark.parametrize("answer", ["Great, I can't wait.", "I can't see why not.", "No, that'd be great."])
def test_an_offer_that_is_welcome_stands(answer: str) -> None:
    """Not every "can't" and "no" refuses."""
    assert states(("lead", "I'll come out to the site on Thursday."), ("other", answer)) == ["open"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("Actually, never mind the pricing deck, I'll use last year's.", "withdrawn"),
        ("Actually, never mind the coffee machine, it is broken.", "open"),
        ("You don't need to send the pricing deck after all.", "withdrawn"),
        ("You don't need to send the pricing deck before Friday.", "open"),
        ("Don't forget the pricing deck.", "open"),
        ("Actually, forget the raccoon, the pricing deck has it.", "open"),
        ("Great, I'll leave it with you.", "open"),
    ],
)
def test_what_is_named_is_taken_back(answer: str, state: str) -> None:
    """Only what the words name, and only where it is to be done no more."""
    promise = ("lead", "I'll send you the pricing deck by Friday.")
    assert states(promise, ("other", "Thank you."), ("other", answer))[0] == state


@pytest.mark.parametrize(
    ("answer", "promised"),
    [("No ma'am, the auditor has it.", 0), ("No problem, by Friday it is.", 1), ("By Friday, yes.", 1)],
)
def test_a_mere_no_to_a_question(answer: str, promised: int) -> None:
    """What is asked for stands unless the answer begins with a no that means it."""
    question = ("lead", 80, 85, "What if you sign this week and I'll send you the meter export by Friday?")
    talk = talk_of(*SMALL_TALK, question, ("other", 85, 90, answer))
    assert find_actions(talk, classify_acts(talk)).height == promised
