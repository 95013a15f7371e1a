"""What holds back the elements that only five kinds of meeting have, of 36 to 38 scored calls each.

    python -m benchmarks.labels.few

Cross-validated by person, as docs/accuracy/labels.md: as shipped; if it were known which turns raters named; with
phrases written for these elements (tried_cues.yaml, which the product does not use). Writes docs/accuracy/few.md.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.page import table
from benchmarks.paths import DOCS, RUBRICS, SCRIPTED
from models.features.cues import with_words
from models.features.encoder import LEXICAL, load_encoder
from models.features.features import Features, Floats, describe, describe_calls
from models.learning import evidence
from models.learning.classifiers import OrdinalRidge
from models.learning.folds import FOLDS, keep_apart, spread_groups
from models.learning.learner import Learner, Material
from models.learning.tasks import Task, make_tasks
from models.ratings.agreement import qwk
from models.ratings.reference import Reference, analyse_unseen, load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.language.text import plain
from pipeline.settings import Settings

PAGE = DOCS / "accuracy" / "few.md"
KINDS = ("negotiation_call", "call_planning", "coaching_session", "account_review", "territory_review")
DRAWS, STIFFER = 3, 2000.0
HEAD = """# Elements of few calls: what holds them back

Written by `python -m benchmarks.labels.few`: the elements that only negotiations, call planning, coaching sessions,
account and territory reviews have, cross-validated by person, QWK with the raters' median, mean of three draws of the
folds. Raters are language models, which agree with each other at .92 to 1.00 on these elements.

- *as shipped*: as in [labels](labels.md)
- *turns known*: if it were known which turns raters named for the element. More than can be reached: that a call has no
  such turn tells its level, too
- *phrases*: with {n} phrases written for these elements from the anchors alone; the product does not have them
- *phrases, stiffer*: the same, with less trust in what single turns teach about evidence, and without findings.
  Some ten settings were tried on these folds before this one, so it flatters a little
- *found*: how often a named turn scores higher as evidence than another one of its call, as shipped, then with phrases

The cues of the product (models/features/cues.yaml) were written for the elements of other meetings; none is about what
these are about. Phrases help by what they say of a call as a whole, not by finding the turns: that is as good without.
"""


class Trial(NamedTuple):
    """One element on one draw of the folds, by the features it is learnt with."""

    learner: Learner
    named: NDArray[np.bool_]


def main() -> None:
    """Measure and write the page."""
    reference, scores, elements = load_reference(SCRIPTED), reference_scores(SCRIPTED), load_rubrics(RUBRICS)
    acts = acts_of(reference.talk, SCRIPTED)
    findings = analyse_unseen(reference, reference.talk, acts)
    shipped = describe(reference.talk, acts, load_encoder(Settings(encoder=LEXICAL)), findings=findings)
    phrases = with_words(yaml.safe_load(Path(__file__).with_name("tried_cues.yaml").read_text(encoding="utf-8")))
    richer = with_phrases(shipped, reference, phrases)
    uses = elements.group_by("element").agg(pl.col("rubric"))
    own = uses.filter(pl.col("rubric").list.len() == 1, pl.col("rubric").list.first().is_in(KINDS))["element"]
    tasks = [task for task in make_tasks(elements, scores, set(shipped.calls)) if task.uses[0][1] in own]
    rows = [_row(task, reference, shipped, richer) for task in tasks]
    header = ["element", "as shipped", "turns known", "phrases", "phrases, stiffer", "found", "found with phrases"]
    means = ["**mean**", *(float(np.mean(column)) for column in list(zip(*rows, strict=True))[1:])]
    text = HEAD.format(n=len(phrases)) + "\n" + table(header, [*sorted(rows, key=lambda row: row[1]), means])
    PAGE.write_text(text, encoding="utf-8")
    print(text)


def with_phrases(features: Features, reference: Reference, phrases: dict[str, str]) -> Features:
    """The features with the phrases beside the cues: in the turn, in the lead's, before and after, and in the means."""
    words = reference.talk.sort("call_id", "idx").select(plain(pl.col("text")).alias("plain"))
    counts = [pl.col("plain").str.count_matches(phrase).clip(0, 2).alias(name) for name, phrase in phrases.items()]
    said = words.select(counts).to_numpy().astype(np.float32)
    first = np.isin(np.arange(len(said)), features.starts)[:, None]
    before = np.roll(said, 1, axis=0) * ~first
    after = np.roll(said, -1, axis=0) * ~np.roll(first, -1, axis=0)
    blocks = ((said * features.groups[:, :1], 1.0), (before, 0.7), (after, 0.7))
    trust = [np.full(said.shape[1], weight, np.float32) for weight in (1.0, *(weight for _, weight in blocks))]
    return features._replace(
        utterances=np.hstack([said, features.utterances, *(block for block, _ in blocks)]).astype(np.float32),
        trust=np.concatenate([trust[0], features.trust, *trust[1:]]),
        pooled=features.pooled + said.shape[1],
    )


