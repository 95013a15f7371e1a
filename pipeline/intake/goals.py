"""Goals: what single people work on from a day on, from a file that people may put into the workspace."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from pipeline.intake.spreadsheets import read_spreadsheet
from pipeline.tables.coaching import TakenUp

GOALS = ("goals.csv", "goals.xlsx")
NEEDS = ("person", "rubric", "element", "start")
NAMES = {"person_id": "person", "lead_id": "person", "interaction": "rubric", "kind": "rubric", "due_on": "due"}


def read_goals(workspace: Path) -> pl.DataFrame:
    """The goals of goals.csv or goals.xlsx as rows of TakenUp: person, rubric, element, start (a day), due (a day, may
    be missing). Empty where there is no such file.

    Raises ValueError where a column or value is missing, or a day is none.
    """
    path = next((workspace / name for name in GOALS if (workspace / name).is_file()), None)
    if path is None:
        return TakenUp.create_empty()
    rows = read_spreadsheet(path, "a list of goals", name_of=_name, needs=frozenset(NEEDS))
    if absent := [name for name in NEEDS if name not in rows.columns or rows[name].null_count()]:
        raise ValueError(f"{path}: {', '.join(absent)} is missing; give {', '.join(NEEDS)} for each goal")
    due = rows["due"].to_list() if "due" in rows.columns else [None] * rows.height
    starts = [_day(path, day) for day in rows["start"]]
    told = rows.select("rubric", "element", person_id="person").with_columns(
        how=pl.lit("goal"),
        item_id=pl.format("{} line {}", pl.lit(path.name), pl.int_range(1, pl.len() + 1)),
        at=pl.Series(
            [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in starts], dtype=pl.Datetime("us", "UTC")
        ),
        due_on=pl.Series([_day(path, day) if day else None for day in due], dtype=pl.Date),
    )
    return TakenUp.validate(pl.concat([TakenUp.create_empty(), told], how="diagonal"), cast=True)


def _name(column: str) -> str:
    plain = column.strip().casefold().replace(" ", "_")
    return NAMES.get(plain, plain)


def _day(path: Path, written: str) -> date:
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise ValueError(f"{path}: {written!r} is no day; write it as 2026-04-20") from error
