"""Cues: what people say when they do what rubrics ask for, found in text without case or marks."""

from functools import cache
from pathlib import Path

import polars as pl
import yaml

from pipeline.language.vocabulary import said


@cache
def read_cues() -> dict[str, str]:
    """Regular expressions by cue, from cues.yaml, or the name of a list of the vocabulary in <>."""
    return with_words(_written()["cues"])


def with_words(cues: dict[str, str]) -> dict[str, str]:
    """Regular expressions by cue, the words that cues.yaml names in braces put in."""
    words = {f"{{{name}}}": _pattern(text) for name, text in _written()["words"].items()}
    patterns = {}
    for name, text in cues.items():
        if text.startswith("<"):
            patterns[name] = text
            continue
        pattern = _pattern(text)
        for brace, alternatives in words.items():
            pattern = pattern.replace(brace, alternatives)
        patterns[name] = rf"\b(?:{pattern})\b"
    return patterns


def find_cues(text: pl.Expr) -> list[pl.Expr]:
    """Per cue how often it is said in `text` (see `text.plain`), at most twice: more of the same says no more."""
    return [_times_said(text, pattern).clip(0, 2).cast(pl.Float32).alias(name) for name, pattern in read_cues().items()]


def _written() -> dict[str, dict[str, str]]:
    written: dict[str, dict[str, str]] = yaml.safe_load(
        (Path(__file__).parent / "cues.yaml").read_text(encoding="utf-8")
    )
    return written


def _times_said(text: pl.Expr, pattern: str) -> pl.Expr:
    """How often a pattern is found, or whether a list of the vocabulary is, if the pattern is the name of one in <>."""
    named = pattern.startswith("<")
    return said(text, pattern.strip("<>")).cast(pl.UInt32) if named else text.str.count_matches(pattern)


def _pattern(text: str) -> str:
    return "".join(text.split()).replace("_", " ")
