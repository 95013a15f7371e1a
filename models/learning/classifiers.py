"""Classifiers: scikit-learn estimators from what is known of a call to the probabilities of the four levels.

Importing this module imports scikit-learn: import it inside functions.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from models.learning.folds import spread_groups
from models.ratings.agreement import qwk

Matrix = NDArray[np.float64]

N_LEVELS = 4
STRANGE = 1.5
OFFERED = (0.5, 1.0, 2.0)
CHOOSE_ON = 400  # calls drawn for that choice: its cost grows with their cube
STIFFER = (4, 16)  # times the penalty
CLEARLY = 0.02  # of kappa
DOUBT = 1.0  # standard errors by which the error must fall


class OrdinalRidge(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A ridge on the level, then cumulative odds of its score: few parameters, for few calls.

    `blocks` are the widths of groups of columns and how far to trust each as a whole. Where that is None, the block is
    taken up, at the best of OFFERED, only if that lowers the error on groups that the ridge had not seen (`folds`) by
    DOUBT standard errors; so is more `penalty`, which many calls call for. The odds are fitted on scores of such groups
    too, so that the probabilities are not too sure. The level given is the most probable one, unless giving each level
    as often as it was scored agrees clearly better: the most probable one is seldom a rare one.
    """

    def __init__(self, blocks: tuple[tuple[int, float | None], ...] = (), penalty: float = 2.0, folds: int = 5) -> None:
        self.blocks = blocks
        self.penalty = penalty
        self.folds = folds

    def fit(self, rows: Matrix, levels: NDArray[np.int64], groups: NDArray[np.int64] | None = None) -> Self:
        """`rows` are calls by columns, `groups` calls that must not be on both sides."""
        fold = spread_groups(np.arange(len(rows)) if groups is None else groups, self.folds)
        kernel = self.weigh(rows, levels, fold)
        self.penalty_, unseen = self._choose_penalty(kernel, levels, fold)
        self.coef_ = ((rows - self.mean_) * self.scale_).T @ _dual(kernel, levels, float(self.penalty_))
        self.reach_ = np.array(np.diag(kernel).max())
        self.spread_ = np.array(max(float(unseen.std()), 1e-3))
        self.level_ = np.array(levels.mean())
        scores = (unseen - levels.mean()) / self.spread_
        self.odds_ = fit_odds(scores, levels)
        self.cuts_ = _fit_cuts(scores, levels)
        probable = qwk(levels, chances_of(scores, self.odds_).argmax(axis=1))
        self.as_often_ = np.array(qwk(levels, levels_above(scores, self.cuts_)) > probable + CLEARLY)
        return self

    def like(self) -> "OrdinalRidge":
        """One with the same settings, not fitted."""
        return OrdinalRidge(self.blocks, self.penalty, self.folds)

    def weigh(self, rows: Matrix, levels: Matrix | NDArray[np.int64], fold: NDArray[np.int64]) -> Matrix:
        """Settle how far to trust each block of columns; returns the kernel of the calls."""
        self.classes_ = np.arange(N_LEVELS)
        self.mean_ = rows.mean(axis=0)
        widths, trusts = zip(*(self.blocks or ((rows.shape[1], 1.0),)), strict=True)
        spread = rows.std(axis=0)
        unit = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0.0) / np.sqrt(np.repeat(widths, widths))
        parts = np.split((rows - self.mean_) * unit, np.cumsum(widths)[:-1], axis=1)
        kernels = np.stack([part @ part.T for part in parts])
        some = np.random.default_rng(0).permutation(len(rows))[:CHOOSE_ON]
        self.trust_ = self._choose(kernels[:, some[:, None], some], trusts, levels[some], fold[some])
        self.scale_ = unit * np.sqrt(np.repeat(self.trust_, widths))
        kernel: Matrix = np.tensordot(self.trust_, kernels, 1)
        return kernel

    def kernel(self, rows: Matrix) -> Matrix:
        """How alike calls are to what was fitted: calls by calls."""
        scaled = (rows - self.mean_) * self.scale_
        alike: Matrix = scaled @ scaled.T
        return alike

    def _choose(
        self,
        kernels: Matrix,
        trusts: tuple[float | None, ...],
        levels: Matrix | NDArray[np.int64],
        fold: NDArray[np.int64],
    ) -> Matrix:
        """How far to trust each block."""

        def tried(trusts: Matrix) -> tuple[Matrix, Matrix]:
            scores = self._unseen(np.tensordot(trusts, kernels, 1), levels, fold, self.penalty)
            return (scores - levels) ** 2, trusts

        best = tried(np.array([trust or 0.0 for trust in trusts]))
        for block in (block for block, trust in enumerate(trusts) if trust is None):
            offers = [tried(np.where(np.arange(len(trusts)) == block, trust, best[1])) for trust in OFFERED]
            offer = min(offers, key=lambda found: float(found[0].mean()))
            best = offer if _beyond_doubt(best[0] - offer[0]) else best
        return best[1]

    def _choose_penalty(
        self, kernel: Matrix, levels: NDArray[np.int64], fold: NDArray[np.int64]
    ) -> tuple[Matrix, Matrix]:
        """The penalty, and the scores by it of calls whose fold was left out."""
        best = self.penalty, self._unseen(kernel, levels, fold, self.penalty)
        for times in STIFFER:
            offer = self.penalty * times, self._unseen(kernel, levels, fold, self.penalty * times)
            better = _beyond_doubt((best[1] - levels) ** 2 - (offer[1] - levels) ** 2)
            best = offer if better else best
        return np.array(best[0]), best[1]

    def _unseen(
        self, kernel: Matrix, levels: Matrix | NDArray[np.int64], fold: NDArray[np.int64], penalty: float
    ) -> Matrix:
        """The score of each call from the calls of the other folds."""
        scores = np.zeros(len(levels))
        for k in range(self.folds):
            seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            dual = _dual(kernel[np.ix_(seen, seen)], levels[seen], penalty)
            scores[held] = kernel[np.ix_(held, seen)] @ dual + levels[seen].mean()
        return scores

    def predict_proba(self, rows: Matrix) -> Matrix:
        """Calls by levels, each row summing to 1."""
        return chances_of(self._scores(rows), self.odds_)

    def predict(self, rows: Matrix) -> NDArray[np.int64]:
        """The level given to each call."""
        return self.levels_at(self._scores(rows))

    def levels_at(self, scores: Matrix) -> NDArray[np.int64]:
        """The level given at each score."""
        if self.as_often_:
            return levels_above(scores, self.cuts_)
        levels: NDArray[np.int64] = chances_of(scores, self.odds_).argmax(axis=1)
        return levels

    def _scores(self, rows: Matrix) -> Matrix:
        scores: Matrix = ((rows - self.mean_) * self.scale_) @ self.coef_ / self.spread_
        return scores

    def strange(self, rows: Matrix) -> NDArray[np.bool_]:
        """Calls much further from the middle than any that was learnt from: not to be relied on."""
        distance = (((rows - self.mean_) * self.scale_) ** 2).sum(axis=1)
        unlike: NDArray[np.bool_] = distance > STRANGE * self.reach_
        return unlike


