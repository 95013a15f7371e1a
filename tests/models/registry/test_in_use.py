"""In use: scores that agree with nothing bring no model into use and leave what is stored as it is."""

from pathlib import Path

import polars as pl

from models.learning.element_model import load
from models.registry import cross_validation
from models.registry.cross_validation import BESIDE
from models.registry.in_use import in_use, promote
from pipeline.store.delta import Store
from pipeline.tables.judgements import Models, Scores
from tests.models.features.test_features import Letters
from tests.models.learning.test_train import AGENDA, half_by_people, level_of, trained, world


def test_random_scores_bring_no_model_into_use(tmp_path: Path) -> None:
    """After 40 calls scored at random the reference's models stay in use, held against the new scores, so that nothing
    is stale. All models came into use before."""
    frame, levels = world(80)
    both = half_by_people(levels, {call: level_of(call) for call in levels})
    other = (pl.col("level") + pl.col("rater").str.tail(1).cast(pl.Int64)) % 4
    both = both.with_columns(level=pl.when(rater_kind="person").then(other).otherwise("level"))
    store, name = Store(str(tmp_path)), Letters().name
    first = trained(Scores.validate(both.filter(rater_kind="automated")), frame)
    nothing = first.rows.clear()
    assert len(promote(store, first, nothing, first.validated.clear())) == 2
    before = in_use(store, AGENDA, name)
    judged = cross_validation.validated(store.folder("models"), before["model_id"])

    after_scores = trained(Scores.validate(both), frame, folds=judged)
    assert promote(store, after_scores, before, judged) == []
    beside = [load(store.folder("models") / BESIDE / model.model_id) for model in after_scores.beside]
    assert [model.rubric for model in beside] == ["demo_call", "discovery_call"]
    assert all(model.reasons[0] in after_scores.refused["reason"].to_list() for model in beside)
    assert "Gate: failed." in (store.folder("models") / BESIDE / beside[0].model_id / "card.md").read_text()
    after = in_use(store, AGENDA, name)
    assert after.drop("data_hash").equals(before.drop("data_hash"))
    assert after["data_hash"].to_list() == [model.data_hash for model in after_scores.models]
    assert not set(after["data_hash"]) & set(before["data_hash"])


def test_people_who_agree_bring_theirs_into_use(tmp_path: Path) -> None:
    """Forty calls scored one level stricter by raters who agree: what was learnt from both replaces the reference's."""
    frame, levels = world(80)
    both = half_by_people(levels, {call: max(level - 1, 0) for call, level in levels.items()})
    store, name = Store(str(tmp_path)), Letters().name
    first = trained(Scores.validate(both.filter(rater_kind="automated")), frame)
    promote(store, first, first.rows.clear(), first.validated.clear())
    before = in_use(store, AGENDA, name)
    judged = cross_validation.validated(store.folder("models"), before["model_id"])
    second = trained(both, frame, folds=judged)
    later = second.rows.with_columns(pl.col("trained_at") + pl.duration(days=1))
    promoted = promote(store, second._replace(rows=Models.validate(later)), before, judged)
    assert [model.rubric for model in promoted] == ["demo_call", "discovery_call"]
    assert set(in_use(store, AGENDA, name)["model_id"]) == {model.model_id for model in promoted}
