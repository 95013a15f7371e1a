"""Learner: one element's classifier, judged on held-out people and then learnt from all calls; or made of anchors."""

import hashlib
import json
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.features.features import FEATURES_VERSION, CallRows, Encode, Features, Floats, describe_calls
from models.features.findings import FINDING_KINDS
from models.learning import evidence
from models.learning.champion import Compared, earns_use
from models.learning.element_model import OTHER_RUBRICS, ElementModel
from models.learning.folds import FOLDS, Apart
from models.learning.gate import Gate, Validated, judge, objections, sure_from
from models.learning.sources import Sources
from models.learning.tasks import REFERENCE, Task, Use
from models.learning.word_score import Words
from models.ratings.scores import MIN_SCORED_CALLS
from pipeline.tables.values import LEVELS

TRUST = (
    1.0,
    0.5,
    *(None for _ in FINDING_KINDS),
    2.0,
)  # in what is said, shares of the talk, findings, evidence


class Found(NamedTuple):
    """What learning one element came to: its models, and why people's scores are not used where they are not.

    refused: rubrics that what was learnt may not serve, and why
    beside: the models that these would have had, with the reason
    """

    models: list[ElementModel]
    validated: Validated | None
    refused: dict[str, Compared]
    beside: list[ElementModel]


class Material(NamedTuple):
    """What elements that are scored on the same calls share: what is known of the calls and who is kept apart; `said`
    are their words where people scored so many calls that words can tell."""

    features: Features
    rows: CallRows
    words: Floats
    solver: evidence.Solver
    fold: NDArray[np.int64]
    apart: Apart
    said: Words | None = None


