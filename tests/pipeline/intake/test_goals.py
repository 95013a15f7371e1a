"""Goals of a list: read, and refused with what is missing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.intake.goals import read_goals


def test_goals_of_a_list(tmp_path: Path) -> None:
    """A line is a goal from the day of its start; without a file there are none."""
    assert read_goals(tmp_path).is_empty()
    (tmp_path / "goals.csv").write_text("person,kind,element,start,due\nann,discovery_call,agenda,2026-05-04,\n")
    (row,) = read_goals(tmp_path).to_dicts()
    assert (row["how"], row["person_id"], row["rubric"], row["element"]) == ("goal", "ann", "discovery_call", "agenda")
    assert (row["at"], row["due_on"]) == (datetime(2026, 5, 4, tzinfo=UTC), None)
    (tmp_path / "goals.csv").write_text(
        "person,kind,element,start,due\nann,discovery_call,agenda,2026-05-04,2026-08-01"
    )
    assert read_goals(tmp_path)["due_on"].to_list() == [date(2026, 8, 1)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("person,rubric,element\nann,discovery_call,agenda\n", "start is missing"),
        ("person,rubric,element,start\nann,discovery_call,,2026-05-04\n", "element is missing"),
        ("person,rubric,element,start\nann,discovery_call,agenda,May\n", "'May' is no day; write it as 2026-04-20"),
    ],
)
def test_lists_that_are_refused(tmp_path: Path, text: str, why: str) -> None:
    """What is missing is said with what would be right."""
    (tmp_path / "goals.csv").write_text(text)
    with pytest.raises(ValueError, match=why):
        read_goals(tmp_path)
