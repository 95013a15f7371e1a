"""Wordings that speak for an act."""

import polars as pl
import pytest

from pipeline.language.act_patterns import CUES


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        ("leading", "so why don't you just call him"),
        ("open", "okay walk me through that"),
        ("closed", "and how many seats"),
        ("commit", "i'll send it by thursday"),
        ("direct", "you need to call him"),
    ],
)
def test_cues(cue: str, text: str) -> None:
    """Each wording is known by its cue."""
    assert pl.select(pl.lit(text).str.contains(CUES[cue])).item()
