"""Drift: weeks against what is expected, and when that is alarming."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from models.drift import drift
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Labels

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def world(*weeks: list[int], basis: str = "people") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Labels with these levels in consecutive weeks, and their calls."""
    rows = [(f"w{week}c{n}", level, MONDAY + timedelta(weeks=week)) for week, levels in enumerate(weeks)
            for n, level in enumerate(levels)]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["call_id", "level", "started_at"], orient="row")
    fixed = {"rubric": "chat", "element": "agenda", "rubric_hash": "h", "model_id": "m", "rubric_version": 1,
             "p_red": 1.0, "p_orange": 0.0, "p_yellow": 0.0, "p_green": 0.0, "expected_level": 0.0, "current": True,
             "status": "calibrated", "basis": basis, "needs_review": False, "reason": None,
             "labelled_at": datetime(2026, 1, 1, tzinfo=UTC)}  # fmt: skip
    color = color_of(pl.col("level")).alias("color")
    labels = frame.drop("started_at").with_columns(color, **{name: pl.lit(value) for name, value in fixed.items()})
    return Labels.validate(labels.select(Labels.column_names()), cast=True), frame.select("call_id", "started_at")


def trained(levels: list[int]) -> pl.DataFrame:
    """What a cross-validation gave of the training set."""
    return pl.DataFrame({"model_id": ["m"] * len(levels), "given": levels})


def test_same_spread():
    """As many of each level as in the training set: nothing apart, no alarm."""
    row = drift(*world([0, 1, 2, 3] * 10), trained([0, 1, 2, 3] * 20)).row(0, named=True)
    assert (row["week"], row["n"], row["against"]) == (date(2026, 3, 2), 40, "training set")
    assert (row["apart"], row["p"], row["alarm"]) == (0, pytest.approx(1), False)


def test_all_green():
    """All green where a quarter was expected: three quarters of the labels are apart, which is alarming."""
    row = drift(*world([3] * 40), trained([0, 1, 2, 3] * 20)).row(0, named=True)
    assert (row["share_green"], row["expected_green"], row["apart"], row["alarm"]) == (1.0, 0.25, 0.75, True)


def test_few_labels_alarm_nobody():
    """Ten labels are too few, however they fall."""
    assert drift(*world([3] * 10), trained([0, 1, 2, 3] * 20))["alarm"].to_list() == [False]


def test_reference_is_no_yardstick():
    """A model from the reference is held against the weeks before; the first week has none."""
    rows = drift(*world([0, 3] * 15, [3] * 30, basis="reference"), trained([0] * 80))
    assert rows["against"].to_list() == ["weeks before"] * 2
    assert rows["apart"].to_list() == [None, 0.5]
    assert rows["alarm"].to_list() == [False, True]
