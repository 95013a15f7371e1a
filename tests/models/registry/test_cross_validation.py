"""Labels of calls that a model learnt from are no sign of agreement."""

from datetime import UTC, datetime

import polars as pl
import pytest

from models.ratings.agreement import agree_with_model
from models.registry.cross_validation import as_unseen
from pipeline.tables.judgements import Labels
from tests.models.ratings.test_agreement import scores


def test_in_sample_levels_are_no_agreement():
    """Two calls that the model learnt from: it says 3 and 3 of them as the raters did, but said 0 and 3 unseen. One of
    two is equal then, where all were before. A call it had not learnt from keeps its label."""
    fixed = {"rubric": "chat", "element": "agenda", "rubric_hash": "h", "rubric_version": 1, "level": 3}
    fixed |= {"color": "green", "p_red": 0.0, "p_orange": 0.0, "p_yellow": 0.0, "p_green": 1.0, "expected_level": 3.0}
    fixed |= {"current": True, "status": "calibrated", "basis": "people", "needs_review": False, "reason": None}
    about = fixed | {"model_id": "m", "labelled_at": datetime(2026, 1, 1, tzinfo=UTC)}
    labels = Labels.validate(pl.DataFrame([about | {"call_id": call} for call in "xyz"]), cast=True)
    odds = {"p_red": [0.6, 0.0], "p_orange": [0.4, 0.0], "p_yellow": [0.0, 0.5], "p_green": [0.0, 0.5]}
    validated = pl.DataFrame({"model_id": "m", "call_id": ["x", "y"], "given": [0, 3], **odds})
    unseen = as_unseen(labels, validated).sort("call_id")
    assert unseen.select("call_id", "level", "color", "p_red").rows() == [
        ("x", 0, "red", 0.6), ("y", 3, "green", 0.0), ("z", 3, "green", 0.0),
    ]  # fmt: skip
    assert unseen["expected_level"].to_list() == pytest.approx([0.4, 2.5, 3.0])
    given = scores({"a": {"x": 3, "y": 3}, "b": {"x": 3, "y": 3}})
    in_sample, held_out = (agree_with_model(given, Labels.validate(shown))["exact"][0] for shown in (labels, unseen))
    assert (in_sample, held_out) == (1.0, 0.5)
