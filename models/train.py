"""Train: a classifier for every element from scores, cross-validated by people, and the gate it must pass."""

import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import evidence
from models.features import FEATURES_VERSION, CallRows, Encode, Features, Floats, describe, describe_calls
from models.folds import FOLDS, Apart, keep_apart, spread_groups
from models.found import KINDS, Found
from models.gate import Gate, Validated, judge, objections, sure_from
from models.saved import ElementModel
from models.scores import ENOUGH
from pipeline.tables import LEVELS, Acts, Elements, Models, Scores, Talk

log = logging.getLogger(__name__)

TRUST = (1.0, 0.5, *(None for _ in KINDS), 2.0)  # in what is said, how the talk is divided, what was found, evidence
WORDS = 2048


_VALIDATED = pl.DataFrame(
    schema={"model_id": pl.String, "element": pl.String, "call_id": pl.String, "fold": pl.Int64, "level": pl.Int64}
    | dict.fromkeys((f"p_{color}" for color in LEVELS), pl.Float64)
)


class Trained(NamedTuple):
    """The models, their rows for the table, and what the cross-validation said of every call.

    validated: model_id, element, call_id, fold, level (the raters' median), p_red, p_orange, p_yellow, p_green
    """

    models: list[ElementModel]
    rows: dy.DataFrame[Models]
    validated: pl.DataFrame


class Task(NamedTuple):
    """One element to learn: its uses (rubric, element, rubric_hash), the calls' levels, raters' scores, basis."""

    uses: tuple[tuple[str, str, str], ...]
    anchors: tuple[str, ...]
    levels: dict[str, int]
    ratings: NDArray[np.float64]
    basis: str
    data_hash: str


def train(
    talk: dy.DataFrame[Talk],
    acts: dy.DataFrame[Acts],
    scores: dy.DataFrame[Scores],
    elements: dy.DataFrame[Elements],
    people: pl.DataFrame,
    encode: Encode,
    *,
    turns: pl.DataFrame | None = None,
    found: Found | None = None,
    gate: Gate | None = None,
    folds: pl.DataFrame | None = None,
    seed: int = 0,
    now: datetime | None = None,
) -> Trained:
    """Models for every element of `elements` (pass those to be trained only).

    `people` has call_id, lead_id and other_id: nobody is on both sides of a cross-validation. `turns` has call_id,
    element and idx: the utterances that raters named as showing the level. `found` saves finding again what the steps
    before found. `folds` (call_id, fold) are kept to, so that a champion can be judged on the same ones; `seed` draws
    others.
    """
    features = describe(talk, acts, encode, found=found)
    words = _words(talk)
    tasks = make_tasks(elements, scores, set(features.calls))
    pointed = _pointed(turns)
    models: list[ElementModel] = []
    validated = [_VALIDATED.clear()]
    for shared in _by_calls(tasks):
        learnt = _train_together(shared, features, words, people, pointed, encode, gate or Gate(), folds, seed)
        models += [model for model, _ in learnt]
        validated += [_table(model, seen) for model, seen in learnt if seen]
    rows = [_row(model, now or datetime.now(UTC)) for model in models]
    return Trained(
        models, Models.validate(pl.DataFrame(rows, schema=Models.create_empty().schema)), pl.concat(validated)
    )


