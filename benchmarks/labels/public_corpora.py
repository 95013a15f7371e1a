"""The classifiers on public corpora that people scored: uptake of pupils' answers, and tutors' replies to mistakes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl
from sklearn.metrics import f1_score

from models.features.features import Encode
from models.learning.train import Trained, TrainingData, train
from pipeline.language.acts import classify_acts
from pipeline.tables.columns import color_of
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements, Scores
from pipeline.tables.values import LEVELS

UPTAKE = (
    "The teacher does not show having heard what the pupil said.",
    "The teacher acknowledges or repeats what the pupil said.",
    "The teacher builds on what the pupil said: asks about it, elaborates it or uses it.",
)
TUTOR = {
    "mistake_identification": "The tutor has recognised a mistake in the pupil's answer.",
    "mistake_location": "The tutor points to where in the answer the mistake lies.",
    "providing_guidance": "The tutor offers a hint, an example or an explanation that helps.",
    "actionability": "It is clear from the reply what the pupil should do next.",
}
# BEA 2025 shared task, three classes, best of the participants (arXiv 2507.10579), on a test set of its own
PUBLISHED = {"mistake_identification": 0.7181, "providing_guidance": 0.5834}
STEPS = {"No": 0, "To some extent": 1, "Yes": 2}
HISTORY = 4  # lines of the conversation before the tutor's reply


@dataclass(frozen=True)
class Uptake:
    """The classifier of uptake with its cross-validation, how many exchanges it has and how many were left out."""

    trained: Trained
    n_used: int
    n_left_out: int


def uptake(corpora: Path, encode: Encode) -> Uptake:
    """Train and judge the classifier of uptake by lesson.

    Of an exchange the ratings are known but not who gave which: they are dealt out by chance. Where not even the
    ratings can be told (recovered from their mean) the exchange is left out.
    """
    corpus = pl.read_parquet(corpora / "uptake" / "uptake.parquet").with_row_index("row")
    rated = corpus.drop_nulls("uptake_ratings_sorted").with_columns(pl.format("u{}", "row").alias("call_id"))
    talk = _talk(rated.select("call_id", pl.concat_list("student_text", "teacher_text").alias("text")))
    element = _element("uptake", (*UPTAKE, UPTAKE[-1]))
    ratings = (
        rated.select(
            "call_id", pl.col("uptake_ratings_sorted").list.sample(fraction=1.0, shuffle=True, seed=0).alias("level")
        )
        .with_columns(pl.int_ranges(pl.col("level").list.len()).alias("rater"))
        .explode("level", "rater")
    )
    people = rated.select("call_id", lead_id=pl.col("obs_id").cast(pl.String), other_id=pl.lit(None, pl.String))
    trained = train(TrainingData(talk, classify_acts(talk), _scores(ratings, element), people), element, encode)
    return Uptake(trained, rated.height, corpus.height - rated.height)


def tutors(corpora: Path, encode: Encode) -> pl.DataFrame:
    """Per dimension: n, macro_f1 of the three steps, majority_f1 of always saying the most frequent, published."""
    corpus = pl.read_parquet(corpora / "mrbench" / "mrbench.parquet").filter(version="V2").with_row_index("row")
    lines = (
        pl.col("conversation_history")
        .str.split("\n")
        .list.eval(pl.element().filter(pl.element().str.strip_chars() != ""))
    )
    replies = corpus.with_columns(
        pl.format("m{}", "row").alias("call_id"), pl.concat_list(lines.list.tail(HISTORY), "response").alias("text")
    )
    talk = _talk(replies.select("call_id", "text"))
    acts = classify_acts(talk)
    people = replies.select("call_id", lead_id="conversation_id", other_id=pl.lit(None, pl.String))
    figures = []
    for dimension, green in TUTOR.items():
        element = _element(dimension, (f"Not so: {green}", f"To some extent: {green}", green, green))
        level = pl.col(dimension).replace_strict(STEPS, default=None, return_dtype=pl.Int64)
        ratings = replies.select("call_id", level.alias("level"), rater=pl.lit(0, pl.Int64)).drop_nulls()
        judged = train(TrainingData(talk, acts, _scores(ratings, element), people), element, encode).validated
        right, chosen = judged["level"].to_numpy(), judged["given"].to_numpy()
        always = np.full_like(right, np.bincount(right).argmax())
        figures.append(
            {
                "dimension": dimension,
                "n": len(right),
                "macro_f1": f1_score(right, chosen, average="macro"),
                "majority_f1": f1_score(right, always, average="macro"),
                "published": PUBLISHED.get(dimension),
            }
        )
    return pl.DataFrame(figures)


def _talk(texts: pl.DataFrame) -> dy.DataFrame[Talk]:
    """A Talk of calls (call_id, text: the lines in turn); the last is the lead's, the one before it the other's."""
    idx = pl.int_range(pl.len()).over("call_id")
    by_lead = (pl.len().over("call_id") - 1 - idx) % 2 == 0
    side = pl.when(by_lead).then(pl.lit("lead")).otherwise(pl.lit("other"))
    frame = texts.explode("text").with_columns(pl.col("text").fill_null(""), idx.alias("idx"), side.alias("side"))
    return Talk.validate(
        frame.select(
            "call_id",
            "idx",
            (pl.col("idx") * 10.0).alias("start_s"),
            (pl.col("idx") * 10.0 + 10).alias("end_s"),
            pl.col("side").alias("speaker"),
            pl.col("side").alias("role"),
            pl.lit(None, pl.String).alias("person_id"),
            "text",
            pl.col("text").str.split(" ").list.len().alias("n_words"),
            pl.lit(None, pl.Float64).alias("confidence"),
            "side",
            pl.lit("lesson").alias("interaction"),
            (pl.len().over("call_id") * 10.0).alias("duration_s"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("started_at"),
        ),
        cast=True,
    )


def _element(name: str, anchors: tuple[str, ...]) -> dy.DataFrame[Elements]:
    row: dict[str, Any] = dict(zip(LEVELS, anchors, strict=True)) | {
        "rubric": "lesson",
        "element": name,
        "position": 0,
        "title": name,
        "where": "anywhere",
        "rubric_title": "Lesson",
        "rubric_version": 1,
        "rubric_hash": name,
        "scored_role": "teacher",
        "other_role": "pupil",
        "limit": None,
        "same_meaning_as": [],
        "other_meaning_than": [],
    }
    return Elements.validate(pl.DataFrame([row]), cast=True)


def _scores(ratings: pl.DataFrame, element: dy.DataFrame[Elements]) -> dy.DataFrame[Scores]:
    color = color_of(pl.col("level").cast(pl.Int64))
    return Scores.validate(
        ratings.with_columns(
            color.alias("color"),
            pl.format("r{}", "rater").alias("rater"),
            rater_kind=pl.lit("person"),
            rubric=pl.lit("lesson"),
            element=pl.lit(element["element"][0]),
            rubric_hash=pl.lit(element["rubric_hash"][0]),
            rubric_version=pl.lit(1),
            note=pl.lit(None, pl.String),
            session=pl.lit(None, pl.String),
            scored_at=pl.lit(None, pl.Datetime("us", "UTC")),
        ).select(Scores.column_names()),
        cast=True,
    )
