"""Acts: every sentence of every speaker asks, tells, acknowledges or does something else."""

from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl

from pipeline.language.reflections import kinds_of_reflection
from pipeline.language.sentences import WEIGHTS, split_frame
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.values import ACTS

ALSO_PROBABILITY = 0.35  # of its second act, from which a sentence is said to do two things


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


def chances_of(sentences: pl.DataFrame, weights: Path = WEIGHTS) -> pl.DataFrame:
    """For each of some sentences, as `timed_sentences` gives them, its act, how probable that is, and what else it does
    or null: act, p, also."""
    from pipeline.language.act_model.model import act_probabilities, load

    chances = act_probabilities(load(weights), sentences)
    likeliest = chances.argsort(1)[:, ::-1]
    second = np.take_along_axis(chances, likeliest[:, 1:2], 1)[:, 0] >= ALSO_PROBABILITY
    names = np.array(ACTS)
    return pl.DataFrame(
        {"act": names[likeliest[:, 0]], "p": chances.max(1), "also": names[likeliest[:, 1]]},
        schema={"act": pl.String, "p": pl.Float64, "also": pl.String},
    ).with_columns(pl.when(pl.Series(second)).then("also").alias("also"))


def classify_acts(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Acts]:
    """What each sentence of each utterance does, with its probability; the calls may be many."""
    sentences = timed_sentences(talk)
    if sentences.is_empty():
        return Acts.create_empty()
    acts = sentences.select("call_id", "idx", "sentence", "text").hstack(chances_of(sentences))
    kinds = kinds_of_reflection(talk, acts)
    found = acts.join(kinds, on=["call_id", "idx", "sentence"], how="left").sort("call_id", "idx", "sentence")
    return Acts.validate(found.select(Acts.column_names()))
