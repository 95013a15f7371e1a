"""Standing in: whether the model agrees with the other raters at least as well as the rater it would replace."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COST = 0.2  # how much less often the model may win: what a person's score costs more (0.2 for experts)
FALSE_SHARE = 0.05
HALF = 0.5
FEWEST_CALLS, NORMAL_CALLS = 10, 30
FEWEST_RATERS = 3  # a rater and two others to be compared with


class StandIn(NamedTuple):
    """Outcome of the alternative annotator test (Calderon, Reichart and Dror 2025).

    `wins` is the share of raters whom the model may replace, `advantage` the mean share of calls on which it comes at
    least as near to the others as the rater does; both None where fewer than three raters scored ten calls together.
    """

    wins: float | None
    advantage: float | None
    n_raters: int

    @property
    def may(self) -> bool:
        """Whether the model may stand in for one of these raters."""
        return self.wins is not None and self.wins >= HALF


def stand_in(ratings: NDArray[np.float64], given: NDArray[np.int64]) -> StandIn:
    """Test the model's levels (`given`) against calls by raters, nan where a rater did not score.

    Each rater is left out in turn: who comes nearer to the others, by root mean square, the rater or the model? The
    model wins a rater if it loses less than COST more often (t-test; Wilcoxon's signed ranks under 30 calls), corrected
    for the number of raters (Benjamini and Yekutieli 2001).
    """
    from scipy.stats import false_discovery_control

    shares, chances = [], []
    for rater in range(ratings.shape[1]):
        others = np.delete(ratings, rater, axis=1)
        used = ~np.isnan(ratings[:, rater]) & ((~np.isnan(others)).sum(axis=1) >= FEWEST_RATERS - 1)
        if used.sum() < FEWEST_CALLS:
            continue
        by_rater, by_model = (
            np.sqrt(np.nanmean((others[used] - levels[used, None]) ** 2, axis=1))
            for levels in (ratings[:, rater], given)
        )
        model_wins, rater_wins = by_model <= by_rater, by_rater <= by_model
        behind = rater_wins.astype(float) - model_wins - COST
        chances.append(_chance(behind))
        shares.append(float(model_wins.mean()))
    if not shares:
        return StandIn(None, None, ratings.shape[1])
    won = false_discovery_control(chances, method="by") < FALSE_SHARE
    return StandIn(float(won.mean()), float(np.mean(shares)), ratings.shape[1])


def _chance(behind: NDArray[np.float64]) -> float:
    """The chance of numbers so far below 0 if their mean were 0; where all are one number there is nothing to weigh."""
    from scipy.stats import ttest_1samp

    if not np.ptp(behind):
        return float(behind[0] >= 0)
    if len(behind) >= NORMAL_CALLS:
        return float(ttest_1samp(behind, 0, alternative="less").pvalue)
    return _signed_ranks(behind)


def _signed_ranks(numbers: NDArray[np.float64]) -> float:
    """Wilcoxon's signed-rank test against less than 0: the chance of so low a sum of the ranks above 0.

    Exact where numbers are alike too, as these are, few values over and over: each rank counts in half of all ways to
    set the signs. SciPy draws all signs one by one, which took half the time of a training.
    """
    from scipy.stats import rankdata

    doubled = (2 * rankdata(abs(numbers))).astype(int)  # ranks of numbers that are alike end in .5
    ways = np.ones(1)
    for rank in doubled:
        ways = np.convolve(ways, np.concatenate([[0.5], np.zeros(rank - 1), [0.5]]))
    return float(ways[: doubled[numbers > 0].sum() + 1].sum())
