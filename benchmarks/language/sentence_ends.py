"""How well sentence ends are found in words without marks."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from benchmarks.language.act_corpora import BARE, ami, scripted
from benchmarks.language.agreement import precision_recall_f1
from benchmarks.page import table
from pipeline.language.sentence_network import word_rows
from pipeline.language.sentences import sentence_ends
from pipeline.language.text import Ints, plain_tokens, word_bits


class Stretches(NamedTuple):
    """Speech of one speaker at a time: rows of words, whether a sentence ends after each, words of each stretch."""

    rows: Ints
    ends: np.ndarray
    lengths: Ints


def tokens_of(sentences: pl.DataFrame) -> pl.DataFrame:
    """The tokens of sentences (call_id, speaker, text, in order) with the numbers of their sentence and their run."""
    speech = pl.struct("call_id", "speaker")
    runs = (speech != speech.shift(1)).fill_null(value=True).cum_sum()
    tokens = sentences.with_row_index("sentence").with_columns(runs.alias("run"), pl.col("text").str.split(" "))
    return tokens.explode("text").filter(pl.col("text").str.contains(r"[\p{L}\p{N}]"))


def stretches(sentences: pl.DataFrame) -> Stretches:
    """Sentences joined to the runs of one speaker they came from."""
    tokens = tokens_of(sentences)
    ends = (tokens["sentence"] != tokens["sentence"].shift(-1)).fill_null(value=True).to_numpy()
    lengths = tokens.group_by("run", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    return Stretches(word_rows(word_bits(plain_tokens(tokens["text"]))), ends, lengths)


def on_endings(corpora: Path, conversations: Path) -> str:
    """Where sentences end in words without marks."""
    rows = []
    starter = BARE.str.contains("^(?:so|and|but|what|how|do|did|is|are|can|okay|well|because|then|i)$")
    for name, frame in (("data/scripted", scripted(conversations)), ("AMI", ami(corpora))):
        held = frame.filter("held")
        of, tokens = stretches(held), tokens_of(held)
        inner = np.ones(len(of.ends), bool)
        inner[np.cumsum(of.lengths) - 1] = False
        ours = sentence_ends(tokens["text"], of.lengths)
        simple = tokens.select(starter.shift(-1).fill_null(value=False))["text"].to_numpy()
        rows += [
            [name, model, *precision_recall_f1(of.ends[inner], guess[inner])]
            for model, guess in (("ours", ours), ("before so, and, what, how, I, ...", simple))
        ]
    return table(["speech", "model", "precision", "recall", "F1"], rows)
