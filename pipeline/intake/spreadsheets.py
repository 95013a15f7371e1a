"""Workbooks: the first sheet of an XLSX file as text, refused where it would unpack to more than a list can be."""

import glob
import io
import re
import zipfile
import zlib
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException

MOST_COLUMNS = 500
NESTED = r"BLOB|INTERVAL|STRUCT|MAP|UNION|.*\]$"  # as DuckDB names kinds of columns that no cell could hold
MOST_BYTES = 200_000_000  # of all parts unpacked
MOST_CELLS = 2_000_000  # of the area that a sheet spans: the reader takes memory for empty ones, too
REFERENCE = re.compile(rb"""\br(?:ef)?\s*=\s*["'](?:[A-Za-z]+\d+:)?([A-Za-z]+)(\d+)""")
PROMISED = rb"""\s(?:count|uniqueCount)\s*=\s*["'][^"'<>]*["']"""  # of texts, for which the reader would take memory
UNREADABLE = "it is no XLSX workbook, or it is damaged or protected"
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, OSError)


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


def _weighed(path: Path) -> io.BytesIO:
    """The workbook packed anew without compression; raises ValueError where it is too large."""
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(whole, "w") as unpacked:
        if sum(part.file_size for part in packed.infolist()) > MOST_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_BYTES // 1_000_000} MB; save its rows as CSV")
        for part in packed.infolist():
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(UNREADABLE)
            with packed.open(part) as stream:
                content = stream.read(part.file_size)  # and no more than it states
            if (n_cells := _cells(content)) > MOST_CELLS:
                raise ValueError(f"its sheet spans {n_cells:,} cells; delete empty rows and columns, or save it as CSV")
            unpacked.writestr(part.filename, re.sub(PROMISED, b"", content))
    return whole


def _cells(sheet: bytes) -> int:
    """How many cells there are in the area from the first to the furthest."""
    places = [(_column(letters), int(row[:9])) for letters, row in set(REFERENCE.findall(sheet))]
    return max((column for column, _ in places), default=0) * max((row for _, row in places), default=0)


def _column(letters: bytes) -> int:
    """The number of a column, A being 1; beyond the last that there is, so large that no sheet spans it."""
    number = 0
    for letter in letters[:5].upper():
        number = 26 * number + letter - 64
    return number


def _parquet(path: Path) -> pl.DataFrame:
    """The columns of a Parquet file that a spreadsheet could hold, as text; raises ValueError where it is damaged.

    DuckDB reads it: of a damaged file it says so, where polars ends the process.
    """
    import duckdb

    try:
        with duckdb.connect(config={"threads": 1, "memory_limit": "2GB"}) as reader:
            reader.execute("SET TimeZone = 'UTC'")
            kinds = reader.execute("DESCRIBE SELECT * FROM read_parquet(?)", [glob.escape(str(path))]).fetchall()
            rows = reader.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(?)", [glob.escape(str(path))])
            text = pl.DataFrame(
                rows.fetchall(), schema=dict.fromkeys((kind[0] for kind in kinds), pl.String), orient="row"
            )
    except duckdb.Error as error:
        raise ValueError("it is no Parquet file, or it is damaged") from error
    return text.select(name for name, kind, *_ in kinds if not re.match(NESTED, kind))


def _text(path: Path) -> str:
    """A text file in UTF-8 or, as older spreadsheets write it, Windows-1252."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _separator(path: Path) -> str:
    header = _text(path).partition("\n")[0]
    return max(",;\t", key=header.count)
