"""In use: which classifier labels each element, and which newly trained ones take over."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeGuard

import dataframely as dy
import polars as pl

from models.features.encoder import load_encoder
from models.features.features import FEATURES_VERSION
from models.learning.champion import Compared, better
from models.learning.element_model import ElementModel, load, save
from models.learning.train import Trained, row_of
from models.registry import cross_validation
from models.registry.cross_validation import BESIDE
from models.registry.workspace import train_elements, with_all_uses
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements, Models
from pipeline.tables.wordings import USE, in_todays_words

log = logging.getLogger("callgrade")


def current_models(store: Store, elements: dy.DataFrame[Elements], settings: Settings) -> pl.DataFrame:
    """The rows of the models in use, one for each element; elements without a model, or with a damaged one, are trained
    first."""
    encode = load_encoder(settings)
    used = in_use(store, elements, encode.name)
    damaged = _damaged(store, used)
    lacking = lacking_elements(store, elements, encode.name)
    lacking = Elements.validate(pl.concat([lacking, elements.join(damaged, on=USE, how="semi")]))
    if lacking.is_empty():
        return used
    chosen = with_all_uses(elements, lacking)
    log.info("training %d classifiers", chosen.height)
    champions = used.join(chosen, on=USE, how="semi").join(damaged, on=USE, how="anti")
    judged = cross_validation.validated(store.folder("models"), champions["model_id"])
    promote(store, train_elements(store, elements, chosen, encode, folds=judged), champions, judged)
    return in_use(store, elements, encode.name)


def _damaged(store: Store, used: pl.DataFrame) -> pl.DataFrame:
    """The rows of models that cannot be loaded."""
    damaged = []
    for model_id in used["model_id"]:
        try:
            load(store.folder("models") / model_id)
        except ValueError as error:
            log.warning("a classifier is trained again: %s", error)
            damaged.append(model_id)
    return used.filter(pl.col("model_id").is_in(damaged))


def load_models(store: Store, model_ids: Iterable[str]) -> tuple[ElementModel, ...]:
    """The models of these ids, loaded once per process; raises ValueError where one is damaged."""
    return _loaded(store.root, tuple(model_ids))


@lru_cache(maxsize=1)
def _loaded(workspace: str, model_ids: tuple[str, ...]) -> tuple[ElementModel, ...]:
    folder = Store(workspace).folder("models")
    return tuple(load(folder / model_id) for model_id in model_ids)


def lacking_elements(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> dy.DataFrame[Elements]:
    """The elements without a classifier for their anchors and encoder."""
    return Elements.validate(elements.join(in_use(store, elements, encoder), on=USE, how="anti"))


def promote(store: Store, trained: Trained, champions: pl.DataFrame, judged: pl.DataFrame) -> list[ElementModel]:
    """Put each model into use for its element and encoder, unless the one in use does better on the same folds.

    `champions` are rows of the models in use, `judged` what their cross-validations said. A champion that stays is
    noted as held against the new scores (data_hash), so that its element is not stale. What does not come into use is
    kept beside, with its reason. Returns the promoted models.
    """
    _keep_beside(store, trained, trained.beside)
    champion_of = {tuple(row[name] for name in USE): row for row in champions.to_dicts()}
    promoted, staying, losing = [], [champions.clear()], []
    for model in trained.models:
        champion = champion_of.get((model.rubric, model.element, model.rubric_hash))
        if _stays(champion, model, trained.refused):
            staying.append(pl.DataFrame([champion | {"data_hash": model.data_hash}], schema=champions.schema))
        elif (
            champion is None
            or champion["model_id"] == model.model_id
            or (found := _compared(model, champion, trained, judged)).better
        ):
            promoted.append(model)
            save(model, store.folder("models") / model.model_id)
        else:
            losing.append(replace(model, reasons=(found.reason, *model.reasons)))
            staying.append(pl.DataFrame([champion | {"data_hash": model.data_hash}], schema=champions.schema))
    _keep_beside(store, trained, losing)
    cross_validation.keep(trained._replace(models=promoted), store.folder("models"))
    came = pl.col("model_id").is_in([model.model_id for model in promoted])
    store.merge("models", pl.concat([trained.rows.filter(came), *staying]))
    return promoted


def _stays(champion: dict[str, Any] | None, model: ElementModel, refused: pl.DataFrame) -> TypeGuard[dict[str, Any]]:
    """Whether people's scores were refused for the element, so that what is in use is not touched."""
    of_element = refused.filter(rubric=model.rubric, element=model.element, rubric_hash=model.rubric_hash)
    if champion is None or of_element.is_empty():
        return False
    return bool(champion["gate"] != "too_few_scores" or champion["model_id"] == model.model_id)


def _keep_beside(store: Store, trained: Trained, models: Sequence[ElementModel]) -> None:
    """Save models that do not come into use, each with its card, which says why."""
    folder = store.folder("models") / BESIDE
    now = datetime.now(UTC)
    rows = pl.DataFrame([row_of(model, now) for model in models], schema=trained.rows.schema)
    for model in models:
        save(model, folder / model.model_id)
    cross_validation.keep(trained._replace(models=list(models), rows=Models.validate(rows)), folder)


def _compared(model: ElementModel, champion: dict[str, Any], trained: Trained, judged: pl.DataFrame) -> Compared:
    mine, theirs = (
        rows.filter(pl.col("model_id") == model_id)
        for rows, model_id in ((trained.validated, model.model_id), (judged, champion["model_id"]))
    )
    found = better(mine, theirs)
    log.info(
        "%s in %s: %s, %s", model.element, model.rubric, "comes into use" if found.better else "stays out", found.reason
    )
    return found


def in_use(store: Store, elements: dy.DataFrame[Elements], encoder: str) -> pl.DataFrame:
    """The latest model of each element for its present anchors, or earlier ones that mean the same (it is then said to
    be of the present ones), this code's features and the encoder."""
    usable = store.read(
        "models", where=(pl.col("encoder") == encoder) & (pl.col("features_version") == FEATURES_VERSION)
    )
    fitting = in_todays_words(usable, elements).join(elements, on=USE, how="semi")
    latest = fitting.sort("trained_at", "model_id").group_by(USE, maintain_order=True).last()
    return latest.select(usable.columns)
