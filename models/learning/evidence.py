"""Evidence: which utterances a rater would point at, and for which level, by a ridge over utterances."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.features.features import Features, Floats

TARGETS = 5  # pointed at; pointed at for red, orange, yellow, green
STIFFNESS = 1000.0  # ridge penalty, in utterances
HEARING = 4.0  # how much what mishearing does to an utterance weighs beside the utterance itself
SHARPNESS = 12.0  # how much the most pointed-at utterances outweigh the others
TOP = 3
UTTERANCES_AT_A_TIME = 512  # utterances that are scored in double precision at a time
POOLED = 4 + TARGETS * 3 + 1


class Solver:
    """The ridge's normal equations, kept by fold of calls, so that leaving folds out costs one factorisation.

    Utterances of calls that `teach` not are scored, but not learnt from. `noise` are the mean products of what
    mishearing does to the columns, as `noise_of` gives them: weights are held back by how far it moves the score.
    """

    def __init__(
        self,
        features: Features,
        fold: NDArray[np.int64],
        teach: NDArray[np.bool_] | None = None,
        *,
        noise: Floats | None = None,
    ) -> None:
        rows = features.utterances
        spread = rows.std(axis=0)
        self.scale = np.where(spread > 1e-6, features.trust / np.maximum(spread, 1e-6), 0).astype(np.float32)
        self.fold = np.repeat(fold, np.diff(features.starts))
        self._taught = (
            self.fold if teach is None else np.where(np.repeat(teach, np.diff(features.starts)), self.fold, -1)
        )
        self._rows = np.hstack([rows * self.scale, np.full((len(rows), 1), 3, np.float32)])
        self._factors: dict[frozenset[int], tuple[Floats, bool]] = {}
        parts = {k: self._rows[self._taught == k] for k in np.unique(fold).tolist()}
        self._squares = {k: part.T @ part for k, part in parts.items()}
        if noise is not None:
            width = len(self.scale)  # the last columns may not be looked at
            pull = HEARING * np.pad(self.scale[:, None] * noise[:width, :width] * self.scale, (0, 1))
            self._squares = {k: squares + len(parts[k]) * pull for k, squares in self._squares.items()}

    def products(self, targets: Floats) -> dict[int, Floats]:
        """By fold what `solve` needs of `targets`."""
        return {k: self._rows[self._taught == k].T @ targets[self._taught == k] for k in self._squares}

    def solve(self, products: dict[int, Floats], without: frozenset[int] = frozenset()) -> Floats:
        """Weights (columns of the utterances and a constant, by targets) from all folds but those of `without`."""
        from scipy.linalg import cho_factor, cho_solve

        kept = [k for k in self._squares if k not in without]
        if without not in self._factors:
            left = sum(self._squares[k] for k in kept) + STIFFNESS * np.eye(self._rows.shape[1], dtype=np.float32)
            self._factors[without] = cho_factor(left)
        solved = cho_solve(self._factors[without], np.sum([products[k] for k in kept], axis=0)).astype(np.float32)
        solved[:-1] *= self.scale[:, None]
        solved[-1] *= 3
        return solved


def noise_of(written: Features, heard: Features) -> Floats:
    """Columns by columns: the mean products of the differences between utterances as written and as heard.

    Added to the ridge, they are utterances that only mishearing tells apart, of which nothing is to be said; unlike
    learning from both versions they say so without a level, so that a few conversations are enough for all elements.
    """
    moved = written.utterances - heard.utterances
    products: Floats = (moved.T @ moved / max(len(moved), 1)).astype(np.float32)
    return products


def score(features: Features, weights: Floats) -> Floats:
    """How strongly each utterance is evidence: utterances by targets. `weights` of an element that does not look at the
    last columns are as many fewer.

    Computed in double precision, so that the utterances that are scored together do not matter, and in chunks, so
    that no second copy of them all is held.
    """
    rows = features.utterances[:, : len(weights) - 1]
    scores = np.empty((len(rows), weights.shape[1]), np.float32)
    for start in range(0, len(rows), UTTERANCES_AT_A_TIME):
        chunk = slice(start, start + UTTERANCES_AT_A_TIME)
        scores[chunk] = rows[chunk].astype(np.float64) @ weights[:-1] + weights[-1]
    return scores


def unseen_scores(
    features: Features, solver: Solver, products: dict[int, Floats], without: frozenset[int] = frozenset()
) -> Floats:
    """How strongly each utterance is evidence, by weights that saw neither the folds `without` nor its own."""
    scores = np.zeros((len(features.utterances), TARGETS), np.float32)
    for k in np.unique(solver.fold).tolist():
        part = solver.fold == k
        weights = solver.solve(products, without | {k})
        scores[part] = features.utterances[part] @ weights[:-1] + weights[-1]
    return scores


def targets(features: Features, levels: dict[str, int], pointed: set[tuple[str, int]]) -> Floats:
    """What the ridge learns: 1 where a rater pointed at the utterance of a call, and again at the call's level.

    A call of which no utterance is pointed at teaches with all of them, each a little: better than nothing."""
    wanted = np.zeros((len(features.utterances), TARGETS), np.float32)
    for call, start, end in zip(features.calls, features.starts, features.starts[1:], strict=False):
        hits = np.array([(call, int(idx)) in pointed for idx in features.idx[start:end]], np.float32)
        if not hits.any():
            hits[:] = 1 / max(end - start, 1)
        wanted[start:end, 0] = hits
        wanted[start:end, 1 + levels[call]] = hits
    return wanted


class Padded(NamedTuple):
    """Scores by call: calls by utterances by targets, and which of them are there."""

    scores: Floats
    there: NDArray[np.bool_]


def pad(scores: Floats, starts: NDArray[np.int64]) -> Padded:
    """Calls of different lengths side by side."""
    lengths = np.diff(starts)
    there = np.arange(max(lengths.max(initial=0), TOP)) < lengths[:, None]
    padded = np.zeros((*there.shape, scores.shape[1]), np.float32)
    padded[there] = scores
    return Padded(padded, there)


def pool(padded: Padded) -> Floats:
    """Per call: the levels of the utterances most pointed at, the strongest, the mean of the strongest three, the
    level these say, and the sums."""
    scores, there = padded.scores.astype(np.float64), padded.there  # in single precision the padding would show
    pointed = np.where(there, scores[:, :, 0], -np.inf)
    weight = np.exp(SHARPNESS * (pointed - pointed.max(axis=1, keepdims=True, initial=-1e3)))
    weight = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    at_level = np.einsum("ct,ctl->cl", weight, scores[:, :, 1:])
    present = np.where(there[:, :, None], scores, -np.inf)
    strongest = -np.partition(-present, TOP - 1, axis=1)[:, :TOP]
    strongest = np.where(np.isfinite(strongest), strongest, 0)
    said = at_level @ np.arange(4)
    sums = (scores * there[:, :, None]).sum(axis=1)
    parts = [at_level, strongest.max(axis=1), strongest.mean(axis=1), said[:, None], sums]
    return np.hstack(parts).astype(np.float32)
