"""Cues: what people say when they do what rubrics ask for, found in text without case or marks."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline.intake.yaml_files import read_yaml
from pipeline.language.vocabulary import said


class Own(NamedTuple):
    """Cues that only elements of some `rubrics` look at, and only those elements that no other rubric uses."""

    rubrics: frozenset[str]
    cues: dict[str, str]


@cache
def read_cues() -> dict[str, str]:
    """Regular expressions by cue, from cues.yaml, or the name of a list of the vocabulary in <>."""
    written = _written()
    return _patterns(written["cues"], written["words"])


@cache
def read_own_cues() -> Own:
    """The cues of some kinds of meeting of their own."""
    written = _written()
    return Own(frozenset(written["own"]["rubrics"]), _patterns(written["own"]["cues"], written["words"]))


def _patterns(cues: dict[str, str], written: dict[str, str]) -> dict[str, str]:
    """Regular expressions by cue, the words that they name in braces put in."""
    words = {f"{{{name}}}": _pattern(text) for name, text in written.items()}
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
    cues = read_cues() | read_own_cues().cues
    return [_times_said(text, pattern).clip(0, 2).cast(pl.Float32).alias(name) for name, pattern in cues.items()]


def _written() -> dict[str, Any]:
    written: dict[str, Any] = read_yaml(Path(__file__).parent / "cues.yaml")
    return written


def _times_said(text: pl.Expr, pattern: str) -> pl.Expr:
    """How often a pattern is found, or whether a list of the vocabulary is, if the pattern is the name of one in <>."""
    named = pattern.startswith("<")
    return said(text, pattern.strip("<>")).cast(pl.UInt32) if named else text.str.count_matches(pattern)


def _pattern(text: str) -> str:
    return "".join(text.split()).replace("_", " ")
