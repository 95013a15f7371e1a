"""Sources: a classifier from people's scores and the reference's together, as far as people's scores bear it out.

What makes a call good is shared, severity and cut-offs are each source's own, and people may lay stress elsewhere.
People's scores by an earlier wording that meant something else are a third source, of the same people. All that is
chosen here is chosen by what it says of people's calls left out. The reference's raters are taken as they are: whether
they are right is not asked, only whether they help to foretell these people's scores.

Importing this module imports scikit-learn: import it inside functions.
"""

from copy import copy
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import expit

from models.learning.classifiers import Matrix, OrdinalRidge, chances_of, fit_odds, levels_above
from models.learning.folds import spread_groups

Indices = NDArray[np.int64]

CANDIDATES = ("reference", "reference with people's cut-offs", "people and reference", "with the earlier wording")
SHARED = {1.0: 0.0, 0.9: 0.5, 0.7: 1.0, 0.4: 2.0, 0.0: 3.0}  # correlation of the sources: what it must gain (log odds)
APART = 0.5  # variance of the difference in severity, in kernels
NOISE = (1.0, 2.0, 4.0)  # of people's scores, times the reference's
ANY_LEVEL = 4.0  # variance of the mean of all, in kernels
DOUBT = 2.0  # standard errors by which a simpler candidate must be better
NEAR_ENOUGH = 0.02  # slope of the log likelihood at which the search for odds ends
TINY = 1e-9
SLOPE_SD, FIRST_SD, GAP_SD = 0.5, 0.6, 0.4  # of people's odds around the reference's: log slope, levels, log levels


class Sources(NamedTuple):
    """Scores of some calls: `levels`, the finer `values` they come from, whether `people` gave them, `groups` of calls
    that must not be on both sides, and whether people gave them by an `earlier` wording (not `people` then)."""

    levels: Indices
    values: Matrix
    people: NDArray[np.bool_]
    groups: Indices
    earlier: NDArray[np.bool_]

    @property
    def reference(self) -> NDArray[np.bool_]:
        """Whether the reference gave them."""
        return ~(self.people | self.earlier)

    def take(self, rows: Indices | NDArray[np.bool_]) -> "Sources":
        """The same for some rows."""
        levels, values, people = self.levels[rows], self.values[rows], self.people[rows]
        return Sources(levels, values, people, self.groups[rows], self.earlier[rows])


class Judged(NamedTuple):
    """One candidate: its classifier, and its levels for people's calls by scores that did not know them."""

    classifier: OrdinalRidge
    levels: Indices


def fit_sources(
    rows: Matrix, sources: Sources, ridge: OrdinalRidge, *, plain: OrdinalRidge | None = None
) -> tuple[OrdinalRidge, OrdinalRidge]:
    """The candidate that people's scores bear out, and the reference as it is, both fitted.

    `ridge` has the settings; `plain` saves fitting the reference again.

    Learning from both is taken unless a simpler candidate has the lower squared error on people's calls, by DOUBT
    standard errors: on the few calls that people score, a choice by the lower error alone costs more than it brings.
    """
    judged = candidates(rows, sources, plain or fit_reference(rows, sources, ridge))
    values = sources.values[sources.people]
    errors = {name: (candidate.levels - values) ** 2 for name, candidate in judged.items()}
    *simpler, best = judged
    for name in reversed(simpler):
        gains = errors[best] - errors[name]
        if gains.mean() > DOUBT * gains.std() / np.sqrt(len(gains)):
            best = name
    return judged[best].classifier, judged[CANDIDATES[0]].classifier


def fit_reference(rows: Matrix, sources: Sources, ridge: OrdinalRidge) -> OrdinalRidge:
    """What the reference alone says."""
    own = np.flatnonzero(sources.reference)
    return ridge.like().fit(rows[own], sources.levels[own], sources.groups[own])


def candidates(rows: Matrix, sources: Sources, plain: OrdinalRidge) -> dict[str, Judged]:
    """All candidates, fitted and judged, the last only where there is an earlier wording; `plain` is the reference as
    it is."""
    people = np.flatnonzero(sources.people)
    fold = spread_groups(sources.groups, plain.folds)
    kernel = plain.kernel(rows)
    unseen = _scores_by_fold(plain, kernel, sources, fold)
    as_it_is = Judged(plain, plain.levels_at(unseen[people] / plain.spread_))
    cut = _with_cuts(plain, unseen / plain.spread_, np.zeros(len(rows)), sources, fold)
    now = np.flatnonzero(~sources.earlier)
    found = [as_it_is, cut, _together(rows[now], sources.take(now), fold[now], plain)]
    if len(now) < len(rows):
        found.append(_together(rows, sources, fold, plain))
    return dict(zip(CANDIDATES, found, strict=False))


