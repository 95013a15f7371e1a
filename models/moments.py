"""Moments: what is shown of a conversation for a label: utterances, a stretch of them, or why there is neither."""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.features.features import Features
from models.features.findings import REVIEWS
from models.learning.evidence import Padded
from pipeline.tables.conversations import Purposes, Talk
from pipeline.tables.judgements import Evidence
from pipeline.tables.values import SIDES, SMALL_TALK

STRETCH_UTTERANCES = 6
QUOTED_CHARACTERS = 400
KEY = ["call_id", "rubric", "element", "model_id"]
MOVED = dict.fromkeys(KEY, pl.String) | {"rank": pl.Int64, "idx": pl.Int64, "weight": pl.Float64, "why": pl.String}
STRETCHES = {"idx": pl.Int64, "until": pl.Int64, "said": pl.String} | dict.fromkeys(KEY, pl.String)
NOT_JUDGED = {
    "not_learnt": "not judged yet: nothing could be learnt of it",
    "worse_than_majority": "not judged yet: the classifier is right less often than the most frequent level would be",
    "language": "not judged: spoken in a language that the setting label_languages does not name",
}
PLACE_PHRASES = {"opening": "in the opening", "closing": "at the close", "anywhere": "in the call"}


def quotes_of(talk: dy.DataFrame[Talk], purposes: dy.DataFrame[Purposes]) -> pl.DataFrame:
    """What is said in each utterance, and whether it may stand for the judged role by itself."""
    said = talk.join(purposes.select("call_id", "idx", "purpose"), on=["call_id", "idx"], how="left")
    own = pl.col("side").eq_missing(SIDES[0]) & pl.col("purpose").ne_missing(SMALL_TALK)
    quote = pl.col("text").str.slice(0, QUOTED_CHARACTERS)
    return said.select("call_id", "idx", "start_s", "end_s", quote=quote, worth_showing=own)


def pointing(padded: Padded, levels: NDArray[np.int64]) -> NDArray[np.float32]:
    """How much each utterance points at its call's level: calls by utterances; those that are not there do least."""
    calls = np.arange(len(levels))
    scores: NDArray[np.float32] = padded.scores[:, :, 0] + padded.scores[calls, :, 1 + levels]
    return np.where(padded.there, scores, -np.inf)


def most_pointing(pointed: NDArray[np.float32], features: Features) -> pl.DataFrame:
    """The STRETCH_UTTERANCES in a row of each call that together point most at its level: call_id, idx, until, said."""
    lengths = np.diff(features.starts)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(pointed, ((0, 0), (0, STRETCH_UTTERANCES)), constant_values=-np.inf), STRETCH_UTTERANCES, axis=1
    )
    first = np.where(lengths > STRETCH_UTTERANCES, windows.sum(axis=2).argmax(axis=1), 0)
    last = np.minimum(first + STRETCH_UTTERANCES, lengths) - 1
    at = features.starts[:-1]
    rows = {"call_id": features.calls, "idx": features.idx[at + first], "until": features.idx[at + last]}
    return pl.DataFrame(rows).with_columns(said=pl.lit(None, pl.String))


def longest_on_purpose(talk: dy.DataFrame[Talk], purposes: dy.DataFrame[Purposes]) -> pl.DataFrame:
    """The longest stretch on the purpose that has most of what is said in reviews, and how much it has: call_id,
    idx, until, said."""
    spoken = talk.select("call_id", "idx", "n_words").join(purposes, on=["call_id", "idx"]).sort("call_id", "idx")
    runs = spoken.with_columns(run=pl.col("purpose").rle_id().over("call_id")).filter(pl.col("purpose").is_in(REVIEWS))
    words = pl.col("n_words").sum()
    share = words.over("call_id", "purpose") / words.over("call_id").clip(1)
    percent = (100 * pl.col("share")).round().cast(pl.Int64)
    said = pl.format("{} takes {}% of what is said in reviews", "purpose", percent)
    return (
        runs.with_columns(share=share)
        .group_by("call_id", "run", "purpose", maintain_order=True)
        .agg(pl.col("idx").first(), pl.col("idx").last().alias("until"), pl.col("share").first(), words)
        .sort("call_id", "share", "purpose", "n_words", descending=[False, True, False, True], maintain_order=True)
        .unique("call_id", keep="first", maintain_order=True)
        .select("call_id", "idx", "until", said=said)
    )


def evidence_of(
    labels: pl.DataFrame, moved: pl.DataFrame, stretches: pl.DataFrame, quotes: pl.DataFrame
) -> dy.DataFrame[Evidence]:
    """The moments of labels (with title, where and reason): the utterances that moved them, with what they say; where
    none did, the stretch that it rests on, or why there is nothing. `moved` has also why a label is limited."""
    quoted = moved.drop("why").join(quotes, on=["call_id", "idx"])
    limited = moved.filter(pl.col("why").is_not_null()).rename({"why": "quote"})
    begin, end = quotes.select("call_id", "idx", "start_s"), quotes.select("call_id", "end_s", until="idx")
    whole = stretches.join(begin, on=["call_id", "idx"]).join(end, on=["call_id", "until"]).drop("idx", "until")
    absent = labels.join(quoted, on=KEY, how="anti").join(whole, on=KEY, how="left")
    title, rests = pl.col("title").str.to_lowercase(), pl.col("level") > 0
    place = pl.col("where").replace_strict(PLACE_PHRASES, return_dtype=pl.String)
    spread = pl.format("no single utterance decides this: {} is judged from the call as a whole", title)
    why = (
        pl.when(pl.col("level").is_null())
        .then(pl.col("reason").replace_strict(NOT_JUDGED, default=None))
        .when(rests)
        .then(spread + pl.concat_str(pl.lit(": "), "said").fill_null(""))
        .otherwise(pl.format("nothing {} that would count as: {}", place, title))
    )
    times = [pl.when(rests).then(name).alias(name) for name in ("start_s", "end_s")]
    told = absent.select(*KEY, *times, quote=why, rank=pl.lit(0, pl.Int64))
    rows = pl.concat([quoted, told, limited], how="diagonal")
    return Evidence.validate(rows.select(Evidence.column_names()).sort(*KEY, "rank"), cast=True)
