"""Workspace: what a training is given of what the workspace and the reference hold."""

from pathlib import Path

import pytest

from models.features.encoder import LEXICAL, load_encoder
from models.learning.train import TrainingData
from models.ratings.rubrics import load_rubrics
from models.registry import workspace
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements

RUBRICS = Path(__file__).parents[3] / "rubrics"


def test_a_training_learns_what_to_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training in a workspace is given reference conversations as written and as they might have been heard, of all
    kinds, and those of the element's own kind to learn from."""
    given: list[TrainingData] = []
    monkeypatch.setattr(workspace, "train", lambda data, *_, **__: given.append(data))
    elements = load_rubrics(RUBRICS)
    trading = Elements.validate(elements.filter(rubric="negotiation_call", element="trading"))
    workspace.train_elements(Store(str(tmp_path)), elements, trading, load_encoder(Settings(encoder=LEXICAL)))
    misheard = given[0].misheard
    assert misheard is not None
    assert misheard.talk.select("call_id", "idx").equals(misheard.heard.select("call_id", "idx"))
    assert (misheard.talk["text"] != misheard.heard["text"]).mean() > 0.3
    assert misheard.talk["interaction"].n_unique() > given[0].talk["interaction"].n_unique()
