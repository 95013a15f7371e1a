"""Fit what the probability of promises goes by to the calls that are given: clauses, turns, the trees over both."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.language.ngram_fit import features, fit
from benchmarks.language.tagged_units import fully_tagged, tagged_clauses
from models.ratings.reference import Reference
from pipeline.language.ngram_model import weights_table
from pipeline.language.promises.decision_trees import Tree, Trees
from pipeline.language.promises.probabilities import (
    CANDIDATE_ODDS,
    CLAUSE_VIEWS,
    COLUMNS,
    TURN_VIEWS,
    PromiseWeights,
    in_view,
    surroundings,
    turns_of,
)

STRENGTH = {"action": 0.05, "promises": 0.02, "asks": 0.02, "owner": 1.0}
PARTLY_TAGGED_WEIGHT = 0.5  # of calls in which minor promises are not all tagged
SMALLEST = {"action": 0.02, "promises": 0.02, "asks": 0.02}
TREES = {
    "n_estimators": 200,
    "max_depth": 4,
    "learning_rate": 0.04,
    "subsample": 0.6,
    "min_samples_leaf": 15,
    "max_features": 0.3,
    "random_state": 0,
}
Models = dict[str, dict[str, float]]


class Material(NamedTuple):
    """The clauses and turns of the reference as models read them, with what is tagged in them.

    weight: how much each clause counts; odds, turn_odds: of each clause and turn by models that saw none of the people
    of its call
    """

    clauses: pl.DataFrame
    turns: pl.DataFrame
    matrix: sparse.csr_matrix
    names: list[str]
    turn_matrix: sparse.csr_matrix
    turn_names: list[str]


class Learnt(NamedTuple):
    """The models of clauses and of turns, weights by gram, and the trees, as they are stored."""

    clauses: dict[str, dict[str, float]]
    turns: dict[str, dict[str, float]]
    trees: Trees


def read_material(reference: Reference, units: pl.DataFrame) -> Material:
    """The material of `clauses.clauses` of the reference."""
    viewed = in_view(units)
    tagged = tagged_clauses(reference, viewed)
    turns = turns_of(viewed)
    acted = reference.actions.select("call_id", "idx", promises=pl.lit(value=True)).unique()
    turns = turns.join(acted, on=["call_id", "idx"], how="left", maintain_order="left").with_columns(
        pl.col("promises").fill_null(value=False)
    )
    turns = turns.with_columns(asks=pl.col("promises").shift(-1).over("call_id").fill_null(value=False))
    return Material(tagged, turns, *features(viewed, CLAUSE_VIEWS), *features(turns, TURN_VIEWS))


def fit_first(
    material: Material, calls: Sequence[str]
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """The linear models of clauses and of turns, from these calls."""
    chosen = pl.col("call_id").is_in(calls)
    clauses = material.clauses.filter(chosen)
    known = clauses.drop_nulls("action")
    rows = known["row"].to_numpy()
    models = {
        "action": fit(
            material.matrix[rows], material.names, known["action"].to_numpy(), STRENGTH["action"],
            weight=_weight(known), smallest=SMALLEST["action"],
        )
    }  # fmt: skip
    signs = [column for column, name in enumerate(material.names) if name.startswith("@")]
    names = [material.names[column] for column in signs]
    owned = clauses.drop_nulls("owner")
    by_sign = material.matrix[owned["row"].to_numpy()][:, signs]
    for owner in ("speaker", "listener", "both"):
        models[owner] = fit(by_sign, names, (owned["owner"] == owner).to_numpy(), STRENGTH["owner"])
    turns = material.turns.filter(chosen)
    at = turns["row"].to_numpy()
    of_turns = {
        name: fit(
            material.turn_matrix[at], material.turn_names, turns[name].to_numpy(), STRENGTH[name],
            weight=_weight(turns), smallest=SMALLEST[name],
        )
        for name in ("promises", "asks")
    }  # fmt: skip
    return models, of_turns


def odds_of(models: dict[str, float], matrix: sparse.csr_matrix, names: list[str]) -> NDArray[np.float64]:
    """The log odds that a linear model gives all rows of a matrix."""
    weights = np.array([models.get(name, 0.0) for name in names])
    return np.asarray(matrix @ weights + models[""], np.float64)


def fit_trees(material: Material, rows: NDArray[np.float64], odds: NDArray[np.float64], calls: Sequence[str]) -> Trees:
    """The trees, from the clauses of these calls. `rows` are the `surroundings` of all clauses, by the odds of models
    that did not learn from their people."""
    from sklearn.ensemble import GradientBoostingClassifier

    known = material.clauses.select(
        pl.col("call_id").is_in(calls) & pl.col("action").is_not_null() & (pl.Series(odds) >= CANDIDATE_ODDS)
    ).to_series()
    wanted = material.clauses.filter(known)["action"].to_numpy().astype(bool)
    model = GradientBoostingClassifier(**TREES).fit(
        rows[known.to_numpy()], wanted, sample_weight=_weight(material.clauses.filter(known))
    )
    trees = []
    for (estimator,) in model.estimators_:
        tree = estimator.tree_
        trees.append(
            Tree(
                np.where(tree.children_left < 0, -1, tree.feature),
                tree.threshold.round(6),
                tree.children_left,
                tree.children_right,
                (tree.value[:, 0, 0] * model.learning_rate).round(6),
            )
        )
    prior = float(np.average(wanted, weights=_weight(material.clauses.filter(known))))
    return Trees(COLUMNS, round(float(np.log(prior / (1 - prior))), 6), tuple(trees))


def fit_promises(
    material: Material, fold: dict[str, int], progress: Callable[[str], None] = print
) -> tuple[dict[int, PromiseWeights], Learnt]:
    """What each fold of people is judged by, having seen none of them, and what is learnt from all."""
    numbers = sorted(set(fold.values()))
    clause_fold = material.clauses["call_id"].replace_strict(fold, return_dtype=pl.Int64).to_numpy()
    turn_fold = material.turns["call_id"].replace_strict(fold, return_dtype=pl.Int64).to_numpy()
    odds = np.zeros(len(clause_fold))
    turn_odds = {name: np.zeros(len(turn_fold)) for name in ("promises", "asks")}
    firsts = {}
    for number in numbers:
        firsts[number] = fit_first(material, [call for call, of in fold.items() if of != number])
        models, of_turns = firsts[number]
        held, held_turns = clause_fold == number, turn_fold == number
        odds[held] = odds_of(models["action"], material.matrix[held], material.names)
        for name, values in turn_odds.items():
            part = material.turn_matrix[held_turns]
            values[held_turns] = odds_of(of_turns[name], part, material.turn_names)
        progress(f"fold {number} of promises")
    rows = surroundings(material.clauses.drop("action", "owner", "kind"), material.turns, odds, turn_odds)
    judged = {}
    for number in numbers:
        models, of_turns = firsts[number]
        trees = fit_trees(material, rows, odds, [call for call, of in fold.items() if of != number])
        judged[number] = PromiseWeights(weights_table(models), weights_table(of_turns), trees)
    models, of_turns = fit_first(material, list(fold))
    return judged, Learnt(models, of_turns, fit_trees(material, rows, odds, list(fold)))


def _weight(rows: pl.DataFrame) -> NDArray[np.float64]:
    whole = rows.select(pl.when(fully_tagged(pl.col("call_id"))).then(1.0).otherwise(PARTLY_TAGGED_WEIGHT))
    return whole.to_series().to_numpy()
