"""Fit the n-gram models behind agenda, earlier actions, their states and promises to the calls that are given."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from pipeline.language.ngram_model import grams
from pipeline.tables.values import TAKEN_UP_STATES

FEWEST_CALLS = 4  # a run of words counts as a feature if so many calls have it
SMALLEST = 0.005  # weights below this are not stored
STRENGTH = {
    "agenda": 0.2,
    "prior_action": 0.2,
    "state": 0.3,
    "action": 0.1,
    "speaker": 1.0,
    "listener": 1.0,
    "both": 1.0,
}


def features(units: pl.DataFrame) -> tuple[sparse.csr_matrix, list[str]]:
    """The design matrix of units (rows in order) and the names of its columns: grams, then signs."""
    occurrences = grams(units)
    calls = (
        occurrences.join(units.select("row", "call_id"), on="row").group_by("gram").agg(pl.col("call_id").n_unique())
    )
    kept = calls.filter(pl.col("call_id") >= FEWEST_CALLS).select(pl.col("gram").sort()).with_row_index("column")
    cells = occurrences.join(kept, on="gram")
    words = sparse.csr_matrix(
        (np.ones(cells.height), (cells["row"].to_numpy(), cells["column"].to_numpy())),
        shape=(units.height, kept.height),
    )
    signs = [column for column in units.columns if column.startswith("@")]
    flags = sparse.csr_matrix(
        units.select(pl.col(signs).cast(pl.Float64).fill_null(0.0)).to_numpy().reshape(units.height, -1)
    )
    return sparse.hstack([words, flags]).tocsr(), [*kept["gram"], *signs]


def fit(matrix: sparse.csr_matrix, names: Sequence[str], wanted: np.ndarray, strength: float) -> dict[str, float]:
    """A logistic regression as weights by gram, the constant under ""."""
    model = LogisticRegression(C=strength, solver="liblinear").fit(matrix, wanted)
    weights = dict(zip(names, model.coef_[0], strict=True))
    return {"": round(float(model.intercept_[0]), 4)} | {
        name: round(float(weight), 4) for name, weight in weights.items() if abs(weight) >= SMALLEST
    }


def weights_table(models: dict[str, dict[str, float]]) -> pl.DataFrame:
    """Weights by model as the frame that `score` takes."""
    parts = [pl.DataFrame({"gram": list(w), "weight": list(w.values()), "model": m}) for m, w in models.items()]
    return pl.concat(parts).pivot("model", index="gram", values="weight").fill_null(0.0)


def fit_actions(
    tagged: pl.DataFrame, matrix: sparse.csr_matrix, names: list[str], calls: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The models action, speaker, listener and both, from the clauses of these calls."""
    chosen = tagged.filter(pl.col("call_id").is_in(calls))
    known = chosen.drop_nulls("action")
    models = {"action": fit(matrix[known["row"].to_numpy()], names, known["action"].to_numpy(), STRENGTH["action"])}
    owned = chosen.drop_nulls("owner")
    signs = [column for column, name in enumerate(names) if name.startswith("@")]  # words would only name people
    by_sign = matrix[owned["row"].to_numpy()][:, signs]
    for owner in ("speaker", "listener", "both"):
        models[owner] = fit(
            by_sign, [names[column] for column in signs], (owned["owner"] == owner).to_numpy(), STRENGTH[owner]
        )
    return models


def fit_moments(
    tagged: pl.DataFrame, matrix: sparse.csr_matrix, names: list[str], calls: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The models agenda and prior_action, from the utterances of these calls."""
    chosen = tagged.filter(pl.col("call_id").is_in(calls))
    models = {}
    for name in ("agenda", "prior_action"):
        known = chosen.drop_nulls(name)
        models[name] = fit(matrix[known["row"].to_numpy()], names, known[name].to_numpy(), STRENGTH[name])
    return models


def fit_states(
    tagged: pl.DataFrame, matrix: sparse.csr_matrix, names: list[str], calls: Sequence[str]
) -> dict[str, dict[str, float]]:
    """The models done, missed, partly and discussed, from the exchanges of these calls."""
    chosen = tagged.filter(pl.col("call_id").is_in(calls))
    rows = chosen["row"].to_numpy()
    return {
        state: fit(matrix[rows], names, (chosen["state"] == state).to_numpy(), STRENGTH["state"])
        for state in TAKEN_UP_STATES
    }