def _row(task: Task, reference: Reference, shipped: Features, richer: Features) -> list[str | float]:
    """The figures of one element: means over draws."""
    figures = []
    for seed in range(DRAWS):
        plain_, rich = (_trial(task, reference, features, seed) for features in (shipped, richer))
        known = np.where(plain_.named, 1.0, 0.0)
        turns_known = partial(_pooled, plain_.learner, known=known)
        stiffer = partial(_pooled, rich.learner, stiffness=STIFFER)
        figures.append(
            (
                _agreement(plain_.learner, plain_.learner.with_evidence),
                _agreement(plain_.learner, turns_known),
                _agreement(rich.learner, rich.learner.with_evidence),
                _agreement(rich.learner, stiffer, findings=False),
                *(_found(trial) for trial in (plain_, rich)),
            )
        )
    return [task.uses[0][1], *np.mean(figures, axis=0).tolist()]


def _trial(task: Task, reference: Reference, features: Features, seed: int) -> Trial:
    known, name = features.take(set(task.levels)), task.uses[0][1]
    at = set(reference.turns.filter(element=name).select("call_id", "idx").rows())
    call_of = np.repeat(known.calls, np.diff(known.starts)).tolist()
    named = np.array([turn in at for turn in zip(call_of, known.idx.tolist(), strict=True)])
    apart = keep_apart(reference.calls, known.calls)
    fold = spread_groups(apart.groups, seed=seed)
    nothing = np.zeros((len(known.calls), 0), np.float32)
    material = Material(known, describe_calls(known), nothing, evidence.Solver(known, fold), fold, apart)
    return Trial(Learner(task, material, {name: at}), named)


def _agreement(learner: Learner, rows_without: Callable[[frozenset[int]], Floats], *, findings: bool = True) -> float:
    """QWK of calls judged by models that saw none of their people."""
    given = np.zeros(len(learner.levels), np.int64)
    blocks = tuple((width, trust if findings or trust else 0.0) for width, trust in learner.blocks)
    for k in range(FOLDS):
        seen, held = np.flatnonzero(learner.fold != k), np.flatnonzero(learner.fold == k)
        rows = rows_without(frozenset({k})).astype(np.float64)
        model = OrdinalRidge(blocks).fit(rows[seen], learner.levels[seen], learner.apart.groups[seen])
        given[held] = model.predict(rows[held])
    return qwk(learner.levels, given)


def _evidence(learner: Learner, without: frozenset[int], stiffness: float) -> Floats:
    """The scores of turns by weights that saw neither the folds `without` nor the turn's own."""
    solver = evidence.Solver(learner.features, learner.fold, stiffness=stiffness)
    scores = np.zeros((len(learner.features.utterances), evidence.TARGETS), np.float32)
    for k in range(FOLDS):
        weights = solver.solve(learner.products, without | {k})
        part = solver.fold == k
        scores[part] = learner.features.utterances[part] @ weights[:-1] + weights[-1]
    return scores


def _pooled(
    learner: Learner,
    without: frozenset[int],
    *,
    stiffness: float = evidence.STIFFNESS,
    known: NDArray[np.float64] | None = None,
) -> Floats:
    """The rows of calls by other evidence; `known`: which turns were named, in place of what is foretold."""
    scores = _evidence(learner, without, stiffness)
    if known is not None:
        scores[:, 0] = known
    return np.hstack([learner.rows, evidence.pool(evidence.pad(scores, learner.features.starts))])


def _found(trial: Trial) -> float:
    """How often a named turn scores higher than another one of its call."""
    scores = _evidence(trial.learner, frozenset(), evidence.STIFFNESS)[:, 0]
    starts = trial.learner.features.starts
    calls = [slice(start, end) for start, end in pairwise(starts)]
    mixed = [call for call in calls if 0 < trial.named[call].sum() < len(trial.named[call])]
    return float(np.mean([roc_auc_score(trial.named[call], scores[call]) for call in mixed]))


if __name__ == "__main__":
    main()
