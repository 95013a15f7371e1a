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
        ("ann", "Ann Lee", "mia", None, None, None, date(2026, 4, 20)),
        ("bob", "Bob", None, None, None, None, None),
    ]


def test_managers_of_managers(tmp_path: Path) -> None:
    """Mia, who has no row, is known from the column of her own manager; Nils keeps the row he has."""
    (tmp_path / "people.csv").write_text(
        "person,manager,manager_of_manager,team,tenure\nann,mia,dan,East,new\nbob,mia,dan,East,\nnils,dan,,West,\n"
        "eli,nils,kay,West,old\n"
    )
    rows = read_roster(tmp_path).select("person", "manager", "role", "tenure").rows()
    assert rows == [
        ("ann", "mia", None, "new"), ("bob", "mia", None, None), ("nils", "dan", None, None),
        ("eli", "nils", None, "old"), ("mia", "dan", "manager", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "complaint"),
    [("name\nAnn", "no column person"), ("person,team\nann,a\nann,b", "ann stands there more than once"),
     ("person,name,team\nann,Ann,a\n,Bob Ray,a\n,Cy Poe,a\n", "row 3: names no person .so do 1 more.; give the id"),
     ("person,start_date\nann,soon", "'soon' is no start_date")],
)  # fmt: skip
def test_refused(tmp_path: Path, written: str, complaint: str) -> None:
    """A file that cannot be used is refused with what is wrong and its path: people without an id were left out."""
    (tmp_path / "people.csv").write_text(written)
    with pytest.raises(ValueError, match=complaint) as error:
        read_roster(tmp_path)
    assert "people.csv" in str(error.value)
