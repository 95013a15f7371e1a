"""The classifiers on a scored corpus, cross-validated, beside people and beside plain ways of judging."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.people.corpora import Corpus, as_elements, as_scores
from benchmarks.people.panels import one_and_three, wide
from models.features.features import Encode
from models.learning.folds import FOLDS, keep_apart, spread_groups
from models.learning.train import Trained, TrainingData, TrainingOptions, train
from models.ratings.agreement import alpha, counts
from pipeline.language.acts import classify_acts

Matrix = NDArray[np.float64]
PENALTY = 1.0  # of the ridge on words, as scikit-learn has it


class People(NamedTuple):
    """Raters of one scale, and words beside them. Spearman of people is with the mean of the others.

    alpha: ordinal; one, three: Spearman of one rater and of the mean of three; words: of a ridge on weighted words
    """

    n_calls: int
    n_raters: int
    alpha: float
    one: float
    three: float | None
    words: float


class Classifier(NamedTuple):
    """The product's classifier of one scale, cross-validated.

    spearman: with the mean of all raters; qwk, low, high: with what their scores come to, in four levels
    one_qwk: mean of pairs of raters in the same levels; exact, majority: share of levels right, by the classifier and
    by always saying the most frequent; apart: what no two folds share
    """

    spearman: float
    qwk: float
    low: float
    high: float
    one_qwk: float | None
    exact: float
    majority: float
    apart: str


class Judged(NamedTuple):
    """One scale; no classifier where what was learnt is not taken into use. `objections` says why not, or what keeps it
    from being called calibrated."""

    element: str
    people: People
    ours: Classifier | None
    objections: tuple[str, ...]


def judge_corpus(corpus: Corpus, encode: Encode, *, seed: int = 0) -> list[Judged]:
    """Train and cross-validate every scale with the product's code; the ridge on words has the same folds."""
    acts = classify_acts(corpus.talk)
    data = TrainingData(corpus.talk, acts, as_scores(corpus), corpus.people)
    trained = train(data, as_elements(corpus), encode, options=TrainingOptions(seed=seed))
    return [_judged(corpus, element, trained, seed=seed) for element in corpus.steps]


def _judged(corpus: Corpus, element: str, trained: Trained, *, seed: int) -> Judged:
    from scipy.stats import spearmanr

    calls, _, levels = wide(corpus, element)
    mean = np.nanmean(levels, axis=1)
    by_words = words_ridge(corpus, calls, mean, seed=seed)
    one, three = one_and_three(levels, raters_known=corpus.raters_known)
    people = People(
        len(calls),
        levels.shape[1],
        alpha(counts(levels, corpus.steps[element])),
        one,
        three,
        float(spearmanr(by_words, mean).statistic),
    )
    model = next(model for model in trained.models if model.element == element)
    said = trained.validated.filter(model_id=model.model_id).sort("call_id")
    if said.is_empty():  # what was learnt stays beside
        return Judged(element, people, None, tuple(trained.refused.filter(element=element)["reason"]))
    expected = (said["p_orange"] + 2 * said["p_yellow"] + 3 * said["p_green"]).to_numpy()
    figures = model.figures
    names = ("qwk", "qwk_low", "qwk_high", "human_qwk", "exact", "majority", "apart")
    ours = Classifier(float(spearmanr(expected, mean).statistic), *(figures[name] for name in names))
    return Judged(element, people, ours, model.reasons)


def words_ridge(corpus: Corpus, calls: list[str], target: Matrix, *, seed: int = 0) -> Matrix:
    """What a ridge on TF-IDF of each side's words and of the last turn says of calls whose fold it has not seen."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    fold = spread_groups(keep_apart(corpus.people, calls).groups, seed=seed)
    texts = [np.array(text, object) for text in side_texts(corpus, calls)]
    said = np.zeros(len(calls))
    for k in range(FOLDS):
        seen, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        words = [TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit(text[seen]) for text in texts]
        rows, unseen = (
            hstack([by.transform(text[part]) for by, text in zip(words, texts, strict=True)]) for part in (seen, held)
        )
        said[held] = Ridge(alpha=PENALTY).fit(rows.tocsr(), target[seen]).predict(unseen.tocsr())
    return said


def side_texts(corpus: Corpus, calls: list[str]) -> list[list[str]]:
    """What the lead says, what the other says, and the last turn: a text per call each."""
    side = [pl.col("text").filter(pl.col("side") == name).str.join(" ").alias(name) for name in ("lead", "other")]
    joined = corpus.talk.group_by("call_id").agg(*side, pl.col("text").sort_by("idx").last().alias("last"))
    table = pl.DataFrame({"call_id": calls}).join(joined, on="call_id", how="left", maintain_order="left")
    return [table[name].to_list() for name in ("lead", "other", "last")]
