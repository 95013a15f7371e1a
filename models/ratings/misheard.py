"""Misheard: some conversations as a recogniser might have heard them, so that classifiers learn what to doubt.

`weights/misheard.json` says how often Whisper base misheard which word and as what, and how it sets marks. It was
learnt from synthetic voices by `benchmarks/training/misheard.py` and holds no word that was said in one conversation
alone.
"""

import json
import random
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import polars as pl

from models.features.encoder import WEIGHTS as VOCABULARY
from models.ratings.reference_acts import CHANNEL, KEPT_MISHEARD, acts_of, kept_acts, of_same_texts
from pipeline.language.acts import classify_acts
from pipeline.language.text import plain_tokens
from pipeline.tables.conversations import Acts, Talk

ONE_IN = 4  # conversations of the reference that are misheard
DOUBT_WORDS = 4  # how many hearings the rate of words of its kind weighs beside a word's own
LOST = 0.15  # of words misheard as no known alternative: those not heard at all
SENTENCE_ENDS, MARKS = ".?!", ".,?!;:…"
QUOTES = "\"'”’"


class Misheard(NamedTuple):
    """Some conversations as they were written and as they might have been heard, utterance for utterance."""

    talk: dy.DataFrame[Talk]
    acts: dy.DataFrame[Acts]
    heard: dy.DataFrame[Talk]
    heard_acts: dy.DataFrame[Acts]


class Channel(NamedTuple):
    """What a recogniser makes of words.

    kinds: share misheard of each of `kind_of`
    words: how often each word was said, how often misheard, and what was heard then, each with its times
    marks: what stands behind a word as heard, by what was written behind it; nothing is the empty text
    """

    kinds: dict[str, float]
    words: dict[str, tuple[int, int, dict[str, int]]]
    marks: dict[str, dict[str, int]]


class Token(NamedTuple):
    """A word as written with its mark, in its normal form, and whether it begins a sentence."""

    written: str
    word: str
    mark: str
    opens: bool


def some_misheard(talk: dy.DataFrame[Talk], folder: Path) -> Misheard:
    """One in ONE_IN conversations of `talk`, always the same, read from the kept table where that is of the same texts;
    `folder` is that of the reference."""
    some = to_mishear(talk)
    kept = of_same_texts(kept_acts(folder, KEPT_MISHEARD), some, folder)
    if kept["call_id"].n_unique() == some["call_id"].n_unique():
        acts = Acts.validate(kept.sort("call_id", "idx", "sentence"))
        texts = acts.group_by("call_id", "idx", maintain_order=True).agg(pl.col("text").str.join(" "))
        heard = _with_texts(some, texts["text"])
    else:
        heard = mishear(some, read_channel())
        acts = classify_acts(heard)
    return Misheard(some, acts_of(some, folder), heard, acts)


def to_mishear(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Talk]:
    """Those conversations of `talk` that are misheard, in order."""
    calls = talk["call_id"].unique(maintain_order=True).to_list()
    chosen = [call for call in calls if zlib.crc32(call.encode()) % ONE_IN == 0]
    return Talk.validate(talk.filter(pl.col("call_id").is_in(chosen)).sort("call_id", "idx"))


def mishear(talk: dy.DataFrame[Talk], channel: Channel) -> dy.DataFrame[Talk]:
    """The same utterances with words and marks as they might have been heard; an utterance keeps a word at least."""
    texts: list[str] = []
    for (call,), said in talk.group_by("call_id", maintain_order=True):
        draw = random.Random(zlib.crc32(str(call).encode()))  # noqa: S311  no secret hangs on it
        for text, tokens in zip(said["text"], tokens_of(said["text"].to_list()), strict=True):
            texts.append(_as_heard(tokens, channel, draw) or text)
    return _with_texts(talk, pl.Series(texts, dtype=pl.String))


def _with_texts(talk: dy.DataFrame[Talk], texts: pl.Series) -> dy.DataFrame[Talk]:
    heard = talk.with_columns(text=texts)
    return Talk.validate(heard.with_columns(n_words=pl.col("text").str.split(" ").list.len().cast(pl.Int64)))


@cache
def read_channel() -> Channel:
    """What is kept of a recogniser's errors."""
    read = json.loads(CHANNEL.read_text(encoding="utf-8"))
    words = {word: (said, missed, heard) for word, (said, missed, heard) in read["words"].items()}
    return Channel(read["kinds"], words, read["marks"])


def tokens_of(texts: Sequence[str]) -> Iterator[list[Token]]:
    """The words of each text."""
    written = [text.split() for text in texts]
    words = iter(plain_tokens(pl.Series([word for one in written for word in one], dtype=pl.String)))
    for one in written:
        tokens, opens = [], True
        for token in one:
            mark = mark_of(token)
            tokens.append(Token(token, next(words), mark, opens))
            opens = mark != "" and mark in SENTENCE_ENDS
        yield tokens


def mark_of(token: str) -> str:
    """The first of the marks behind a word, or nothing."""
    bare = token.rstrip(QUOTES)
    behind = bare[len(bare.rstrip(MARKS)) :]
    return behind[:1]


def kind_of(token: Token) -> str:
    """A name, a word of the lexical encoder's vocabulary, or another."""
    if token.written[:1].isupper() and not token.opens and not token.written.startswith("I"):
        return "name"
    return "known" if token.word in _vocabulary() else "unknown"


def _as_heard(tokens: Iterable[Token], channel: Channel, draw: random.Random) -> str:
    heard, opens = [], True
    for token in tokens:
        mark = _drawn(channel.marks.get(token.mark, {token.mark: 1}), draw)
        word = _word_heard(token, channel, draw)
        if word:
            heard.append((word[0].upper() + word[1:] if opens else word) + mark)
            opens = mark != "" and mark in SENTENCE_ENDS
    return " ".join(heard)


def _word_heard(token: Token, channel: Channel, draw: random.Random) -> str:
    said, missed, alternatives = channel.words.get(token.word, (0, 0, {}))
    rate = (missed + channel.kinds[kind_of(token)] * DOUBT_WORDS) / (said + DOUBT_WORDS)
    if draw.random() >= rate:
        return token.written.rstrip(QUOTES).rstrip(MARKS)
    n_known = sum(alternatives.values())
    if n_known and draw.random() < n_known / (n_known + 1):
        return _drawn(alternatives, draw)
    return "" if draw.random() < LOST else draw.choice(_alike().get(token.word[:2]) or [""])


def _drawn(times: dict[str, int], draw: random.Random) -> str:
    return draw.choices(list(times), list(times.values()))[0]


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset((VOCABULARY / "lexical.txt").read_text(encoding="utf-8").split())


@cache
def _alike() -> dict[str, list[str]]:
    """The words that begin with the same two letters."""
    words: dict[str, list[str]] = {}
    for word in sorted(_vocabulary()):
        words.setdefault(word[:2], []).append(word)
    return words