def _scores_by_fold(plain: OrdinalRidge, kernel: Matrix, sources: Sources, fold: Indices) -> Matrix:
    """The reference's score of each call, from reference calls of the other folds."""
    scores = np.zeros(len(fold))
    for k in np.unique(fold):
        seen, held = np.flatnonzero((fold != k) & sources.reference), np.flatnonzero(fold == k)
        levels = sources.levels[seen]
        stiff = kernel[np.ix_(seen, seen)] + float(plain.penalty_) * np.eye(len(seen))
        scores[held] = kernel[np.ix_(held, seen)] @ np.linalg.solve(stiff, levels - levels.mean())
        scores[held] += levels.mean() - plain.level_
    return scores


def _together(rows: Matrix, sources: Sources, fold: Indices, plain: OrdinalRidge) -> Judged:
    """One Gaussian process over all sources: people's scores are what is shared and what is their own."""
    fitted = plain.like()
    own_means = [sources.values[part].mean() if part.any() else 0.0 for part in _parts(sources)]
    kernel = fitted.weigh(rows, sources.values - np.select(_parts(sources), own_means), fold)
    alike, noise = _choose(kernel, sources, float(plain.penalty_))
    covariance = _covariance(kernel, sources, alike)
    middle = sources.values.mean()
    inverse = np.asarray(np.linalg.inv(covariance + np.diag(noise)), np.float64)
    dual = inverse @ (sources.values - middle)
    scores = _left_out(inverse, dual, sources.values - middle, fold)
    as_people = np.select(_parts(sources), (1.0, alike.reference, alike.earlier))
    apart, apart_before = APART * dual[sources.people].sum(), APART * dual[sources.earlier].sum()
    fitted.coef_ = ((rows - fitted.mean_) * fitted.scale_).T @ (as_people * dual)
    constant = apart + ANY_LEVEL * dual.sum()
    fitted.reach_, fitted.penalty_ = np.array(np.diag(kernel).max()), np.array(float(plain.penalty_))
    fitted.level_ = np.array(middle + constant)
    scores = scores - constant
    fitted.spread_ = np.array(max(float(scores[sources.reference].std()), 1e-3))
    difference = np.select(_parts(sources), (0.0, apart, apart - apart_before))
    return _with_cuts(fitted, scores / fitted.spread_, difference / fitted.spread_, sources, fold)


class Alike(NamedTuple):
    """How people's scores go together with the reference's, and with their own by an earlier wording."""

    reference: float
    earlier: float


def _parts(sources: Sources) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    return sources.people, sources.reference, sources.earlier


def _covariance(kernel: Matrix, sources: Sources, alike: Alike) -> Matrix:
    """Scores by an earlier wording have to do with the reference's only by what both share with people's of today."""
    people, reference, earlier = _parts(sources)
    loading = np.select((people, earlier), (1.0, alike.earlier), alike.reference)
    same = (people[:, None] & people) | (reference[:, None] & reference) | (earlier[:, None] & earlier)
    severity = APART * ((people[:, None] & people) | (earlier[:, None] & earlier))
    both: Matrix = kernel * np.where(same, 1.0, loading[:, None] * loading) + severity + ANY_LEVEL
    return both


def _choose(kernel: Matrix, sources: Sources, penalty: float) -> tuple[Alike, Matrix]:
    """How much the sources share, and the noise of each call: those that make people's scores likeliest, given the
    others. First the reference alone is looked at, then the earlier wording on top of it."""
    now = np.flatnonzero(~sources.earlier)
    best: tuple[float, Alike, float, float] = (-np.inf, Alike(1.0, 0.0), 1.0, 1.0)
    own, of_now = sources.take(now), kernel[np.ix_(now, now)]
    for (shared, cost), times in product(SHARED.items(), NOISE):
        alike, noise = Alike(shared, 0.0), penalty * np.where(own.people, times, 1.0)
        likely = _likelihood(of_now, own, alike, noise) - cost
        best = max(best, (likely, alike, times, times))
    _, (shared, _), times, times_before = best
    if sources.earlier.any():
        best = (-np.inf, *best[1:])
        for (before, cost), some in product(SHARED.items(), NOISE):
            alike, noise = Alike(shared, before), _noise(sources, penalty, times, some)
            likely = _likelihood(kernel, sources, alike, noise) - cost
            best = max(best, (likely, alike, times, some))
        times_before = best[-1]
    return best[1], _noise(sources, penalty, times, times_before)


def _noise(sources: Sources, penalty: float, people: float, earlier: float) -> Matrix:
    noise: Matrix = penalty * np.select((sources.people, sources.earlier), (people, earlier), 1.0)
    return noise


