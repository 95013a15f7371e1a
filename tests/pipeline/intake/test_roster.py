"""The roster file: what may stand in it, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.intake.roster import read_roster


def test_people_of_a_file(tmp_path: Path) -> None:
    """Headings in any case, columns that are not ours passed over, a person without a start."""
    assert read_roster(tmp_path).is_empty()
    (tmp_path / "people.csv").write_text(
        "Person ID,Name,Manager,Start date,Shoe\nann,Ann Lee,mia,2026-04-20,39\nbob,Bob,,,\n"
    )
    assert read_roster(tmp_path).rows() == [
        ("ann", "Ann Lee", "mia", None, None, date(2026, 4, 20)),
        ("bob", "Bob", None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [("name\nAnn", "no column person"), ("person,team\nann,a\nann,b", "ann stands there more than once"),
     ("person,start_date\nann,soon", "'soon' is no start_date")],
)  # fmt: skip
def test_refused(tmp_path: Path, written: str, complaint: str) -> None:
    """A file that cannot be used is refused with what is wrong and its path."""
    (tmp_path / "people.csv").write_text(written)
    with pytest.raises(ValueError, match=complaint) as error:
        read_roster(tmp_path)
    assert "people.csv" in str(error.value)
