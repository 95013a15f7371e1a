"""Consent: which column of a call list tells of it, and which conversations may be opened."""

import re
from pathlib import Path

import polars as pl

from pipeline.errors import brief

CONSENT, YES = "x_consent", ("yes", "y", "true", "1", "given")
NO = ("no", "n", "false", "0", "refused", "withdrawn", "none", "unknown")
NAMED = r"(?:^|[^a-z])consent(?:ed)?(?:$|[^a-z])"  # "Consent given", "recording_consent", "Consent?"


def with_consent(listed: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The list, in which a column that tells of consent under another name is called CONSENT.

    Raises ValueError where there are several.
    """
    told = [column.name for column in listed if _tells_of_consent(column)]
    if CONSENT in listed.columns or not told:
        return listed
    if len(told) > 1:
        names = brief(", ".join(name.removeprefix("x_") for name in told))
        raise ValueError(f"{path}: has several columns of consent ({names}); call the one that counts consent")
    return listed.rename({told[0]: CONSENT})


def _tells_of_consent(column: pl.Series) -> bool:
    """Whether a column is of consent by its name and says yes or no somewhere, whatever else it says."""
    if not re.search(NAMED, column.name.removeprefix("x_")):
        return False
    return column.str.to_lowercase().is_in((*YES, *NO)).any()


def is_refused(rows: pl.DataFrame) -> pl.Expr:
    """Whether the list has a column of consent without a yes in it."""
    return ~says_yes(rows, CONSENT) if CONSENT in rows.columns else pl.lit(value=False)


def says_yes(rows: pl.DataFrame, column: str) -> pl.Expr:
    """Whether a column says yes; no where there is no such column."""
    if column not in rows.columns:
        return pl.lit(value=False)
    return pl.col(column).cast(pl.String).str.strip_chars().str.to_lowercase().is_in(YES).fill_null(value=False)
