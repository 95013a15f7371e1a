"""Unspoken: calls with passages that nobody would say: strings of keywords or sounds, or one passage over and over."""

import dataframely as dy
import polars as pl

from pipeline.language.text import without_marks
from pipeline.tables import Talk

LONG = 12  # words from which a passage is looked at: shorter ones are often bare or repeated in any talk
BARE = 0.1  # share of small words under which a passage is no sentence; in talk about half of all words are small
REPEATED = 3  # times that a long passage is said word for word

SMALL = (
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "i", "me", "my", "we", "us", "our", "you",
    "your", "he", "him", "his", "she", "her", "they", "them", "their", "who", "what", "which", "and", "or", "but",
    "so", "if", "then", "than", "as", "because", "when", "while", "where", "how", "not", "no", "to", "of", "in",
    "on", "at", "by", "for", "from", "with", "about", "into", "over", "up", "out", "off", "down", "is", "are", "was",
    "were", "be", "been", "being", "am", "do", "does", "did", "have", "has", "had", "will", "would", "can", "could",
    "should", "may", "might", "must", "s", "t", "re", "ve", "ll", "d", "m", "there", "here", "just", "all", "any",
    "some", "one", "more", "very", "really", "well", "yeah", "okay", "right", "now", "get", "got", "go",
)  # fmt: skip


def unspoken(talk: dy.DataFrame[Talk]) -> list[str]:
    """The calls with a passage of LONG words or more that has hardly a small word, or is said REPEATED times."""
    words = pl.col("plain").str.split(" ")
    small = words.list.eval(pl.element().is_in(SMALL).cast(pl.Float64)).list.mean()
    passages = talk.select("call_id", without_marks(pl.col("text")).alias("plain")).filter(words.list.len() >= LONG)
    repeated = pl.len().over("call_id", "plain") >= REPEATED
    return passages.filter((small < BARE) | repeated)["call_id"].unique().sort().to_list()
