"""Opportunities: their stage, amount and forecast by date, from a file of the workspace or else from the call list."""

from datetime import date
from pathlib import Path

import polars as pl

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
NO_SNAPSHOTS = pl.DataFrame(schema=SNAPSHOTS)


def read_opportunities(workspace: Path) -> pl.DataFrame:
    """One row per opportunity and day of opportunities.csv or opportunities.xlsx, with the columns of SNAPSHOTS; empty
    where there is no such file.

    Raises ValueError where a column that is needed is missing, or a day or an amount cannot be read.
    """
    path = next((workspace / name for name in FILES if (workspace / name).is_file()), None)
    if path is None:
        return NO_SNAPSHOTS
    rows = read_spreadsheet(path, "a list of opportunities", name_of=_name, needs=frozenset({"stage"}))
    missing = [name for name in ("opportunity_id", "as_of", "stage") if name not in rows.columns]
    if missing:
        raise ValueError(f"{path}: has no column {missing[0]}; it needs id, stage and date (the day of which it tells)")
    known = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in SNAPSHOTS if name not in rows.columns)
    days = {name: _days(path, known, name) for name in ("as_of", "close_date")}
    amounts = pl.Series([_amount(path, row, text) for row, text in known.select(ROW, "amount").iter_rows()])
    read = known.with_columns(**days, amount=amounts.cast(pl.Float64))
    return read.select(list(SNAPSHOTS)).drop_nulls(["opportunity_id", "as_of"]).sort("opportunity_id", "as_of")


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


def _amount(path: Path, row: int, text: str | None) -> float | None:
    try:
        return None if text is None else float(text.replace(",", "").replace(" ", ""))
    except ValueError as error:
        raise ValueError(f"{path}: row {row}: {text!r} is no amount; write it as 12000.50") from error
