"""Text as words: one normal form for all models and patterns, and the stems, numbers and frequencies of words.

The normal form is in lower case; contractions are spelled out ("I'll" is "i will", "Graham's" is "graham s"); hyphens
and dashes part words, except what is hummed ("mm-hm" is "mhm"); numbers keep their digits. Text with marks and the same
text without them have the same words. spaCy's tokeniser splits and spells out.
"""

import json
import re
import zlib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from spacy.language import Language

FREQUENCIES = Path(__file__).parent / "weights" / "structure" / "common.json"
RAREST_IDF = 8.0  # of a stem that the table of frequencies does not have
MARKS = "?.,!-"
HUMMED = (r"\b(mm+|uh|a)[-–]+(hm+|huh|ha)\b", "$1$2")
PARTED = {  # contractions whose apostrophe became a space
    r"\b(i|you|we|they|he|she|it|that|there|who|what|how) (ll|ve|re|d|m)\b": "$1'$2",
    r"\b(don|doesn|didn|isn|aren|wasn|weren|can|couldn|wouldn|shouldn|won|haven|hasn|hadn) t\b": "$1't",
}
PARTING = (r"[-‐‑–—/\s]+", " ")
PARTING_MARKED = (r"[-‐‑–—/]+", " - ")  # the same where marks are kept
WORD_LETTERS = re.compile(r"[^\W_]+")
READ_AS_WORDS = ("id", "wed", "cos", "don", "hed", "hes", "hows", "lets", "nothin", "whos")  # and not as contractions
MORE_EXCEPTIONS = {
    "wanna": ("want", "to"),
    "lemme": ("let", "me"),
    "gimme": ("give", "me"),
    "y'all": ("you", "all"),
    "im": ("i", "am"),
    "o'clock": ("oclock",),
    "'d": ("would",),
    "did": ("did",),
    "had": ("had",),
    "gonna": ("going", "to"),
    "gotta": ("got", "to"),
    "lets": ("let", "us"),
    "mmhm": ("mhm",),
    "mmhmm": ("mhm",),
    "mhmm": ("mhm",),
    "uhhuh": ("uhhuh",),
}
"""Words and the words they stand for, where spaCy's own normal forms say otherwise or nothing."""

Bits = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Doubles = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
PRIME_OF_MIX = np.uint64(0xC2B2AE3D27D4EB4F)


def words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text in their normal form, as a list."""
    return _lowered(text).str.replace_all(*PARTING).map_batches(_words, return_dtype=pl.List(pl.String))


def plain(text: pl.Expr) -> pl.Expr:
    """The words of a text in their normal form, with single spaces between them."""
    return words_of(text).list.join(" ")


def marked_words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text, as `words_of` gives them, and the marks between them."""
    apart = _lowered(text).str.replace_all(*PARTING_MARKED).str.replace_all(r"\s+", " ")
    return apart.map_batches(_marked_words, return_dtype=pl.List(pl.String))


@cache
def english() -> "Language":
    """The blank English pipeline, made once per process: its tokeniser with our exceptions, and its table of words."""
    import spacy

    language = spacy.blank("en")
    rules = language.tokenizer.rules
    language.tokenizer.rules = {word: parts for word, parts in rules.items() if word.lower() not in READ_AS_WORDS}
    return language


@lru_cache(maxsize=200_000)
def tokens_of(piece: str) -> tuple[str, ...]:
    """The words and marks of a piece of text between spaces, in lower case with straight apostrophes."""
    if piece in MORE_EXCEPTIONS:
        return MORE_EXCEPTIONS[piece]
    tokens: list[str] = []
    for token in english().make_doc(piece):
        normal = MORE_EXCEPTIONS.get(token.lower_, (token.norm_,))
        for form in normal:
            words = WORD_LETTERS.findall(form)
            tokens += words or [mark for mark in form if mark in MARKS]
            if words and form[-1] in MARKS and form[-1] != "-":
                tokens.append(form[-1])
    return tuple(tokens)


@lru_cache(maxsize=200_000)
def words_in(piece: str) -> tuple[str, ...]:
    """The words of a piece of text between spaces, without its marks."""
    return tuple(token for token in tokens_of(piece) if token not in MARKS)


def _lowered(text: pl.Expr) -> pl.Expr:
    lowered = text.str.to_lowercase().str.replace_all("[’‘ʼ`]", "'").str.replace_all(*HUMMED)
    for parted, whole in PARTED.items():
        lowered = lowered.str.replace_all(parted, whole)
    return lowered


def _words(texts: pl.Series) -> pl.Series:
    return _read(texts, marks=False)


def _marked_words(texts: pl.Series) -> pl.Series:
    return _read(texts, marks=True)


def _read(texts: pl.Series, *, marks: bool) -> pl.Series:
    """The tokens of each text: no token reaches over a space, so that each different piece is read once."""
    read = tokens_of if marks else words_in
    pieces = texts.str.split(" ").explode(empty_as_null=True)
    known = pieces.drop_nulls().unique()
    table = pl.DataFrame(
        {"piece": known, "tokens": [read(piece) for piece in known]},
        schema={"piece": pl.String, "tokens": pl.List(pl.String)},
    )
    counts = texts.str.count_matches(" ", literal=True).fill_null(0).to_numpy() + 1
    rows = pl.DataFrame({"row": np.repeat(np.arange(len(texts)), counts), "piece": pieces})
    lists = (
        rows.join(table, on="piece", how="left", maintain_order="left")
        .group_by("row", maintain_order=True)
        .agg(pl.col("tokens").explode(empty_as_null=False, keep_nulls=False))
    )
    return lists["tokens"].alias(texts.name)


def plain_tokens(tokens: pl.Series) -> pl.Series:
    """Tokens between spaces in their normal form, one word for each: "half-past" is "halfpast", "I'll" is "iwill"."""
    return pl.DataFrame({"text": tokens}).select(words_of(pl.col("text")).list.join(""))["text"]


def stem_of(word: pl.Expr) -> pl.Expr:
    """A word in its normal form without its ending; three letters are left at least."""
    return word.str.replace(r"(ied|ies)$", "y").str.replace(r"([a-z]{3})(?:ings?|ed|es|e|s|ly|er)$", "$1")


def stemmed(units: pl.DataFrame) -> pl.DataFrame:
    """The stems of the words of each unit (row, words: plain text), once each: row, stem."""
    words = units.select("row", stem=pl.col("words").str.split(" ")).explode("stem").filter(pl.col("stem") != "")
    return words.select("row", stem_of(pl.col("stem"))).unique()


@cache
def frequencies() -> pl.DataFrame:
    """How rare stems are in business talk: stem, idf (log of utterances over those that have it); the others weigh
    RAREST_IDF."""
    known: dict[str, float] = json.loads(FREQUENCIES.read_text())["models"]["idf"]
    return pl.DataFrame({"stem": list(known), "idf": list(known.values())})


def word_bits(words: pl.Series) -> Bits:
    """A 64-bit number for each word, the same on every machine and in every version; numbers in digits are all one."""
    known = words.unique()
    checksums = [zlib.crc32(b"0" if word[:1].isdigit() else word.encode()) for word in known]
    return mix(words.replace_strict(known, checksums, return_dtype=pl.UInt64).to_numpy().astype(np.uint64))


def mix(bits: Bits) -> Bits:
    """Bits stirred so that near numbers land far apart (the finalizer of SplitMix64, one round)."""
    bits = (bits ^ (bits >> np.uint64(29))) * PRIME_OF_MIX
    return bits ^ (bits >> np.uint64(32))
