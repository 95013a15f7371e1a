"""Tables as earlier versions stored them, read with the columns of today."""

from collections.abc import Callable

import polars as pl

from pipeline.tables.values import LEVELS


def _kpis(rows: pl.LazyFrame) -> pl.LazyFrame:
    """KPIs stored without `kpi_name` and `split`: both are in `kpi`, with a colon between them."""
    parts = pl.col("kpi").str.splitn(":", 2).struct
    return rows.with_columns(kpi_name=parts.field("field_0"), split=parts.field("field_1"))


def _labels(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Labels stored without `reason`, when elements with anchors alone had a colour, too: they have none."""
    if "reason" not in rows.collect_schema().names():
        rows = rows.with_columns(reason=pl.lit(None, pl.String))
    guess = (pl.col("basis") == "anchors") & pl.col("reason").is_null()
    levels = pl.col("level", "color", "expected_level", *(f"p_{color}" for color in LEVELS))
    return rows.with_columns(
        pl.when(~guess).then(levels),
        reason=pl.when(guess).then(pl.lit("not_learnt")).otherwise("reason"),
        needs_review=pl.col("needs_review") & ~guess,
    )


def _actions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Actions stored without their kind, their person and how much of them is done: these are not known."""
    known = rows.collect_schema().names()
    unknown = {"kind": pl.String, "owner_id": pl.String, "share_done": pl.Float64}
    return rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in unknown.items() if name not in known)


def _acts(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Acts stored without `also` and `reflection`: what else a sentence did was not told."""
    return rows.with_columns(also=pl.lit(None, pl.String), reflection=pl.lit(None, pl.String))


def _evidence(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Evidence stored without `worth_showing`: who said it was not kept."""
    return rows.with_columns(worth_showing=pl.lit(None, pl.Boolean))


def _calls(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Calls stored without `lead_channel` and `lead_speaker`: whether the call list named one was not kept."""
    return rows.with_columns(lead_channel=pl.lit(None, pl.Int64), lead_speaker=pl.lit(None, pl.String))


UPGRADES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "acts": _acts,
    "actions": _actions,
    "calls": _calls,
    "evidence": _evidence,
    "kpis": _kpis,
}
ROWS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {"labels": _labels}  # of any version, beside later ones


def upgraded(table: str, rows: pl.LazyFrame, columns: list[str]) -> pl.LazyFrame:
    """The rows of a table with the columns it has today, `columns`, whatever version stored them."""
    if table in ROWS:
        return ROWS[table](rows).select(columns)
    if table not in UPGRADES or set(columns) <= set(rows.collect_schema().names()):
        return rows
    return UPGRADES[table](rows).select(*columns, pl.selectors.starts_with("x_"))
