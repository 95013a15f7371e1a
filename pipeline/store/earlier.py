"""Tables as earlier versions stored them, read with the columns of today."""

from collections.abc import Callable

import polars as pl


def _kpis(rows: pl.LazyFrame) -> pl.LazyFrame:
    """KPIs stored without `kpi_name` and `split`: both are in `kpi`, with a colon between them."""
    parts = pl.col("kpi").str.splitn(":", 2).struct
    return rows.with_columns(kpi_name=parts.field("field_0"), split=parts.field("field_1"))


UPGRADES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {"kpis": _kpis}


def upgraded(table: str, rows: pl.LazyFrame, columns: list[str]) -> pl.LazyFrame:
    """The rows of a table with the columns it has today, `columns`, whatever version stored them."""
    if table not in UPGRADES or set(columns) <= set(rows.collect_schema().names()):
        return rows
    return UPGRADES[table](rows).select(columns)
