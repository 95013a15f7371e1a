"""Retraining: which elements have no classifier for their present anchors, scores and encoder, and training those."""

import logging
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import todo
from flows.records import Run, begin, end, record_labels
from models.features.encoder import load_encoder
from models.features.features import FEATURES_VERSION, Encode
from models.label import label
from models.learning.champion import better
from models.learning.element_model import ElementModel, load, save
from models.learning.train import Trained, train
from models.ratings.agreement import agree, agree_with_model
from models.ratings.reference import found_unseen, load_reference, reference_scores
from models.ratings.rubrics import load_rubrics
from models.registry import cross_validation
from models.registry.status import USE, rubric_status
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables import Acts, Elements, Labels, Models, Scores, Talk
from pipeline.transcripts.roles import talk_of

REFERENCE = Path(__file__).parents[1] / "data" / "scripted"
BATCH = 500  # calls labelled and committed together
step = partial(task, cache_policy=NO_CACHE)
log = logging.getLogger("callgrade")


class Retrained(NamedTuple):
    """What retraining came to: the stale elements and why, the rows of their new models, the ids of those that came
    into use, how many labels are new."""

    stale: pl.DataFrame
    models: pl.DataFrame
    promoted: list[str]
    n_labels: int


@flow(name="retrain", validate_parameters=False)
def retrain(
    settings: Settings, *, rubric: str | None = None, element: str | None = None, everything: bool = False
) -> Retrained:
    """Train what is stale of the chosen elements, put it into use and label the stored calls again by it."""
    store, elements, encode = Store(settings.workspace), load_rubrics(settings.rubrics), load_encoder(settings)
    why, wanted = _to_train(store, elements, encode.name, rubric=rubric, element=element, everything=everything)
    if wanted.is_empty():
        return Retrained(why, store.read("models").clear(), [], 0)
    champions = in_use(store, wanted, encode.name)
    judged = cross_validation.validated(store.folder("models"), champions["model_id"])
    trained = step(train_elements)(store, elements, wanted, encode, folds=judged)
    promoted = step(promote)(store, trained, champions, judged)
    n_labels = step(relabel)(store, elements, settings, promoted)
    step(update_agreement)(store, elements)
    return Retrained(why, trained.rows, [model.model_id for model in promoted], n_labels)


def is_fresh(settings: Settings, *, rubric: str | None = None, element: str | None = None) -> bool:
    """Whether every chosen element has its classifier; says so without starting Prefect."""
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    _, wanted = _to_train(store, elements, load_encoder(settings).name, rubric=rubric, element=element)
    return wanted.is_empty()


def _to_train(
    store: Store,
    elements: dy.DataFrame[Elements],
    encoder: str,
    *,
    rubric: str | None,
    element: str | None,
    everything: bool = False,
) -> tuple[pl.DataFrame, dy.DataFrame[Elements]]:
    """Which of the chosen elements are stale and why, and those to train."""
    chosen = elements.filter(
        pl.lit(rubric is None) | (pl.col("rubric") == (rubric or "")),
        pl.lit(element is None) | (pl.col("element") == (element or "")),
    )
    why = standing(store, elements, encoder).drop_nulls("why").join(chosen, on=USE, how="semi")
    return why, Elements.validate(chosen if everything else chosen.join(why, on=USE, how="semi"))


def current_models(store: Store, elements: dy.DataFrame[Elements], settings: Settings) -> list[ElementModel]:
    """The classifier in use for every element; those that have none for their anchors and encoder are trained first."""
    encode = load_encoder(settings)
    models, damaged = _load_each(store, in_use(store, elements, encode.name))
    lacking = lacking_elements(store, elements, encode.name)
    lacking = Elements.validate(pl.concat([lacking, elements.join(damaged, on=USE, how="semi")]))
    if lacking.is_empty():
        return models
    log.info("training %d classifiers", lacking.height)
    trained = train_elements(store, elements, lacking, encode)
    promote(store, trained, trained.rows.clear(), trained.validated.clear())
    return models_in_use(store, elements, encode.name)


