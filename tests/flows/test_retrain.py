"""Retraining: only what is stale, with its labels, and nothing else."""

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from flows.retrain import relabel, retrain
from models.features.encoder import load_encoder
from models.learning.champion import Compared, better
from models.learning.train import TrainingData, train
from models.ratings.reference import load_reference
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from models.registry import cross_validation, in_use
from models.registry.workspace import REFERENCE, Choice, standing, to_train
from pipeline.metrics.kpi_table import are_stale
from pipeline.settings import Settings, load_settings
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.judgements import Elements, Scores
from pipeline.tables.values import LEVELS
from pipeline.transcripts.roles import talk_of
from tests.conftest import ROOT, Night, callgrade_here

pytestmark = pytest.mark.usefixtures("prefect")
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
    done = callgrade_here("train", "--workspace", copied.workspace, "--rubrics", copied.rubrics)
    assert done.stdout.startswith("Nothing is stale")
    assert Store(copied.workspace).read("models").equals(before)


def test_one_element_reworded(copied: Settings, night: Night) -> None:
    """New anchors of one element retrain and relabel that element alone; old labels stay beside the new. KPIs and pages
    follow at once: they stayed as they were, and contradicted each other."""
    assert not Store(copied.workspace).read("kpis").filter(kpi_name="level_mean", split=CHANGED[1]).is_empty()
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
    assert not are_stale(store, load_rubrics(copied.rubrics))
    assert store.read("kpis").filter(kpi_name="level_mean", split=CHANGED[1]).is_empty()
    assert "Not judged yet" in (store.folder("reports") / "calls" / "heard.html").read_text()
    assert stale(copied) == []

    run = ("score", night.call_list, "--workspace", copied.workspace, "--rubrics", copied.rubrics)
    assert "0 scored, 2 cached" in callgrade_here(*run, "--transcriber", "whisper").stdout


def test_role_plays_are_labelled_again(small_workspace: Path, tmp_path: Path) -> None:
    """A role-play has the label of the new classifier, as real conversations have: it kept that of the old one until a
    list named it again."""
    store, elements = Store(str(shutil.copytree(small_workspace, tmp_path / "w"))), load_rubrics(ROOT / "rubrics")
    calls = store.read("calls").filter(interaction="discovery_call").head(2)
    store.merge("calls", calls.head(1).with_columns(interaction=pl.lit("practice_discovery_call")))
    settings = load_settings(workspace=store.root, rubrics=ROOT / "rubrics", encoder="lexical", timezone="UTC")
    talk = talk_of(store.read("utterances"), calls, elements)
    nothing = TrainingData(talk, Acts.validate(store.read("acts")), Scores.create_empty(), calls)
    insight = Elements.validate(elements.filter(rubric="discovery_call", element="insight"))
    trained = train(nothing, insight, load_encoder(settings))
    (model,) = in_use.promote(store, trained, store.read("models"), trained.validated)
    relabel(store, elements, settings, [model])
    labelled = store.read("labels").filter("current", model_id=model.model_id)["call_id"]
    assert set(calls["call_id"]) <= set(labelled)


def test_reworded_with_the_same_meaning(copied: Settings, night: Night) -> None:
    """Other words for the same leave nothing stale and no call to be scored again; `rubrics check` asks until then."""
    (old,) = load_rubrics(copied.rubrics).filter(rubric=CHANGED[0], element=CHANGED[1])["rubric_hash"]
    reword(copied)
    places = ("--workspace", copied.workspace, "--rubrics", copied.rubrics)
    asked = callgrade_here("rubrics", "check", *places)
    assert asked.returncode == 1
    assert f'same_meaning_as: ["{old}"]' in asked.stdout
    path = copied.rubrics / f"{CHANGED[0]}.yaml"
    named = f"id: {CHANGED[1]}\n"
    path.write_text(path.read_text().replace(named, f'{named}    same_meaning_as: ["{old}"]\n'))
    assert callgrade_here("rubrics", "check", *places).returncode == 0
    assert stale(copied) == []
    done = callgrade_here("score", night.call_list, *places, "--transcriber", "whisper")
    assert "0 scored, 2 cached" in done.stdout


def test_shared_elements_are_trained_for_all_uses(copied: Settings) -> None:
    """Asked for one rubric's shared element, training learns it for every rubric that uses it: nothing is stale behind.
    It learnt from that rubric's scores alone and was stale at once."""
    elements, encoder = load_rubrics(copied.rubrics), load_encoder(copied).name
    uses = elements.filter(pl.col("element") == "agenda").select("rubric", "element").sort("rubric").rows()
    assert len(uses) == 2
    choice = Choice("one_on_one", "agenda", everything=True)
    _, wanted = to_train(Store(copied.workspace), elements, encoder, choice)
    assert wanted.select("rubric", "element").sort("rubric").rows() == uses


def give_score(settings: Settings) -> None:
    """A further automated rater scores one call, which makes CHANGED stale."""
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    about = elements.filter(rubric=CHANGED[0], element=CHANGED[1]).row(0, named=True)
    names = ("rubric", "element", "rubric_hash", "rubric_version")
    score = {name: about[name] for name in names} | {"call_id": "heard", "level": 2, "color": LEVELS[2]}
    row = dict.fromkeys(Scores.column_names()) | score | {"rater": "Kim", "rater_kind": "automated"}
    store.merge("scores", pl.DataFrame([row], schema=Scores.create_empty().schema))


