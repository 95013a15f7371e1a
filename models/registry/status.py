"""Stale: which elements need another classifier, and why; where each element of the rubrics stands."""

import dataframely as dy
import polars as pl

from models.features.features import FEATURES_VERSION
from models.learning.tasks import scores_of_elements
from pipeline.tables.judgements import Elements, Labels, Models, Scores
from pipeline.tables.wordings import USE, in_todays_words


def stale(
    elements: dy.DataFrame[Elements],
    models: dy.DataFrame[Models],
    scores: dy.DataFrame[Scores],
    encoder: str,
    *,
    calls: set[str] | None = None,
) -> pl.DataFrame:
    """The elements whose model does not fit: rubric, element, rubric_hash, why.

    `encoder` is the name of the one in use. `calls` are those with a stored transcript, so that their scores can be
    learnt from; by default all that are scored.
    """
    learnable = set(scores["call_id"]) if calls is None else calls
    data = [
        dict(zip(USE, use, strict=True)) | {"data": task.data_hash}
        for task in scores_of_elements(elements, scores, learnable)
        for use in task.uses
    ]
    now = pl.DataFrame(data, schema=[*((name, pl.String) for name in USE), ("data", pl.String)])
    latest = _nearest(in_todays_words(models, elements), encoder)
    ever = models.select("rubric", "element", pl.lit(value=True).alias("known")).unique()
    joined = now.join(latest, on=USE, how="left").join(ever, on=["rubric", "element"], how="left")
    why = (
        pl.when(pl.col("model_id").is_null() & pl.col("known").is_null())
        .then(pl.lit("no classifier yet"))
        .when(pl.col("model_id").is_null())
        .then(pl.lit("its anchors changed"))
        .when(pl.col("features_version") != FEATURES_VERSION)
        .then(pl.lit("made by an earlier version of callgrade"))
        .when(pl.col("encoder") != encoder)
        .then(pl.format("made with encoder {}, in use is {}", "encoder", pl.lit(encoder)))
        .when(pl.col("data_hash") != pl.col("data"))
        .then(pl.lit("scores came in or changed"))
    )
    return joined.select(*USE, why.alias("why")).drop_nulls("why").sort("rubric", "element")


def rubric_status(
    elements: dy.DataFrame[Elements],
    models: dy.DataFrame[Models],
    labels: dy.DataFrame[Labels],
    scores: dy.DataFrame[Scores],
    encoder: str,
    *,
    calls: set[str] | None = None,
) -> pl.DataFrame:
    """One row per element: rubric, element, rubric_version, n_scored (calls), gate and qwk of its model, why (null
    where the model fits), n_labels (current ones by its anchors), n_outdated (current ones by other anchors)."""
    scored = in_todays_words(scores, elements).group_by(USE).agg(pl.col("call_id").n_unique().alias("n_scored"))
    latest = _nearest(in_todays_words(models, elements), encoder)
    today = elements.select(*USE[:2], today="rubric_hash")
    shown = in_todays_words(labels, elements).filter("current").join(today, on=USE[:2])
    by_anchors = pl.col("rubric_hash") == pl.col("today")
    counted = shown.group_by(USE[:2]).agg(by_anchors.sum().alias("n_labels"), (~by_anchors).sum().alias("n_outdated"))
    return (
        elements.select(*USE, "rubric_version", "position")
        .join(scored, on=USE, how="left")
        .join(latest.select(*USE, "gate", "qwk"), on=USE, how="left")
        .join(stale(elements, models, scores, encoder, calls=calls), on=USE, how="left")
        .join(counted, on=USE[:2], how="left")
        .with_columns(pl.col("n_scored", "n_labels", "n_outdated").fill_null(0))
        .sort("rubric", "position")
        .drop("position")
    )


def _nearest(models: pl.DataFrame, encoder: str) -> pl.DataFrame:
    """The latest model for an element's anchors, of this encoder and this code's features where there is one."""
    usable = (pl.col("encoder") == encoder) & (pl.col("features_version") == FEATURES_VERSION)
    return models.sort(usable, "trained_at", "model_id").group_by(USE, maintain_order=True).last()
