"""A many-facet ordinal model of scores: what each call is worth, and how severe and how reliable each rater is.

    P(level >= k) = logistic(slope_r * spread_e * quality - threshold_ek - severity_r - deviation_re)

for rater r and element e (Linacre 1994; slopes and ranges of raters as in Uto and Ueno 2018). Quality is normal, and
integrated out on a grid, everything else is found as the most probable value under weak priors. A rater who scores at
random gets a slope near 0 and so hardly counts; one who avoids the ends of the scale gets a wide range of thresholds.

Written here because of the libraries found in late 2026 none gives slopes of raters with an interval of each call's
level: raschpy and mfrmpy (many-facet Rasch) have raters of equal reliability and ask for pandas, crowd-kit takes levels
for unordered classes, girth and py-irt know no raters.

It does not know the wording of notes, the time, or that two elements of one call are often scored alike (halo): the
interval of a rater's severity allows for that, those of levels do not.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, ndtr
from scipy.stats import norm, t

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

GRID = np.linspace(-4.0, 4.0, 41)  # of quality, in standard deviations of an element's calls
PRIOR = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
SEVERITY_SD, DEVIATION_SD = 0.65, 0.4  # of raters, in logits: .4 of a level, and what an element adds to that
SLOPE_SD, RANGE_SD = 0.25, 0.15  # of the logarithms
SPREAD, COMMON_SD = np.log(1.6), 1.0  # of the logarithm common to all elements: single raters then agree at about .45
SPREAD_SD = 0.35  # of an element's own
GAP, GAP_SD = np.log(1.5), 0.7  # of the logarithm of the distance between thresholds, at that common spread
FIRST_SD = 5.0  # of an element's first threshold
ROUNDS = 2  # of estimating how far raters differ
PRIOR_RATERS = 4  # how many raters the guess of SEVERITY_SD is worth
UPPER = 0.975  # end of a 95 % interval
NOISE = np.pi**2 / 3  # variance of the logistic
TINY = 1e-12


class Ratings(NamedTuple):
    """Scores as numbers, one each: `unit`, `rater` and `level`. A unit is one element of one call: `item`, `call`."""

    unit: Indices
    rater: Indices
    level: Indices
    item: Indices
    call: Indices
    n_levels: int


@dataclass(frozen=True)
class Estimate:
    """The fitted model, in logits; severities are measured from the mean rater of each element.

    posterior: units by GRID, chances of each quality
    severity: raters by elements; severity_se: one per rater, of what is common to all elements
    slope, rater_range: per rater, 1 for the typical one
    spread, thresholds: per element
    severity_sd: of raters like these, per element; `few` widens it, as few raters do not tell it
    """

    posterior: Matrix
    severity: Matrix
    severity_se: Matrix
    slope: Matrix
    rater_range: Matrix
    spread: Matrix
    thresholds: Matrix
    severity_sd: Matrix
    few: float

    def at_least(self, item: Indices, rater: Indices | None = None) -> Matrix:
        """Rows by steps by GRID: chances that a typical rater, or those named, give at least each level over 0."""
        tau, steep = self.thresholds[item], self.spread[item]
        if rater is None:
            unknown = np.sqrt(1 + np.pi / 8 * self.severity_sd[item] ** 2)
            typical: Matrix = expit((steep[:, None, None] * GRID - tau[:, :, None]) / unknown[:, None, None])
            return typical
        middle = tau.mean(axis=1, keepdims=True)
        cuts = middle + self.rater_range[rater, None] * (tau - middle) + self.severity[rater, item, None]
        named: Matrix = expit((self.slope[rater] * steep)[:, None, None] * GRID - cuts[:, :, None])
        return named

    def below(self) -> Matrix:
        """Elements by steps: the share of calls to which a typical rater gives less than each level over 0."""
        steep = self.spread[:, None, None]
        shares: Matrix = 1 - expit(steep * GRID - self.thresholds[:, :, None]) @ PRIOR
        return shares

    def reliability(self, item: Indices, rater: Indices) -> Matrix:
        """The share of the variance of scores, on the logistic scale, that comes from the calls."""
        quality = (self.slope[rater] * self.spread[item]) ** 2
        share: Matrix = quality / (quality + NOISE)
        return share


def fit_raters(ratings: Ratings) -> Estimate:
    """Fit the model; at least one score is needed."""
    model = _Model(ratings)
    free = model.n_raters - 1, max(len(model.pairs) - model.n_raters - model.n_items + 1, 0)
    sds = SEVERITY_SD, DEVIATION_SD
    found = model.fit(sds)
    for _ in range(ROUNDS):
        severity, deviation, *_ = np.split(found, model.cuts)
        scale = float(np.exp(found[-1] - SPREAD))
        sds = _spread_of(severity, free[0], SEVERITY_SD * scale), _spread_of(deviation, free[1], DEVIATION_SD * scale)
        found = model.fit(sds, found)
    return model.estimate(found, sds)


def _spread_of(effects: Matrix, free: float, guess: float) -> float:
    """The standard deviation of raters' effects, of which `free` may vary; the guess counts as much as PRIOR_RATERS."""
    return float(np.sqrt(((effects**2).sum() + PRIOR_RATERS * guess**2) / (free + PRIOR_RATERS)))


