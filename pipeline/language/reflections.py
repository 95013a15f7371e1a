"""Reflections: where a speaker gives back what the other said, and how far each reply builds on it.

Whether a sentence reflects is one of the acts (`pipeline.language.acts`); here it is told how: by repeating, by
rephrasing, or by adding a meaning. That follows from shared words alone, so that a paraphrase in quite other words
counts as adding.
"""

import json
from functools import cache
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.language.text import RAREST_IDF, frequencies, stem_of, words_of
from pipeline.tables.conversations import Acts, Moments, Talk
from pipeline.tables.values import DECIMALS

WEIGHTS = Path(__file__).parent / "weights" / "listening.json"
YOU = ["you", "your", "yours", "yourself"]
ASKS = ("ask_open", "ask_closed", "ask_leading")
TURNS_BACK = 2  # turns of the other side that a sentence may give back
REPEATING_SHARE, REPHRASING_SHARE = 0.6, 0.2  # of what a reflection says that was heard, from which it is of that kind

UPTAKE_FEATURES = ("share", "given_back", "overlap", "pairs", "asks", "opens", "reflects", "you", "brief")
LENGTH_FEATURES = ("length", "heard")  # fitted beside them and left out of the score: to lecture is not to listen


def uptake(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """How far each reply builds on the turn before it: call_id, idx (where the reply starts), speaker, side, uptake.

    A turn is a run of one speaker's utterances. The score is in standard deviations of the judgements of trained
    raters (Demszky et al. 2021) among replies of the same length, 0 for a middling reply; a linear model of
    `UPTAKE_FEATURES`.
    """
    return uptake_features(talk, acts).select("call_id", "idx", "speaker", "side", uptake_expression())


def uptake_expression() -> pl.Expr:
    """The score from the columns of `uptake_features`."""
    weights = _model()["uptake"]
    score = pl.sum_horizontal(pl.col(name) * weights[name] for name in UPTAKE_FEATURES) + weights["bias"]
    return score.round(DECIMALS).alias("uptake")


def find_reflections(acts: dy.DataFrame[Acts]) -> dy.DataFrame[Moments]:
    """Utterances with a sentence that gives back what another speaker just said, as kind reflection."""
    moments = (
        acts.filter(act="reflect").group_by("call_id", "idx").agg(pl.lit("reflection").alias("kind"), pl.col("p").max())
    )
    return Moments.validate(moments.select("call_id", "idx", "kind", "p").sort("call_id", "idx"))


def kinds_of_reflection(talk: dy.DataFrame[Talk], acts: pl.DataFrame) -> pl.DataFrame:
    """How each reflection gives back what was heard: call_id, idx, sentence, reflection (repeat, rephrase or adds)."""
    turns = _turns(talk)
    back = [pl.col("stems").shift(2 * k + 1).over("call_id").fill_null([]) for k in range(TURNS_BACK)]
    heard = turns.select("call_id", "turn", pl.concat_list(back).list.unique().alias("heard"))
    place = _numbered(talk).select("call_id", "idx", "turn")
    reflecting = acts.filter(pl.col("act") == "reflect").select("call_id", "idx", "sentence", "text")
    sentences = with_stems(reflecting.join(place, on=["call_id", "idx"]).join(heard, on=["call_id", "turn"]))
    weighed = _weigh(sentences.with_columns(pl.col("stems").list.set_intersection("heard").alias("both")))
    covered = (pl.col("both_idf") / (pl.col("stems_idf") + 1)).round(DECIMALS)
    kind = (
        pl.when(covered >= REPEATING_SHARE).then(pl.lit("repeat"))
        .when(covered >= REPHRASING_SHARE).then(pl.lit("rephrase"))
        .otherwise(pl.lit("adds"))
    )  # fmt: skip
    return weighed.select("call_id", "idx", "sentence", kind.alias("reflection"))


def uptake_features(talk: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """One row per reply: call_id, idx, speaker, side, `UPTAKE_FEATURES` and `LENGTH_FEATURES`."""
    doing = acts.group_by("call_id", "idx").agg(
        pl.col("act").is_in(ASKS).any().alias("asks"),
        (pl.col("act") == "ask_open").any().alias("opens"),
        (pl.col("act") == "reflect").any().alias("reflects"),
    )
    turns = _turns(talk.join(doing, on=["call_id", "idx"], how="left", maintain_order="left"))
    before = [pl.col(name).shift(1).over("call_id").alias(f"{name}_before") for name in ("stems", "pairs")]
    replies = turns.with_columns(before).filter(pl.col("stems_before").is_not_null())
    own, heard, both = pl.col("stems"), pl.col("stems_before"), pl.col("both")
    weighed = _weigh(replies.with_columns(own.list.set_intersection(heard).alias("both")))
    pairs = pl.col("pairs").list.set_intersection("pairs_before").list.len()
    return weighed.select(
        *("call_id", "idx", "speaker", "side"),
        (pl.col("both_idf") / (pl.col("stems_before_idf") + 1)).alias("share"),
        (pl.col("both_idf") / (pl.col("stems_idf") + 1)).alias("given_back"),
        (both.list.len() / (own.list.set_union(heard).list.len() + 1)).alias("overlap"),
        (pairs / (pl.col("pairs").list.len() + 1)).alias("pairs"),
        *(pl.col(name).fill_null(value=False).cast(pl.Float64) for name in ("asks", "opens", "reflects")),
        pl.col("words").list.set_intersection(YOU).list.len().clip(0, 1).cast(pl.Float64).alias("you"),
        (pl.col("n_words") < 4).cast(pl.Float64).alias("brief"),
        pl.col("n_words").log1p().alias("length"),
        heard.list.len().log1p().alias("heard"),
    )


def _numbered(talk: pl.DataFrame) -> pl.DataFrame:
    """Utterances in the order they were said, with the number of their turn in the call."""
    ordered = talk.sort("call_id", "start_s", "end_s", "idx")
    changed = (pl.col("speaker") != pl.col("speaker").shift(1)).over("call_id").fill_null(value=True)
    return ordered.with_columns(changed.cast(pl.Int64).cum_sum().over("call_id").alias("turn"))


def _turns(talk: pl.DataFrame) -> pl.DataFrame:
    rest = [pl.col(name).any() for name in ("asks", "opens", "reflects") if name in talk.columns]
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
    known = frequencies()
    lists = [name for name in ("both", "stems", "stems_before") if name in frame.columns]
    weight = pl.element().replace_strict(known["stem"], known["idf"], default=RAREST_IDF)
    return frame.with_columns(
        pl.col(name).list.eval(weight).list.sum().fill_null(0.0).alias(f"{name}_idf") for name in lists
    )


@cache
def _model() -> dict[str, dict[str, float]]:
    model: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text())
    return model
