"""The classifiers on a scored corpus, cross-validated, beside people and beside plain ways of judging."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.people.corpora import Corpus, as_elements, as_scores
from benchmarks.people.panels import one_and_three, wide
from models.features.features import Encode
from models.learning.folds import FOLDS, keep_apart, spread_groups
from models.learning.train import train
from models.ratings.agreement import alpha, counts
from pipeline.language.acts import classify_acts

Matrix = NDArray[np.float64]
PENALTIES = (0.3, 1.0, 3.0)  # of the ridge, chosen inside each training part


class Judged(NamedTuple):
    """One scale. Spearman is with the mean of all raters, for people with the mean of the others.

    ours, words: of the classifier and of a ridge on weighted words; one, three: of one rater, of three
    alpha: raters' ordinal alpha; qwk, qwk_low, qwk_high: the classifier's with the raters' median in four levels
    one_qwk: mean of pairs of raters in the same levels; exact, majority: share of levels right, by the classifier and
    by always saying the most frequent; apart: what no two folds share; gate: objections to calling it calibrated
    """

    element: str
    n_calls: int
    n_raters: int
    alpha: float
    ours: float
    words: float
    one: float
    three: float | None
    qwk: float
    qwk_low: float
    qwk_high: float
    one_qwk: float | None
    exact: float
    majority: float
    apart: str
    gate: tuple[str, ...]


def judge_corpus(corpus: Corpus, encode: Encode, *, seed: int = 0) -> list[Judged]:
    """Train and cross-validate every scale with the product's code; the ridge on words has the same folds."""
    from scipy.stats import spearmanr

    acts = classify_acts(corpus.talk)
    trained = train(corpus.talk, acts, as_scores(corpus), as_elements(corpus), corpus.people, encode, seed=seed)
    rows = []
    for model in trained.models:
        element = model.element
        calls, _, levels = wide(corpus, element)
        mean = pl.DataFrame({"call_id": calls, "mean": np.nanmean(levels, axis=1)})
        said = trained.validated.filter(element=element).join(mean, on="call_id").sort("call_id")
        expected = said["p_orange"] + 2 * said["p_yellow"] + 3 * said["p_green"]
        by_words = words_ridge(corpus, said["call_id"].to_list(), said["mean"].to_numpy(), seed=seed)
        figures = model.figures
        rows.append(
            Judged(
                element,
                said.height,
                levels.shape[1],
                alpha(counts(levels, corpus.steps[element])),
                float(spearmanr(expected, said["mean"]).statistic),
                float(spearmanr(by_words, said["mean"]).statistic),
                *one_and_three(levels, raters_known=corpus.raters_known),
                figures["qwk"],
                figures["qwk_low"],
                figures["qwk_high"],
                figures["human_qwk"],
                figures["exact"],
                figures["majority"],
                figures["apart"],
                model.reasons,
            )
        )
    return rows


def words_ridge(corpus: Corpus, calls: list[str], target: Matrix, *, seed: int = 0) -> Matrix:
    """What a ridge on TF-IDF of each side's words and of the last turn says of calls whose fold it has not seen."""
    groups = keep_apart(corpus.people, calls).groups
    fold = spread_groups(groups, seed=seed)
    texts = side_texts(corpus, calls)
    said = np.zeros(len(calls))
    for k in range(FOLDS):
        seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        inner = spread_groups(groups[seen], seed=seed + 1)
        errors = [
            sum(
                (
                    (_ridge(texts, seen[inner != j], seen[inner == j], target, penalty) - target[seen[inner == j]]) ** 2
                ).sum()
                for j in range(FOLDS)
            )
            for penalty in PENALTIES
        ]
        said[held] = _ridge(texts, seen, held, target, PENALTIES[int(np.argmin(errors))])
    return said


def side_texts(corpus: Corpus, calls: list[str]) -> list[list[str]]:
    """What the lead says, what the other says, and the last turn: a text per call each."""
    side = [pl.col("text").filter(pl.col("side") == name).str.join(" ").alias(name) for name in ("lead", "other")]
    joined = corpus.talk.group_by("call_id").agg(*side, pl.col("text").sort_by("idx").last().alias("last"))
    table = pl.DataFrame({"call_id": calls}).join(joined, on="call_id", how="left", maintain_order="left")
    return [table[name].to_list() for name in ("lead", "other", "last")]


def _ridge(
    texts: list[list[str]], seen: NDArray[np.int64], held: NDArray[np.int64], target: Matrix, penalty: float
) -> Matrix:
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    parts = []
    for text in texts:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit([text[at] for at in seen])
        parts.append([words.transform([text[at] for at in rows]) for rows in (seen, held)])
    rows, unseen = (hstack([part[which] for part in parts]).tocsr() for which in (0, 1))
    found: Matrix = Ridge(alpha=penalty).fit(rows, target[seen]).predict(unseen)
    return found
