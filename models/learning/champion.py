"""Champion: whether a newly trained model is to replace the one in use, on calls that neither had learnt from."""

from typing import NamedTuple

import numpy as np
import polars as pl

from models.ratings.agreement import bootstrap, qwk_of_counts
from pipeline.tables import LEVELS

FEWEST = 20  # calls on which both were judged


class Compared(NamedTuple):
    """QWK of both with the raters' median on the same calls and folds, and the 95 % interval of the difference.

    `better` is whether the challenger is to be used: it agrees more, or the champion cannot be compared.
    """

    better: bool
    n_calls: int
    challenger: float
    champion: float
    low: float
    high: float
    reason: str


def better(challenger: pl.DataFrame, champion: pl.DataFrame) -> Compared:
    """Compare two models by what their cross-validations said (rows of `Trained.validated`, one model each).

    Only calls that lay in the same fold count, judged by the challenger's medians, which are the newer ones.
    """
    shared = challenger.join(champion.drop("level"), on=["call_id", "fold"], suffix="_champion").sort("call_id")
    if shared.height < FEWEST:
        none = float("nan")
        reason = f"only {shared.height} calls were judged by both, {FEWEST} are needed: the newer scores decide"
        return Compared(True, shared.height, none, none, none, none, reason)
    rows = shared.select("level", "given", "given_champion").to_numpy().astype(float)

    def ahead(rows: np.ndarray) -> float:
        return _qwk(rows, 1) - _qwk(rows, 2)

    low, high = bootstrap(ahead, rows)
    found = _qwk(rows, 1), _qwk(rows, 2)
    wins = found[0] > found[1]
    reason = f"QWK {found[0]:.3f} against {found[1]:.3f} on {shared.height} calls of the same folds"
    return Compared(wins, shared.height, *found, low, high, reason)


def _qwk(rows: np.ndarray, column: int) -> float:
    return qwk_of_counts(np.histogram2d(rows[:, 0], rows[:, column], bins=np.arange(len(LEVELS) + 1) - 0.5)[0])
