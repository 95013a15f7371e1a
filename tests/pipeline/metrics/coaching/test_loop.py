"""Coaching as a loop: states, hours, the standard, tenure and coverage, by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.metrics.cadence import load_plan
from pipeline.metrics.coaching.loop import (
    coaching_meetings,
    coverage,
    hours,
    planned_hours,
    standards,
    states,
    tenure_of,
)
from pipeline.metrics.coaching.taken_up import TAKEN

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLAN = load_plan()


def rated(rows: list[tuple[str, str, int, float]], element: str = "agenda") -> pl.DataFrame:
    """Ratings from call, person, days after DAY and expected level."""
    return pl.DataFrame(
        [
            {"call_id": call, "person": person, "rubric": "one_on_one", "element": element}
            | {"started_at": DAY + timedelta(days=days), "expected_level": level}
            for call, person, days, level in rows
        ]
    )


def meetings(rows: list[tuple[str, str, str, int, float]]) -> pl.DataFrame:
    """Meetings from call, manager, seller, days after DAY and minutes, one of them not scored."""
    return pl.DataFrame(
        [
            {"call_id": call, "interaction": "one_on_one", "lead_id": manager, "other_id": seller}
            | {"started_at": DAY + timedelta(days=days), "duration_s": 60 * minutes, "status": "ok"}
            for call, manager, seller, days, minutes in rows
        ]
    )


def taken(rows: list[tuple[str, int, str]], element: str = "agenda", rubric: str | None = None) -> pl.DataFrame:
    """What was taken up, from person, days after DAY and how."""
    return pl.DataFrame(
        [
            {"person": person, "rubric": rubric, "element": element, "how": how, "call_id": None}
            | {"at": DAY + timedelta(days=days)}
            for person, days, how in rows
        ],
        schema=TAKEN,
    )


def test_states() -> None:
    """Ann was assessed, coached on day 7 and measured again from 1.0 to 2.5; Bob was coached and not measured; Cy was
    met before his first assessment only; Dee was met after hers, and nothing tells on what, which is no coaching."""
    ratings = rated(
        [
            ("a1", "ann", 0, 1.0),
            ("a2", "ann", 9, 2.0),
            ("a3", "ann", 10, 3.0),
            ("b1", "bob", 1, 0.5),
            ("c1", "cy", 5, 1.5),
            ("d1", "dee", 1, 1.0),
            ("d2", "dee", 20, 2.0),
        ]
    )
    rows = [("m1", "mia", "ann", 7, 30), ("m2", "mia", "bob", 8, 30), ("m3", "mia", "cy", 2, 30)]
    met = coaching_meetings(meetings([*rows, ("m4", "mia", "dee", 9, 30)]), PLAN)
    known = taken([("ann", 7, "meeting"), ("bob", 8, "comment"), ("bob", 9, "goal"), ("cy", 2, "meeting")])
    found = {row["person"]: row for row in states(ratings, met, known).iter_rows(named=True)}
    assert {person: row["state"] for person, row in found.items()} == {
        "ann": "measured again", "bob": "coached", "cy": "assessed", "dee": "met after",
    }  # fmt: skip
    ann = found["ann"]
    assert (ann["before"], ann["after"], ann["n_after"]) == (1.0, 2.5, 2)
    assert (ann["assessed_at"], ann["coached_at"], ann["how"]) == (DAY, DAY + timedelta(days=7), "meeting")
    assert (found["bob"]["coached_at"], found["bob"]["how"]) == (DAY + timedelta(days=9), "goal")
    assert found["cy"]["coached_at"] is None
    assert (found["dee"]["met_at"], found["dee"]["coached_at"]) == (DAY + timedelta(days=9), None)
    assert found["dee"]["after"] is None


def test_taken_up_of_something_else() -> None:
    """A goal on another element, or on the same of another kind of conversation, coaches nothing here."""
    ratings = rated([("a1", "ann", 0, 1.0)])
    met = coaching_meetings(meetings([("m1", "mia", "ann", 7, 30)]), PLAN)
    for known in (taken([("ann", 7, "goal")], "next_steps"), taken([("ann", 7, "goal")], rubric="discovery_call")):
        assert states(ratings, met, known)["state"].to_list() == ["met after"]
    assert states(ratings, met, taken([("ann", 7, "goal")], rubric="one_on_one"))["state"].to_list() == ["coached"]


def test_states_in_a_zone() -> None:
    """Conversations told at the time of Berlin, and goals in UTC: a goal half an hour after the conversation is after
    it."""
    berlin = pl.col("started_at").dt.convert_time_zone("Europe/Berlin")
    ratings = rated([("a1", "ann", 0, 1.0)]).with_columns(berlin)
    met = coaching_meetings(meetings([("m1", "mia", "ann", 7, 30)]).with_columns(berlin), PLAN)
    soon = taken([("ann", 0, "goal")]).with_columns(pl.col("at") + pl.duration(minutes=30))
    assert states(ratings, met, soon)["state"].to_list() == ["coached"]
    assert states(ratings, met, soon.clear())["state"].to_list() == ["met after"]


def test_hours_against_the_plan() -> None:
    """Two meetings of 60 minutes in the last four weeks are 2 of 160 hours; one before is not counted. Weekly
    one-on-ones of 30 minutes by their guide are two hours in four weeks."""
    met = coaching_meetings(
        meetings([("m1", "mia", "ann", 0, 60), ("m2", "mia", "ann", 20, 60), ("m3", "mia", "bob", 40, 60)]), PLAN
    )
    row = hours(met, until=DAY + timedelta(days=41)).to_dicts()[0]
    assert (row["manager"], row["n_met"], row["hours"]) == ("mia", 2, 2.0)
    assert row["share"] == pytest.approx(2 / 160)
    assert planned_hours(met, PLAN, {"one_on_one": 30}) == 2.0


@pytest.mark.parametrize(
    ("levels", "in_row", "steady"),
    [
        ([2.4, 2.5, 2.6, 2.5], 4, True),
        ([2.4, 2.5, 2.6, 1.9], 0, False),  # the last one is not sound
        ([1.0, 2.5, 2.6, 2.5], 3, False),  # three in a row, and the interval reaches below
        ([2.4, 2.5], 2, False),
    ],
)
def test_the_standard(levels: list[float], in_row: int, steady: bool) -> None:
    """A manager is steady with three sound meetings in a row and an interval above 2."""
    held = meetings([(f"m{at}", "mia", "ann", at, 30) for at in range(len(levels))])
    ratings = rated([(f"m{at}", "mia", at, level) for at, level in enumerate(levels)])
    (row,) = standards(ratings, coaching_meetings(held, PLAN), PLAN, until=DAY + timedelta(days=9)).to_dicts()
    assert (row["n"], row["in_row"], row["steady"]) == (len(levels), in_row, steady)
    assert row["mean"] == pytest.approx(sum(levels) / len(levels))


def test_tenure_and_coverage() -> None:
    """Five months, one year, three years, the house's own word, and nobody knows; of two new ones one was observed."""
    starts: list[Any] = [date(2025, 10, 10), date(2025, 2, 1), date(2022, 1, 1), None, None, date(2026, 1, 1)]
    people = pl.DataFrame(
        {"start": starts, "own": [None, None, None, "ramping", None, None]}, schema={"start": pl.Date, "own": pl.String}
    ).with_columns(
        tenure=tenure_of(pl.col("start"), pl.col("own"), date(2026, 3, 2)),
        observed=pl.Series([True, True, False, False, False, False]), joint=pl.lit(value=False), met=pl.lit(value=True),
    )  # fmt: skip
    assert people["tenure"].to_list() == [
        "under 6 months", "6 to 24 months", "over 2 years", "ramping", "start not known", "under 6 months",
    ]  # fmt: skip
    new = coverage(people, "tenure").filter(group="under 6 months").to_dicts()[0]
    assert (new["n"], new["n_observed"], new["n_joint"], new["n_met"]) == (2, 1, 0, 2)
