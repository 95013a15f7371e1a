"""Fit the n-gram models behind agenda, earlier actions and their states to the calls that are given."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from benchmarks.paths import ACTS
from pipeline.language.ngram_model import OWN_WORDS, View, grams
from pipeline.language.promises.outcomes import OUTCOME_VIEWS, TOLD, signed
from pipeline.language.promises.reviews import answered, ends_of, mentions
from pipeline.language.sentences import split_frame
from pipeline.language.text import plain
from pipeline.tables.values import TAKEN_UP_STATES

FEWEST_CALLS = 4  # a run of words counts as a feature if so many calls have it
SMALLEST = 0.005  # weights below this are not stored
WRITTEN_OUTCOMES = ACTS / "outcomes.csv"
FEWEST_STATE_CALLS = 3  # the same for the states of earlier actions, of which fewer are tagged
STRENGTH = {
    "agenda": 0.2,
    "prior_action": 0.2,
    "place": 1.0,
    "state": 0.1,
}


def features(
    units: pl.DataFrame, views: tuple[View, ...] = OWN_WORDS, *, fewest: int = FEWEST_CALLS
) -> tuple[sparse.csr_matrix, list[str]]:
    """The design matrix of units (rows in order) and the names of its columns: grams, then signs."""
    signs = [column for column in units.columns if column.startswith("@")]
    flags = sparse.csr_matrix(
        units.select(pl.col(signs).cast(pl.Float64).fill_null(0.0)).to_numpy().reshape(units.height, -1)
    )
    if not views:
        return flags, signs
    occurrences = grams(units, views)
    calls = (
        occurrences.join(units.select("row", "call_id"), on="row").group_by("gram").agg(pl.col("call_id").n_unique())
    )
    kept = calls.filter(pl.col("call_id") >= fewest).select(pl.col("gram").sort()).with_row_index("column")
    cells = occurrences.join(kept, on="gram")
    words = sparse.csr_matrix(
        (np.ones(cells.height), (cells["row"].to_numpy(), cells["column"].to_numpy())),
        shape=(units.height, kept.height),
    )
    return sparse.hstack([words, flags]).tocsr(), [*kept["gram"], *signs]


def fit(
    matrix: sparse.csr_matrix,
    names: Sequence[str],
    wanted: np.ndarray,
    strength: float,
    *,
    weight: np.ndarray | None = None,
    smallest: float = SMALLEST,
) -> dict[str, float]:
    """A logistic regression as weights by gram, the constant under ""; weights under `smallest` are left out."""
    model = LogisticRegression(C=strength, solver="liblinear").fit(matrix, wanted.astype(bool), sample_weight=weight)
    weights = dict(zip(names, model.coef_[0], strict=True))
    return {"": round(float(model.intercept_[0]), 4)} | {
        name: round(float(weight), 4) for name, weight in weights.items() if abs(weight) >= smallest
    }


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
    found: pl.DataFrame, reviews: pl.DataFrame, calls: Sequence[str], written: pl.DataFrame
) -> dict[str, dict[str, float]]:
    """The models place (from mentions of tagged actions), done, missed, partly, withdrawn and discussed (from where
    their outcomes are told) of these calls, and of the `written` outcomes (see `written_outcomes`)."""
    chosen = found.filter(pl.col("call_id").is_in(calls)).drop("row").with_row_index("row")
    signs = chosen.select("row", "call_id", pl.col("^@.*$"))
    models = {"place": fit(*features(signs, ()), chosen["place"].to_numpy(), STRENGTH["place"])}
    told = reviews.filter(pl.col("call_id").is_in(calls))
    shared = [column for column in written.columns if column in told.columns]
    known = pl.concat([told.select(shared), written.select(shared)]).drop("row").with_row_index("row")
    weight = np.concatenate([np.ones(told.height), _as_often(written["state"], told["state"])])
    matrix, names = features(known, OUTCOME_VIEWS, fewest=FEWEST_STATE_CALLS)
    for state in TAKEN_UP_STATES:
        models[state] = fit(matrix, names, (known["state"] == state).to_numpy(), STRENGTH["state"], weight=weight)
    return models


def _as_often(states: pl.Series, wanted: pl.Series) -> np.ndarray:
    """Weights that bring how often each of `states` counts half way, in logarithms, to how often it is in `wanted`: the
    seldom ones are to be learnt too."""
    share, share_wanted = ({s: n / len(part) for s, n in part.value_counts().iter_rows()} for part in (states, wanted))
    return states.replace_strict({s: share_wanted.get(s, 0.0) / n for s, n in share.items()}).sqrt().to_numpy()


def written_outcomes() -> pl.DataFrame:
    """The outcomes of data/acts/outcomes.csv as rows of `outcomes.signed`, with `state`. What has no `what` is named by
    its whole text."""
    rows = pl.read_csv(WRITTEN_OUTCOMES).with_row_index("row").with_columns(call_id=pl.format("written-{}", "row"))
    sentences = split_frame(rows.select("call_id", "text", idx=pl.lit(0, pl.Int64)))
    told = rows.join(ends_of(sentences), on="call_id", maintain_order="left").select(
        "row",
        "call_id",
        "idx",
        "ends",
        words=plain(pl.col("text")),
        reply=plain(pl.col("after")),
        then=pl.lit(""),
        back=pl.lit(1.0),
        back_near=pl.lit(1.0),
        at=pl.lit(0.0),
        by_lead=pl.lit(value=True),
    )
    named = mentions(rows.select("row", "call_id", pl.col("what").fill_null(pl.col("text"))), told)
    both = pl.concat([part.select("call_id", *TOLD) for part in (named, answered(told))]).unique(
        "call_id", keep="first"
    )
    return signed(both.join(rows.select("call_id", "state"), on="call_id").sort("call_id").with_row_index("row"))
