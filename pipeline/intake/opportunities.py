"""Opportunities: their stage, amount and forecast by date, from a file of the workspace or else from the call list."""

import re
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.errors import brief
from pipeline.intake.spreadsheets import ROW, read_spreadsheet

FILES = ("opportunities.csv", "opportunities.xlsx")
SNAPSHOTS = {
    "opportunity_id": pl.String,
    "as_of": pl.Date,
    "stage": pl.String,
    "amount": pl.Float64,
    "close_date": pl.Date,
    "forecast_category": pl.String,
}
ALSO = {"id": "opportunity_id", "opportunity": "opportunity_id", "date": "as_of", "category": "forecast_category"}
WITH_POINTS = re.compile(r"-?(\d+|[1-9]\d{0,2}(,\d{3})+)(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)  # 12,000.50
WITH_COMMAS = re.compile(r"-?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?")  # 12.000,50
SPACES = r"[\s'\u2019]"  # between thousands
NO_SNAPSHOTS = pl.DataFrame(schema=SNAPSHOTS)


def read_opportunities(workspace: Path) -> pl.DataFrame:
    """One row per opportunity and day of opportunities.csv or opportunities.xlsx, with the columns of SNAPSHOTS; empty
    where there is no such file.

    Amounts have decimal points or, where all of the file may be read so and some not otherwise, decimal commas. Raises
    ValueError where a column that is needed is missing, a row has no id or day, or a day or an amount cannot be read.
    """
    path = next((workspace / name for name in FILES if (workspace / name).is_file()), None)
    if path is None:
        return NO_SNAPSHOTS
    rows = read_spreadsheet(path, "a list of opportunities", name_of=_name, needs=frozenset({"stage"}))
    missing = [name for name in ("opportunity_id", "as_of", "stage") if name not in rows.columns]
    if missing:
        raise ValueError(f"{path}: has no column {missing[0]}; it needs id, stage and date (the day of which it tells)")
    alike = [name for name in rows.columns if "amount" in name]
    if alike and "amount" not in alike:
        raise ValueError(f"{path}: has no column amount, but {brief(', '.join(alike))}; call it amount")
    known = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in SNAPSHOTS if name not in rows.columns)
    for name, called in (("opportunity_id", "id"), ("as_of", "date")):
        if without := known.filter(pl.col(name).is_null())[ROW].to_list():
            raise ValueError(f"{path}: row {without[0]}: has no {called}; give it, or delete the row")
    days = {name: _days(path, known, name) for name in ("as_of", "close_date")}
    read = known.with_columns(**days, amount=_amounts(path, known))
    return read.select(list(SNAPSHOTS)).sort("opportunity_id", "as_of")


def opportunities_of(calls: pl.DataFrame) -> pl.DataFrame:
    """The same as far as a call list tells it: the stage on the day of each conversation, and that it was lost."""
    told = calls.filter(pl.col("opportunity_id").is_not_null() & pl.col("started_at").is_not_null())
    stage = pl.when(pl.col("outcome") == "lost").then(pl.lit("lost")).otherwise("stage")
    given = told.select("opportunity_id", as_of=pl.col("started_at").dt.date(), stage=stage).drop_nulls("stage")
    empty = [pl.lit(None, kind).alias(name) for name, kind in SNAPSHOTS.items() if name not in given.columns]
    return given.with_columns(empty).select(list(SNAPSHOTS)).sort("opportunity_id", "as_of")


def _name(column: str) -> str:
    plain = column.strip().casefold().replace(" ", "_")
    return ALSO.get(plain, plain)


def _days(path: Path, rows: pl.DataFrame, name: str) -> pl.Series:
    read = []
    for row, text in rows.select(ROW, name).iter_rows():
        try:
            read.append(None if text is None else date.fromisoformat(text[:10]))
        except ValueError as error:
            raise ValueError(f"{path}: row {row}: {text!r} is no {name}; write it as 2026-04-20") from error
    return pl.Series(read, dtype=pl.Date)


def _amounts(path: Path, rows: pl.DataFrame) -> pl.Series:
    """The amounts as numbers; raises ValueError with the row of one that is none, or that may be meant in two ways.

    Where nothing but 12.500 and the like stands in a text file, it may be 12500 or 12.5; in a workbook it is a number.
    12,500 is 12500 there, as commas are decimal only where another amount of the file shows it.
    """
    cells = rows.select(ROW, pl.col("amount").str.replace_all(SPACES, ""))
    given = cells.drop_nulls().rows()
    points, commas = (all(style.fullmatch(text) for _, text in given) for style in (WITH_POINTS, WITH_COMMAS))
    for row, text in given:
        if not points and not commas and not WITH_POINTS.fullmatch(text):
            raise ValueError(f"{path}: row {row}: {text!r} is no amount; write it as 12000.50")
        if points and commas and "." in text and path.suffix == ".csv":
            raise ValueError(f"{path}: row {row}: {text!r} may be meant in two ways; write it as 12000.50")
    if points:
        return cells["amount"].str.replace_all(",", "").cast(pl.Float64)
    return cells["amount"].str.replace_all(".", "", literal=True).str.replace(",", ".").cast(pl.Float64)
