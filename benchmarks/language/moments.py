"""Simple baselines of moments, the mixing of purposes, and agendas of QMSum."""

from pathlib import Path

import dataframely as dy
import polars as pl
from scipy.stats import spearmanr

from benchmarks.language.agreement import levels
from models.ratings.reference import Reference
from pipeline.language.moments import find_moments, utterances
from pipeline.tables.conversations import Talk

REVIEWS = ("forecast", "pipeline", "deal", "account", "coaching")


def moments_by_words(talk: dy.DataFrame[Talk], pattern: str, *, opening: bool) -> pl.DataFrame:
    """The baseline for moments: the utterances whose words match, in the opening or in the last fifth."""
    units = utterances(talk)
    place = pl.col("opening") & (pl.col("at") <= 0.15) if opening else pl.col("at") >= 0.8
    return units.filter(place & pl.col("words").str.contains(pattern)).select("call_id", "idx")


def mixing(reference: Reference, talk: dy.DataFrame[Talk], purposes: pl.DataFrame) -> tuple[str, str]:
    """Spearman correlation of the second purpose's share of time with single_focus; mixed calls among low and high."""
    spoken = talk.with_columns((pl.col("end_s") - pl.col("start_s")).alias("speech_s"))
    timed = spoken.join(purposes, on=["call_id", "idx"])
    shares = (
        timed.group_by("call_id", "purpose")
        .agg(pl.col("speech_s").sum())
        .with_columns((pl.col("speech_s") / pl.col("speech_s").sum().over("call_id")).alias("share"))
    )
    reviews = (
        shares.filter(pl.col("purpose").is_in(REVIEWS))
        .sort("share", descending=True)
        .group_by("call_id")
        .agg(pl.col("share").slice(1, 1).first().fill_null(0.0).alias("second"))
    )
    scored = levels(reference, "single_focus").join(reviews, on="call_id")
    mixed = pl.col("second") > 0.2
    low, high = (
        scored.filter(side).select(mixed.mean()).item() for side in (pl.col("level") < 2, pl.col("level") >= 2)
    )
    return f"{spearmanr(scored['level'], scored['second']).statistic:.2f}", f"{low:.2f} against {high:.2f}"


def qmsum_agenda(folder: Path) -> str:
    """Whether agendas found in QMSum's design meetings lie where its annotators have an opening or agenda passage."""
    turns = pl.read_parquet(folder / "turns.parquet").filter(pl.col("domain") == "Product").sort("meeting", "turn")
    n_words = pl.col("text").str.split(" ").list.len()
    end = (n_words.cum_sum().over("meeting") * 0.4).alias("end_s")  # 150 words a minute
    talk = turns.select(
        pl.col("meeting").alias("call_id"),
        pl.col("turn").alias("idx"),
        (end - n_words * 0.4).alias("start_s"),
        end,
        "speaker",
        pl.col("speaker").alias("role"),
        pl.lit(None, pl.String).alias("person_id"),
        "text",
        n_words.cast(pl.Int64).alias("n_words"),
        pl.lit(None, pl.Float64).alias("confidence"),
        pl.when(pl.col("speaker").str.contains("Manager"))
        .then(pl.lit("lead"))
        .otherwise(pl.lit("other"))
        .alias("side"),
        pl.lit("one_on_one").alias("interaction"),
        end.max().over("meeting").alias("duration_s"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("started_at"),
    )
    agendas = find_moments(Talk.validate(talk, cast=True)).filter(pl.col("kind") == "agenda")
    opening = pl.read_parquet(folder / "topics.parquet").filter(
        pl.col("topic").str.to_lowercase().str.contains("agenda|opening|introduc|goal|overview|review of the last")
    )
    units = utterances(Talk.validate(talk, cast=True)).filter(pl.col("opening")).select("call_id", "idx")

    def inside(places: pl.DataFrame) -> float:
        spans = places.join(opening.rename({"meeting": "call_id"}), on="call_id")
        within = spans.filter(pl.col("idx").is_between(pl.col("first_turn"), pl.col("last_turn")))
        known = places.filter(pl.col("call_id").is_in(opening["meeting"].unique().to_list()))
        return within.select("call_id", "idx").unique().height / max(1, known.height)

    meetings = talk["call_id"].n_unique()
    return (
        f"QMSum, {meetings} design meetings, nothing trained on them: an agenda in {agendas['call_id'].n_unique()}; "
        f"where annotators name a passage opening, agenda, introduction, goal or overview, {inside(agendas):.2f} of "
        f"the agenda utterances lie in it, against {inside(units):.2f} of all utterances of the opening."
    )
