"""Retraining: train the elements that are stale, put what is better into use and label the stored calls again."""

from collections.abc import Sequence
from typing import NamedTuple

import dataframely as dy
import polars as pl
from prefect import flow

from flows import todo
from flows.publish import follow
from flows.records import begin, end, record_labels
from flows.timing import step
from models.features.encoder import load_encoder
from models.label import Labeller, label
from models.learning.element_model import CALIBRATED_BASES, ElementModel
from models.learning.train import NOTHING_REFUSED
from models.ratings.rubrics import load_rubrics
from models.registry import cross_validation
from models.registry.in_use import in_use, load_models, promote
from models.registry.settle import settle
from models.registry.workspace import Choice, to_train, train_elements, update_agreement
from pipeline.intake.kinds import judged_by
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables.conversations import Acts
from pipeline.tables.judgements import Elements
from pipeline.transcripts.roles import foreign_calls, talk_of

BATCH_CALLS = 500  # calls labelled and committed together
ALL_STALE = Choice()


class Retrained(NamedTuple):
    """What retraining came to.

    stale: the stale elements and why
    models: the rows of their new models
    promoted: the ids of those that came into use
    n_labels: how many labels are new
    refused: rubric, element, rubric_hash, n_calls and reason: where people's scores changed nothing, and why
    unexported: a sentence for each export target that could not be brought up to date
    provisional: rubric, element and reason: of what came into use from people's scores, why it is not calibrated
    """

    stale: pl.DataFrame
    models: pl.DataFrame
    promoted: list[str]
    n_labels: int
    refused: pl.DataFrame = NOTHING_REFUSED
    unexported: Sequence[str] = ()
    provisional: pl.DataFrame = NOTHING_REFUSED


@flow(name="retrain", validate_parameters=False)
def retrain(settings: Settings, choice: Choice = ALL_STALE) -> Retrained:
    """Train what is stale of the chosen elements, put it into use and label the stored calls again by it; KPIs, pages
    and exports follow."""
    store, elements, encode = Store(settings.workspace), load_rubrics(settings.rubrics), load_encoder(settings)
    why, wanted = to_train(store, elements, encode.name, choice)
    if wanted.is_empty():
        return Retrained(why, store.read("models").clear(), [], 0)
    champions = in_use(store, wanted, encode.name)
    judged = cross_validation.validated(store.folder("models"), champions["model_id"])
    trained = step(train_elements)(store, elements, wanted, encode, folds=judged)
    promoted = step(promote)(store, trained, champions, judged)
    n_labels = step(relabel)(store, elements, settings, promoted)
    step(update_agreement)(store, elements)
    unexported = follow(store, elements, settings)
    ids, provisional = [model.model_id for model in promoted], falling_short(promoted)
    return Retrained(why, trained.rows, ids, n_labels, trained.refused, unexported, provisional)


def falling_short(models: Sequence[ElementModel]) -> pl.DataFrame:
    """Of models that learnt from people's scores by their rubric, in which figures they fall short of the gate: rubric,
    element, reason."""
    by_people = [model for model in models if model.basis in CALIBRATED_BASES and model.gate == "failed"]
    rows = [(model.rubric, model.element, "; ".join(model.reasons)) for model in by_people]
    return pl.DataFrame(rows, schema=dict.fromkeys(("rubric", "element", "reason"), pl.String), orient="row")


def is_fresh(settings: Settings, choice: Choice = ALL_STALE) -> bool:
    """Whether every chosen element has its classifier; says so without starting Prefect."""
    store, elements = Store(settings.workspace), load_rubrics(settings.rubrics)
    _, wanted = to_train(store, elements, load_encoder(settings).name, choice)
    return wanted.is_empty()


def relabel(store: Store, elements: dy.DataFrame[Elements], settings: Settings, models: list[ElementModel]) -> int:
    """Label the stored calls, role-plays too, again by new models, and by these alone; returns how many labels are new.

    A call that has a label of every classifier in use stands as this run leaves it: the next night need not touch it.
    """
    encode = load_encoder(settings)
    rubrics = {model.rubric for model in models}
    calls = store.read("calls", where=(pl.col("status") == "ok") & judged_by("interaction").is_in(rubrics))
    used = in_use(store, elements, encode.name)["model_id"].to_list()
    run = begin(store, "retrain", todo.configuration(settings, used, elements), n_calls=calls.height)
    n_labels = 0
    for batch in calls.sort("started_at", "call_id").iter_slices(BATCH_CALLS):
        is_here = pl.col("call_id").is_in(batch["call_id"].implode())
        talk = talk_of(store.read("utterances", where=is_here), batch, elements)
        acts = Acts.validate(store.read("acts", where=is_here))
        foreign = foreign_calls(batch, settings.label_languages)
        labelled = label(talk, acts, Labeller(elements, models, encode, settings.guess_unlearnt, foreign))
        record_labels(store, labelled.labels, labelled.evidence)
        n_labels += labelled.labels.height
    settle(store, run.run_id, run.config_hash, load_models(store, used))
    end(store, run, calls.clear(), [calls])
    return n_labels
