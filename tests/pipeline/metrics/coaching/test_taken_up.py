"""What was taken up: by goals and comments as noted, and by what two lines of a meeting speak of."""

from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.language.text import plain
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.coaching.loop import coaching_meetings
from pipeline.metrics.coaching.taken_up import spoken_of, taken_up
from pipeline.tables.coaching import TakenUp
from tests.pipeline.metrics.kpi_rows import ELEMENTS

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def said(*lines: str) -> set[str]:
    """The elements that a meeting of these lines speaks of."""
    utterances = pl.DataFrame({"call_id": ["m1"] * len(lines), "text": lines})
    return set(spoken_of(utterances, pl.Series(["m1"]), ELEMENTS)["element"])


def test_two_lines_are_enough() -> None:
    """Two lines on how the seller listened take that up; one alone is said in passing."""
    assert said("You talked a lot in that call.", "He told you twice, and you did not pick it up.") == {
        "active_listening"
    }
    assert said("You talked a lot in that call.", "How is the forecast?") == set()


def test_a_meeting_s_own_order_is_no_coaching() -> None:
    """A manager's own agenda and next steps, a deal's price and its people are no coaching in these."""
    lines = [
        "Our agenda today is the forecast.", "Anything to add to the agenda?", "The next step is the contract.",
        "Let us agree on next steps.", "Who decides there?", "They have the budget.", "The price is fine.",
    ]  # fmt: skip
    assert said(*lines) == set()


@pytest.mark.parametrize(
    ("element", "line"),
    [
        ("agenda", "How did you open the call?"),
        ("next_steps", "You ended the call without a next step."),
        ("pain_discovery", "Which of your questions made her think?"),
        ("insight", "Try telling him a story of a shop like his."),
        ("qualification", "You've never qualified them."),
        ("value_fit", "Leave the product out until she has answered."),
    ],
)
def test_words_of_elements(element: str, line: str) -> None:
    """Lines of managers on how a call was held, each said twice."""
    assert said(line, line) == {element}


def test_the_title_of_an_own_element() -> None:
    """An element without words of its own is known by its title."""
    own = ELEMENTS.filter(element="agenda").with_columns(element=pl.lit("warm"), title=pl.lit("Opens warmly"))
    lines = pl.DataFrame({"call_id": ["m1", "m1"], "text": ['Look at "opens warmly".', "Opens warmly: how?"]})
    assert spoken_of(lines, pl.Series(["m1"]), own)["element"].to_list() == ["warm"]
    assert "opens warmly" in lines.select(plain(pl.col("text")))["text"][0]


def test_noted_and_spoken() -> None:
    """A goal keeps its kind of conversation, what a meeting spoke of has none and is of whom was met."""
    calls = pl.DataFrame(
        {"call_id": ["m1"], "interaction": ["one_on_one"], "lead_id": ["mia"], "other_id": ["ann"], "status": ["ok"]}
        | {"started_at": [DAY], "duration_s": [1800.0]}
    )
    goal = {"how": "goal", "item_id": "g1", "person_id": "bob", "rubric": "discovery_call", "element": "agenda"}
    noted = pl.concat([TakenUp.create_empty(), pl.DataFrame([goal | {"at": DAY}])], how="diagonal_relaxed")
    spoken = pl.DataFrame({"call_id": ["m1"] * 2, "text": ["The silence.", "What about the silence?"]})
    met = coaching_meetings(calls, load_plan())
    found = taken_up(noted, spoken_of(spoken, met["call_id"], ELEMENTS), met)
    assert found.select("person", "rubric", "element", "how", "call_id").rows() == [
        ("bob", "discovery_call", "agenda", "goal", None), ("ann", None, "active_listening", "meeting", "m1"),
    ]  # fmt: skip
