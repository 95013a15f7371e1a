"""Moments and actions of the reference, found by models that saw none of the people of the call."""

from typing import NamedTuple

import dataframely as dy
import polars as pl

from benchmarks.language.ngram_fit import features, fit_moments, fit_states, written_outcomes
from benchmarks.language.promise_fit import fit_promises, read_material
from benchmarks.language.purposes import purposes_unseen
from benchmarks.language.tagged_units import tagged_exchanges, tagged_reviews, tagged_utterances
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
    fold = folds(reference.calls)
    of_fold = pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64)
    looking = _looking(reference, fold)
    parts = [Talk.validate(talk.filter(of_fold == number)) for number in range(FOLDS)]
    scored = [score_utterances(part, weights=weights) for part, weights in zip(parts, looking, strict=True)]
    exchanges = looked_back(reference, reference.talk, fold)
    found, reviews = tagged_exchanges(reference, exchanges), tagged_reviews(reference, exchanges)
    written = written_outcomes()
    states = [
        weights_table(fit_states(found, reviews, [call for call, of in fold.items() if of != number], written))
        for number in range(FOLDS)
    ]
    promised = clauses(reference.talk, classify_acts(reference.talk))
    promises, _ = fit_promises(read_material(reference, promised), fold)
    actions = [
        find_actions(part, Acts.validate(acts.filter(of_fold == number)), weights=promises[number])
        for number, part in enumerate(parts)
    ]
    return CrossValidated(
        pl.concat([moments_of(part) for part in scored]),
        Actions.validate(pl.concat(actions)),
        purposes_unseen(reference, talk, fold),
        _numbered([exchanges_of(part) for part in scored]),
        fold,
        states,
    )


def looked_back(reference: Reference, talk: dy.DataFrame[Talk], fold: dict[str, int]) -> pl.DataFrame:
    """The exchanges of `talk` (see `reviews.exchanges_of`), scored by models that saw none of the people of a call."""
    of_fold = pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64)
    parts = [
        score_utterances(Talk.validate(talk.filter(of_fold == number)), weights=weights)
        for number, weights in enumerate(_looking(reference, fold))
    ]
    return _numbered([exchanges_of(part) for part in parts])


def _looking(reference: Reference, fold: dict[str, int]) -> list[pl.DataFrame]:
    """The models of agenda and earlier actions for each fold, from the calls of the others."""
    spoken = utterances(reference.talk)
    tagged, matrix = tagged_utterances(reference, spoken), features(spoken)
    return [
        weights_table(fit_moments(tagged, *matrix, [call for call, of in fold.items() if of != number]))
        for number in range(FOLDS)
    ]


def _numbered(parts: list[pl.DataFrame]) -> pl.DataFrame:
    together = pl.concat(parts).sort("call_id", "idx").drop("row").with_row_index("row")
    return together.select("row", pl.exclude("row"))
