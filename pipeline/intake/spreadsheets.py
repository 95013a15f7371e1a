"""Spreadsheets: tables that people keep (CSV, Parquet, JSON lines, XLSX), read as text with the numbers of their rows.

A text file may be in any encoding that `encodings` knows, with commas, semicolons or tabs; workbooks are read by
`workbooks`. Titles above a table and notes below it are no rows.
"""

import glob
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
from polars import selectors as cs
from polars.exceptions import PanicException

from pipeline.errors import brief
from pipeline.intake.encodings import decoded
from pipeline.intake.single_rows import UNREAD, as_cell, has_odd_quotes, json_rows, separated_rows
from pipeline.intake.workbooks import read_workbook

HIDDEN = "hidden row"  # the column that a workbook with hidden rows has: whether a row is one
ROW = "row"  # the column with the number of a row as a spreadsheet shows it: the header is row 1
NO_CELLS = (ROW, HIDDEN, UNREAD)
MOST_FILE_BYTES = 500_000_000
MOST_COLUMNS = 500
TEXT_FILES = (".csv", ".tsv", ".txt")
SEPARATORS = ",;\t"
WORKBOOK = ".xlsx"
MOST_TITLES = 20  # lines above a header
AGAIN = "\0\x1f\0"  # before the number of a column, as a file may name two alike
WIDE = 3  # columns from which a line of one cell below the table is a note
FOOT = r"^(?:grand\s|sub-?)?(?:totals?|sum|summe|average|count|records|rows)(?:[\s:][^.]*)?$"
A_FIGURE = r"^[^\w\s]*\d[\d.,:' ]*\W*$"  # a number, a share, an amount, a length: what stands in a row of totals
A_WHOLE = r"^(\d+)\.0$"  # as programs write the numbers of a column with empty cells: "1001.0" is the id 1001
A_FILE = r"^\S*\.\w{2,5}$|://"
NAMED_SEPARATOR = re.compile(r'"?sep=(.)"?\n')  # Excel's own first line
CELLS = (
    cs.string() | cs.numeric() | cs.boolean() | cs.date() | cs.datetime() | cs.time() | cs.enum() | cs.categorical()
) | cs.by_dtype(pl.Null)  # what a spreadsheet could hold
NO_TEXT = ("BLOB", "INTERVAL")  # as DuckDB names kinds of columns that no cell could hold
NESTED = r"STRUCT|MAP|UNION|.*\]$"  # and those that hold several values


def read_spreadsheet(
    path: Path,
    what: str,
    *,
    name_of: Callable[[str], str],
    needs: frozenset[str] = frozenset(),
    unread: Literal["refused", "told", "told but ragged"] = "refused",
) -> pl.DataFrame:
    """The cells as text without space around them, null where empty, with the column ROW and, of a workbook with rows
    that are hidden, HIDDEN; blank rows are left out.

    `what` is expected of the file ("a call list"); `name_of` gives a column's name here from the one it has there;
    `needs` are names by which a header is told from titles, and one sheet from others.
    `unread` says what becomes of rows that cannot be read: they are refused, or told in a column UNREAD, which there is
    only with such rows; those that are ragged may be cut to the header instead. Raises ValueError, a sentence with the
    path, where the file as a whole cannot be used.
    """
    _check_file(path, what)
    try:
        cells, skipped = _read_cells(path, Expected(name_of, needs), ragged=unread == "told but ragged")
    except PanicException as error:
        raise ValueError(f"{path}: cannot be read as {path.suffix[1:]}: it is damaged") from error
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise ValueError(f"{path}: cannot be read as {path.suffix[1:]}: {_first_line(error)}") from error
    if cells.width > MOST_COLUMNS:
        raise ValueError(f"{path}: has {cells.width} columns, at most {MOST_COLUMNS} are read; leave some out")
    about = cells.select(name for name in cells.columns if name in (HIDDEN, UNREAD))
    cells = cells.drop(about.columns)
    cells = cells.select(column for column in cells if _name(column.name).strip() or column.is_not_null().any())
    names = [name_of(_name(name).strip() or f"unnamed {at}") for at, name in enumerate(cells.columns, start=1)]
    for again in [name for name, n in Counter(names).items() if n > 1]:
        first, *others = [cells.to_series(at) for at, name in enumerate(names) if name == again]
        if any(not first.equals(other, null_equal=True) for other in others):
            raise ValueError(f"{path}: has column {brief(again)} twice; keep one")
    kept: dict[str, str] = {}
    for column, name in zip(cells.columns, names, strict=True):
        kept.setdefault(name, column)
    named = cells.select(pl.col(column).alias(name) for name, column in kept.items())
    texts = named.select(CELLS.cast(pl.String, strict=False).str.strip_chars().replace("", None)).drop(
        ROW, strict=False
    )
    texts = texts.select(pl.all().str.replace(A_WHOLE, "$1"))
    rows = _without_footnotes(texts.hstack(about).with_row_index(ROW, offset=2 + skipped))
    if UNREAD not in rows.columns or not rows[UNREAD].count():
        return rows.drop(UNREAD, strict=False)
    if unread == "refused":
        row, wrong = rows.drop_nulls(UNREAD).select(ROW, UNREAD).row(0)
        raise ValueError(f"{path}: row {row}: {wrong}")
    return rows