def make_tasks(elements: dy.DataFrame[Elements], scores: dy.DataFrame[Scores], calls: set[str]) -> list[Task]:
    """What is to be learnt: elements with the same name and anchors learn together from all rubrics that use them."""
    tasks = []
    key = ["element", *LEVELS, "where"]
    for name, uses in elements.sort("rubric", "position").group_by(key, maintain_order=True):
        used = uses.select("rubric", "element", "rubric_hash")
        given = scores.join(used, on=used.columns, how="semi").filter(pl.col("call_id").is_in(calls))
        by_people = given.filter(rater_kind="person")
        enough = by_people["call_id"].n_unique() >= ENOUGH
        given = (by_people if enough else given).sort("call_id", "rater")
        wide = given.pivot("rater", index="call_id", values="level", sort_columns=True).sort("call_id")
        ratings = wide.drop("call_id").cast(pl.Float64).fill_null(float("nan")).to_numpy()
        medians = given.group_by("call_id").agg((pl.col("level").median() + 0.5).floor().cast(pl.Int64)).sort("call_id")
        levels = dict(medians.iter_rows()) if medians.height >= ENOUGH else {}
        basis = ("people" if enough else "reference") if levels else "anchors"
        hashed = hashlib.sha256(given.select("call_id", "rater", "level").write_csv().encode()).hexdigest()[:16]
        tasks.append(Task(tuple(used.rows()), tuple(map(str, name[1:5])), levels, ratings, basis, hashed))
    return tasks


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
        return [(model, None) for task in tasks for model in _by_anchors(task, features, encode)]
    calls = set(tasks[0].levels)
    chosen = np.array([call in calls for call in features.calls])
    known, words = features.take(calls), words[chosen]
    apart = keep_apart(people, known.calls)
    fold = spread_groups(apart.groups, seed=seed, known=_known_folds(folds, known.calls))
    solver = evidence.Solver(known, fold)
    rows = describe_calls(known)
    learnt: list[tuple[ElementModel, Validated | None]] = []
    for task in tasks:
        learner = Learner(task, known, rows, solver, fold, apart, pointed)
        validated = learner.validate(words)
        learnt += [(model, validated) for model in learner.models(validated, encode, gate)]
    return learnt


def _known_folds(folds: pl.DataFrame | None, calls: list[str]) -> NDArray[np.int64] | None:
    if folds is None:
        return None
    fold_of = dict(folds.select("call_id", "fold").iter_rows())
    return np.array([fold_of.get(call, -1) for call in calls], np.int64)


class Learner:
    """What learning one element needs at hand, for its cross-validation and for the model itself."""

    def __init__(
        self,
        task: Task,
        features: Features,
        rows: CallRows,
        solver: evidence.Solver,
        fold: NDArray[np.int64],
        apart: Apart,
        pointed: dict[str, set[tuple[str, int]]],
    ) -> None:
        self.task = task
        self.features = features
        self.rows = rows.rows
        self.blocks = tuple(zip((*rows.blocks, evidence.POOLED), TRUST, strict=True))
        self.solver = solver
        self.fold = fold
        self.apart = apart
        self.levels = np.array([task.levels[call] for call in features.calls])
        self.targets = evidence.targets(features, task.levels, pointed.get(task.uses[0][1], set()))

    def validate(self, words: Floats) -> Validated:
        """Every call judged by models that saw none of its people; the same folds judge by the words alone."""
        from models.classifiers import CLASSIFIERS

        chances = np.zeros((len(self.levels), len(LEVELS)))
        by_words = np.zeros(len(self.levels), np.int64)
        for k in range(FOLDS):
            seen, held = self.fold != k, self.fold == k
            rows = self._with_evidence(without=frozenset({k}))
            chances[held] = self._fit(rows, seen).predict_proba(rows[held])
            keyword = CLASSIFIERS["ordinal"]().fit(words[seen], self.levels[seen], self.apart.groups[seen])
            by_words[held] = keyword.predict(words[held])
        return Validated(self.features.calls, self.fold, self.levels, chances, by_words, self.apart.what)

    def models(self, validated: Validated, encode: Encode, gate: Gate) -> list[ElementModel]:
        """The model learnt from all calls, once for each rubric that uses the element."""
        classifier = self._fit(self._with_evidence(), np.ones(len(self.levels), bool))
        weights = self.solver.solve(self.targets)
        figures = judge(validated, self.task.ratings)
        reasons = tuple(objections(figures, gate))
        return [
            ElementModel(
                model_id=_model_id(use, self.task, encode),
                rubric=use[0],
                element=use[1],
                rubric_hash=use[2],
                features_version=FEATURES_VERSION,
                encoder=encode.name,
                basis=self.task.basis,
                gate="failed" if reasons else "passed",
                sure=sure_from(validated),
                data_hash=self.task.data_hash,
                weights=weights,
                classifier=classifier,
                reasons=reasons,
                figures=figures,
            )
            for use in self.task.uses
        ]

    def _fit(self, rows: Floats, seen: NDArray[np.bool_]) -> Any:
        from models.classifiers import CLASSIFIERS

        classifier = CLASSIFIERS["ordinal"](blocks=self.blocks)
        return classifier.fit(rows[seen], self.levels[seen], self.apart.groups[seen])

    def _with_evidence(self, without: frozenset[int] = frozenset()) -> Floats:
        """Call rows in which the evidence of each call is scored by weights that had not seen its fold."""
        scores = np.zeros((len(self.features.utterances), evidence.TARGETS), np.float32)
        for k in range(FOLDS):
            part = self.solver.fold == k
            weights = self.solver.solve(self.targets, without | {k})
            scores[part] = self.features.utterances[part] @ weights[:-1] + weights[-1]
        return np.hstack([self.rows, evidence.pool(evidence.pad(scores, self.features.starts))])


