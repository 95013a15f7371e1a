"""Uptake against its raters, kinds of reflection against our labels."""

from pathlib import Path

import dataframely as dy
import krippendorff
import numpy as np
import polars as pl
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.language.act_corpora import OWN_SENTENCES, own_exchanges
from benchmarks.page import table
from pipeline.language import reflections
from pipeline.language.acts import classify_acts
from pipeline.language.text import words_of
from pipeline.tables.conversations import Talk

UPTAKE_MODEL = make_pipeline(StandardScaler(), Ridge(10.0))
UPTAKE = (*reflections.UPTAKE_FEATURES, *reflections.LENGTH_FEATURES)


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


def out_of_fold(frame: pl.DataFrame, features: tuple[str, ...]) -> np.ndarray:
    """What a model of some features says of the uptake of lessons that it has not seen, in ten folds."""
    rows, wanted, groups = frame.select(features).to_numpy(), frame["uptake"].to_numpy(), frame["lesson"].to_numpy()
    predicted: np.ndarray = cross_val_predict(UPTAKE_MODEL, rows, wanted, groups=groups, cv=GroupKFold(10))
    return predicted


def kinds_agree() -> tuple[float, int]:
    """Share of our labelled reflections whose kind is told as the labels say, and how many there are."""
    rows = own_exchanges()
    idx = pl.int_range(pl.len()).over("call_id").cast(pl.Int64)
    talk = talk_of(rows.select("call_id", "text"))
    acts = rows.select("call_id", idx.alias("idx"), pl.lit(0).alias("sentence"), "text", "act").filter(act="reflect")
    kinds = reflections.kinds_of_reflection(talk, acts)
    labelled = pl.read_csv(OWN_SENTENCES, infer_schema=False).select(call_id="id", kind="kind")
    both = kinds.join(labelled, on="call_id")
    known = both.filter(pl.col("kind").is_not_null())
    return known.filter(pl.col("reflection") == pl.col("kind")).height / known.height, known.height


def on_listening(corpora: Path) -> str:
    """Uptake against its raters, kinds of reflection against our labels."""
    replies = rated_replies(corpora)
    told = replies.select(reflections.uptake_expression())["uptake"].to_numpy()
    guesses = {
        "all signs, length among them, on lessons they were not fitted to": out_of_fold(replies, UPTAKE),
        "ours: the same without what length says": told,
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
    right, n = kinds_agree()
    return (
        f"Uptake: Spearman correlation with the raters on {replies.height:,} exchanges. The raters among themselves: "
        f"ordinal alpha {alpha:.2f} on {len(ratings):,} exchanges whose ratings can be told apart.\n\n"
        + table(["score", "Spearman"], rows)
        + f"\nOf {n} labelled reflections, {right:.0%} are told to repeat, rephrase or add as the labels say.\n"
    )