def _likelihood(kernel: Matrix, sources: Sources, alike: Alike, noise: Matrix) -> float:
    """The logarithm of how likely people's scores are, given all others; the scale is that of the others."""
    order = np.argsort(sources.people, kind="stable")
    n_others = int((~sources.people).sum())
    whole = (_covariance(kernel, sources, alike) + np.diag(noise))[np.ix_(order, order)]
    root = cholesky(whole, lower=True)
    white = solve_triangular(root, (sources.values - sources.values.mean())[order], lower=True)
    scale = (white[:n_others] @ white[:n_others] + 1.0) / (n_others + 2.0)
    rest = white[n_others:]
    spread = len(rest) * np.log(scale)
    return float(-0.5 * (rest @ rest / scale + spread) - np.log(np.diag(root)[n_others:]).sum())


def _left_out(inverse: Matrix, dual: Matrix, values: Matrix, fold: Indices) -> Matrix:
    """What the calls of the other folds say of each call, from the inverse of the covariance of all."""
    scores = np.zeros(len(values))
    for k in np.unique(fold):
        held = np.flatnonzero(fold == k)
        scores[held] = values[held] - np.linalg.solve(inverse[np.ix_(held, held)], dual[held])
    return scores


def _with_cuts(fitted: OrdinalRidge, scores: Matrix, difference: Matrix, sources: Sources, fold: Indices) -> Judged:
    """The classifier with people's odds, held towards the reference's, which give each level as often as people would
    over all calls; people's calls are judged by the odds of the other folds.

    `scores` do not know their call; `difference` is what is added to those of the reference in people's eyes.
    """
    people, reference = sources.people, sources.reference
    given = copy(fitted)
    start = fit_odds(scores[reference], sources.levels[reference])
    spread = float(fitted.spread_)

    def cut(seen: NDArray[np.bool_], begin: Matrix) -> tuple[Matrix, Matrix]:
        used = people & seen
        odds = _held_odds(scores[used], sources.levels[used], start, spread, begin=begin)
        all_scores = scores + difference
        share = chances_of(all_scores, odds).mean(axis=0)
        below = np.cumsum(share)[:-1]
        return odds, np.quantile(all_scores, np.clip(below, 0, 1))

    given.odds_, given.cuts_ = cut(np.ones(len(people), bool), start)
    given.as_often_ = np.array(True)
    levels = np.zeros(len(people), np.int64)
    for k in np.unique(fold[people]):
        held = people & (fold == k)
        levels[held] = levels_above(scores[held], cut(fold != k, given.odds_)[1])
    return Judged(given, levels[people])


def _held_odds(scores: Matrix, levels: Indices, start: Matrix, spread: float, *, begin: Matrix) -> Matrix:
    """The likeliest cumulative odds of levels, normally distributed around those of `start`: log slope, first cut and
    the logarithms of the distances of the others. The search begins at `begin`."""
    centre = _as_cuts(start)
    tight = 1 / np.array([SLOPE_SD, FIRST_SD / spread, GAP_SD, GAP_SD]) ** 2
    at = np.arange(len(levels))

    def loss(cuts: Matrix) -> tuple[float, Matrix]:
        steep, gaps = np.exp(cuts[0]), np.exp(cuts[2:])
        over = steep * (scores[:, None] - cuts[1] - np.concatenate([[0.0], np.cumsum(gaps)]))
        above = expit(over)
        bounds = np.hstack([np.ones((len(at), 1)), above, np.zeros((len(at), 1))])
        chance = bounds[at, levels] - bounds[at, levels + 1] + TINY
        slopes = above * (1 - above)
        by_cut = [-steep * slopes[:, first:] for first in range(slopes.shape[1])]
        pulls = np.zeros((4, *slopes.shape))
        pulls[0] = slopes * over
        pulls[1] = by_cut[0]
        for gap in (1, 2):
            pulls[1 + gap, :, gap:] = by_cut[gap] * gaps[gap - 1]
        edges = np.pad(pulls, ((0, 0), (0, 0), (1, 1)))
        slope = (edges[:, at, levels] - edges[:, at, levels + 1]) / chance
        away = cuts - centre
        return float(-np.log(chance).sum() + 0.5 * (tight * away**2).sum()), tight * away - slope.sum(axis=1)

    found = minimize(loss, _as_cuts(begin), method="BFGS", jac=True, options={"gtol": NEAR_ENOUGH})
    return _as_odds(found.x)


def _as_cuts(odds: Matrix) -> Matrix:
    thresholds = odds[1] + np.concatenate([[0.0], np.cumsum(np.exp(odds[2:]))])
    cuts = thresholds / np.exp(odds[0])
    return np.array([odds[0], cuts[0], *np.log(np.diff(cuts))])


def _as_odds(cuts: Matrix) -> Matrix:
    where = (cuts[1] + np.concatenate([[0.0], np.cumsum(np.exp(cuts[2:]))])) * np.exp(cuts[0])
    return np.array([cuts[0], where[0], *np.log(np.diff(where))])