class Learner:
    """What learning one element needs at hand, for its cross-validation and for the model itself."""

    def __init__(self, task: Task, material: Material, pointed: dict[str, set[tuple[str, int]]]) -> None:
        self.task = task
        self.features, self.words, self.solver = material.features, material.words, material.solver
        self.fold, self.apart, self.rows = material.fold, material.apart, material.rows.rows
        self.said = material.said
        by_words = ((1, None),) if self.said else ()
        known = zip(material.rows.blocks, TRUST[:-1], strict=True)
        self.blocks = (*known, *by_words, (evidence.POOLED, TRUST[-1]))
        calls = self.features.calls
        self.levels = np.array([task.levels[call] for call in calls])
        values = np.array([task.values[call] for call in calls])
        self.rubric = np.array([task.rubrics.get(call, "") for call in calls], dtype=np.str_)
        earlier = np.array([call in task.earlier for call in calls], bool)
        self.sources = Sources(self.levels, values, self.rubric != "", self.apart.groups, earlier)
        wanted = evidence.targets(self.features, task.levels, pointed.get(task.uses[0][1], set()))
        self.products = self.solver.products(wanted)

    def learn(self, encode: Encode, gate: Gate, keywords: Floats) -> Found:
        """Judge the element by cross-validation and learn it from all calls, once for each rubric that may use it."""
        validated = self.validate(keywords)
        people = self.sources.people
        verdicts = {}
        if people.any():
            rubrics = tuple(use[0] for use in self.task.uses)
            verdicts = earns_use(validated.take(people), self.task.ratings[people], rubrics)
        refused = {rubric: verdict for rubric, verdict in verdicts.items() if not verdict.better}
        models = self._models(validated, encode, gate)
        beside = [
            replace(model, gate="failed", reasons=(refused[model.rubric].reason, *model.reasons))
            for model in models
            if model.rubric in refused
        ]
        return Found([model for model in models if model.rubric not in refused], validated, refused, beside)

    def validate(self, keywords: Floats) -> Validated:
        """Every call judged by models that saw none of its people; the same folds judge by the words alone."""
        from models.learning.classifiers import CLASSIFIERS

        n_calls = len(self.levels)
        chances = np.zeros((n_calls, len(LEVELS)))
        given, in_use, by_words, by_keywords = np.zeros((4, n_calls), np.int64)
        said = (abs(self.words) * (keywords != 0)).sum(axis=1, keepdims=True)
        for k in range(FOLDS):
            seen, held = np.flatnonzero(self.fold != k), np.flatnonzero(self.fold == k)
            rows = self.with_evidence(without=frozenset({k}))
            fitted, plain = self._fit(rows, seen)
            chances[held], given[held] = fitted.predict_proba(rows[held]), fitted.predict(rows[held])
            frequent = np.bincount(self.levels[seen]).argmax()
            in_use[held] = plain.predict(rows[held]) if plain else frequent
            groups = self.apart.groups[seen]
            for judged, by in ((by_words, self.words), (by_keywords, said)):
                judged[held] = CLASSIFIERS["ordinal"]().fit(by[seen], self.levels[seen], groups).predict(by[held])
        if limit := self.task.limit:
            limited = limit.holds(self.features)
            chances = limit.chances(chances, limited)
            given, in_use = (limit.levels(levels, limited) for levels in (given, in_use))
        return Validated(
            self.features.calls, self.fold, self.levels, chances, given, by_words, by_keywords, in_use, self.rubric,
            self.apart.groups, self.apart.what,
        )  # fmt: skip

    def _models(self, validated: Validated, encode: Encode, gate: Gate) -> list[ElementModel]:
        """The model learnt from all calls, once for each use."""
        classifier, _ = self._fit(self.with_evidence(), np.arange(len(self.levels)))
        weights = self.solver.solve(self.products)
        words = self.said.learn(self.sources.values) if self.said else None
        judged = validated.take(self._judged_on(None))
        sure = sure_from(judged.levels, judged.chances, judged.given)
        models = []
        for use in self.task.uses:
            rows = self._judged_on(use[0])
            figures = judge(validated.take(rows), self.task.ratings[rows]) | self._counts(use[0])
            reasons = tuple(objections(figures, gate))
            models.append(
                ElementModel(
                    model_id=_model_id(use, self.task, encode, by_words=words is not None),
                    rubric=use[0],
                    element=use[1],
                    rubric_hash=use[2],
                    features_version=FEATURES_VERSION,
                    encoder=encode.name,
                    basis=self._basis(use[0]),
                    gate="failed" if reasons else "passed",
                    sure=sure,
                    data_hash=self.task.data_hash,
                    weights=weights,
                    classifier=classifier,
                    reasons=reasons,
                    figures=figures,
                    words=words,
                )
            )
        return models

    def _judged_on(self, rubric: str | None) -> NDArray[np.bool_]:
        """The calls by which the model is judged for a rubric: those that people scored by it, if they are enough, else
        those that people scored by any; all where nobody did."""
        people = self.sources.people
        here: NDArray[np.bool_] = self.rubric == rubric
        if here.sum() >= MIN_SCORED_CALLS:
            return here
        return people if people.any() else np.ones(len(people), bool)

    def _basis(self, rubric: str) -> str:
        people = self.sources.people
        if people.any() and (self.rubric == rubric).sum() < MIN_SCORED_CALLS:
            return OTHER_RUBRICS
        return self.task.basis

    def _counts(self, rubric: str) -> dict[str, int]:
        """Calls learnt from: all, those that people scored, those by this rubric, the reference's, and those scored by
        an earlier wording that meant something else."""
        beside = int(self.sources.reference.sum())
        by_today = beside if self.task.beside == REFERENCE else 0
        return {
            "n_train": len(self.levels),
            "n_people": int(self.sources.people.sum()),
            "n_people_here": int((self.rubric == rubric).sum()),
            "n_reference": by_today,
            "n_earlier": int(self.sources.earlier.sum()) + beside - by_today,
        }

    def _fit(self, rows: Floats, seen: NDArray[np.int64]) -> tuple[Any, Any]:
        """What is learnt from the calls `seen`, and what the reference alone says, None where there is none."""
        from models.learning.classifiers import CLASSIFIERS
        from models.learning.sources import fit_sources

        sources = self.sources.take(seen)
        ridge = CLASSIFIERS["ordinal"](blocks=self.blocks)
        if sources.people.any() and not sources.people.all():
            return fit_sources(rows[seen].astype(np.float64), sources, ridge)
        fitted = ridge.fit(rows[seen], sources.levels, sources.groups)
        return fitted, None if sources.people.any() else fitted

    def with_evidence(self, without: frozenset[int] = frozenset()) -> Floats:
        """Call rows in which evidence and words of each call are scored by weights that had not seen its fold."""
        pooled = evidence.pool(evidence.pad(self.turn_scores(without), self.features.starts))
        by_words = [self.said.unseen(self.sources.values, without)] if self.said else []
        return np.hstack([self.rows, *by_words, pooled])

    def turn_scores(self, without: frozenset[int] = frozenset()) -> Floats:
        """How strongly each turn is evidence, by weights that saw neither the folds `without` nor the turn's own."""
        return evidence.unseen_scores(self.features, self.solver, self.products, without)


def by_anchors(task: Task, features: Features, encode: Encode) -> Found:
    """A provisional model without scores: utterances are held against the anchors."""
    from models.learning.classifiers import CLASSIFIERS

    anchors = encode(_plain(list(task.anchors)))
    weights = np.zeros((features.utterances.shape[1] + 1, evidence.TARGETS), np.float32)
    weights[: anchors.shape[1], 1:] = anchors.T
    weights[: anchors.shape[1], 0] = anchors[1:].mean(axis=0)
    figures = {"n_train": len(task.levels), "n_raters": task.ratings.shape[1]}
    classifier = CLASSIFIERS["anchors"](first=sum(describe_calls(features).blocks) + 4 + evidence.TARGETS + 1).fit()
    models = [
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
            reasons=(f"fewer than {MIN_SCORED_CALLS} scored calls",),
            figures=figures,
        )
        for use in task.uses
    ]
    return Found(models, None, {}, [])


def _model_id(use: Use, task: Task, encode: Encode, *, by_words: bool = False) -> str:
    made_by = [FEATURES_VERSION, encode.name, FOLDS, TRUST, *(["words"] if by_words else [])]
    made_of = json.dumps([*use, task.model_hash, task.basis, *made_by])
    return f"{use[0]}-{use[1]}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"


def _plain(texts: list[str]) -> list[str]:
    from pipeline.language.text import plain

    return pl.DataFrame({"text": texts}).select(plain(pl.col("text")))["text"].to_list()
