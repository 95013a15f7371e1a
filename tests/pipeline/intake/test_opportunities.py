"""Opportunities: read from a file of the workspace, refused with the row, or taken from the call list."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.intake.opportunities import opportunities_of, read_opportunities


def test_a_file(tmp_path: Path) -> None:
    """Headings as people write them; an amount with commas; what is not given is null."""
    (tmp_path / "opportunities.csv").write_text(
        'Id,Date,Stage,Amount,Close date\no1,2026-01-05,Needs,"12,000.50",2026-03-31\no2,2026-01-05,Needs,,\n'
    )
    rows = read_opportunities(tmp_path)
    assert rows.rows() == [
        ("o1", date(2026, 1, 5), "Needs", 12000.5, date(2026, 3, 31), None),
        ("o2", date(2026, 1, 5), "Needs", None, None, None),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,stage\no1,Needs\n", "no column as_of"),
        ("id,date,stage,amount\no1,2026-01-05,Needs,much\n", "row 2: 'much' is no amount"),
        ("id,date,stage,amount\no1,January,Needs,1\n", "row 2: 'January' is no as_of"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str, complaint: str) -> None:
    """A sentence says the file, the row and what would be right."""
    (tmp_path / "opportunities.csv").write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_opportunities(tmp_path)


def test_of_a_call_list() -> None:
    """The stage of each conversation is that of its day; an outcome lost is the end, no stage is no row."""
    calls = pl.DataFrame(
        {
            "opportunity_id": ["o", "o", "o", None],
            "started_at": [datetime(2026, 1, day, 9, tzinfo=UTC) for day in (5, 6, 7, 8)],
            "stage": ["Needs", None, "Solution", "Needs"],
            "outcome": ["advanced", None, "lost", None],
        }
    )
    found = opportunities_of(calls).select("opportunity_id", "as_of", "stage").rows()
    assert found == [("o", date(2026, 1, 5), "Needs"), ("o", date(2026, 1, 7), "lost")]
