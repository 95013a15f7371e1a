"""What holds back the elements that only five kinds of meeting have, of some seventy scored calls each.

    python -m benchmarks.labels.few

Cross-validated by person, as docs/accuracy/labels.md: as shipped; without the cues of their own; learnt from half as
many calls; if it were known which turns raters named. Writes docs/accuracy/few.md.
"""

from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.page import table
from benchmarks.paths import DOCS, RUBRICS, SCRIPTED
from models.features.cues import read_own_cues
from models.features.encoder import LEXICAL, load_encoder
from models.features.features import Features, Floats, describe, describe_calls
from models.learning import evidence
from models.learning.classifiers import OrdinalRidge
from models.learning.folds import FOLDS, keep_apart, spread_groups
from models.learning.learner import Learner, Material
from models.learning.tasks import Task, make_tasks
from models.learning.train import has_own_cues, noise_of_hearing
from models.ratings.agreement import qwk
from models.ratings.misheard import some_misheard
from models.ratings.reference import Reference, analyse_unseen, load_reference, reference_scores
from models.ratings.reference_acts import acts_of
from models.ratings.rubrics import load_rubrics
from pipeline.settings import Settings

PAGE = DOCS / "accuracy" / "few.md"
DRAWS = 5
HEAD = """# Elements of few calls: what holds them back

Written by `python -m benchmarks.labels.few`: the elements that only negotiations, call planning, coaching sessions,
account and territory reviews have, cross-validated by person, QWK with the raters' median, mean of {draws} draws of the
folds. Raters are language models, which agree with each other at .92 to 1.00 on these elements.

- *as shipped*: as in [labels](labels.md)
- *without own cues*: without the {n} cues that only these elements look at (models/features/cues.yaml), which were
  written from their anchors. Other elements do not look at them
- *from half the calls*: learnt from half as many calls as in *as shipped*: what more calls are worth
- *turns known*: if it were known which turns raters named for the element. More than can be reached: that a call has no
  such turn tells its level, too
- *found*: how often a named turn scores higher as evidence than another one of its call

"""
HEADER = ["element", "as shipped", "without own cues", "from half the calls", "turns known", "found"]


class Trial(NamedTuple):
    """One element on one draw of the folds, by the features it is learnt with; which turns raters named."""

    learner: Learner
    named: NDArray[np.bool_]


def main() -> None:
    """Measure and write the page."""
    reference, scores, elements = load_reference(SCRIPTED), reference_scores(SCRIPTED), load_rubrics(RUBRICS)
    acts = acts_of(reference.talk, SCRIPTED)
    findings = analyse_unseen(reference, reference.talk, acts)
    encode = load_encoder(Settings(encoder=LEXICAL))
    features = describe(reference.talk, acts, encode, findings=findings)
    noise = noise_of_hearing(some_misheard(reference.talk, SCRIPTED), encode)
    uses = elements.group_by("element").agg(pl.col("rubric"))
    own = uses.filter(pl.col("rubric").list.len() == 1)["element"]
    tasks = make_tasks(elements, scores, set(features.calls))
    rows = [_row(task, reference, features, noise) for task in tasks if has_own_cues(task) and task.uses[0][1] in own]
    means = ["**mean**", *(float(np.mean(column)) for column in list(zip(*rows, strict=True))[1:])]
    text = HEAD.format(n=len(read_own_cues().cues), draws=DRAWS)
    text += table(HEADER, [*sorted(rows, key=lambda row: row[1]), means])
    PAGE.write_text(text, encoding="utf-8")
    print(text)


def _row(task: Task, reference: Reference, features: Features, noise: Floats) -> list[str | float]:
    """The figures of one element: means over draws."""
    figures = []
    for seed in range(DRAWS):
        shipped, without = (_trial(task, reference, known, noise, seed) for known in (features, features.without_own()))
        figures.append(
            (
                _agreement(shipped.learner),
                _agreement(without.learner),
                _agreement(shipped.learner, learnt_from=2),
                _agreement(shipped.learner, known=shipped.named),
                _found(shipped),
            )
        )
    return [task.uses[0][1], *np.mean(figures, axis=0).tolist()]


def _trial(task: Task, reference: Reference, features: Features, noise: Floats, seed: int) -> Trial:
    known, name = features.take(set(task.levels)), task.uses[0][1]
    at = set(reference.turns.filter(element=name).select("call_id", "idx").rows())
    call_of = np.repeat(known.calls, np.diff(known.starts)).tolist()
    named = np.array([turn in at for turn in zip(call_of, known.idx.tolist(), strict=True)])
    apart = keep_apart(reference.calls, known.calls)
    fold = spread_groups(apart.groups, seed=seed)
    nothing = np.zeros((len(known.calls), 0), np.float32)
    solver = evidence.Solver(known, fold, noise=noise)
    material = Material(known, describe_calls(known), nothing, solver, fold, apart)
    return Trial(Learner(task, material, {name: at}), named)


def _agreement(learner: Learner, *, learnt_from: int = FOLDS - 1, known: NDArray[np.bool_] | None = None) -> float:
    """QWK of calls judged by models that saw none of their people; `learnt_from`: of how many of the other folds;
    `known`: which turns were named, in place of what is foretold."""
    given = np.zeros(len(learner.levels), np.int64)
    rows_without = learner.with_evidence if known is None else partial(_with_known, learner, known)
    for k in range(FOLDS):
        unseen = frozenset({k} | {(k + step) % FOLDS for step in range(learnt_from + 1, FOLDS)})
        seen, held = np.flatnonzero(~np.isin(learner.fold, list(unseen))), np.flatnonzero(learner.fold == k)
        rows = rows_without(unseen).astype(np.float64)
        model = OrdinalRidge(learner.blocks).fit(rows[seen], learner.levels[seen], learner.apart.groups[seen])
        given[held] = model.predict(rows[held])
    return qwk(learner.levels, given)


def _with_known(learner: Learner, named: NDArray[np.bool_], without: frozenset[int]) -> Floats:
    """The rows of calls, the turns that were named in place of those that are foretold."""
    scores = learner.turn_scores(without)
    scores[:, 0] = named
    return np.hstack([learner.rows, evidence.pool(evidence.pad(scores, learner.features.starts))])


def _found(trial: Trial) -> float:
    """How often a named turn scores higher than another one of its call."""
    scores, starts = trial.learner.turn_scores()[:, 0], trial.learner.features.starts
    calls = [slice(start, end) for start, end in pairwise(starts)]
    mixed = [call for call in calls if 0 < trial.named[call].sum() < len(trial.named[call])]
    return float(np.mean([roc_auc_score(trial.named[call], scores[call]) for call in mixed]))


if __name__ == "__main__":
    main()
