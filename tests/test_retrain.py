"""Retraining: only what is stale, with its labels, and nothing else."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.retrain import retrain, standing
from models.encoder import load_encoder
from models.rubric import load_rubrics
from pipeline.settings import Settings, load_settings
from pipeline.store import Store
from pipeline.tables import LEVELS, Scores
from tests.conftest import Night, callgrade

CHANGED = ("discovery_call", "qualification")


@pytest.fixture
def copied(night: Night, tmp_path: Path) -> Settings:
    """The workspace and the rubrics of the night, to be changed."""
    shutil.copytree(night.workspace, tmp_path / "workspace")
    shutil.copytree(night.rubrics, tmp_path / "rubrics")
    return load_settings(
        workspace=str(tmp_path / "workspace"), rubrics=tmp_path / "rubrics", encoder="lexical", timezone="UTC"
    )


def stale(settings: Settings) -> list[tuple[str, str, str]]:
    found = standing(Store(settings.workspace), load_rubrics(settings.rubrics), load_encoder(settings).name)
    return found.drop_nulls("why").select("rubric", "element", "why").rows()


def reword(settings: Settings) -> None:
    """Change what green means for one element."""
    path = settings.rubrics / f"{CHANGED[0]}.yaml"
    before = path.read_text()
    assert before.count("or the rep openly disqualifies") == 1
    path.write_text(before.replace("or the rep openly disqualifies", "and the customer agrees to a next date"))


def test_nothing_stale(copied: Settings) -> None:
    """Right after a night no element is stale, and retraining changes nothing."""
    assert stale(copied) == []
    before = Store(copied.workspace).read("models")
    done = callgrade("train", "--workspace", copied.workspace, "--rubrics", copied.rubrics)
    assert done.stdout.startswith("Nothing is stale")
    assert Store(copied.workspace).read("models").equals(before)


def test_one_element_reworded(copied: Settings, night: Night) -> None:
    """New anchors of one element retrain and relabel that element alone; old labels stay beside the new."""
    store = Store(copied.workspace)
    key = ["call_id", "rubric", "element", "model_id"]
    labels, evidence = store.read("labels").sort(key), store.read("evidence").sort(*key, "rank")
    models, speech = store.read("models").sort("model_id"), sorted(Path(copied.workspace, "speech").rglob("*.json"))
    times = [path.stat().st_mtime_ns for path in speech]
    reword(copied)
    assert stale(copied) == [(*CHANGED, "its anchors changed")]

    done = retrain(copied)
    assert done.models.select("rubric", "element").rows() == [CHANGED]
    assert done.n_labels == 2

    is_changed = (pl.col("rubric") == CHANGED[0]) & (pl.col("element") == CHANGED[1])
    assert store.read("labels").filter(~is_changed).sort(key).equals(labels.filter(~is_changed))
    new = store.read("models").join(models, on="model_id", how="anti")
    assert new.select("rubric", "element", "gate").rows() == [(*CHANGED, "too_few_scores")]
    assert store.read("models").join(new, on="model_id", how="anti").sort("model_id").equals(models)
    assert store.read("evidence").join(new, on="model_id", how="anti").sort(*key, "rank").equals(evidence)
    of_changed = store.read("labels").filter(is_changed)
    assert of_changed.filter("current")["basis"].to_list() == ["anchors", "anchors"]
    before = of_changed.filter(~pl.col("current")).sort("call_id")
    assert before.drop("current").equals(labels.filter(is_changed).sort("call_id").drop("current"))
    assert [path.stat().st_mtime_ns for path in speech] == times
    assert stale(copied) == []

    run = ("score", night.call_list, "--workspace", copied.workspace, "--rubrics", copied.rubrics)
    assert "0 scored, 2 cached" in callgrade(*run, "--transcriber", "pocketsphinx").stdout


def test_new_scores(copied: Settings) -> None:
    """Scores that people gave make their element stale, and no other."""
    store, elements = Store(copied.workspace), load_rubrics(copied.rubrics)
    about = elements.filter(rubric=CHANGED[0], element=CHANGED[1]).row(0, named=True)
    names = ("rubric", "element", "rubric_hash", "rubric_version")
    score = {name: about[name] for name in names} | {"call_id": "heard", "level": 2, "color": LEVELS[2]}
    row = dict.fromkeys(Scores.column_names()) | score | {"rater": "Kim", "rater_kind": "person"}
    store.merge("scores", pl.DataFrame([row], schema=Scores.create_empty().schema))
    assert stale(copied) == [(*CHANGED, "scores came in or changed")]
