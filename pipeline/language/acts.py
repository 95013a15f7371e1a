"""Acts: every sentence of every speaker asks, tells, acknowledges or does something else."""

import dataframely as dy
import polars as pl

from pipeline.language.sentences import WEIGHTS, split_frame
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.values import ACTS


def timed_sentences(talk: pl.DataFrame) -> pl.DataFrame:
    """The sentences of each call in the order they were said: call_id, idx, sentence, speaker, start_s, end_s, text.

    A sentence takes the share of its utterance's time that it has of its letters.
    """
    spoken = talk.sort("call_id", "start_s", "end_s", "idx").select(
        "call_id", "idx", "speaker", "start_s", "end_s", "text"
    )
    letters, of = pl.col("text").str.len_chars(), ("call_id", "idx")
    done = letters.cum_sum().over(of) / letters.sum().over(of)
    length = pl.col("end_s") - pl.col("start_s")
    return (
        split_frame(spoken)
        .with_columns(
            (pl.col("start_s") + length * (done - letters / letters.sum().over(of))).alias("start_s"),
            (pl.col("start_s") + length * done).alias("end_s"),
        )
        .sort("call_id", "start_s", "end_s", "idx", "sentence")
    )


def classify_acts(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Acts]:
    """One act, with its probability, for each sentence of each utterance; the calls may be many."""
    sentences = timed_sentences(talk)
    if sentences.is_empty():
        return Acts.create_empty()
    from pipeline.language.act_network import act_probabilities, load

    chances = act_probabilities(load(WEIGHTS), sentences)
    acts = sentences.select(
        "call_id",
        "idx",
        "sentence",
        pl.Series("act", [ACTS[k] for k in chances.argmax(1)], pl.String),
        pl.Series("p", chances.max(1), pl.Float64),
        "text",
    )
    return Acts.validate(acts.sort("call_id", "idx", "sentence"))
