"""Train: a classifier for every element from scores, cross-validated by people, and the gate it must pass."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.features.features import Encode, Features, Floats, describe, describe_calls
from models.learning import evidence
from models.learning.element_model import ElementModel
from models.learning.folds import keep_apart, spread_groups
from models.learning.gate import Gate, Validated
from models.learning.learner import Learner, by_anchors
from models.learning.tasks import Task, make_tasks
from pipeline.language.analyse import Findings
from pipeline.tables import LEVELS, Acts, Elements, Models, Scores, Talk

log = logging.getLogger(__name__)

WORDS = 2048


NOTHING_VALIDATED = pl.DataFrame(
    schema={
        "model_id": pl.String,
        "element": pl.String,
        "call_id": pl.String,
        "fold": pl.Int64,
        "level": pl.Int64,
        "given": pl.Int64,
    }
    | dict.fromkeys((f"p_{color}" for color in LEVELS), pl.Float64)
)


class Trained(NamedTuple):
    """The models, their rows for the table, and what the cross-validation said of every call.

    validated: model_id, element, call_id, fold, level (the raters' median), given (the model's level), p_red, p_orange,
    p_yellow, p_green
    """

    models: list[ElementModel]
    rows: dy.DataFrame[Models]
    validated: pl.DataFrame


def train(
    talk: dy.DataFrame[Talk],
    acts: dy.DataFrame[Acts],
    scores: dy.DataFrame[Scores],
    elements: dy.DataFrame[Elements],
    people: pl.DataFrame,
    encode: Encode,
    *,
    turns: pl.DataFrame | None = None,
    findings: Findings | None = None,
    gate: Gate | None = None,
    folds: pl.DataFrame | None = None,
    seed: int = 0,
    now: datetime | None = None,
) -> Trained:
    """Models for every element of `elements` (pass those to be trained only).

    `people` has call_id, lead_id and other_id: nobody is on both sides of a cross-validation. `turns` has call_id,
    element and idx: the utterances that raters named as showing the level. `findings` saves analysing the
    calls again. `folds` (element, call_id, fold) are kept to, so that a champion can be judged on the same ones;
    `seed` draws others.
    """
    features = describe(talk, acts, encode, findings=findings)
    words = _words(talk)
    tasks = make_tasks(elements, scores, set(features.calls))
    pointed = _pointed(turns)
    models: list[ElementModel] = []
    validated = [NOTHING_VALIDATED.clear()]
    for shared in _by_calls(tasks):
        learnt = _train_together(shared, features, words, people, pointed, encode, gate or Gate(), folds, seed)
        models += [model for model, _ in learnt]
        validated += [_table(model, seen) for model, seen in learnt if seen]
    rows = [_row(model, now or datetime.now(UTC)) for model in models]
    return Trained(
        models, Models.validate(pl.DataFrame(rows, schema=Models.create_empty().schema)), pl.concat(validated)
    )


def _train_together(
    tasks: list[Task],
    features: Features,
    words: Floats,
    people: pl.DataFrame,
    pointed: dict[str, set[tuple[str, int]]],
    encode: Encode,
    gate: Gate,
    folds: pl.DataFrame | None,
    seed: int,
) -> list[tuple[ElementModel, Validated | None]]:
    """Models of elements that are scored on the same calls, which share what is costly, and their cross-validation."""
    if not tasks[0].levels:
        return [(model, None) for task in tasks for model in by_anchors(task, features, encode)]
    calls = set(tasks[0].levels)
    chosen = np.array([call in calls for call in features.calls])
    known, words = features.take(calls), words[chosen]
    apart = keep_apart(people, known.calls)
    fold = spread_groups(apart.groups, seed=seed, known=_known_folds(folds, tasks[0].uses[0][1], known.calls))
    solver = evidence.Solver(known, fold)
    rows = describe_calls(known)
    learnt: list[tuple[ElementModel, Validated | None]] = []
    for task in tasks:
        learner = Learner(task, known, rows, solver, fold, apart, pointed)
        validated = learner.validate(words)
        learnt += [(model, validated) for model in learner.models(validated, encode, gate)]
    return learnt


def _known_folds(folds: pl.DataFrame | None, element: str, calls: list[str]) -> NDArray[np.int64] | None:
    if folds is None:
        return None
    fold_of = dict(folds.filter(pl.col("element") == element).select("call_id", "fold").iter_rows())
    return np.array([fold_of.get(call, -1) for call in calls], np.int64)


def _by_calls(tasks: list[Task]) -> Iterable[list[Task]]:
    together: dict[tuple[str, ...], list[Task]] = {}
    for task in tasks:
        together.setdefault(tuple(task.levels), []).append(task)
    return together.values()


def _table(model: ElementModel, validated: Validated) -> pl.DataFrame:
    chances = {f"p_{color}": validated.chances[:, level] for level, color in enumerate(LEVELS)}
    rows = {
        "call_id": validated.calls,
        "fold": validated.fold,
        "level": validated.levels,
        "given": validated.given,
    } | chances
    return pl.DataFrame(rows).select(
        pl.lit(model.model_id).alias("model_id"), pl.lit(model.element).alias("element"), pl.all()
    )


def _pointed(turns: pl.DataFrame | None) -> dict[str, set[tuple[str, int]]]:
    if turns is None:
        return {}
    named = turns.group_by("element").agg(pl.struct("call_id", "idx").unique().alias("at"))
    return {element: {(row["call_id"], row["idx"]) for row in at} for element, at in named.iter_rows()}


def _row(model: ElementModel, now: datetime) -> dict[str, object]:
    columns = Models.column_names()
    about = {name: value for name, value in vars(model).items() if name in columns}
    return (
        dict.fromkeys(columns) | about | {k: v for k, v in model.figures.items() if k in columns} | {"trained_at": now}
    )


def _words(talk: dy.DataFrame[Talk]) -> Floats:
    """Hashed words of each call, calls in order: what a keyword spotter would go by."""
    from sklearn.feature_extraction.text import HashingVectorizer

    joined = talk.sort("call_id", "idx").group_by("call_id", maintain_order=True).agg(pl.col("text").str.join(" "))
    counts: Floats = HashingVectorizer(n_features=WORDS, dtype=np.float32).transform(joined["text"].to_list()).toarray()
    return counts
