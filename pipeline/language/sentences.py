"""Sentences of an utterance, by its marks where it has them and by its words where a recogniser left them out."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.language.text import Doubles, Ints, plain_tokens, word_bits, words_of
from pipeline.language.vocabulary import matches
from pipeline.tables.values import DECIMALS

WEIGHTS = Path(__file__).parent / "weights" / "acts"
SENTENCE_BREAK = "\x1f"
KEPT_SPACE = "\x1e"
ABBREVIATION = r"\b(Mr|Mrs|Ms|Dr|Prof|Jr|Sr|St|vs|Inc|Ltd|Co|approx|etc|e\.g|i\.e|a\.m|p\.m|U\.S|[B-HJ-Z])\.\s+"
LONG_WORDS = 30  # a stretch without a full stop that is longer than this is cut by its words
MIN_WORDS = 2  # of two ends closer than this, only the likelier is one
CUT_LOG_ODDS = -1.0  # log odds above which a sentence ends: rather one cut too many than a question lost in a story
WITHIN_QUESTION = 4  # words back to a question word, within which no other question begins
QUESTION_LOG_ODDS = 2.0  # log odds that a sentence ends before words that begin a question


def split_frame(texts: pl.DataFrame) -> pl.DataFrame:
    """The sentences of each row's text: the row's other columns, sentence (0, 1, ...) and text."""
    rows = texts.with_row_index("_row").with_columns(_by_marks(pl.col("text")).alias("text")).explode("text")
    rows = rows.filter(pl.col("text").str.len_chars() > 0).with_row_index("_piece")
    return (
        _cut_by_words(rows)
        .with_columns(pl.int_range(pl.len()).over("_row").cast(pl.Int64).alias("sentence"))
        .drop("_row", "_piece")
    )


def _by_marks(text: pl.Expr) -> pl.Expr:
    """Cut a text after each mark that is followed by space, but not after abbreviations and where it trails off."""
    kept = text.str.replace_all(ABBREVIATION, f"$1.{KEPT_SPACE}")
    kept = kept.str.replace_all(r"(\.\.\.|…)\s+(\p{Ll})", f"$1{KEPT_SPACE}$2")
    marked = kept.str.replace_all(r"([.?!…]['\")\]”’]*)\s+", f"$1{SENTENCE_BREAK}").str.replace_all(KEPT_SPACE, " ")
    return marked.str.split(SENTENCE_BREAK).list.eval(pl.element().str.strip_chars())


def _cut_by_words(pieces: pl.DataFrame) -> pl.DataFrame:
    """Cut the pieces that lack marks where their words say that a sentence ends."""
    bare = ~pl.col("text").str.contains(r"[.?!…]").any().over("_row")
    long = pl.col("text").str.count_matches(" ") >= LONG_WORDS
    marked = pieces.with_columns((bare | long).alias("_cut"))
    tokens = (
        marked.filter("_cut").with_columns(pl.col("text").str.split(" ")).explode("text").filter(pl.col("text") != "")
    )
    if tokens.is_empty():
        return pieces
    lengths = tokens.group_by("_piece", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    ends = sentence_ends(tokens["text"], lengths)
    part = pl.Series("_part", np.concatenate([[0], np.cumsum(ends)[:-1]]))
    rest = pl.exclude("text", "_part", "_cut")
    cut = (
        tokens.with_columns(part)
        .group_by("_piece", "_part", maintain_order=True)
        .agg(rest.first(), pl.col("text").str.join(" "))
    )
    whole = marked.filter(~pl.col("_cut")).drop("_cut")
    return pl.concat([whole, cut.select(whole.columns)]).sort("_piece", maintain_order=True)


def sentence_ends(tokens: pl.Series, lengths: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether a sentence ends after each token between spaces, of stretches of the given lengths one after the other.

    A stretch is read alone: the words of another do not matter.
    """
    from pipeline.language.sentence_network import ending_logits

    logits = ending_logits(word_bits(plain_tokens(tokens)), lengths, WEIGHTS) + _question_odds(tokens, lengths)
    return ends_of(logits.round(DECIMALS), lengths)


def _question_odds(tokens: pl.Series, lengths: Ints) -> Doubles:
    """Log odds that a sentence ends after each token, from the words after it: a question may begin there, but not
    within one that began a few words before."""
    words = pl.DataFrame({"token": tokens}).select(words_of(pl.col("token")))["token"]
    n_words = words.list.len().to_numpy()
    token_of = np.append(np.repeat(np.arange(len(tokens)), n_words), len(tokens))
    spoken = words.explode(empty_as_null=False).to_list()
    odds = np.zeros(len(tokens))
    words_before = np.concatenate([[0], np.cumsum(n_words)]).astype(np.int64)
    firsts = words_before[np.concatenate([[0], np.cumsum(lengths)])]
    for first, after in pairwise(firsts.tolist()):
        found = matches(" ".join(spoken[first:after]))
        begins = {token_of[first + match.first] for match in found if match.name == "question_opening"}
        asking = {token_of[first + match.first] for match in found if match.name == "question_word"}
        before = {token - 1 for token in begins if token > token_of[first]}
        for token in before:
            within = any(token - back in asking for back in range(WITHIN_QUESTION))
            odds[token] = -QUESTION_LOG_ODDS if within else QUESTION_LOG_ODDS
    return odds


def ends_of(logits: Doubles, lengths: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where sentences end: at tokens over CUT_LOG_ODDS that are the likeliest within MIN_WORDS, and at the last of each
    piece."""
    last = np.cumsum(lengths) - 1
    ends = logits > CUT_LOG_ODDS
    near = np.full(len(logits), -np.inf)
    for step in range(1, MIN_WORDS):
        near[step:] = np.maximum(near[step:], logits[:-step])
        near[:-step] = np.maximum(near[:-step], logits[step:])
    ends &= logits >= near
    ends[last] = True
    return ends
