"""Learner: one element's classifier, judged on held-out people and then learnt from all calls; or made of anchors."""

import hashlib
import json
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.features.features import FEATURES_VERSION, CallRows, Encode, Features, Floats, describe_calls
from models.features.findings import FINDING_KINDS
from models.learning import evidence
from models.learning.element_model import ElementModel
from models.learning.folds import FOLDS, Apart
from models.learning.gate import Gate, Validated, judge, objections, sure_from
from models.learning.tasks import Task
from models.ratings.scores import ENOUGH
from pipeline.tables import LEVELS

TRUST = (
    1.0,
    0.5,
    *(None for _ in FINDING_KINDS),
    2.0,
)  # in what is said, shares of the talk, findings, evidence


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
        from models.learning.classifiers import CLASSIFIERS

        chances = np.zeros((len(self.levels), len(LEVELS)))
        given, by_words = np.zeros((2, len(self.levels)), np.int64)
        for k in range(FOLDS):
            seen, held = self.fold != k, self.fold == k
            rows = self._with_evidence(without=frozenset({k}))
            fitted = self._fit(rows, seen)
            chances[held], given[held] = fitted.predict_proba(rows[held]), fitted.predict(rows[held])
            keyword = CLASSIFIERS["ordinal"]().fit(words[seen], self.levels[seen], self.apart.groups[seen])
            by_words[held] = keyword.predict(words[held])
        return Validated(self.features.calls, self.fold, self.levels, chances, given, by_words, self.apart.what)

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
        from models.learning.classifiers import CLASSIFIERS

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


def by_anchors(task: Task, features: Features, encode: Encode) -> list[ElementModel]:
    """A provisional model without scores: utterances are held against the anchors."""
    from models.learning.classifiers import CLASSIFIERS

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


def _model_id(use: tuple[str, str, str], task: Task, encode: Encode) -> str:
    made_of = json.dumps([*use, task.data_hash, task.basis, FEATURES_VERSION, encode.name, FOLDS, TRUST])
    return f"{use[0]}-{use[1]}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"


def _plain(texts: list[str]) -> list[str]:
    from pipeline.language.text import without_marks

    return pl.DataFrame({"text": texts}).select(without_marks(pl.col("text")))["text"].to_list()
