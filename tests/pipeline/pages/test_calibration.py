"""The calibration page: reliability by hand."""

import polars as pl
import pytest

from pipeline.pages.calibration import reliability


def test_reliability_by_hand(tables):
    """Of the eight labels' shares in the bin of 0.8 (two of orange and two of yellow), a rater gave one."""
    keys = tables["labels"].select("call_id", "rubric", "element", "rubric_hash", "rubric_version")
    scores = keys.with_columns(rater=pl.lit("x"), rater_kind=pl.lit("person"), level=pl.lit(1), color=pl.lit("orange"))
    found = reliability(tables["labels"], scores).filter(pl.col("predicted").round(6) == 0.8)
    assert found.select("rater_kind", "n", "found").rows() == [("person", 3, pytest.approx(1 / 3))]