def _by_anchors(task: Task, features: Features, encode: Encode) -> list[ElementModel]:
    """A provisional model without scores: utterances are held against the anchors."""
    from models.classifiers import CLASSIFIERS

    anchors = encode(_plain(list(task.anchors)))
    weights = np.zeros((features.utterances.shape[1] + 1, evidence.TARGETS), np.float32)
    weights[: anchors.shape[1], 1:] = anchors.T
    weights[: anchors.shape[1], 0] = anchors[1:].mean(axis=0)
    figures = {"n_train": len(task.levels), "n_raters": task.ratings.shape[1]}
    classifier = CLASSIFIERS["anchors"](first=sum(describe_calls(features).blocks) + 4 + evidence.TARGETS + 1).fit()
    return [
        ElementModel(
            model_id=_model_id(use, task, encode),
            rubric=use[0],
            element=use[1],
            rubric_hash=use[2],
            features_version=FEATURES_VERSION,
            encoder=encode.name,
            basis="anchors",
            gate="too_few_scores",
            sure=1.0,
            data_hash=task.data_hash,
            weights=weights,
            classifier=classifier,
            kind="anchors",
            reasons=(f"fewer than {ENOUGH} scored calls",),
            figures=figures,
        )
        for use in task.uses
    ]


def _by_calls(tasks: list[Task]) -> Iterable[list[Task]]:
    together: dict[tuple[str, ...], list[Task]] = {}
    for task in tasks:
        together.setdefault(tuple(task.levels), []).append(task)
    return together.values()


def _table(model: ElementModel, validated: Validated) -> pl.DataFrame:
    chances = {f"p_{color}": validated.chances[:, level] for level, color in enumerate(LEVELS)}
    rows = {"call_id": validated.calls, "fold": validated.fold, "level": validated.levels} | chances
    return pl.DataFrame(rows).select(
        pl.lit(model.model_id).alias("model_id"), pl.lit(model.element).alias("element"), pl.all()
    )


def _pointed(turns: pl.DataFrame | None) -> dict[str, set[tuple[str, int]]]:
    if turns is None:
        return {}
    named = turns.group_by("element").agg(pl.struct("call_id", "idx").unique().alias("at"))
    return {element: {(row["call_id"], row["idx"]) for row in at} for element, at in named.iter_rows()}


def _model_id(use: tuple[str, str, str], task: Task, encode: Encode) -> str:
    made_of = json.dumps([*use, task.data_hash, task.basis, FEATURES_VERSION, encode.name, FOLDS, TRUST])
    return f"{use[0]}-{use[1]}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"


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


def _plain(texts: list[str]) -> list[str]:
    from models.cues import plain

    return pl.DataFrame({"text": texts}).select(plain(pl.col("text")))["text"].to_list()
