"""The roster: who is on which team under which manager, from a file that people may put into the workspace."""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.intake.spreadsheets import ROW, read_spreadsheet

ROSTER = ("people.csv", "people.xlsx")
COLUMNS = ("person", "name", "manager", "team", "role", "tenure")
NAMES = {"person_id": "person", "id": "person", "manager_id": "manager", "second_line": "manager_of_manager"}
NOBODY_LISTED = pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String) | {"start_date": pl.Date})


def read_roster(workspace: Path) -> pl.DataFrame:
    """One row per person of people.csv or people.xlsx: person (the id of the call lists), name, manager, team, role,
    tenure (the house's own word), start_date; all but the first may be null. Empty where there is no such file.

    A manager who has no row of his or her own gets one from a column manager_of_manager.

    Raises ValueError where the file has no column person, a row names nobody, somebody stands there twice, or a start
    is no day.
    """
    path = next((workspace / name for name in ROSTER if (workspace / name).is_file()), None)
    if path is None:
        return NOBODY_LISTED
    rows = read_spreadsheet(path, "a list of people", name_of=_name, needs=frozenset({"person"}))
    if "person" not in rows.columns:
        raise ValueError(f"{path}: has no column person; give the id that the call lists use for each")
    wanted = (*COLUMNS, "start_date", "manager_of_manager")
    absent = [pl.lit(None, pl.String).alias(name) for name in wanted if name not in rows.columns]
    known = rows.with_columns(absent)
    if nobody := known.filter(pl.col("person").is_null())[ROW].to_list():
        more = f" (so do {len(nobody) - 1} more)" if nobody[1:] else ""
        raise ValueError(f"{path}: row {nobody[0]}: names no person{more}; give the id, or delete the row")
    twice = known.filter(pl.col("person").is_duplicated())["person"].unique().sort().to_list()
    if twice:
        raise ValueError(f"{path}: {', '.join(twice)} stands there more than once; keep one row for each person")
    above = known.drop_nulls(["manager", "manager_of_manager"]).unique("manager", keep="first", maintain_order=True)
    managers = above.filter(~pl.col("manager").is_in(known["person"].implode())).select(
        person="manager", manager="manager_of_manager", team="team", role=pl.lit("manager")
    )
    listed = known.select(
        *COLUMNS, start_date=pl.Series([_day(path, day) for day in known["start_date"]], dtype=pl.Date)
    )
    return pl.concat([listed, managers], how="diagonal")


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
