"""Purposes of made-up stretches of talk."""

import polars as pl

from pipeline.language.purposes import find_purposes
from tests.conversations import talk_of


def purposes(*texts: str, interaction: str) -> list[str]:
    rows = [("lead" if n % 2 == 0 else "other", 5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(texts)]
    found = find_purposes(talk_of(*rows, interaction=interaction))
    return found.sort("idx")["purpose"].to_list()


def test_a_meeting_serves_its_own_purpose() -> None:
    """Without words for another, each utterance serves what the meeting is for."""
    assert purposes("Tell me about Anna.", "She rang.", interaction="one_on_one") == ["coaching"] * 2
    assert purposes("Tell me about Anna.", "She rang.", interaction="forecast_review") == ["forecast"] * 2
    assert purposes("Tell me about Anna.", "She rang.", interaction="deal_review") == ["deal"] * 2


def test_a_detour_lasts_until_its_words_fade() -> None:
    """The forecast is brought up once (weight 1, 0.85 a step); it holds while 0.85^n exceeds 0.5: four more turns."""
    texts = ["How is Anna?", "What is your forecast?", *["She rang me."] * 6]
    assert purposes(*texts, interaction="one_on_one") == ["coaching", *["forecast"] * 5, *["coaching"] * 2]


def test_a_detour_does_not_reach_the_next_call() -> None:
    """The purpose of one call's end is not that of the next call's start."""
    ending = talk_of(("lead", 0, 4, "What is your forecast?"), call_id="a", interaction="one_on_one")
    begin = talk_of(("lead", 0, 4, "How is Anna?"), call_id="b", interaction="one_on_one")
    found = find_purposes(type(ending)(pl.concat([ending, begin])))
    assert found.sort("call_id")["purpose"].to_list() == ["forecast", "coaching"]
