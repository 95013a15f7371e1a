"""Spreadsheets: tables that people keep (CSV, Parquet, JSON lines, XLSX), read as text with the numbers of their rows.

Of an XLSX file the first sheet is read. A text file may be in UTF-8, UTF-16 or Windows-1252, with commas, semicolons or
tabs. What would take more memory than a list can need is refused.
"""

import glob
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
from polars import selectors as cs
from polars.exceptions import PanicException

from pipeline.errors import brief
from pipeline.intake.encodings import decoded

ROW = "row"  # the column with the number of a row as a spreadsheet shows it: the header is row 1
MOST_FILE_BYTES = 500_000_000
MOST_COLUMNS = 500
MOST_UNPACKED_BYTES = 200_000_000  # of all parts of a workbook
MOST_CELLS = 2_000_000  # of the area that a sheet spans: the reader takes memory for empty ones, too
TEXT_FILES = (".csv", ".tsv", ".txt")
SEPARATORS = ",;\t"
NAMED_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n')  # Excel's own first line
CELLS = (
    cs.string() | cs.numeric() | cs.boolean() | cs.date() | cs.datetime() | cs.time() | cs.enum() | cs.categorical()
) | cs.by_dtype(pl.Null)  # what a spreadsheet could hold
NESTED = r"BLOB|INTERVAL|STRUCT|MAP|UNION|.*\]$"  # as DuckDB names kinds of columns that no cell could hold
REFERENCE = re.compile(rb"""\br(?:ef)?\s*=\s*["'](?:[A-Za-z]+\d+:)?([A-Za-z]+)(\d+)""")
TEXT_COUNTS = rb"""\s(?:count|uniqueCount)\s*=\s*["'][^"'<>]*["']"""  # for which the reader would take memory
UNREADABLE = "it is no XLSX workbook, or it is damaged or protected"
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, OSError)


def read_spreadsheet(path: Path, what: str, *, name_of: Callable[[str], str], ragged: bool = False) -> pl.DataFrame:
    """The cells as text without space around them, null where empty, with the column ROW; blank rows are left out.

    `what` is expected of the file ("a call list"); `name_of` gives a column's name here from the one it has there.
    Cells of a CSV row beyond its header are dropped where it may be `ragged`. Raises ValueError, a sentence with the
    path, where the file as a whole cannot be used.
    """
    kinds = ", ".join([*TEXT_FILES, *READERS])
    if path.suffix.lower() not in [*TEXT_FILES, *READERS]:
        raise ValueError(f"{path}: {what} ends in {kinds}")
    if not path.is_file():
        raise ValueError(f"{path}: is not there; name {what} that ends in {kinds}")
    if path.stat().st_size > MOST_FILE_BYTES:
        raise ValueError(f"{path}: is larger than {MOST_FILE_BYTES // 1_000_000} MB; split it")
    try:
        cells = _read_cells(path, ragged=ragged)
    except PanicException as error:
        raise ValueError(f"{path}: cannot be read as {path.suffix[1:]}: it is damaged") from error
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise ValueError(f"{path}: cannot be read as {path.suffix[1:]}: {_first_line(error)}") from error
    if cells.width > MOST_COLUMNS:
        raise ValueError(f"{path}: has {cells.width} columns, at most {MOST_COLUMNS} are read; leave some out")
    names = [name_of(name) for name in cells.columns]
    if repeated := [name for name, n in Counter(names).items() if n > 1]:
        raise ValueError(f"{path}: has column {brief(repeated[0])} twice; keep one")
    named = cells.rename(dict(zip(cells.columns, names, strict=True)))
    texts = named.select(CELLS.cast(pl.String, strict=False).str.strip_chars().replace("", None)).drop(
        ROW, strict=False
    )
    return texts.with_row_index(ROW, offset=2).filter(pl.any_horizontal(pl.exclude(ROW).is_not_null()))


def read_workbook(path: Path) -> pl.DataFrame:
    """The first sheet as text, its empty rows kept; raises ValueError, a clause, where it cannot be used.

    What is read is what was unpacked and weighed here, as the sizes that a file states of its parts may be wrong.
    """
    import fastexcel

    try:
        weighed = _weighed(path)
        return pl.read_excel(weighed, infer_schema_length=0, drop_empty_rows=False)
    except (*DAMAGED, fastexcel.FastExcelError, pl.exceptions.PolarsError, IndexError, PanicException) as error:
        raise ValueError(UNREADABLE) from error


def _read_cells(path: Path, *, ragged: bool) -> pl.DataFrame:
    kind = path.suffix.lower()
    return _read_text(path, ragged=ragged) if kind in TEXT_FILES else READERS[kind](path)


def _read_text(path: Path, *, ragged: bool) -> pl.DataFrame:
    text = decoded(path.read_bytes())
    header = text.partition("\n")[0]
    separator = max(SEPARATORS, key=header.count)
    if named := NAMED_SEPARATOR.match(text):
        text, separator = text[named.end() :], named[1]
    return pl.read_csv(io.StringIO(text), infer_schema=False, separator=separator, truncate_ragged_lines=ragged)


def _read_json_lines(path: Path) -> pl.DataFrame:
    return pl.read_ndjson(path.read_bytes(), infer_schema_length=None)


def _read_parquet(path: Path) -> pl.DataFrame:
    """The columns that a spreadsheet could hold, as text; raises ValueError where the file is damaged.

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
    except duckdb.Error as error:
        raise ValueError("it is no Parquet file, or it is damaged") from error
    return texts.select(name for name, kind, *_ in kinds if not re.match(NESTED, kind))


READERS: dict[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".xlsx": read_workbook,
}


def _first_line(error: Exception) -> str:
    return brief(next(iter(str(error).splitlines()), ""))


def _weighed(path: Path) -> io.BytesIO:
    """The workbook packed anew without compression; raises ValueError where it is too large."""
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(whole, "w") as unpacked:
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_UNPACKED_BYTES // 1_000_000} MB; save its rows as CSV")
        for part in packed.infolist():
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(UNREADABLE)
            with packed.open(part) as stream:
                content = stream.read(part.file_size)  # and no more than it states
            if (n_cells := _cells(content)) > MOST_CELLS:
                raise ValueError(f"its sheet spans {n_cells:,} cells; delete empty rows and columns, or save it as CSV")
            unpacked.writestr(part.filename, re.sub(TEXT_COUNTS, b"", content))
    return whole


def _cells(sheet: bytes) -> int:
    """How many cells there are in the area from the first to the furthest."""
    places = [(_column_number(letters), int(row[:9])) for letters, row in set(REFERENCE.findall(sheet))]
    return max((column for column, _ in places), default=0) * max((row for _, row in places), default=0)


def _column_number(letters: bytes) -> int:
    """The number of a column, A being 1; beyond the last that there is, so large that no sheet spans it."""
    number = 0
    for letter in letters[:5].upper():
        number = 26 * number + letter - 64
    return number