@pytest.mark.parametrize("wins", [True, False])
def test_challenger(copied: Settings, monkeypatch: pytest.MonkeyPatch, wins: bool) -> None:
    """A challenger is held against the one in use on the same calls and folds; the loser stays out of use, and nothing
    is stale either way."""
    store, compared = Store(copied.workspace), []

    def judge(challenger: pl.DataFrame, champion: pl.DataFrame) -> Compared:
        compared.append((challenger, champion))
        return better(challenger, champion)._replace(better=wins)

    monkeypatch.setattr(in_use, "better", judge)
    is_changed = (pl.col("rubric") == CHANGED[0]) & (pl.col("element") == CHANGED[1])
    (before,) = store.read("models").filter(is_changed)["model_id"]
    labels = store.read("labels").sort("call_id", "rubric", "element", "model_id")
    give_score(copied)
    done = retrain(copied)
    ((challenger, champion),) = compared
    folds = challenger.join(champion, on="call_id", suffix="_before").select("fold", "fold_before")
    assert folds.height >= 50
    assert folds["fold"].equals(folds["fold_before"], check_names=False)
    (after,) = done.models.filter(is_changed)["model_id"]
    assert after != before
    assert done.promoted == ([after] if wins else [])
    used = in_use.in_use(store, load_rubrics(copied.rubrics), load_encoder(copied).name)
    assert used.filter(is_changed)["model_id"].to_list() == [after if wins else before]
    assert stale(copied) == []
    if not wins:
        assert store.read("labels").sort("call_id", "rubric", "element", "model_id").equals(labels)


def add_calls(store: Store, elements: pl.DataFrame, n: int) -> list[str]:
    """Some of the written discovery calls as calls of the workspace; returns their ids."""
    reference = load_reference(REFERENCE)
    taken = reference.calls.filter(interaction=CHANGED[0]).head(n).with_columns(own="own-" + pl.col("call_id"))
    talk = reference.talk.join(taken.select("call_id", "own"), on="call_id").with_columns(call_id="own").drop("own")
    calls = taken.select(
        "interaction", "started_at", "lead_id", "other_id", pl.col("duration_s").cast(pl.Float64), call_id="own",
        status=pl.lit("ok"), run_id=pl.lit("r"),
    )  # fmt: skip
    store.merge("calls", pl.concat([store.read("calls").clear(), calls], how="diagonal_relaxed"))
    store.merge("utterances", talk.select(TABLES["utterances"].column_names()))
    acts = acts_of(Talk.validate(reference.talk.join(taken, on="call_id", how="semi")), REFERENCE)
    store.merge("acts", acts.with_columns(call_id="own-" + pl.col("call_id")))
    return taken["own"].to_list()


@pytest.mark.parametrize("n_elements", [1, pytest.param(7, marks=pytest.mark.slow)])
def test_random_scores(copied: Settings, n_elements: int) -> None:
    """Three raters score elements of thirty calls at random: no model comes into use and no label is written; for
    each element a sentence says why. All models had come into use, and nearly all labels changed."""
    store, elements = Store(copied.workspace), load_rubrics(copied.rubrics)
    call_ids, draw = add_calls(store, elements, 30), np.random.default_rng(0)
    about = elements.filter(rubric=CHANGED[0]).select("rubric", "element", "rubric_hash", "rubric_version")
    about = about.sort(pl.col("element") != CHANGED[1], maintain_order=True).head(n_elements)
    calls, raters = pl.DataFrame({"call_id": call_ids}), pl.DataFrame({"rater": ["Ann", "Bob", "Cy"]})
    given = about.join(calls, how="cross").join(raters, how="cross")
    levels = pl.Series(draw.integers(0, 4, given.height))
    colors = pl.Series([LEVELS[level] for level in levels])
    given = given.with_columns(level=levels, color=colors, rater_kind=pl.lit("person"))
    store.merge("scores", pl.concat([Scores.create_empty(), given], how="diagonal_relaxed"))
    before = store.read("labels").sort("call_id", "rubric", "element", "model_id")

    done = retrain(copied)
    assert (done.promoted, done.n_labels) == ([], 0)
    assert store.read("labels").sort("call_id", "rubric", "element", "model_id").equals(before)
    assert set(done.refused.filter(rubric=CHANGED[0])["element"]) == set(about["element"])
    assert done.refused["reason"].str.len_chars().min() > 0
    assert stale(copied) == []


def test_damaged_model(copied: Settings) -> None:
    """A classifier that is not as it was saved is trained again, alone, and comes out the same."""
    store, elements = Store(copied.workspace), load_rubrics(copied.rubrics)
    (model_id,) = store.read("models").filter(rubric=CHANGED[0], element=CHANGED[1])["model_id"]
    files = sorted(store.folder("models").glob("*/model.safetensors"))
    whole = {path: path.read_bytes() for path in files}
    broken = store.folder("models") / model_id / "model.safetensors"
    broken.write_bytes(whole[broken][:-1])
    models = in_use.current_models(store, elements, copied)
    assert len(models) == len(files)
    assert {path: path.read_bytes() for path in files} == whole


def test_card(copied: Settings) -> None:
    """Beside every model lie its card and what its cross-validation said."""
    folder = Store(copied.workspace).folder("models")
    model_ids = Store(copied.workspace).read("models")["model_id"]
    for model_id in model_ids:
        assert "learnt from: reference scores by language models" in (folder / model_id / "card.md").read_text()
    seen = cross_validation.validated(folder, model_ids)
    assert seen["model_id"].n_unique() == len(model_ids)
    some = seen["call_id"].unique().sort().head(3).to_list()
    assert cross_validation.forget_calls(folder, some) == seen.filter(pl.col("call_id").is_in(some)).height > 0
    assert not set(some) & set(cross_validation.validated(folder, model_ids)["call_id"])


def test_new_scores(copied: Settings) -> None:
    """Scores that people gave make their element stale, and no other."""
    give_score(copied)
    assert stale(copied) == [(*CHANGED, "scores came in or changed")]
