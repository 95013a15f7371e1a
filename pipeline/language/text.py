"""Text: spoken text as plain words, their stems, and a number for each word."""

import zlib

import numpy as np
import polars as pl

from pipeline.language.vocabulary import MONTHS

MARKS = "?.,!-"
WORD = r"[\p{L}\p{N}][\p{L}\p{N}']*"

Bits = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
_PRIME = np.uint64(0xC2B2AE3D27D4EB4F)

SPELLED = {
    "won't": "will not", "can't": "can not", "n't": " not", "'ll": " will", "'m ": " am ",
    "'re": " are", "'ve": " have", "'d ": " would ", "let's": "let us", "'s": " s", "gonna": "going to",
    "wanna": "want to", "gotta": "got to", "gimme": "give me", "y'all": "you all", "o'clock": "oclock",
}  # fmt: skip


def words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text as a list: lower case, no marks, hyphens parted, digits as 0."""
    return _lowered(text).str.extract_all(WORD)


def marked_words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text, as `words_of` gives them, and the marks between them."""
    return _lowered(text).str.extract_all(rf"{WORD}|[{MARKS}]")


def _lowered(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.replace_all("[’‘]", "'").str.replace_all(r"\d+", "0")


def word_bits(words: pl.Series) -> Bits:
    """A 64-bit number for each word, the same on every machine and in every version."""
    known = words.unique()
    bits = [zlib.crc32(word.encode()) for word in known]
    return mix(words.replace_strict(known, bits, return_dtype=pl.UInt64).to_numpy().astype(np.uint64))


def mix(bits: Bits) -> Bits:
    """Bits stirred so that near numbers land far apart (the finalizer of SplitMix64, one round)."""
    bits = (bits ^ (bits >> np.uint64(29))) * _PRIME
    return bits ^ (bits >> np.uint64(32))


def plain_tokens(tokens: pl.Series) -> pl.Series:
    """Tokens reduced to their letters and apostrophes, lower case, digits as 0."""
    plain = tokens.str.to_lowercase().str.replace_all("[’‘]", "'").str.replace_all(r"\d+", "0")
    return plain.str.replace_all(r"[^\p{L}0']", "")


def plain(text: pl.Expr) -> pl.Expr:
    """Text as lower-case words with single spaces: contractions spelled out, marks gone, "twenty-sixth" two words."""
    low = text.str.to_lowercase().str.replace_many(["’", "‘"], ["'", "'"])
    spelled = low.str.replace_many(list(SPELLED), list(SPELLED.values()), leftmost=True)
    return spelled.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def spoken(forms: str) -> str:
    """A pattern for plain words from forms of speech parted by " | " over any number of lines; MONTH is any month."""
    parts = [form.strip() for form in " ".join(forms.split()).split(" | ")]
    months = "|".join(month for month in MONTHS if month not in ("march", "may"))
    return rf"\b(?:{'|'.join(parts)})\b".replace("MONTH", f"(?:{months})")


def stemmed(units: pl.DataFrame) -> pl.DataFrame:
    """The words of each unit (row, words) without their endings, once each: row, stem."""
    stem = pl.col("stem").str.replace(r"(ied|ies)$", "y").str.replace(r"([a-z]{3})(?:ings?|ed|es|e|s|ly|er)$", "$1")
    words = units.select("row", pl.col("words").str.split(" ").alias("stem")).explode("stem")
    return words.filter(pl.col("stem") != "").select("row", stem).unique()
