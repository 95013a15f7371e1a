"""The night: which conversations would have been better not made."""

import polars as pl
import pytest

from pipeline.metrics.cadence import load_plan
from pipeline.pages.night import _better_not_made

RATINGS = pl.DataFrame(
    [("bad", "a", 0), ("bad", "b", 0), ("half", "a", 0), ("half", "b", 2), ("good", "a", 3), ("good", "b", 3)],
    schema=["call_id", "element", "level"],
    orient="row",
).with_columns(rubric=pl.lit("demo_call"))


@pytest.mark.parametrize(
    ("decisive", "expected"),
    [
        ({"demo_call": ("a", "b")}, {"bad": True, "half": False}),
        ({"demo_call": ("a",)}, {"bad": True, "half": True}),
        ({"discovery_call": ("a", "b")}, {}),
        ({}, {}),
    ],
)
def test_better_not_made(decisive: dict[str, tuple[str, ...]], expected: dict[str, bool]) -> None:
    """Red on every decisive element of the plan; a plan may have none for the rubric, or none at all."""
    plan = load_plan().model_copy(update={"decisive": decisive})
    assert dict(_better_not_made(RATINGS, plan).rows()) == expected