def _check_file(path: Path, what: str) -> None:
    """Raise ValueError, a sentence, unless it is a file that may be opened, of a kind and size that are read."""
    kinds = ", ".join((*TEXT_FILES, *READERS, WORKBOOK))
    if path.suffix.lower() not in kinds.split(", "):
        raise ValueError(f"{path}: {what} ends in {kinds}")
    try:
        if not path.is_file():
            raise ValueError(f"{path}: is not there; name {what} that ends in {kinds}")
        if path.stat().st_size > MOST_FILE_BYTES:
            raise ValueError(f"{path}: is larger than {MOST_FILE_BYTES // 1_000_000} MB; split it")
        with path.open("rb"):
            pass
    except PermissionError as error:
        raise ValueError(f"{path}: you have no permission to read it; ask its owner for it, or copy it") from error


def _name(column: str) -> str:
    return column.partition(AGAIN)[0]


def _without_footnotes(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that are not blank, without notes below the table: totals, and lines of one cell after the last row that has
    more.

    A row of totals holds nothing but figures beside its name, as an account may be called Total Energies. Of a table of
    two columns or fewer nothing is a note; a file's name or an address is none either.
    """
    cells = [pl.col(name) for name in rows.columns if name not in NO_CELLS]
    filled = pl.sum_horizontal(cell.is_not_null() for cell in cells) if cells else pl.lit(0)
    is_unread = pl.col(UNREAD).is_not_null() if UNREAD in rows.columns else pl.lit(value=False)
    counted = rows.with_columns(filled.alias("filled")).filter((pl.col("filled") > 0) | is_unread)
    if cells:
        figures = [cell.str.contains(A_FIGURE).fill_null(value=True) for cell in cells[1:]]
        is_total = pl.all_horizontal(cells[0].str.to_lowercase().str.contains(FOOT).fill_null(value=False), *figures)
        counted = counted.filter((pl.col(ROW) <= pl.col(ROW).filter(~is_total).max()).fill_null(value=True))
    full = counted.filter(pl.col("filled") > 1)[ROW]
    if len(cells) < WIDE or full.is_empty():
        return counted.drop("filled")
    only = pl.coalesce(cells)
    is_note = (pl.col("filled") > 0) & (pl.col(ROW) > full.max()) & ~only.str.contains(A_FILE)
    return counted.filter(~is_note).drop("filled")


class Expected(NamedTuple):
    """What is looked for in a table: how its columns are named here, and names that it must have."""

    name_of: Callable[[str], str]
    needs: frozenset[str]

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether these are the column names of the table."""
        return self.needs <= {self.name_of(cell) for cell in cells}


def _read_cells(path: Path, expected: Expected, *, ragged: bool) -> tuple[pl.DataFrame, int]:
    """The table in a file, and how many rows stand above its header."""
    kind = path.suffix.lower()
    if kind in TEXT_FILES:
        return _read_text(path, expected, ragged=ragged)
    if kind != WORKBOOK:
        return READERS[kind](path), 0
    sheet = read_workbook(path, expected.is_header if expected.needs else None)
    names = _apart(sheet.cells.row(0)) if sheet.cells.height else []
    rows = sheet.cells[1:].rename(dict(zip(sheet.cells.columns, names, strict=True)))
    if not sheet.hidden:
        return rows, sheet.first_row - 1
    numbers = pl.int_range(sheet.first_row + 1, sheet.first_row + 1 + pl.len())
    return rows.with_columns(numbers.is_in(sorted(sheet.hidden)).alias(HIDDEN)), sheet.first_row - 1


def _read_text(path: Path, expected: Expected, *, ragged: bool) -> tuple[pl.DataFrame, int]:
    text = decoded(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    separator = None
    if named := NAMED_SEPARATOR.match(text):
        text, separator = text[named.end() :], named[1]
    skipped, header = _header(text, expected, separator)
    separator = separator or max(SEPARATORS, key=header.count)
    table = text.split("\n", skipped)[-1] if skipped else text
    if has_odd_quotes(table, separator):
        return _below_header(separated_rows(table, separator, ragged=ragged)), skipped
    try:
        frame = pl.read_csv(
            io.StringIO(table), has_header=False, infer_schema=False, separator=separator, truncate_ragged_lines=ragged
        )
    except pl.exceptions.ComputeError:
        frame = separated_rows(table, separator, ragged=ragged)
    return _below_header(frame), skipped


def _below_header(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows, their columns called as the first row has it; raises ValueError where that cannot be read."""
    if UNREAD not in frame.columns:
        return frame[1:].rename(dict(zip(frame.columns, _apart(frame.row(0)), strict=True)))
    *header, wrong = frame.row(0)
    if wrong is not None:
        raise ValueError(f"its header {wrong}")
    return frame[1:].rename(dict(zip(frame.columns, _apart(header), strict=False)))


def _apart(header: Sequence[str | None]) -> list[str]:
    """The names in a header, each with the number of its column, as two may be alike."""
    return [f"{name or ''}{AGAIN}{at}" for at, name in enumerate(header)]


def _header(text: str, expected: Expected, separator: str | None) -> tuple[int, str]:
    """How many lines stand above the header, and the header: the first line, unless a later one is what is expected."""
    lines = text.split("\n", MOST_TITLES)[:MOST_TITLES]
    for at, line in enumerate(lines):
        for sign in separator or SEPARATORS:
            cells = [cell.strip(' "') for cell in line.split(sign)]
            if len(cells) > 1 and expected.needs and expected.is_header(cells):
                return at, line
    return 0, lines[0]


def _read_json_lines(path: Path) -> pl.DataFrame:
    return json_rows(decoded(path.read_bytes()).replace("\r\n", "\n"))


def _read_parquet(path: Path) -> pl.DataFrame:
    """The columns that hold no bytes, as text, lists and objects as in JSON lines; raises ValueError where the file is
    damaged.

    DuckDB reads it: of a damaged file it says so, where polars ends the process.
    """
    import duckdb

    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": "2GB"}) as reader:
            reader.execute("SET TimeZone = 'UTC'")
            kinds = reader.execute("DESCRIBE SELECT * FROM read_parquet(?)", [glob.escape(str(path))]).fetchall()
            rows = reader.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(?)", [glob.escape(str(path))])
            schema = dict.fromkeys((kind[0] for kind in kinds), pl.String)
            texts = pl.DataFrame(rows.fetchall(), schema=schema, orient="row")
            if nested := [name for name, kind, *_ in kinds if re.match(NESTED, kind)]:
                rows = reader.execute("SELECT to_json(COLUMNS(*)) FROM read_parquet(?)", [glob.escape(str(path))])
                objects = pl.DataFrame(rows.fetchall(), schema=schema, orient="row").select(nested)
                cells = {column.name: [as_cell(json.loads(text or "null")) for text in column] for column in objects}
                texts = texts.with_columns(pl.DataFrame(cells, schema=dict.fromkeys(nested, pl.String)))
    except duckdb.Error as error:
        raise ValueError("it is no Parquet file, or it is damaged") from error
    return texts.select(name for name, kind, *_ in kinds if kind not in NO_TEXT)


READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}


def _first_line(error: Exception) -> str:
    return brief(next(iter(str(error).splitlines()), ""))
