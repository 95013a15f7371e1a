"""Errors of hearing: how far a KPI of recordings lies from that of what was said, as a benchmark measured it.

`python -m benchmarks.hearing` writes the table; where it holds nothing of a KPI, nothing is known of its error.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

TABLE = Path(__file__).with_name("hearing.csv")
SCHEMA = pl.Schema(
    {
        "kpi": pl.String,
        "split": pl.String,
        "line": pl.String,
        "n_calls": pl.Int64,
        "bias": pl.Float64,
        "spread": pl.Float64,
    }
)


@dataclass(frozen=True)
class HearingError:
    """The error of one conversation's figure over a kind of line, heard less said.

    `bias` is its mean over `n_calls` conversations and does not become less with more of them; `spread` is the standard
    deviation, null for a single conversation.
    """

    line: str
    n_calls: int
    bias: float
    spread: float | None


def hearing_errors(kpi: str, split: str | None = None) -> tuple[HearingError, ...]:
    """The errors of a KPI by kind of line, in the order of the table; none where they are not known."""
    return _table(TABLE).get((kpi, split), ())


@cache
def _table(path: Path) -> dict[tuple[str, str | None], tuple[HearingError, ...]]:
    if not path.is_file():
        return {}
    rows: dict[tuple[str, str | None], tuple[HearingError, ...]] = {}
    for kpi, split, *error in pl.read_csv(path, schema=SCHEMA).iter_rows():
        rows[kpi, split] = (*rows.get((kpi, split), ()), HearingError(*error))
    return rows