def _load_each(store: Store, used: pl.DataFrame) -> tuple[list[ElementModel], pl.DataFrame]:
    """The classifiers of rows of the models table, and the rows of those that are damaged and cannot be loaded."""
    models, damaged = [], []
    for model_id in used["model_id"]:
        try:
            models.append(load(store.folder("models") / model_id))
        except ValueError as error:
            log.warning("a classifier is trained again: %s", error)
            damaged.append(model_id)
    return models, used.filter(pl.col("model_id").is_in(damaged))


def lacking_elements(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> dy.DataFrame[Elements]:
    """The elements without a classifier for their anchors and encoder."""
    return Elements.validate(elements.join(in_use(store, elements, encoder), on=USE, how="anti"))


def models_in_use(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> list[ElementModel]:
    """The classifiers in use, one for every element that has one."""
    return [load(store.folder("models") / model_id) for model_id in in_use(store, elements, encoder)["model_id"]]


def standing(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> pl.DataFrame:
    """Where each element stands, as `models.registry.status.rubric_status` says it; `why` is null where its
    classifier fits."""
    scores = all_scores(store)
    learnable = set(reference_scores(REFERENCE)["call_id"]) | set(store.read("calls")["call_id"])
    labels = Labels.validate(store.read("labels", where=pl.col("current")))
    models = Models.validate(store.read("models"))
    return rubric_status(elements, models, labels, scores, encoder, calls=learnable)


def train_elements(
    store: Store,
    elements: dy.DataFrame[Elements],
    chosen: dy.DataFrame[Elements],
    encode: Encode,
    *,
    folds: pl.DataFrame | None = None,
) -> Trained:
    """Classifiers for the chosen elements, from the reference conversations and all calls that people scored here.

    Calls that are in `folds` (element, call_id, fold) stay in theirs.
    """
    reference = load_reference(REFERENCE)
    scored = store.read("scores")["call_id"].unique()
    stored = store.read("calls", where=pl.col("call_id").is_in(scored.implode()))
    utterances = store.read("utterances", where=pl.col("call_id").is_in(stored["call_id"].implode()))
    talk = Talk.validate(pl.concat([reference.talk, talk_of(utterances, stored, elements)]))
    people = pl.concat(
        [reference.calls.select("call_id", "lead_id", "other_id"), stored.select("call_id", "lead_id", "other_id")]
    )
    acts = classify_acts(talk)
    unseen = found_unseen(reference, acts)  # the models that find them have learnt from these conversations
    findings = analyse(talk, acts).replaced_by(unseen)
    scores = all_scores(store)
    return train(talk, acts, scores, chosen, people, encode, turns=reference.turns, findings=findings, folds=folds)


def promote(store: Store, trained: Trained, champions: pl.DataFrame, judged: pl.DataFrame) -> list[ElementModel]:
    """Put each model into use for its element and encoder, unless the one in use does better on the same folds.

    `champions` are rows of the models in use, `judged` what their cross-validations said. A champion that stays is
    noted as held against the new scores (data_hash), so that its element is not stale. Returns the promoted models.
    """
    champion_of = {tuple(row[name] for name in USE): row for row in champions.to_dicts()}
    promoted, staying = [], [champions.clear()]
    for model in trained.models:
        champion = champion_of.get((model.rubric, model.element, model.rubric_hash))
        if champion is None or champion["model_id"] == model.model_id or _wins(model, champion, trained, judged):
            promoted.append(model)
            save(model, store.folder("models") / model.model_id)
        else:
            staying.append(pl.DataFrame([champion | {"data_hash": model.data_hash}], schema=champions.schema))
    cross_validation.keep(trained._replace(models=promoted), store.folder("models"))
    came = pl.col("model_id").is_in([model.model_id for model in promoted])
    store.merge("models", pl.concat([trained.rows.filter(came), *staying]))
    return promoted


def _wins(model: ElementModel, champion: dict[str, Any], trained: Trained, judged: pl.DataFrame) -> bool:
    mine, theirs = (
        rows.filter(pl.col("model_id") == model_id)
        for rows, model_id in ((trained.validated, model.model_id), (judged, champion["model_id"]))
    )
    found = better(mine, theirs)
    log.info(
        "%s in %s: %s, %s", model.element, model.rubric, "comes into use" if found.better else "stays out", found.reason
    )
    return found.better


def relabel(store: Store, elements: dy.DataFrame[Elements], settings: Settings, models: list[ElementModel]) -> int:
    """Label the stored calls again by new models, and by these alone; returns how many labels were written.

    A call that has a label of every classifier in use stands as this run leaves it: the next night need not touch it.
    """
    encode = load_encoder(settings)
    rubrics = {model.rubric for model in models}
    calls = store.read("calls", where=(pl.col("status") == "ok") & pl.col("interaction").is_in(rubrics))
    used = models_in_use(store, elements, encode.name)
    run = begin(
        store,
        "retrain",
        todo.configuration(settings, [model.model_id for model in used], elements),
        n_calls=calls.height,
    )
    n_labels = 0
    for batch in calls.sort("started_at", "call_id").iter_slices(BATCH):
        is_here = pl.col("call_id").is_in(batch["call_id"].implode())
        talk = talk_of(store.read("utterances", where=is_here), batch, elements)
        found = label(talk, Acts.validate(store.read("acts", where=is_here)), elements, models, encode)
        record_labels(store, found.labels, found.evidence)
        n_labels += found.labels.height
    settle(store, run, used)
    end(store, run, calls.clear(), [calls])
    return n_labels


def settle(store: Store, run: Run, used: list[ElementModel]) -> None:
    """Give to `run` the calls that were heard and measured as now and have a current label by every model in use."""
    wanted = pl.DataFrame(
        [(model.rubric, model.model_id) for model in used], schema=["rubric", "model_id"], orient="row"
    )
    per_rubric = wanted.group_by("rubric").len("wanted")
    labels = store.read("labels", where=pl.col("current")).join(wanted, on=["rubric", "model_id"], how="semi")
    complete = labels.group_by("call_id", "rubric").len("labels").join(per_rubric, on="rubric")
    complete = complete.filter(pl.col("labels") == pl.col("wanted"))
    measured = run.config_hash.partition("-")[0]
    same = store.read("runs", where=pl.col("config_hash").str.starts_with(measured)).select("run_id")
    settled = (
        store.read("calls", where=pl.col("status") == "ok")
        .join(same, on="run_id", how="semi")
        .join(complete, on="call_id", how="semi")
    )
    store.merge("calls", settled.with_columns(run_id=pl.lit(run.run_id)))


def update_agreement(store: Store, elements: dy.DataFrame[Elements]) -> None:
    """Compute anew how far raters agree with each other and the current labels with them."""
    scores = all_scores(store).join(elements, on=USE, how="semi")
    given = Scores.validate(scores)
    labels = Labels.validate(store.read("labels", where=pl.col("current")))
    store.overwrite("agreement", pl.concat([agree(given), agree_with_model(given, labels)]))


def all_scores(store: Store) -> dy.DataFrame[Scores]:
    """The reference scores and those imported into the workspace."""
    both = pl.concat([reference_scores(REFERENCE), store.read("scores")])
    return Scores.validate(both.unique(Scores.primary_key(), keep="last", maintain_order=True))


def in_use(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> pl.DataFrame:
    """The latest model of each element for its present anchors, this code's features and the encoder."""
    fitting = store.read(
        "models", where=(pl.col("encoder") == encoder) & (pl.col("features_version") == FEATURES_VERSION)
    ).join(elements, on=USE, how="semi")
    latest = fitting.sort("trained_at", "model_id").group_by(USE, maintain_order=True).last()
    return latest.select(fitting.columns)
