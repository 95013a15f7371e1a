"""Simple ways of judging calls, to compare the classifiers with: words, or mean embeddings and counts."""

import numpy as np
import polars as pl

from models.features.features import Encode, describe
from models.learning.folds import FOLDS, keep_apart, spread_groups
from models.ratings.agreement import qwk
from models.ratings.reference import Reference
from pipeline.language.acts import classify_acts


def bag_of_words(reference: Reference) -> pl.DataFrame:
    """call_id and counts of words and pairs of words, with weights, for logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    joined = reference.talk.group_by("call_id", maintain_order=True).agg(pl.col("text").str.join(" "))
    rows = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True, max_features=5000).fit_transform(
        joined["text"].to_list()
    )
    return joined.select("call_id").with_columns(pl.Series("row", rows.toarray().astype(np.float32)))


def means_and_counts(reference: Reference, encode: Encode) -> pl.DataFrame:
    """call_id and the mean embedding of each side with simple counts of acts and talk."""
    talk = reference.talk
    acts = classify_acts(talk)
    features = describe(talk, acts, encode)
    plain = features.shares
    counts = acts.join(talk.select("call_id", "idx", "side"), on=["call_id", "idx"]).with_columns(
        pl.format("{} {}", "side", "act").alias("kind")
    )
    wide = counts.pivot("kind", index="call_id", values="idx", aggregate_function="len", sort_columns=True)
    vectors = encode(talk["text"].to_list())
    sides = [
        np.stack([vectors[(talk["call_id"] == call).to_numpy() & (talk["side"] == side).to_numpy()].mean(axis=0)
                  for call in features.calls])
        for side in ("lead", "other")
    ]  # fmt: skip
    acts_counts = pl.DataFrame({"call_id": features.calls}).join(wide, on="call_id", maintain_order="left")
    numbers = acts_counts.drop("call_id").fill_null(0).to_numpy().astype(np.float32)
    scaled = np.hstack([numbers, plain])
    scaled = (scaled - scaled.mean(axis=0)) / (scaled.std(axis=0) + 1e-6)
    rows = np.hstack([*(10 * side for side in sides), scaled]).astype(np.float32)
    return pl.DataFrame({"call_id": features.calls}).with_columns(pl.Series("row", rows))


def beside(
    reference: Reference, validated: pl.DataFrame, rows: pl.DataFrame, *, seeds: tuple[int, ...]
) -> pl.DataFrame:
    """element, simple_qwk: logistic regression on `rows`, cross-validated by person, mean of seeds."""
    from sklearn.linear_model import LogisticRegression

    figures = []
    for (element,), part in validated.group_by("element", maintain_order=True):
        known = part.join(rows, on="call_id", maintain_order="left")
        x, y = known["row"].to_numpy(), known["level"].to_numpy()
        groups = keep_apart(reference.calls, known["call_id"].to_list()).groups
        for seed in seeds:
            fold = spread_groups(groups, seed=seed)
            predicted = np.zeros(len(y), np.int64)
            for k in range(FOLDS):
                fitted = LogisticRegression(C=1.0, max_iter=300).fit(x[fold != k], y[fold != k])
                predicted[fold == k] = fitted.predict(x[fold == k])
            figures.append({"element": element, "simple_qwk": qwk(y, predicted)})
    return pl.DataFrame(figures).group_by("element").mean()
