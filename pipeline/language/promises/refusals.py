"""Refusals: what was asked or offered and is refused at once, and what is taken back later in the same conversation."""

import dataframely as dy
import polars as pl

from pipeline.language.ngram_model import stems
from pipeline.language.text import plain
from pipeline.language.vocabulary import said
from pipeline.tables.conversations import Talk

REFUSED_WITHIN = 1  # utterances of the other side in which a refusal is one of what was said just before
TAKEN_BACK_WITHIN = 2  # utterances in which "forget that one" is of what was promised last
NO, GLADLY = r"^(?:no|nah|nope)\b", r"^no (?:problem|worries|trouble|bother)\b"
BETWEEN_MARKS = r"[^.,;:?!]+"
TAKEN_BACK_SHARE = 0.25  # share of an action's content that one must say who takes it back later


def without_refused(actions: pl.DataFrame, talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """`actions` without those that the other side refuses in the next utterance; of several in one utterance, the last
    is refused. To a question a mere no is a refusal: "what about a hundred, and I'll sign today?"."""
    words = pl.col("words")
    asked = pl.col("text").str.ends_with("?").shift(REFUSED_WITHIN).over("call_id")
    mere = words.str.contains(NO) & ~words.str.contains(GLADLY) & ~said(words, "no_trouble")
    answers = (
        talk.sort("call_id", "idx")
        .with_columns(words=plain(pl.col("text")))
        .select("call_id", pl.col("idx") - REFUSED_WITHIN, answers="side", no=said(words, "refusal") | (asked & mere))
    )
    last = pl.col("row") == pl.col("row").max().over("call_id", "idx")
    refused = actions.join(answers.filter("no"), on=["call_id", "idx"]).filter(
        last & (pl.col("answers") != pl.col("side"))
    )
    return actions.join(refused, on="row", how="anti", maintain_order="left") if refused.height else actions


def taken_back(actions: pl.DataFrame, talk: dy.DataFrame[Talk]) -> pl.Series:
    """Whether each of `actions` (row, call_id, idx, what) is taken back later on, by whoever: "forget that one" just
    after it, or words that name it ("never mind the deck")."""
    later = _retractions(talk).with_row_index("retraction")
    pairs = actions.join(later, on="call_id").filter(pl.col("back") > pl.col("idx"))
    if pairs.is_empty():
        return pl.Series("withdrawn", [False] * actions.height, pl.Boolean)
    wanted = stems(actions.select("row", words=plain(pl.col("what"))))
    told = stems(later.select(pl.col("retraction").alias("row"), words="said")).rename({"row": "retraction"})
    whole = wanted.group_by("row").agg(whole=pl.col("idf").sum())
    shared = wanted.join(told, on="stem").group_by("row", "retraction").agg(shared=pl.col("idf").sum())
    shares = shared.join(whole, on="row").select("row", "retraction", share=pl.col("shared") / pl.col("whole"))
    found = pairs.join(shares, on=["row", "retraction"], how="left").with_columns(pl.col("share").fill_null(0.0))
    newest = pl.col("row") == pl.col("row").max().over("retraction")
    soon = (pl.col("back") - pl.col("idx") <= TAKEN_BACK_WITHIN) & newest & pl.col("bare")
    named_at_all = (pl.col("share") >= TAKEN_BACK_SHARE).any().over("retraction")
    rows = found.filter((pl.col("share") >= TAKEN_BACK_SHARE) | (soon & ~named_at_all))["row"]
    return actions.select(withdrawn=pl.col("row").is_in(rows.unique().to_list())).to_series()


def _retractions(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """What takes something back: call_id, back (its utterance), said (its words), bare (whether it need not name it).

    Of an utterance that names what it takes back only the piece counts that does so, between two marks.
    """
    read = talk.select("call_id", "text", back="idx", said=plain(pl.col("text")))
    read = read.with_columns(bare=said(pl.col("said"), "taking_back"), named=said(pl.col("said"), "taking_back_named"))
    pieces = (
        read.filter(~pl.col("bare") & pl.col("named"))
        .with_columns(pl.col("text").str.extract_all(BETWEEN_MARKS))
        .explode("text")
        .with_columns(said=plain(pl.col("text")))
        .filter(said(pl.col("said"), "taking_back_named"))
    )
    return pl.concat([read.filter("bare"), pieces]).select("call_id", "back", "said", "bare").sort("call_id", "back")