class _Model:
    """The posterior of all parameters, quality integrated out, with its gradient."""

    def __init__(self, ratings: Ratings) -> None:
        from scipy.sparse import csr_matrix

        self.ratings = ratings
        self.n_levels, self.n_steps = ratings.n_levels, ratings.n_levels - 1
        self.n_raters, self.n_items = int(ratings.rater.max()) + 1, int(ratings.item.max()) + 1
        code = ratings.rater * self.n_items + ratings.item[ratings.unit]
        self.pairs, self.pair = np.unique(code, return_inverse=True)
        self.pair_rater, self.pair_item = self.pairs // self.n_items, self.pairs % self.n_items
        shape = (len(ratings.item), len(self.pairs) * self.n_levels)
        ones = np.ones(len(ratings.unit))
        self.counts = csr_matrix((ones, (ratings.unit, self.pair * self.n_levels + ratings.level)), shape)
        self.counts_by_pair = self.counts.T.tocsr()
        r, e = self.n_raters, self.n_items
        widths = (r, len(self.pairs), r, r, e, e, e * (self.n_steps - 1), 1)
        self.cuts = np.cumsum(widths)[:-1]
        self.center = np.repeat([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, GAP - SPREAD, SPREAD], widths)
        self.widths = widths

    def fit(self, population: tuple[float, float], start: Matrix | None = None) -> Matrix:
        """The most probable parameters; `population` are standard deviations of severities and of deviations."""
        sds = (*population, SLOPE_SD, RANGE_SD, SPREAD_SD, FIRST_SD, GAP_SD, COMMON_SD)
        self.precision = np.repeat(1 / np.square(sds), self.widths)
        first = self._start() if start is None else start
        found: Matrix = minimize(self.loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
        return found

    def _start(self) -> Matrix:
        """First thresholds from how often each element's lowest level was given; all else at its prior."""
        start = self.center.copy()
        item = self.ratings.item[self.ratings.unit]
        scored = np.bincount(item, minlength=self.n_items)
        lowest = np.bincount(item, weights=self.ratings.level == 0, minlength=self.n_items)
        share = (lowest + 1) / (scored + 2)
        start[self.cuts[4] : self.cuts[5]] = np.log(share / (1 - share)) * np.sqrt(1 + np.exp(2 * SPREAD) / NOISE)
        return start

    def _unpack(self, parameters: Matrix) -> tuple[Matrix, ...]:
        severity, deviation, slope, rater_range, spread, first, gaps, common = np.split(parameters, self.cuts)
        steps = np.exp(gaps + common).reshape(self.n_items, self.n_steps - 1)
        tau = first[:, None] + np.hstack([np.zeros((self.n_items, 1)), np.cumsum(steps, axis=1)])
        return severity, deviation, np.exp(slope), np.exp(rater_range), np.exp(spread + common), tau, steps

    def _at_least(self, parameters: Matrix) -> Matrix:
        """Pairs by levels (from "at least the first", which is 1, to "more than the last", 0) by GRID."""
        severity, deviation, slope, rater_range, spread, tau, _ = self._unpack(parameters)
        middle = tau.mean(axis=1)[self.pair_item, None]
        cuts = middle + rater_range[self.pair_rater, None] * (tau[self.pair_item] - middle)
        cuts = cuts + (severity[self.pair_rater] + deviation)[:, None]
        steep = slope[self.pair_rater] * spread[self.pair_item]
        above = expit(steep[:, None, None] * GRID - cuts[:, :, None])
        ends = np.ones((len(self.pairs), 1, len(GRID)))
        return np.concatenate([ends, above, 0 * ends], axis=1)

    def posterior(self, parameters: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        """Units by GRID: the chances; the log likelihood of each unit; the table that `_at_least` gives."""
        above = self._at_least(parameters)
        logs = np.log(np.maximum(above[:, :-1] - above[:, 1:], TINY)).reshape(-1, len(GRID))
        joint = self.counts @ logs + np.log(PRIOR)
        top = joint.max(axis=1, keepdims=True)
        chances = np.exp(joint - top)
        total = chances.sum(axis=1, keepdims=True)
        return chances / total, (top + np.log(total))[:, 0], above

    def loss(self, parameters: Matrix) -> tuple[float, Matrix]:
        """Minus the log posterior, and its gradient by Fisher's identity from expected counts."""
        chances, likelihood, above = self.posterior(parameters)
        counted = np.asarray(self.counts_by_pair @ chances)
        expected = counted.reshape(len(self.pairs), self.n_levels, len(GRID))
        away = parameters - self.center
        gradient = self._gradient(parameters, self._by_eta(expected, above))
        value = -likelihood.sum() + 0.5 * (self.precision * away**2).sum()
        return float(value), self.precision * away - gradient

    @staticmethod
    def _by_eta(expected: Matrix, above: Matrix) -> Matrix:
        """Pairs by steps by GRID: what the log likelihood gains by a small rise of each cumulative logit."""
        share = expected / np.maximum(above[:, :-1] - above[:, 1:], TINY)
        inner = above[:, 1:-1]
        gained: Matrix = inner * (1 - inner) * (share[:, 1:] - share[:, :-1])
        return gained

    def _gradient(self, parameters: Matrix, by_eta: Matrix) -> Matrix:
        _, _, slope, rater_range, spread, tau, steps = self._unpack(parameters)
        by_step = by_eta.sum(axis=2)
        by_pair = -by_step.sum(axis=1)
        by_steepness = (by_eta.sum(axis=1) @ GRID) * slope[self.pair_rater] * spread[self.pair_item]
        stretch = rater_range[self.pair_rater, None]
        middle = tau.mean(axis=1, keepdims=True)
        by_range = -(by_step * stretch * (tau - middle)[self.pair_item]).sum(axis=1)
        by_cut = -(stretch * by_step + (1 - stretch) * by_step.mean(axis=1, keepdims=True))
        by_tau = np.zeros((self.n_items, self.n_steps))
        np.add.at(by_tau, self.pair_item, by_cut)
        from_here = np.cumsum(by_tau[:, ::-1], axis=1)[:, ::-1]
        sums = [np.bincount(self.pair_rater, by, self.n_raters) for by in (by_pair, by_steepness, by_range)]
        by_spread = np.bincount(self.pair_item, by_steepness, self.n_items)
        by_gap = (from_here[:, 1:] * steps).ravel()
        by_common = [by_spread.sum() + by_gap.sum()]
        return np.concatenate([sums[0], by_pair, sums[1], sums[2], by_spread, from_here[:, 0], by_gap, by_common])

    def _standard_errors(self, parameters: Matrix, *, step: float = 1e-3) -> Matrix:
        """Of raters' severities: by curvature or, where larger, by how calls differ (halo), thresholds held fixed."""
        curvature = np.zeros((self.n_raters, self.n_raters))
        for rater in range(self.n_raters):
            moved = np.stack([parameters, parameters])
            moved[:, rater] += (step, -step)
            up, down = (self.loss(row)[1][: self.n_raters] for row in moved)
            curvature[rater] = (up - down) / (2 * step)
        inverse = np.linalg.inv((curvature + curvature.T) / 2)
        by_call = self._gradient_by_call(parameters)
        differing = inverse @ (by_call.T @ by_call + np.diag(self.precision[: self.n_raters])) @ inverse
        from_mean = np.eye(self.n_raters) - 1 / self.n_raters
        variances = [np.diag(from_mean @ variance @ from_mean.T) for variance in (inverse, differing)]
        found: Matrix = np.sqrt(np.maximum(*variances).clip(0))
        return found

    def _gradient_by_call(self, parameters: Matrix) -> Matrix:
        """Calls by raters: how the log likelihood of each call moves with each rater's severity."""
        chances, _, above = self.posterior(parameters)
        steep = above * (1 - above)
        gained = (steep[:, :-1] - steep[:, 1:]) / np.maximum(above[:, :-1] - above[:, 1:], TINY)
        unit, rater, level, _, call, _ = self.ratings
        each: Matrix = -(chances[unit] * gained[self.pair, level]).sum(axis=1)
        sums = np.zeros((int(call.max()) + 1, self.n_raters))
        np.add.at(sums, (call[unit], rater), each)
        return sums

    def estimate(self, parameters: Matrix, population: tuple[float, float]) -> Estimate:
        """The parameters as an Estimate."""
        severity, deviation, slope, rater_range, spread, tau, _ = self._unpack(parameters)
        both = np.tile(severity[:, None], (1, self.n_items))
        both[self.pair_rater, self.pair_item] += deviation
        center, guess = both.mean(axis=0), float(np.hypot(*population))
        return Estimate(
            posterior=self.posterior(parameters)[0],
            severity=both - center,
            severity_se=self._standard_errors(parameters),
            slope=slope,
            rater_range=rater_range,
            spread=spread,
            thresholds=tau + center[:, None],
            severity_sd=np.array([_spread_of(column, self.n_raters - 1, guess) for column in (both - center).T]),
            few=float(t.ppf(UPPER, self.n_raters + PRIOR_RATERS - 1) / norm.ppf(UPPER)),
        )


def blurred(posterior: Matrix, sd: Matrix) -> Matrix:
    """Chances over GRID with a further normal error, its `sd` one per row (few different ones)."""
    half = (GRID[1] - GRID[0]) / 2
    gap = GRID[:, None] - GRID
    wider = np.empty_like(posterior)
    for value in np.unique(sd):
        kernel = ndtr((gap + half) / value) - ndtr((gap - half) / value)
        wider[sd == value] = posterior[sd == value] @ kernel.T
    wider /= wider.sum(axis=1, keepdims=True)
    return wider


def quantile(posterior: Matrix, share: float) -> Matrix:
    """The quality below which `share` of each row's chance lies, each point of GRID standing for its surroundings."""
    step = GRID[1] - GRID[0]
    below = np.cumsum(posterior, axis=1)
    at = (below < share).sum(axis=1).clip(0, len(GRID) - 1)
    row = np.arange(len(posterior))
    within = (share - (below[row, at] - posterior[row, at])) / np.maximum(posterior[row, at], TINY)
    found: Matrix = GRID[at] + step * (within - 0.5)
    return found
