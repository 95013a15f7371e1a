"""Weeks: in which one a conversation falls, how rows are carried on into later ones, and all kinds taken together."""

import polars as pl

ALL = "all"
nothing = pl.lit(None, pl.String)


def week_of(moment: pl.Expr, zone: str) -> pl.Expr:
    """The Monday of the ISO week in which a UTC time falls in `zone`."""
    return moment.dt.convert_time_zone(zone).dt.date().dt.truncate("1w")


def twice_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows under their own kind and under all."""
    return pl.concat([rows, rows.with_columns(interaction=pl.lit(ALL))])


def carried_on(rows: pl.DataFrame, weeks: int, recorded: pl.DataFrame) -> pl.DataFrame:
    """Each row in its own week (age 0) and the following ones, up to the last week recorded."""
    ages = pl.DataFrame({"age": range(weeks)}, schema={"age": pl.Int64})
    later = pl.col("week") + pl.duration(weeks=pl.col("age"))
    carried = rows.join(ages, how="cross", maintain_order="left").with_columns(week=later)
    return carried.filter(pl.col("week") <= recorded["week"].max())
