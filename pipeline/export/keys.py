"""Surrogate keys: one whole number for each row of a dimension, the same in every export of the same workspace."""

from hashlib import blake2b

import polars as pl

BITS = (
    52  # every tool keeps whole numbers up to 2**53 exactly; two of 10,000 rows share a key once in 90 million exports
)
DIMENSIONS = {  # column of a fact that refers to a dimension
    "call_id": "dim_call",
    "person_key": "dim_person",
    "element_key": "dim_element",
    "date_key": "dim_date",
    "kind_key": "dim_kind",
    "team_key": "dim_team",
    "made_in": "dim_call",
}
SHARED = ("person_key", "date_key", "kind_key", "team_key")  # that a fact has from its conversation


def surrogate(*columns: str) -> pl.Expr:
    """The key of what the columns name together; null where the first of them is."""
    parts = [pl.col(column).cast(pl.String).fill_null("\0") for column in columns]
    text = pl.concat_str(parts, separator="\x1f")
    return pl.when(pl.col(columns[0]).is_not_null()).then(text.map_elements(_number, return_dtype=pl.Int64))


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> (64 - BITS)


def date_key(day: pl.Expr) -> pl.Expr:
    """A day as the number YYYYMMDD."""
    return day.dt.strftime("%Y%m%d").cast(pl.Int64)