class AnchorOdds(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Levels by how near the nearest utterances come to each anchor: a guess until there are scores.

    `first` is the column of the four similarities, red to green; `sharpness` turns their differences into odds.
    """

    def __init__(self, first: int = 0, sharpness: float = 4.0) -> None:
        self.first = first
        self.sharpness = sharpness

    def fit(self, rows: object = None, levels: object = None) -> Self:  # noqa: ARG002  nothing to learn from
        """Ready at once."""
        self.classes_ = np.arange(N_LEVELS)
        return self

    def predict_proba(self, rows: Matrix) -> Matrix:
        """Calls by levels, each row summing to 1."""
        near: Matrix = np.exp(self.sharpness * rows[:, self.first : self.first + N_LEVELS].astype(float))
        near /= near.sum(axis=1, keepdims=True)
        return near

    def strange(self, rows: Matrix) -> NDArray[np.bool_]:
        """All: nothing was learnt."""
        return np.ones(len(rows), bool)

    def predict(self, rows: Matrix) -> NDArray[np.int64]:
        """The most probable level of each call."""
        levels: NDArray[np.int64] = self.predict_proba(rows).argmax(axis=1)
        return levels


class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Passes probabilities on: what a conformal method takes for a fitted estimator."""

    def __init__(self, n_levels: int = N_LEVELS) -> None:
        self.n_levels = n_levels
        self.classes_ = np.arange(n_levels)
        self.n_features_in_ = n_levels

    def fit(self, rows: object, levels: object) -> Self:  # noqa: ARG002  nothing to learn
        """Ready at once."""
        return self

    def predict_proba(self, rows: Matrix) -> Matrix:
        """The rows themselves."""
        return rows

    def predict(self, rows: Matrix) -> NDArray[np.int64]:
        """The most probable level."""
        levels: NDArray[np.int64] = rows.argmax(axis=1)
        return levels


CLASSIFIERS = {"ordinal": OrdinalRidge, "anchors": AnchorOdds}


def _dual(kernel: Matrix, levels: Matrix | NDArray[np.int64], penalty: float) -> Matrix:
    stiff = kernel + penalty * np.eye(len(kernel))
    solved: Matrix = solve(stiff, levels - levels.mean(), assume_a="pos")
    return solved


def _beyond_doubt(gains: Matrix) -> bool:
    """Whether the mean of gains is over 0 by DOUBT standard errors."""
    return bool(gains.mean() > DOUBT * gains.std() / np.sqrt(len(gains)))


def _fit_cuts(scores: Matrix, levels: NDArray[np.int64]) -> Matrix:
    """The scores between levels that give each level as often as it was scored, and one never scored never."""
    below = np.array([(levels < level).mean() for level in range(1, N_LEVELS)])
    cuts: Matrix = np.where(below == 0, -np.inf, np.where(below == 1, np.inf, np.quantile(scores, below)))
    return cuts


def levels_above(scores: Matrix, cuts: Matrix) -> NDArray[np.int64]:
    """How many of the cuts each score is above."""
    levels: NDArray[np.int64] = (scores[:, None] > cuts).sum(axis=1)
    return levels


def fit_odds(scores: Matrix, levels: NDArray[np.int64]) -> Matrix:
    """Log slope and three thresholds (the second and third as log steps) of cumulative odds, lightly held back."""
    start = np.array([0.0, -1.0, 0.0, 0.0])

    at = np.arange(len(levels))

    def loss(odds: Matrix) -> tuple[float, Matrix]:
        """The loss and its slope along each of the odds."""
        slope, steps = np.exp(odds[0]), np.exp(odds[2:])
        above = expit(slope * scores[:, None] - _thresholds(odds))
        steep = np.pad(above * (1 - above), ((0, 0), (1, 1)))  # no chance rises at the outer bounds
        bounds = np.hstack([np.ones((len(at), 1)), above, np.zeros((len(at), 1))])
        chosen = bounds[at, levels] - bounds[at, levels + 1] + 1e-9
        lower, upper = steep[at, levels] / chosen, steep[at, levels + 1] / chosen
        along = np.zeros(4)
        along[0] = -(slope * scores * (lower - upper)).sum()
        for cut, step in enumerate((1.0, *steps)):  # a threshold moves all that follow
            along[1 + cut] = step * (lower[levels > cut].sum() - upper[levels >= cut].sum())
        away = odds[1:] - start[1:]
        held_back = 0.5 * odds[0] ** 2 + 0.05 * (away**2).sum()
        return float(-np.log(chosen).sum() + held_back), along + np.concatenate([odds[:1], 0.1 * away])

    found: Matrix = minimize(loss, start, method="BFGS", jac=True).x
    return found


def chances_of(scores: Matrix, odds: Matrix) -> Matrix:
    """Scores by levels: the chance of each level at each score."""
    above: Matrix = expit(np.exp(odds[0]) * scores[:, None] - _thresholds(odds))
    bounds = np.hstack([np.ones((len(scores), 1)), above, np.zeros((len(scores), 1))])
    chances: Matrix = bounds[:, :-1] - bounds[:, 1:]
    return chances


def _thresholds(odds: Matrix) -> Matrix:
    steps: Matrix = odds[1] + np.concatenate([[0.0], np.cumsum(np.exp(odds[2:]))])
    return steps
