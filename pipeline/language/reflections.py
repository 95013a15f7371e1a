"""Reflections: where a speaker gives back what the other said, and how far each reply builds on it."""

import json
from functools import cache
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.language.text import stem_of, words_of
from pipeline.tables.conversations import Acts, Moments, Talk
from pipeline.tables.values import DECIMALS

WEIGHTS = Path(__file__).parent / "weights" / "listening.json"
YOU = ["you", "your", "you're"]
TURNS_BACK = 2  # turns of the other side that a sentence may give back

UPTAKE_FEATURES = ("shared", "share", "overlap", "pairs", "length", "heard", "asks", "opens", "you", "brief")
REFLECTION_FEATURES = ("plans", "shared", "covered", "words", "opens_with_so", "echo", "late")


def uptake(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """How far each reply builds on the turn before it: call_id, idx (where the reply starts), speaker, side, uptake.

    A turn is a run of one speaker's utterances. The score is in standard deviations of the judgements of trained
    raters (Demszky et al. 2021), 0 for a middling reply; a linear model of `UPTAKE_FEATURES`.
    """
    features = uptake_features(talk, acts)
    return features.select(
        "call_id", "idx", "speaker", "side", _linear("uptake", UPTAKE_FEATURES).round(DECIMALS).alias("uptake")
    )


def find_reflections(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> dy.DataFrame[Moments]:
    """Utterances with a sentence that repeats or paraphrases what another speaker just said, as kind reflection."""
    score = 1 / (1 + (-_linear("reflection", REFLECTION_FEATURES)).exp())
    sentences = reflection_features(talk, acts).with_columns(score.round(DECIMALS).alias("p"))
    moments = (
        sentences.filter(pl.col("p") >= 0.5)
        .group_by("call_id", "idx")
        .agg(pl.lit("reflection").alias("kind"), pl.col("p").max())
    )
    return Moments.validate(moments.select("call_id", "idx", "kind", "p").sort("call_id", "idx"))


def uptake_features(talk: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """One row per reply: call_id, idx, speaker, side and `UPTAKE_FEATURES`."""
    asked = acts.group_by("call_id", "idx").agg(
        pl.col("act").is_in(["ask_open", "ask_closed", "ask_leading"]).any().alias("asks"),
        (pl.col("act") == "ask_open").any().alias("opens"),
    )
    turns = _turns(talk.join(asked, on=["call_id", "idx"], how="left", maintain_order="left"))
    before = [pl.col(name).shift(1).over("call_id").alias(f"{name}_before") for name in ("stems", "pairs")]
    replies = turns.with_columns(before).filter(pl.col("stems_before").is_not_null())
    own, heard, both = pl.col("stems"), pl.col("stems_before"), pl.col("both")
    weighed = _weigh(replies.with_columns(own.list.set_intersection(heard).alias("both")))
    return weighed.select(
        *("call_id", "idx", "speaker", "side"),
        pl.col("both_idf").log1p().alias("shared"),
        (pl.col("both_idf") / (pl.col("stems_before_idf") + 1)).alias("share"),
        (both.list.len() / (own.list.set_union(heard).list.len() + 1)).alias("overlap"),
        pl.col("pairs").list.set_intersection("pairs_before").list.len().log1p().alias("pairs"),
        pl.col("n_words").log1p().alias("length"),
        heard.list.len().log1p().alias("heard"),
        pl.col("asks").cast(pl.Float64),
        pl.col("opens").cast(pl.Float64),
        pl.col("words")
        .list.set_intersection(["you", "your", "you're"])
        .list.len()
        .clip(0, 1)
        .cast(pl.Float64)
        .alias("you"),
        (pl.col("n_words") < 4).cast(pl.Float64).alias("brief"),
    )


def reflection_features(talk: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """One row per sentence that asks nothing and follows another's turn: call_id, idx, sentence, the features."""
    turns = _turns(talk)
    back = [pl.col("stems").shift(2 * k + 1).over("call_id").fill_null([]) for k in range(TURNS_BACK)]
    heard = turns.select("call_id", "turn", pl.concat_list(back).alias("heard"))
    place = _numbered(talk).select("call_id", "idx", "turn")
    sentences = with_stems(acts.join(place, on=["call_id", "idx"]).join(heard, on=["call_id", "turn"]))
    content = _weigh(sentences.with_columns(pl.col("stems").list.set_intersection("heard").alias("both")))
    n, shared = pl.col("words").list.len(), pl.col("both_idf")
    covered = shared / (pl.col("stems_idf") + 1)
    return content.filter(pl.col("heard").list.len() > 0, ~pl.col("act").str.starts_with("ask")).select(
        *("call_id", "idx", "sentence"),
        pl.col("act").is_in(["commit", "direct", "suggest"]).cast(pl.Float64).alias("plans"),
        shared.log1p().alias("shared"),
        covered.alias("covered"),
        pl.col("stems_idf").log1p().alias("words"),
        (pl.col("words").list.first() == "so").fill_null(value=False).cast(pl.Float64).alias("opens_with_so"),
        pl.when(n <= 6).then(covered).otherwise(0.0).alias("echo"),
        pl.col("sentence").cast(pl.Float64).log1p().alias("late"),
    )


def _numbered(talk: pl.DataFrame) -> pl.DataFrame:
    """Utterances in the order they were said, with the number of their turn in the call."""
    ordered = talk.sort("call_id", "start_s", "end_s", "idx")
    changed = (pl.col("speaker") != pl.col("speaker").shift(1)).over("call_id").fill_null(value=True)
    return ordered.with_columns(changed.cast(pl.Int64).cum_sum().over("call_id").alias("turn"))


def _turns(talk: pl.DataFrame) -> pl.DataFrame:
    rest = [pl.col(name).any() for name in ("asks", "opens") if name in talk.columns]
    runs = (
        _numbered(talk)
        .group_by("call_id", "turn", maintain_order=True)
        .agg(*(pl.col(name).first() for name in ("idx", "speaker", "side")), pl.col("text").str.join(" "), *rest)
    )
    return with_stems(runs)


def with_stems(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the words of its texts, their different stems and the different pairs of neighbours."""
    frame = frame.with_columns(words_of(pl.col("text")).alias("words"))
    pair = (pl.element().shift(1) + " " + pl.element()).drop_nulls()
    return frame.with_columns(
        pl.col("words").list.eval(stem_of(pl.element())).list.unique(maintain_order=True).alias("stems"),
        pl.col("words").list.eval(pair).list.unique(maintain_order=True).alias("pairs"),
        pl.col("words").list.len().alias("n_words"),
    )


def _weigh(frame: pl.DataFrame) -> pl.DataFrame:
    """With the summed weight (inverse document frequency) of each list of stems."""
    known = _model()["idf"]
    lists = [name for name in ("both", "stems", "stems_before") if name in frame.columns]
    weight = pl.element().replace_strict(list(known), list(known.values()), default=max(known.values()))
    return frame.with_columns(
        pl.col(name).list.eval(weight).list.sum().fill_null(0.0).alias(f"{name}_idf") for name in lists
    )


def _linear(model: str, features: tuple[str, ...]) -> pl.Expr:
    weights = _model()[model]
    return pl.sum_horizontal(pl.col(name) * weights[name] for name in features) + weights["bias"]


@cache
def _model() -> dict[str, dict[str, float]]:
    model: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text())
    return model
