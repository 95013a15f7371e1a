"""The roster: who is on which team under which manager, from a file that people may put into the workspace."""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.intake.spreadsheets import read_spreadsheet

ROSTER = ("people.csv", "people.xlsx")
COLUMNS = {"person": "person", "name": "name", "manager": "manager", "team": "team", "role": "role"}
NAMES = COLUMNS | {"person_id": "person", "id": "person", "manager_id": "manager", "start_date": "start_date"}
NOBODY_LISTED = pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String) | {"start_date": pl.Date})


def read_roster(workspace: Path) -> pl.DataFrame:
    """One row per person of people.csv or people.xlsx: person (the id of the call lists), name, manager, team, role,
    start_date; all but the first may be null. Empty where there is no such file.

    Raises ValueError where the file has no column person, names somebody twice, or a start is no day.
    """
    path = next((workspace / name for name in ROSTER if (workspace / name).is_file()), None)
    if path is None:
        return NOBODY_LISTED
    rows = read_spreadsheet(path, "a list of people", name_of=_name, needs=frozenset({"person"}))
    if "person" not in rows.columns:
        raise ValueError(f"{path}: has no column person; give the id that the call lists use for each")
    absent = [pl.lit(None, pl.String).alias(name) for name in (*COLUMNS, "start_date") if name not in rows.columns]
    known = rows.with_columns(absent).filter(pl.col("person").is_not_null())
    twice = known.filter(pl.col("person").is_duplicated())["person"].unique().sort().to_list()
    if twice:
        raise ValueError(f"{path}: {', '.join(twice)} stands there more than once; keep one row for each person")
    return known.select(*COLUMNS, start_date=pl.Series([_day(path, day) for day in known["start_date"]], dtype=pl.Date))


def _name(column: str) -> str:
    plain = column.strip().casefold().replace(" ", "_")
    return NAMES.get(plain, plain)


def _day(path: Path, written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise ValueError(f"{path}: {written!r} is no start_date; write it as 2026-04-20") from error
