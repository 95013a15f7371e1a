"""What is stale and why, and where each element stands."""

from datetime import UTC, datetime

import polars as pl
import pytest

from models.registry import status as module
from models.registry.status import rubric_status, stale
from pipeline.tables.judgements import Elements, Labels, Models, Scores
from tests.models.features.test_features import Letters
from tests.models.learning.test_train import AGENDA, scored, trained, world

NOTHING = Models.create_empty()


@pytest.fixture(scope="module")
def made():
    frame, levels = world()
    return levels, trained(scored(levels), frame).rows


def why(*given, **options) -> list[str]:
    return stale(*given, **options)["why"].to_list()


def test_nothing_is_stale(made):
    """Right after training nothing is."""
    levels, rows = made
    assert stale(AGENDA, rows, scored(levels), Letters.name).is_empty()


def test_no_classifier_yet(made):
    """Without models both uses of the agenda need one."""
    assert why(AGENDA, NOTHING, scored(made[0]), Letters.name) == ["no classifier yet"] * 2


def test_changed_anchors(made):
    """Where the anchors of one rubric's element change, that one alone is stale."""
    levels, rows = made
    changed = AGENDA.with_columns(
        rubric_hash=pl.when(rubric="demo_call").then(pl.lit("new")).otherwise("rubric_hash"),
        red=pl.when(rubric="demo_call").then(pl.lit("Nothing.")).otherwise("red"),
    )
    found = stale(Elements.validate(changed), rows, scored(levels), Letters.name)
    assert found.select("rubric", "why").rows() == [("demo_call", "its anchors changed")]


def test_new_scores(made):
    """One score changed: both uses, which learn together."""
    levels, rows = made
    assert why(AGENDA, rows, scored(levels | {"c00": 3}), Letters.name) == ["scores came in or changed"] * 2


def test_scores_without_transcript(made):
    """A score of a call whose transcript is not stored cannot be learnt from and makes nothing stale."""
    levels, rows = made
    more = scored(levels | {"gone": 3})
    assert why(AGENDA, rows, more, Letters.name, calls=set(levels)) == []
    assert len(why(AGENDA, rows, more, Letters.name)) == 2


def test_other_encoder_and_version(made, monkeypatch):
    """Another encoder, or features of another version, need other models."""
    levels, rows = made
    assert why(AGENDA, rows, scored(levels), "e")[0] == "made with encoder letters, in use is e"
    monkeypatch.setattr(module, "FEATURES_VERSION", module.FEATURES_VERSION + 1)
    assert why(AGENDA, rows, scored(levels), Letters.name)[0] == "made by an earlier version of callgrade"


def test_the_latest_model_counts(made):
    """An older model that does not fit does no harm beside a newer one that does."""
    levels, rows = made
    old = rows.with_columns(
        model_id="old " + pl.col("model_id"), encoder=pl.lit("e"), trained_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    both = Models.validate(pl.concat([rows, old], how="vertical_relaxed"), cast=True)
    assert why(AGENDA, both, scored(levels), Letters.name) == []


def test_status(made):
    """Forty scored calls and a model that passed; the other rubric has no scores of its own and the same model."""
    levels, rows = made
    found = rubric_status(AGENDA, rows, Labels.create_empty(), scored(levels), Letters.name)
    assert found.select("rubric", "n_scored", "gate", "why", "n_labels", "n_outdated").rows() == [
        ("demo_call", 0, "passed", None, 0, 0),
        ("discovery_call", 40, "passed", None, 0, 0),
    ]
    assert (
        rubric_status(AGENDA, rows, Labels.create_empty(), Scores.create_empty(), Letters.name)["why"].null_count() == 0
    )
