"""Purposes of made-up stretches of talk."""

import numpy as np
import polars as pl

from pipeline.language.purposes import (
    ANNOUNCED_COST,
    CHANGE_COST,
    OPENING,
    find_purposes,
    likeliest_path,
    purpose_units,
)
from pipeline.tables.conversations import Talk
from tests.conversations import talk_of


def purposes(*texts: str, interaction: str) -> list[str]:
    rows = [("lead" if n % 2 == 0 else "other", 5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(texts)]
    found = find_purposes(talk_of(*rows, interaction=interaction))
    return found.sort("idx")["purpose"].to_list()


def test_a_meeting_serves_its_own_purpose() -> None:
    """Without words for another, each utterance after the opening serves what the meeting is for."""
    anna = ("Tell me about Anna.", "She rang.") * 6
    for kind, purpose in {"coaching_session": "coaching", "forecast_review": "forecast", "deal_review": "deal"}.items():
        assert purposes(*anna, interaction=kind)[max(OPENING) :] == [purpose] * (len(anna) - max(OPENING))


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


DEAL = (
    "Northgate first. Their IT lead resigned on Monday, so who signs the contract now?",
    "The deputy, for the moment. The customer has two offers, ours and one from Japan.",
    "What does he think of our price? What does he say about the competitor's?",
    "He wants a discount of eight percent before he takes it to procurement.",
    "What did their lawyer say about the warranty clause? Who can get it signed?",
    "She sent the contract back with two changes. The director signs it.",
)


def test_a_one_on_one_about_a_deal_is_no_coaching() -> None:
    """What a manager and a seller speak of in a one-on-one is what it serves."""
    assert purposes(*DEAL, interaction="one_on_one") == ["deal"] * 6


def test_a_one_on_one_has_no_purpose_of_its_own() -> None:
    """No sign speaks for a purpose in a one-on-one; in a coaching session one speaks for coaching."""
    rows = ("lead", 0.0, 4.0, "Morning."), ("other", 5.0, 9.0, "Morning.")
    signs = {kind: purpose_units(talk_of(*rows, interaction=kind)) for kind in ("one_on_one", "coaching_session")}
    home = {kind: [sign for sign in units.columns if sign.startswith("@home_") and units[sign].any()]
            for kind, units in signs.items()}  # fmt: skip
    assert home == {"one_on_one": [], "coaching_session": ["@home_coaching"]}
    assert signs["one_on_one"]["@open"].all()
    assert not signs["coaching_session"]["@open"].any()


def test_an_announced_detour_is_a_stretch_of_its_own() -> None:
    """Leave, announced as another subject, parts two stretches on a deal."""
    leave = (
        "Before I forget, a different topic. Your leave in October, the dates are not in the system.",
        "I know. I have not put it in yet, HR sent me a reminder.",
        "And your expenses for August are late. Put the receipts in the system as well, please.",
    )
    found = purposes(*DEAL, *leave, "Thank you. So back to Northgate.", *DEAL[1:], interaction="deal_review")
    assert found == [*["deal"] * 6, *["administration"] * 3, *["deal"] * 6]


def test_what_announces_a_change() -> None:
    """An announcement counts where it is said."""
    said = "While I have you, Dev, what is your number?", "Two forty.", "So back to openings.", "I gave it back to her."
    rows = [("lead", 5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(said)]
    assert purpose_units(talk_of(*rows))["announced"].to_list() == [True, False, True, False]


def test_likeliest_path_by_hand() -> None:
    """One row for another column costs two changes (2 x 4), so that gaining 7 it is passed over; gaining 9 it is not,
    nor where the change is announced and both cost 0 + 4."""
    usual, announced = np.full(3, CHANGE_COST), np.array([CHANGE_COST, ANNOUNCED_COST, CHANGE_COST])
    assert likeliest_path(np.array([[5.0, 0.0], [0.0, 7.0], [5.0, 0.0]]), usual).tolist() == [0, 0, 0]
    assert likeliest_path(np.array([[5.0, 0.0], [0.0, 9.0], [5.0, 0.0]]), usual).tolist() == [0, 1, 0]
    assert likeliest_path(np.array([[5.0, 0.0], [0.0, 7.0], [5.0, 0.0]]), announced).tolist() == [0, 1, 0]
