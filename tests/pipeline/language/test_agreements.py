"""Agreements in plain forms, each with what is near and is none."""

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
Found = tuple[str, str | None]  # whose it is, and when
SAYINGS = {  # of a list of phrases: what it finds, and what is near and it does not find
    "request": (
        [
            "Can you pop the tiers on the back?",
            "Could you shoot me the setup guide?",
            "Can you drop it in the chat?",
            "Can you run the numbers again?",
            "Would you mind sending the contract?",
            "Any chance you could send the contract?",
            "Kindly share the contract with our lawyers.",
            "Please do the needful and send the contract.",
            "Mark it lost in the system.",
            "Could you let me have the contract?",
        ],
        [
            "Can you pop in on Tuesdays?",
            "Could you pass me on to somebody technical?",
            "Can you drop it, please?",
            "Can you run it on a tablet?",
            "Do you mind sharing what you pay now?",
            "Any chance it rains?",
            "He kindly shared the contract.",
            "The needful was done.",
            "Mark it well.",
            "Could you let me know?",
        ],
    ),
    "owed": (
        ["I'll need a headcount from you by Friday.", "I'm going to need the forms back from you."],
        ["I'll need a headcount by Friday.", "I need a hand from your team.", "You'll need the forms from me."],
    ),
    "when_asked": (
        [
            "By when can I expect the signed copy?",
            "When will we have it back?",
            "When can you send the forms?",
            "When will you ring him?",
            "How soon could we get the credit notes?",
            "How soon could you get me the credit notes?",
        ],
        [
            "When can I park here?",
            "When will we have snow?",
            "When can you use it?",
            "When will you move?",
            "How soon could it rain?",
            "How soon could you tell?",
        ],
    ),
    "fact_asked": (
        [
            "When does your contract run out?",
            "When do you see her?",
            "Which week is he away?",
            "You're out which week?",
        ],
        [
            "When can you call him?",
            "When do I get it?",
            "Which week suits you?",
            "You're out of your mind, which is rare.",
        ],
    ),
    "proposal": (
        ["What I can do is put together a page for her.", "How about I send you the page?"],
        ["What I can do is limited.", "How about you send me the page?"],
    ),
    "willing": (
        [
            "That's all fine.",
            "No, that'd be great.",
            "Nah, that's perfect.",
            "Course I can.",
            "Yeah, can do.",
            "Friday works for me.",
        ],
        [
            "That's fine for her.",
            "No, that's fine.",
            "That'd be great if it worked.",
            "Friday works as a delivery day.",
        ],
    ),
    "no_trouble": (
        ["No, not at all.", "Yeah, no bother.", "No problem at all."],
        ["Not at all the same.", "No bother with the scanners.", "It is a problem."],
    ),
    "meeting": (
        [
            "Shall we say Thursday at ten?",
            "Can we pencil in Friday?",
            "How about we meet on Monday?",
            "We'll pick this up on Thursday.",
            "We'll take it up again on Thursday.",
            "Let's touch base on Thursday.",
            "Let's catch up on Thursday.",
            "Let's reconnect on Thursday.",
            "Let's do Thursday.",
            "I'll see you Thursday at two.",
        ],
        [
            "Shall we say nothing?",
            "Can we pencil it out?",
            "How about we start?",
            "We'll pick this one.",
            "We'll take it on Thursday.",
            "Let's touch on Thursday's call.",
            "Let's catch the train on Thursday.",
            "Let's connect the scanner.",
            "Let's do the price.",
            "I'll see you Thursday.",
        ],
    ),
    "settled": (
        ["Friday works for me.", "Great, Friday is fine.", "Wednesday at ten it is.", "Perfect, Tuesday."],
        [
            "Friday is good to know.",
            "Friday was fine.",
            "Is it Wednesday at ten?",
            "Perfect, Tuesday is when she calls.",
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


def found_in(*lines: tuple[str, str]) -> list[Found]:
    """Whose and when what is found is, in a call that ends with these lines."""
    ending = [(side, 80.0 + 3 * at, 83.0 + 3 * at, text) for at, (side, text) in enumerate(lines)]
    talk = talk_of(*SMALL_TALK, *ending)
    return find_actions(talk, classify_acts(talk)).select("owner_role", "due_words").rows()


@pytest.mark.parametrize(
    ("asked", "answer", "found"),
    [
        ("Can you pop the pricing tiers on the back?", "Will do.", [("other", None)]),
        ("Can you run it on a tablet?", "Yes.", []),
        ("Would you mind sending me the contract?", "No, not at all.", [("other", None)]),
        ("Would you mind sending me the contract?", "No, I can't.", []),
        ("By when can I expect the signed copy?", "Latest by Friday.", [("other", "by Friday")]),
        ("By when can I expect the signed copy?", "Somebody has to look at it first.", []),
        ("I'll need a headcount from you by Friday.", "Sure thing.", [("other", "by Friday")]),
        ("I'll get a headcount to you by Friday.", "Sure thing.", [("lead", "by Friday")]),
        ("What I can do is put together a one-pager for your boss.", "That'd help.", [("lead", None)]),
        ("What I can do is put together a one-pager for your boss.", "No, that's fine.", []),
        ("I can dig out the credit notes if that's useful.", "That would be brilliant.", [("lead", None)]),
        ("I can find the credit notes in there.", "That would be brilliant.", []),
        ("I'll come out to the site on Thursday if you like.", "That would be brilliant.", [("lead", "on Thursday")]),
        ("I can dig out the credit notes if that's useful.", "Let me think.", []),
        ("Shall we say Thursday at ten?", "Yes.", [("both", "Thursday at ten")]),
        ("Shall we say Thursday at ten?", "No, I am away.", []),
        ("When does your contract run out?", "The thirtieth of June.", []),
        ("When can you send the forms?", "By Thursday.", [("other", "By Thursday")]),
    ],
)
def test_asked_and_answered(asked: str, answer: str, found: list[Found]) -> None:
    """What the lead says and the other answers."""
    assert found_in(("lead", asked), ("other", answer)) == found


@pytest.mark.parametrize(
    ("asked", "countered", "answer", "found"),
    [
        ("Can we meet on Thursday?", "I'm out on Thursday. Friday?", "Friday works.", [("both", "Friday")]),
        ("How busy are you?", "Which day do you mean, Friday?", "Friday is good to know.", []),
        ("How busy are you?", "Is it Friday that you mean?", "Friday works.", []),
    ],
)
def test_another_day_is_settled(asked: str, countered: str, answer: str, found: list[Found]) -> None:
    """A day that is taken is a meeting only where one was proposed before."""
    assert found_in(("lead", asked), ("other", countered), ("lead", answer)) == found
