"""Implausible calls: those with passages that nobody would say, such as strings of keywords or a passage repeated."""

import dataframely as dy
import polars as pl

from pipeline.language.text import plain
from pipeline.tables.conversations import Talk

LONG_PASSAGE_WORDS = 12  # words from which a passage is looked at: shorter ones are often bare or repeated in any talk
MIN_SMALL_WORD_SHARE = 0.1  # of a passage that somebody says; in talk about half of all words are small
REPEATED_TIMES = 3  # times that a long passage is said word for word

SMALL_WORDS = (
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "i", "me", "my", "we", "us", "our", "you",
    "your", "he", "him", "his", "she", "her", "they", "them", "their", "who", "what", "which", "and", "or", "but",
    "so", "if", "then", "than", "as", "because", "when", "while", "where", "how", "not", "no", "to", "of", "in",
    "on", "at", "by", "for", "from", "with", "about", "into", "over", "up", "out", "off", "down", "is", "are", "was",
    "were", "be", "been", "being", "am", "do", "does", "did", "have", "has", "had", "will", "would", "can", "could",
    "should", "may", "might", "must", "s", "there", "here", "just", "all", "any",
    "some", "one", "more", "very", "really", "well", "yeah", "okay", "right", "now", "get", "got", "go",
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "hundred", "half",
)  # fmt: skip


def implausible_calls(talk: dy.DataFrame[Talk]) -> list[str]:
    """The calls with a long passage that has hardly a small word, or that is said REPEATED_TIMES times."""
    words = pl.col("plain").str.split(" ")
    small = words.list.eval(pl.element().is_in(SMALL_WORDS).cast(pl.Float64)).list.mean()
    texts = talk.select("call_id", plain(pl.col("text")).alias("plain"))
    passages = texts.filter(words.list.len() >= LONG_PASSAGE_WORDS)
    repeated = pl.len().over("call_id", "plain") >= REPEATED_TIMES
    return passages.filter((small < MIN_SMALL_WORD_SHARE) | repeated)["call_id"].unique().sort().to_list()
