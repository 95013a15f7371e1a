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
        (
            "id;date;stage;amount\no1;2026-01-05;Needs;900\no2;2026-01-05;Needs;12.500\n",
            "row 3: '12.500' may be meant in",
        ),
        ("id;date;stage;amount\no1;2026-01-05;Needs;0.5\no2;2026-01-05;Needs;0,5\n", "row 3: '0,5' is no amount"),
        ("id,date,stage,amount\no1,2026-01-05,Needs,nan\n", "row 2: 'nan' is no amount"),
        ("id,date,stage\no1,2026-01-05,Needs\no2,,Needs\n", "row 3: has no date; give it, or delete the row"),
        ("id,date,stage\no1,2026-01-05,Needs\n,2026-01-05,Needs\n", "row 3: has no id; give it, or delete the row"),
        ("id,date,stage,Amount (EUR)\no1,2026-01-05,A,1\n", r"no column amount, but amount_\(eur\); call it amount"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, text: str, complaint: str) -> None:
    """A sentence says the file, the row and what would be right."""
    (tmp_path / "opportunities.csv").write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_opportunities(tmp_path)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (
            ["12000,50", "12.000,50", "-1.250.000", "12.500", "12,5", "900"],
            [12000.5, 12000.5, -1.25e6, 12500, 12.5, 900],
        ),
        (
            ["12000.50", "12,000.50", "-1,250,000", "12.500", "12,500", "900"],
            [12000.5, 12000.5, -1.25e6, 12.5, 12500, 900],
        ),
        (["12,500", "", "1 200"], [12500, None, 1200]),
        (["0.125", "1E+06", "12\u202f000", "12'000"], [0.125, 1e6, 12000, 12000]),
    ],
)
def test_decimal_commas(tmp_path: Path, given: list[str], read: list[float | None]) -> None:
    """Whether a comma or a point is decimal shows in other amounts of the file."""
    lines = [f"o{at};2026-01-05;Needs;{amount}" for at, amount in enumerate(given)]
    (tmp_path / "opportunities.csv").write_text("\n".join(["id;date;stage;amount", *lines]))
    assert read_opportunities(tmp_path)["amount"].to_list() == read


def test_number_of_a_workbook(tmp_path: Path) -> None:
    """A number with three decimals in a workbook is what it is."""
    row = {"id": ["o1"], "date": ["2026-01-05"], "stage": ["Needs"], "amount": [12.345]}
    pl.DataFrame(row).write_excel(tmp_path / "opportunities.xlsx")
    assert read_opportunities(tmp_path)["amount"].to_list() == [12.345]


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
