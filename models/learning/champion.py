"""Champion: whether what was learnt from people's scores is to replace what is in use, on calls that people scored."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.gate import Validated
from models.ratings.agreement import RESAMPLES, qwk
from pipeline.tables.values import LEVELS

MIN_SHARED_CALLS = 20  # on which both were judged
MIN_KIND_CALLS = 10  # of one kind of meeting, below which it is not looked at apart
RATERS_AGREE = 2.33  # standard errors over chance: one in a hundred of those who score at random
MODEL_AGREES, MODEL_ALONE = 2.0, 3.09  # the same of the model with the raters; where nobody scored twice


class Compared(NamedTuple):
    """QWK of both with people on the same calls, each by models that had not seen the call, and the 95 % interval of
    the difference, people drawn anew. `better` is whether the challenger is to be used."""

    better: bool
    n_calls: int
    challenger: float
    champion: float
    low: float
    high: float
    reason: str


def better(challenger: pl.DataFrame, champion: pl.DataFrame) -> Compared:
    """Compare a new model with the one in use by rows of `Trained.validated`, one model each.

    Calls that people scored count, if there are any, by what they come to now. Where fewer than MIN_SHARED_CALLS lay in
    the same fold for both, the one in use is judged on all of them anew: by the column in_use.
    """
    by_people = challenger.filter(pl.col("rubric_scored") != "")
    scored = by_people if by_people.height else challenger
    theirs = champion.select("call_id", "fold", "given")
    shared = scored.join(theirs, on=["call_id", "fold"], suffix="_champion").sort("call_id")
    if shared.height < MIN_SHARED_CALLS:
        shared = scored.with_columns(given_champion=pl.col("in_use")).sort("call_id")
    return _compare(*shared.select("level", "given", "given_champion", "person").to_numpy().astype(np.int64).T)


def earns_use(validated: Validated, ratings: NDArray[np.float64], rubrics: tuple[str, ...]) -> dict[str, Compared]:
    """For each rubric whether what was learnt may serve it; `validated` and `ratings` are of calls that people scored.

    It must agree with people more often than chance, more than what is in use does, and no less on calls of the rubric.
    """
    whole = _compare(validated.levels, validated.given, validated.in_use, validated.groups)
    if doubt := agree_with_nothing(validated, ratings):
        whole = whole._replace(better=False, reason=doubt)
    return {rubric: _for_rubric(rubric, whole, validated) for rubric in rubrics}


def agree_with_nothing(validated: Validated, ratings: NDArray[np.float64]) -> str:
    """Why scores are not to be learnt from: a sentence, or nothing."""
    levels = validated.levels
    if np.ptp(levels) == 0:
        return f"all {len(levels)} scored calls come to {LEVELS[levels[0]]}: there is nothing to tell apart"
    between = _raters_beyond_chance(ratings)
    if between is not None and between < RATERS_AGREE:
        return f"the raters agree with each other no better than chance on {len(levels)} calls: nothing is learnt"
    if _beyond_chance(levels, validated.in_use) < -RATERS_AGREE:
        return f"the {len(levels)} scored calls run against the scores known before: is the scale turned round?"
    with_model = _beyond_chance(levels, validated.given)
    if with_model < (MODEL_ALONE if between is None else MODEL_AGREES):
        return f"nothing in the {len(levels)} scored calls tells the scores: a model from them agrees as chance would"
    return ""


def _for_rubric(rubric: str, whole: Compared, validated: Validated) -> Compared:
    here = validated.rubric == rubric
    if not whole.better or here.sum() < MIN_KIND_CALLS or here.all():
        return whole
    part = validated.take(here)
    own = _compare(part.levels, part.given, part.in_use, part.groups)
    behind = ((part.given - part.levels) ** 2).sum() > ((part.in_use - part.levels) ** 2).sum()
    return own._replace(better=False, reason=f"worse on calls of {rubric}: {own.reason}") if behind else whole


def _compare(
    levels: NDArray[np.int64], given: NDArray[np.int64], champion: NDArray[np.int64], groups: NDArray[np.int64]
) -> Compared:
    rows = np.stack([levels, given, champion], axis=1)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    draw = np.random.default_rng(0)
    differences = []
    for _ in range(RESAMPLES):
        drawn = rows[np.concatenate([members[i] for i in draw.integers(0, len(members), len(members))])]
        differences.append(qwk(drawn[:, 0], drawn[:, 1]) - qwk(drawn[:, 0], drawn[:, 2]))
    known = [value for value in differences if not np.isnan(value)] or [float("nan")]
    low, high = np.quantile(known, [0.025, 0.975])
    found = qwk(levels, given), qwk(levels, champion)
    reason = f"QWK {found[0]:.3f} against {found[1]:.3f} of the one in use on {len(rows)} calls"
    return Compared(found[0] > found[1], len(rows), *found, float(low), float(high), reason)


def _raters_beyond_chance(ratings: NDArray[np.float64]) -> float | None:
    """How many standard errors two raters' scores of one call go together beyond chance; None where nobody scored
    twice."""
    ratings = ratings[:, ~np.isnan(ratings).all(axis=0)]  # those who scored any of these calls
    centred = ratings - np.nanmean(ratings, axis=0, keepdims=True)
    centred = centred / np.maximum(np.nanstd(ratings, axis=0, keepdims=True), 1e-9)
    products = [
        centred[:, first] * centred[:, second]
        for first in range(ratings.shape[1])
        for second in range(first + 1, ratings.shape[1])
    ]
    pairs = np.concatenate([product[~np.isnan(product)] for product in products]) if products else np.zeros(0)
    return float(pairs.mean() * np.sqrt(len(pairs))) if len(pairs) else None


def _beyond_chance(levels: NDArray[np.int64], given: NDArray[np.int64]) -> float:
    """Standard errors by which levels go together beyond chance."""
    if not (np.ptp(levels) and np.ptp(given)):
        return 0.0
    return float(np.corrcoef(levels, given)[0, 1] * np.sqrt(len(levels) - 1))
