"""Text as words, in the forms that the models and patterns were made for, and the stems and numbers of words.

| form | case and apostrophes | digits | hyphens | contractions | read by |
|---|---|---|---|---|---|
| `words_of`, `marked_words_of` | lower, straight | 0 | part words | kept | network of acts, reflections |
| `plain_tokens` | lower, straight | 0 | dropped | kept | network of sentence ends |
| `plain` | lower, straight | kept | part words | spelled out | n-gram models, patterns |
| `without_marks` | lower, dropped | kept | part words | parted | cues, lexical encoder |
| `hyphenated_words_of` | lower, straight | kept | kept | kept | back-channels |

The forms differ because weights were learnt from them; one of them cannot take another's place without new weights.
"""

import zlib

import numpy as np
import polars as pl

from pipeline.language.vocabulary import MONTHS

LONG_STEM = r"(?:'\w+|ings?|edly|ed|ies|es|e|s|ly|er)$"  # what `stem_of` takes off words of over three letters
MARKS = "?.,!-"
WORD = r"[\p{L}\p{N}][\p{L}\p{N}']*"

Bits = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Doubles = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
PRIME_OF_MIX = np.uint64(0xC2B2AE3D27D4EB4F)

SPELLED = {
    "won't": "will not", "can't": "can not", "n't": " not", "'ll": " will", "'m ": " am ",
    "'re": " are", "'ve": " have", "'d ": " would ", "let's": "let us", "'s": " s", "gonna": "going to",
    "wanna": "want to", "gotta": "got to", "gimme": "give me", "y'all": "you all", "o'clock": "oclock",
}  # fmt: skip


def words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text as a list."""
    return _digits_as_0(_straight(text)).str.extract_all(WORD)


def marked_words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text, as `words_of` gives them, and the marks between them."""
    return _digits_as_0(_straight(text)).str.extract_all(rf"{WORD}|[{MARKS}]")


def plain_tokens(tokens: pl.Series) -> pl.Series:
    """Tokens between spaces reduced to their letters, digits and apostrophes, one for each."""
    text = pl.col("text")
    plain_token = _digits_as_0(_straight(text)).str.replace_all(r"[^\p{L}0']", "")
    return pl.DataFrame({"text": tokens}).select(plain_token)["text"]


def plain(text: pl.Expr) -> pl.Expr:
    """Text as words with single spaces: contractions are spelled out, marks left out, "twenty-sixth" is two words."""
    spelled = _straight(text).str.replace_many(list(SPELLED), list(SPELLED.values()), leftmost=True)
    return spelled.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def without_marks(text: pl.Expr) -> pl.Expr:
    """Text as a recogniser without case and marks writes it; apostrophes and hyphens become spaces."""
    return text.str.to_lowercase().str.replace_all(r"[^a-z0-9]+", " ").str.strip_chars()


def hyphenated_words_of(text: pl.Expr) -> pl.Expr:
    """The words of a text as a list; "mm-hm" is one word."""
    return text.str.to_lowercase().str.replace_all("’", "'").str.extract_all(r"[\w'-]*\w[\w'-]*")


def _straight(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.replace_all("[’‘]", "'")


def _digits_as_0(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\d+", "0")


def spoken(forms: str) -> str:
    """A pattern for plain words from forms of speech parted by " | " over any number of lines; MONTH is any month."""
    alternatives = [form.strip() for form in " ".join(forms.split()).split(" | ")]
    months = "|".join(month for month in MONTHS if month not in ("march", "may"))
    return rf"\b(?:{'|'.join(alternatives)})\b".replace("MONTH", f"(?:{months})")


def stemmed(units: pl.DataFrame) -> pl.DataFrame:
    """The words of each unit (row, words: plain text) without their endings, once each: row, stem."""
    stem = pl.col("stem").str.replace(r"(ied|ies)$", "y").str.replace(r"([a-z]{3})(?:ings?|ed|es|e|s|ly|er)$", "$1")
    words = units.select("row", pl.col("words").str.split(" ").alias("stem")).explode("stem")
    return words.filter(pl.col("stem") != "").select("row", stem).unique()


def stem_of(word: pl.Expr) -> pl.Expr:
    """A word of `words_of` without its ending: the stems that the models of reflections and uptake know."""
    return pl.when(word.str.len_chars() > 3).then(word.str.replace(LONG_STEM, "")).otherwise(word)


def word_bits(words: pl.Series) -> Bits:
    """A 64-bit number for each word, the same on every machine and in every version."""
    known = words.unique()
    checksums = [zlib.crc32(word.encode()) for word in known]
    return mix(words.replace_strict(known, checksums, return_dtype=pl.UInt64).to_numpy().astype(np.uint64))


def mix(bits: Bits) -> Bits:
    """Bits stirred so that near numbers land far apart (the finalizer of SplitMix64, one round)."""
    bits = (bits ^ (bits >> np.uint64(29))) * PRIME_OF_MIX
    return bits ^ (bits >> np.uint64(32))
