"""Word score: what the plain words of a call say of an element that people scored on many calls.

A ridge on weighted words and pairs of words: what the lead says, what the other says, and the last utterance. Few calls
are not enough to tell which words matter; from FROM_CALLS on, a classifier is offered the score as one column more.
"""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.features.features import Floats
from pipeline.tables.conversations import Talk

FROM_CALLS = 300
WIDTH = 8192  # hashed words of each of the three texts
PENALTY = 1.0  # as scikit-learn's ridge has it
PARTS = ("lead", "other", "last")


def count_words(talk: dy.DataFrame[Talk], calls: list[str]) -> Floats:
    """Calls by hashed words of each part, as 1 plus the logarithm of how often each is said."""
    from sklearn.feature_extraction.text import HashingVectorizer

    joined = talk.sort("call_id", "idx").group_by("call_id").agg(
        *(pl.col("text").filter(pl.col("side") == side).str.join(" ").alias(side) for side in PARTS[:2]),
        pl.col("text").last().alias(PARTS[2]),
    )  # fmt: skip
    texts = pl.DataFrame({"call_id": calls}).join(joined, on="call_id", how="left", maintain_order="left")
    hashing = HashingVectorizer(n_features=WIDTH, ngram_range=(1, 2), alternate_sign=False, norm=None)
    counts = np.hstack([hashing.transform(texts[part].fill_null("")).toarray() for part in PARTS])
    return np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0).astype(np.float32)


class Words:
    """The words of some calls, by which scores of any element can be learnt: rare ones weigh more, each part alike."""

    def __init__(self, counts: Floats, fold: NDArray[np.int64]) -> None:
        self.fold = fold
        self.rarity = (np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0))) + 1).astype(np.float32)
        self._rows = _weighted(counts, self.rarity)
        self._alike = self._rows @ self._rows.T

    def unseen(self, values: NDArray[np.float64], without: frozenset[int] = frozenset()) -> Floats:
        """The score of each call by words of calls in other folds than its own and those of `without`."""
        scores = np.zeros((len(values), 1), np.float32)
        for fold in np.unique(self.fold):
            held, seen = self.fold == fold, ~np.isin(self.fold, [*without, fold])
            dual, middle = self._solve(values, seen)
            scores[held, 0] = self._alike[np.ix_(held, seen)] @ dual + middle
        return scores

    def learn(self, values: NDArray[np.float64]) -> Floats:
        """What `score` needs, from all calls: the weight of each word and how rare it is, with the middle of the values
        in a last column."""
        dual, middle = self._solve(values, np.ones(len(values), bool))
        learnt = np.vstack([self._rows.T @ dual, self.rarity])
        return np.hstack([learnt, np.full((2, 1), middle)]).astype(np.float32)

    def _solve(self, values: NDArray[np.float64], seen: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
        from scipy.linalg import solve

        stiff = self._alike[np.ix_(seen, seen)] + PENALTY * np.eye(int(seen.sum()))
        middle = float(values[seen].mean())
        return solve(stiff, values[seen] - middle, assume_a="pos"), middle


def score(counts: Floats, learnt: Floats) -> Floats:
    """The score of each call, one column."""
    weights, rarity = learnt[:, :-1]
    scores: Floats = (_weighted(counts, rarity).astype(np.float64) @ weights + learnt[0, -1]).astype(np.float32)
    return scores[:, None]


def _weighted(counts: Floats, rarity: Floats) -> Floats:
    """The words of each part by how rare they are, each part of length 1."""
    parts = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9)
             for part in np.split(counts * rarity, len(PARTS), axis=1)]  # fmt: skip
    return np.hstack(parts).astype(np.float32)
