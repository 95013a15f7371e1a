"""Uptake against its raters, reflections against the reference labels."""

from pathlib import Path

import dataframely as dy
import krippendorff
import numpy as np
import polars as pl
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.language.act_corpora import LABELLED
from benchmarks.language.agreement import precision_recall_f1
from benchmarks.page import table
from models.ratings.reference import load_reference
from pipeline.language import reflections
from pipeline.language.acts import classify_acts
from pipeline.language.text import words_of
from pipeline.tables.conversations import Talk

MODELS = {
    "uptake": make_pipeline(StandardScaler(), Ridge(10.0)),
    "reflection": make_pipeline(StandardScaler(), LogisticRegression(C=1.0, class_weight={0: 1, 1: 2})),
}


def exchanges(corpora: Path) -> tuple[pl.DataFrame, dy.DataFrame[Talk]]:
    """The rated exchanges of the uptake corpus: call_id, lesson, uptake (z), ratings; and their Talk."""
    rated = pl.read_parquet(corpora / "uptake" / "uptake.parquet").filter(pl.col("uptake_zscore").is_not_null())
    rated = rated.with_row_index("row").select(
        pl.col("row").cast(pl.String).str.zfill(5).alias("call_id"),
        pl.col("obs_id").alias("lesson"),
        pl.col("uptake_zscore").alias("uptake"),
        pl.col("uptake_ratings_sorted").alias("ratings"),
        pl.concat_list("student_text", "teacher_text").alias("text"),
    )
    return rated.drop("text"), talk_of(rated.explode("text"))


def talk_of(lines: pl.DataFrame) -> dy.DataFrame[Talk]:
    """A Talk of lines (call_id, text) of two speakers in turn, ten seconds each."""
    idx = pl.int_range(pl.len()).over("call_id").cast(pl.Int64)
    frame = lines.with_columns(idx.alias("idx")).select(
        "call_id",
        "idx",
        (pl.col("idx") * 10.0).alias("start_s"),
        (pl.col("idx") * 10.0 + 10).alias("end_s"),
        (pl.col("idx") % 2).cast(pl.String).alias("speaker"),
        pl.lit("unknown").alias("role"),
        pl.lit(None, pl.String).alias("person_id"),
        "text",
        pl.col("text").str.split(" ").list.len().cast(pl.Int64).alias("n_words"),
        pl.lit(None, pl.Float64).alias("confidence"),
        pl.when(pl.col("idx") % 2 == 1).then(pl.lit("lead")).otherwise(pl.lit("other")).alias("side"),
        pl.lit("lesson").alias("interaction"),
        pl.lit(20.0).alias("duration_s"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("started_at"),
    )
    return Talk.validate(frame)


def rated_replies(corpora: Path) -> pl.DataFrame:
    """`UPTAKE_FEATURES` of each rated exchange beside lesson and uptake, and repetition without weights or stems."""
    rated, talk = exchanges(corpora)
    features = reflections.uptake_features(talk, classify_acts(talk))
    lines = talk.with_columns(words_of(pl.col("text")).list.unique().alias("words")).group_by(
        "call_id", maintain_order=True
    )
    student, teacher = pl.col("words").list.get(0), pl.col("words").list.get(1)
    both = student.list.set_intersection(teacher).list.len()
    plain = lines.agg("words").select(
        "call_id",
        (both / student.list.len()).fill_nan(0.0).alias("plain_share"),
        (both / student.list.set_union(teacher).list.len()).fill_nan(0.0).alias("plain_overlap"),
    )
    return rated.join(features, on="call_id", maintain_order="left").join(plain, on="call_id", maintain_order="left")


def labelled_sentences(conversations: Path) -> pl.DataFrame:
    """`REFLECTION_FEATURES` of the sentences whose neighbours are labelled too, beside reflection (0, 1)."""
    labelled = pl.read_csv(LABELLED).filter(pl.col("picked") == "window")
    whole = load_reference(conversations).talk
    talk = Talk.validate(whole.filter(pl.col("call_id").is_in(labelled["call_id"].unique().implode())))
    features = reflections.reflection_features(talk, classify_acts(talk))
    return features.join(labelled.drop("text"), on=["call_id", "idx", "sentence"], how="inner", maintain_order="left")


def out_of_fold(frame: pl.DataFrame, model: str, *, target: str, group: str, method: str = "predict") -> np.ndarray:
    """What the model says of rows whose group it has not seen, in ten folds."""
    features = getattr(reflections, f"{model.upper()}_FEATURES")
    rows, wanted, groups = frame.select(features).to_numpy(), frame[target].to_numpy(), frame[group].to_numpy()
    predicted: np.ndarray = cross_val_predict(
        MODELS[model], rows, wanted, groups=groups, cv=GroupKFold(10), method=method
    )
    return predicted


def on_listening(corpora: Path, conversations: Path) -> str:
    """Uptake against its raters, reflections against the reference labels."""
    replies = rated_replies(corpora)
    guesses = {
        "ours, on lessons it was not fitted to": out_of_fold(replies, "uptake", target="uptake", group="lesson"),
        "share of the words repeated": replies["plain_share"].to_numpy(),
        "overlap of the words (Jaccard)": replies["plain_overlap"].to_numpy(),
        "length of the reply": replies["length"].to_numpy(),
        "asks": replies["asks"].to_numpy(),
    }
    rows = [[name, float(spearmanr(guess, replies["uptake"].to_numpy())[0])] for name, guess in guesses.items()]
    rows.append(["published model (Demszky et al. 2021), by their account", "0.54"])
    ratings = exchanges(corpora)[0]["ratings"].drop_nulls()
    grid = pl.DataFrame({"ratings": ratings}).select(
        pl.col("ratings").list.get(k, null_on_oob=True).alias(f"{k}") for k in range(3)
    )
    alpha = krippendorff.alpha(grid.cast(pl.Float64).to_numpy().T, level_of_measurement="ordinal")
    sentences = labelled_sentences(conversations)
    sure = (
        out_of_fold(sentences, "reflection", target="reflection", group="call_id", method="predict_proba")[:, 1] >= 0.5
    )
    simple = (sentences["covered"] > 0.5).to_numpy()
    truth = sentences["reflection"].to_numpy()
    return (
        f"Uptake: Spearman correlation with the raters on {replies.height:,} exchanges. The raters among themselves: "
        f"ordinal alpha {alpha:.2f} on {len(ratings):,} exchanges whose ratings can be told apart.\n\n"
        + table(["score", "Spearman"], rows)
        + f"\nReflections: {truth.sum()} of {len(truth)} sentences that ask nothing, by the reference labels.\n\n"
        + table(
            ["model", "precision", "recall", "F1"],
            [
                ["ours, on calls it was not fitted to", *precision_recall_f1(truth, sure)],
                ["over half its words were heard", *precision_recall_f1(truth, simple)],
            ],
        )
    )
