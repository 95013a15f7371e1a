"""Moments and actions of the reference, found by models that saw none of the people of the call."""

from typing import NamedTuple

import dataframely as dy
import polars as pl

from benchmarks.language.ngram_fit import features, fit_actions, fit_moments, fit_states, weights_table
from benchmarks.language.tagged_units import tagged_clauses, tagged_exchanges, tagged_utterances
from models.ratings.reference import Reference
from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.clauses import clauses
from pipeline.language.moments import find_moments, utterances
from pipeline.tables.conversations import Actions, Acts, Talk

FOLDS = 5


class CrossValidated(NamedTuple):
    """What was found in the reference talk by models that never met the people of the call."""

    moments: pl.DataFrame
    actions: dy.DataFrame[Actions]
    weights: dict[int, dict[str, pl.DataFrame]]


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
    """Moments and actions of `talk` by models trained on the other folds of the punctuated reference."""
    punctuated = classify_acts(reference.talk)
    spoken, promised = utterances(reference.talk), clauses(reference.talk, punctuated)
    looks = tagged_exchanges(reference, reference.talk)
    tagged = {
        "moments": (tagged_utterances(reference, spoken), fit_moments, features(spoken)),
        "actions": (tagged_clauses(reference, promised), fit_actions, features(promised)),
        "states": (looks, fit_states, features(looks)),
    }
    fold = folds(reference.calls)
    moments, actions, weights = [], [], {}
    for number in range(FOLDS):
        train = [call for call, of in fold.items() if of != number]
        test = pl.col("call_id").is_in([call for call, of in fold.items() if of == number])
        test_talk, test_acts = Talk.validate(talk.filter(test)), Acts.validate(acts.filter(test))
        weights[number] = {
            name: weights_table(fit(rows, *matrix, train)) for name, (rows, fit, matrix) in tagged.items()
        }
        moments.append(find_moments(test_talk, weights=weights[number]["moments"]))
        actions.append(find_actions(test_talk, test_acts, weights=weights[number]["actions"]))
    return CrossValidated(pl.concat(moments), Actions.validate(pl.concat(actions)), weights)
