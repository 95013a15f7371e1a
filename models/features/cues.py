"""Cues: what people say when they do what rubrics ask for, found in text without case or marks."""

from functools import cache
from pathlib import Path

import polars as pl
import yaml


@cache
def read_cues() -> dict[str, str]:
    """Regular expressions by cue, from cues.yaml."""
    written = yaml.safe_load((Path(__file__).parent / "cues.yaml").read_text(encoding="utf-8"))
    words = {f"{{{name}}}": _pattern(text) for name, text in written["words"].items()}
    patterns = {}
    for name, text in written["cues"].items():
        pattern = _pattern(text)
        for brace, alternatives in words.items():
            pattern = pattern.replace(brace, alternatives)
        patterns[name] = rf"\b(?:{pattern})\b"
    return patterns


def find_cues(text: pl.Expr) -> list[pl.Expr]:
    """Per cue how often it is said in `text` (see `without_marks`), at most twice: more of the same says no more."""
    return [
        text.str.count_matches(pattern).clip(0, 2).cast(pl.Float32).alias(name) for name, pattern in read_cues().items()
    ]


def _pattern(text: str) -> str:
    return "".join(text.split()).replace("_", " ")
