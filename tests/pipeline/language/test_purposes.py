"""Purposes of made-up stretches of talk."""

import numpy as np
import polars as pl

from pipeline.language.purposes import find_purposes, likeliest_path
from pipeline.tables.conversations import Talk
from tests.conversations import talk_of


def purposes(*texts: str, interaction: str) -> list[str]:
    rows = [("lead" if n % 2 == 0 else "other", 5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(texts)]
    found = find_purposes(talk_of(*rows, interaction=interaction))
    return found.sort("idx")["purpose"].to_list()


def test_a_meeting_serves_its_own_purpose() -> None:
    """Without words for another, each utterance serves what the meeting is for."""
    anna = ("Tell me about Anna.", "She rang.") * 6
    assert purposes(*anna, interaction="one_on_one") == ["coaching"] * 12
    assert purposes(*anna, interaction="forecast_review") == ["forecast"] * 12
    assert purposes(*anna, interaction="deal_review") == ["deal"] * 12


FORECAST = (
    "Now the forecast. What number are you calling for June?",
    "I have two forty in commit and the Tullow deal as best case.",
    "So the quarter lands at six hundred, what would you put your name to?",
    "Six hundred is my commit for the quarter, best case seven.",
)
COACHING = (
    "When you said that to her, what did you notice in the call, and what would you try next time?",
    "She went quiet. I think I talked too much and should have asked her what worries her.",
    "What could you ask her instead, when she goes quiet?",
    "I would ask what happens if nothing changes, and then count to ten.",
)


def test_a_detour_is_a_stretch_of_its_own() -> None:
    """Coaching, four turns on the forecast, and coaching again: three stretches."""
    found = purposes(*COACHING, *FORECAST, *COACHING, interaction="one_on_one")
    assert found == [*["coaching"] * 4, *["forecast"] * 4, *["coaching"] * 4]


def test_a_detour_does_not_reach_the_next_call() -> None:
    """The purpose of one call's end is not that of the next call's start."""

    def call(call_id: str, *texts: str) -> pl.DataFrame:
        rows = [("lead" if n % 2 == 0 else "other", 5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(texts)]
        return talk_of(*rows, call_id=call_id, interaction="one_on_one")

    both = Talk.validate(pl.concat([call("a", *COACHING, *FORECAST), call("b", *COACHING)]))
    found = find_purposes(both)
    assert found.filter(call_id="b")["purpose"].to_list() == ["coaching"] * 4
    assert found.filter(call_id="a")["purpose"].to_list()[-1] == "forecast"


def test_likeliest_path_by_hand() -> None:
    """One row for another column costs two changes (2 x 2) and gains 3: it is passed over; gaining 5 it is not."""
    assert likeliest_path(np.array([[3.0, 0.0], [0.0, 3.0], [3.0, 0.0]])).tolist() == [0, 0, 0]
    assert likeliest_path(np.array([[3.0, 0.0], [0.0, 5.0], [3.0, 0.0]])).tolist() == [0, 1, 0]
