"""Moments and actions of the reference, found by models that saw none of the people of the call."""

from typing import NamedTuple

import dataframely as dy
import polars as pl

from benchmarks.language.ngram_fit import features, fit_moments, fit_states, written_outcomes
from benchmarks.language.promise_fit import fit_promises, read_material
from benchmarks.language.purposes import purposes_unseen
from benchmarks.language.tagged_units import tagged_exchanges, tagged_reviews, tagged_utterances
from benchmarks.meetings.written import with_learnt
from models.ratings.reference import Reference
from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.moments import moments_of, score_utterances, utterances
from pipeline.language.ngram_model import weights_table
from pipeline.language.promises.reviews import exchanges_of
from pipeline.tables.conversations import Actions, Acts, Purposes, Talk

FOLDS = 5


class CrossValidated(NamedTuple):
    """What was found in the reference talk by models that never met the people of the call.

    exchanges: see `reviews.exchanges_of`; fold: of each call; states: the models of each fold (see `reviews.taken_up`)
    """

    moments: pl.DataFrame
    actions: dy.DataFrame[Actions]
    purposes: dy.DataFrame[Purposes]
    exchanges: pl.DataFrame
    fold: dict[str, int]
    states: list[pl.DataFrame]


def folds(calls: pl.DataFrame, count: int = FOLDS) -> dict[str, int]:
    """The fold of each call, so that no person has calls in two: linked people stay together, large groups first."""
    parent: dict[str, str] = {}

    def root(person: str) -> str:
        while parent.setdefault(person, person) != person:
            person = parent[person]
        return person

    for lead, other in calls.select("lead_id", "other_id").iter_rows():
        parent[root(lead)] = root(other)
    groups: dict[str, list[str]] = {}
    for call_id, lead in calls.select("call_id", "lead_id").sort("call_id").iter_rows():
        groups.setdefault(root(lead), []).append(call_id)
    sizes = [0] * count
    chosen: dict[str, int] = {}
    for group in sorted(groups.values(), key=lambda group: (-len(group), group[0])):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(group)
        chosen |= dict.fromkeys(group, fold)
    return chosen


def cross_validated(reference: Reference, talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> CrossValidated:
    """Moments, actions, purposes and exchanges of `talk` by models trained on the other folds, with punctuation."""
    learnt = with_learnt(reference)
    fold = learnt_folds(reference, learnt)
    of_fold = pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64)
    looking = _looking(learnt, fold)
    parts = [Talk.validate(talk.filter(of_fold == number)) for number in range(FOLDS)]
    scored = [score_utterances(part, weights=weights) for part, weights in zip(parts, looking[:FOLDS], strict=True)]
    learnt_acts = classify_acts(learnt.talk)
    exchanges = looked_back(learnt, learnt_acts, fold)
    found, reviews = tagged_exchanges(learnt, exchanges), tagged_reviews(learnt, exchanges)
    written = written_outcomes()
    states = [
        weights_table(fit_states(found, reviews, [call for call, of in fold.items() if of != number], written))
        for number in range(FOLDS)
    ]
    promised = clauses(learnt.talk, learnt_acts)
    promises, _ = fit_promises(read_material(learnt, promised), fold)
    actions = [
        find_actions(part, Acts.validate(acts.filter(of_fold == number)), weights=promises[number])
        for number, part in enumerate(parts)
    ]
    return CrossValidated(
        pl.concat([moments_of(part) for part in scored]),
        Actions.validate(pl.concat(actions)),
        purposes_unseen(learnt, talk, fold),
        _numbered([exchanges_of(part, acts) for part in scored]),
        fold,
        states,
    )


def learnt_folds(reference: Reference, learnt: Reference) -> dict[str, int]:
    """The folds of the calls of the reference, and as one more, which all others learn from, of those beside them in
    `learnt`."""
    fold = folds(reference.calls)
    return dict.fromkeys(learnt.calls["call_id"], FOLDS) | fold


def looked_back(learnt: Reference, acts: dy.DataFrame[Acts], fold: dict[str, int]) -> pl.DataFrame:
    """The exchanges of its talk (see `reviews.exchanges_of`), by models that saw none of the people of a call."""
    of_fold = pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64)
    parts = [
        score_utterances(Talk.validate(learnt.talk.filter(of_fold == number)), weights=weights)
        for number, weights in enumerate(_looking(learnt, fold))
    ]
    return _numbered([exchanges_of(part, acts) for part in parts])


def _looking(learnt: Reference, fold: dict[str, int]) -> list[pl.DataFrame]:
    """The models of agenda and earlier actions for each fold, from the calls of the others."""
    spoken = utterances(learnt.talk)
    tagged, matrix = tagged_utterances(learnt, spoken), features(spoken)
    return [
        weights_table(fit_moments(tagged, *matrix, [call for call, of in fold.items() if of != number]))
        for number in sorted(set(fold.values()))
    ]


def _numbered(parts: list[pl.DataFrame]) -> pl.DataFrame:
    together = pl.concat(parts).sort("call_id", "idx").drop("row").with_row_index("row")
    return together.select("row", pl.exclude("row"))
