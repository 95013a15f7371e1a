"""Retraining: which elements have no classifier for their present anchors, scores and encoder, and training those."""

import logging
from pathlib import Path

import dataframely as dy
import polars as pl

from models.encoder import load_encoder
from models.features import FEATURES_VERSION, Encode
from models.reference import load_reference, reference_scores
from models.saved import ElementModel, load, save
from models.train import Trained, train
from pipeline.acts import classify_acts
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.tables import Elements, Scores, Talk
from pipeline.talk import talk_of

REFERENCE = Path(__file__).parents[1] / "data" / "scripted"
USE = ["rubric", "element", "rubric_hash"]
log = logging.getLogger("callgrade")


def current_models(store: Store, elements: dy.DataFrame[Elements], settings: Settings) -> list[ElementModel]:
    """The classifier in use for every element; those that have none for their anchors and encoder are trained first."""
    encode = load_encoder(settings)
    lacking = _lacking(store, elements, encode.name)
    if not lacking.is_empty():
        log.info("training %d classifiers", lacking.height)
        promote(store, train_elements(store, elements, lacking, encode))
    return [load(store.folder("models") / model_id) for model_id in _in_use(store, elements, encode.name)["model_id"]]


def train_elements(
    store: Store, elements: dy.DataFrame[Elements], chosen: dy.DataFrame[Elements], encode: Encode
) -> Trained:
    """Classifiers for the chosen elements, from the reference conversations and all calls that people scored here."""
    reference = load_reference(REFERENCE)
    scores = store.read("scores")
    stored = store.read("calls", where=pl.col("call_id").is_in(scores["call_id"].unique().implode()))
    utterances = store.read("utterances", where=pl.col("call_id").is_in(stored["call_id"].implode()))
    talk = Talk.validate(pl.concat([reference.talk, talk_of(utterances, stored, elements)]))
    people = pl.concat(
        [reference.calls.select("call_id", "lead_id", "other_id"), stored.select("call_id", "lead_id", "other_id")]
    )
    return train(
        talk,
        classify_acts(talk),
        Scores.validate(pl.concat([reference_scores(REFERENCE), scores])),
        chosen,
        people,
        encode,
        turns=reference.scores.explode("turns").drop_nulls("turns").select("call_id", "element", idx="turns").unique(),
    )


def promote(store: Store, trained: Trained) -> None:
    """Store models and their rows, and make each the one in use for its element and encoder."""
    for model in trained.models:
        save(model, store.folder("models") / model.model_id)
    store.merge("models", trained.rows)


def _in_use(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> pl.DataFrame:
    """The latest model of each element for its present anchors, this code's features and the encoder."""
    fitting = store.read(
        "models", where=(pl.col("encoder") == encoder) & (pl.col("features_version") == FEATURES_VERSION)
    ).join(elements, on=USE, how="semi")
    return fitting.sort("trained_at", "model_id").group_by(USE, maintain_order=True).last()


def _lacking(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> dy.DataFrame[Elements]:
    return Elements.validate(elements.join(_in_use(store, elements, encoder), on=USE, how="anti"))
