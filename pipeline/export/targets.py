"""Export: the star schema for BI tools, as files or into a database."""

import uuid
from collections.abc import Callable
from datetime import date
from filecmp import cmp
from functools import partial
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.export.sql_load import Build, load_duckdb, load_postgresql
from pipeline.export.star_schema import AS_STORED, StarTable, Terms, Update, star
from pipeline.location import writing
from pipeline.metrics.cadence import load_plan
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements

STARTS_FORMULA = r"^(\s*)([=+\-@\t\r＝＋－＠])"
AFTER_SEPARATOR = r"([;\t\r\n|]\s*)([=@＝＠]|[+\-＋－]+\s*[^\s+\-])"  # where a spreadsheet parts cells there, too


def export(
    store: Store,
    target: str,
    elements: dy.DataFrame[Elements],
    *,
    since: date | None = None,
    terms: Terms = AS_STORED,
) -> pl.DataFrame:
    """Bring a target to what the workspace holds: table, n_rows, n_inserted, n_updated, n_deleted (the last three null
    for files, which are replaced whole where they differ, whatever `since`).

    With `since`, a database is sent only what was scored or labelled from that day on; what the workspace no longer
    holds is deleted either way. A load that fails leaves the target as it was. Raises ValueError for a target that is
    none or cannot be reached.
    """
    kind, _, place = target.partition(":")
    if kind not in EXPORTERS or not place:
        raise ValueError(f"{kind!r} is no export target: give parquet:DIR, csv:DIR, duckdb:FILE or postgresql://...")
    plan = load_plan(store.place)

    def build(known: pl.DataFrame | None) -> dict[str, StarTable]:
        update = None if since is None or known is None else Update(since, known)
        return star(store, elements, plan=plan, terms=terms, update=update)

    return EXPORTERS[kind](place, build)


def _write_files(place: str, build: Build, *, suffix: str, write: Callable[[pl.DataFrame, Path], None]) -> pl.DataFrame:
    """One file per table: all are written before the first takes its name, and one that is the same stays.

    Raises StoreError, which says what would help, where the disk is full or locked.
    """
    tables = build(None)
    with writing(f"{suffix}:{place}", other="target"):
        return _put(Path(place), tables, suffix=suffix, write=write)


def _put(
    folder: Path, tables: dict[str, StarTable], *, suffix: str, write: Callable[[pl.DataFrame, Path], None]
) -> pl.DataFrame:
    folder.mkdir(parents=True, exist_ok=True)
    run = uuid.uuid4().hex
    parts = {name: folder / f".{name}.{run}.partial" for name in tables}
    try:
        for name, part in parts.items():
            write(tables[name].frame, part)
        for name, part in parts.items():
            final = folder / f"{name}.{suffix}"
            if not (final.exists() and cmp(part, final, shallow=False)):
                part.replace(final)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    counts = {"table": list(tables), "n_rows": [len(table.frame) for table in tables.values()]}
    unknown = [pl.lit(None, pl.Int64).alias(name) for name in ("n_inserted", "n_updated", "n_deleted")]
    return pl.DataFrame(counts).with_columns(unknown)


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    """UTF-8 with a mark, so that spreadsheets know it; text is quoted, and none of it can be taken for a formula."""
    text = pl.col(pl.String).str.replace(STARTS_FORMULA, "${1}'${2}").str.replace_all(AFTER_SEPARATOR, "${1}'${2}")
    safe = frame.with_columns(text)
    safe.write_csv(path, include_bom=True, quote_style="non_numeric")


EXPORTERS: dict[str, Callable[[str, Build], pl.DataFrame]] = {
    "parquet": partial(_write_files, suffix="parquet", write=pl.DataFrame.write_parquet),
    "csv": partial(_write_files, suffix="csv", write=_write_csv),
    "duckdb": load_duckdb,
    "postgresql": load_postgresql,
}
