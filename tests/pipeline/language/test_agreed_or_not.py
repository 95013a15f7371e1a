"""What is an agenda and what is a step, and what only sounds like one."""

import polars as pl
import pytest

from pipeline.language.actions import find_actions, standing_actions
from pipeline.language.acts import classify_acts
from pipeline.language.moments import moments_of, score_utterances
from pipeline.tables.conversations import Talk
from tests.conversations import talk_of

MIDDLE = [
    ("lead", "How are the numbers looking this month?"),
    ("other", "Steady. We closed two and lost one to price."),
    ("lead", "What happened with the one that you lost?"),
    ("other", "They wanted everything by June and we could not do that, so they went with the cheaper one."),
    ("lead", "Which one are you most worried about now?"),
    ("other", "The hospital, since nobody there answers me any more."),
]


def spoken(*lines: tuple[str, str]) -> Talk:
    """A one-on-one of these lines, ten seconds each."""
    return talk_of(*[(side, 10.0 * n, 10.0 * n + 9, text) for n, (side, text) in enumerate(lines)], interaction="1:1")


@pytest.mark.parametrize(
    ("opening", "answer", "stated"),
    [
        ("I don't have anything specific, let's catch up.", "Sure, sounds good.", False),
        ("Hi Ann. I don't really have anything specific today, so let's just catch up.", "Okay.", False),
        (
            "Thirty minutes, the Kepler deal is the main thing, then whatever is in your way. Anything else?",
            "No.",
            True,
        ),
    ],
)
def test_an_agenda_says_what_is_to_be_talked_about(opening: str, answer: str, stated: bool) -> None:
    """Catching up is none; the main thing and what is in the other's way are one."""
    found = moments_of(score_utterances(spoken(("lead", opening), ("other", answer), *MIDDLE, *MIDDLE)))
    assert (found.filter(kind="agenda").height > 0) == stated


@pytest.mark.parametrize(
    ("close", "stands"),
    [
        ([("lead", "Keep pushing, all right?"), ("other", "Will do.")], 0),
        ([("lead", "Can you send me the proposal by Friday?"), ("other", "Yes, Friday is fine.")], 1),
        ([("lead", "Can you send me the proposal by Friday?"), ("other", "No, I can't do that, I'm away.")], 0),
        ([("lead", "I'll send you the contract on Monday."), ("other", "Please don't, we are not going ahead.")], 0),
        ([("lead", "I'll send the forecast to Tom by Friday."), ("other", "Forget that one, he has it already.")], 0),
    ],
)
def test_a_step_is_agreed_and_stands(close: list[tuple[str, str]], stands: int) -> None:
    """What goes on anyway, what is refused and what is taken back are no steps."""
    talk = spoken(*MIDDLE, *MIDDLE, *MIDDLE, *close)
    assert standing_actions(find_actions(talk, classify_acts(talk)), talk).height == stands


def test_what_is_taken_back_later_is_withdrawn() -> None:
    """The one that is named, and not the one promised last."""
    talk = spoken(
        *MIDDLE,
        ("lead", "I'll send the forecast to Tom by Friday."),
        ("other", "And I'll ring the hospital on Thursday."),
        ("lead", "Good. How is your mother?"),
        ("other", "Better, thank you."),
        ("lead", "Scrap that, the forecast for Tom, he has it."),
    )
    found = find_actions(talk, classify_acts(talk)).select("idx", "state")
    assert found.filter(pl.col("idx") == 6)["state"].to_list() == ["withdrawn"]
    assert found.filter(pl.col("idx") == 7)["state"].to_list() == ["open"]
