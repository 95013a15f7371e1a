"""Limits: what was found in a call keeps its level down, in training as in labels."""

from types import SimpleNamespace

import numpy as np
import polars as pl

from models.features.findings import LIMITING
from models.learning.limits import Limit
from models.learning.tasks import make_tasks
from models.learning.train import TrainingData, TrainingOptions, train
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.tables.conversations import Purposes
from pipeline.tables.judgements import Elements
from tests.models.features.test_features import Letters
from tests.models.learning.test_train import AGENDA, NOW, PEOPLE, scored, world

YELLOW = Limit("second_review", 0.2, 2)
LIMITED = Elements.validate(AGENDA.with_columns(pl.Series("limit", [YELLOW._asdict()] * AGENDA.height)), cast=True)


def features(*shares: float) -> SimpleNamespace:
    """Calls of which only the share of the second review is known."""
    findings = np.zeros((len(shares), LIMITING["second_review"] + 1), np.float32)
    findings[:, LIMITING["second_review"]] = shares
    return SimpleNamespace(findings=findings)


def test_by_hand():
    """A fifth is not more than a fifth; what was green counts as yellow, what was lower stays."""
    holds = YELLOW.holds(features(0.2, 0.25))
    assert holds.tolist() == [False, True]
    chances = np.array([[0.1, 0.2, 0.3, 0.4]] * 2)
    np.testing.assert_allclose(YELLOW.chances(chances, holds), [[0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.7, 0.0]])
    assert YELLOW.levels(np.array([3, 3]), holds).tolist() == [3, 2]
    assert YELLOW.levels(np.array([1, 1]), holds).tolist() == [1, 1]
    assert YELLOW.reason(0.25) == (
        "a second kind of review takes 25% of what is said in reviews: by its rubric no higher than yellow"
    )


def test_an_element_without_one():
    """No limit is none, and tasks carry that of their element."""
    assert Limit.of(None) is None
    _, levels = world()
    assert {task.limit for task in make_tasks(AGENDA, scored(levels), set(levels))} == {None}
    assert {task.limit for task in make_tasks(LIMITED, scored(levels), set(levels))} == {YELLOW}


def test_cross_validation_keeps_to_it():
    """Half of each call is on another review: judged by people left out, none is green."""
    frame, levels = world()
    acts = classify_acts(frame)
    purpose = pl.when(pl.col("idx") >= 3).then(pl.lit("forecast")).otherwise(pl.lit("deal"))
    mixed = Purposes.validate(frame.select("call_id", "idx", purpose=purpose, p=pl.lit(1.0)))
    findings = analyse(frame, acts)._replace(purposes=mixed)
    data = TrainingData(frame, acts, scored(levels), PEOPLE, findings=findings)
    given = {
        elements["limit"][0] is None: set(
            train(data, elements, Letters(), options=TrainingOptions(now=NOW)).validated["given"]
        )
        for elements in (AGENDA, LIMITED)
    }
    assert 3 in given[True]
    assert 3 not in given[False]
