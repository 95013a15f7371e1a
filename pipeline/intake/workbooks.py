"""Workbooks: one sheet of an XLSX file as rows of text, with the number of its first row and of those that are hidden.

The first sheet with the header that is looked for is read, else the first. What would take more memory than a list can
need is refused.
"""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
from polars.exceptions import PanicException

MOST_UNPACKED_BYTES = 200_000_000  # of all parts of a workbook
MOST_CELLS = 2_000_000  # of the area that a sheet spans: the reader takes memory for empty ones, too
MOST_SHEETS = 20
MOST_TITLES = 20  # rows above a header
REFERENCE = re.compile(rb"""\br(?:ef)?\s*=\s*["'](?:[A-Za-z]+\d+:)?([A-Za-z]+)(\d+)""")
TEXT_COUNTS = rb"""\s(?:count|uniqueCount)\s*=\s*["'][^"'<>]*["']"""  # for which the reader would take memory
SHEET = re.compile(r"""<(?:\w+:)?sheet\b[^<>]*\bname="([^"]*)"[^<>]*\b\w+:id="([^"]*)""")
RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^<>]*)>")
HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b(?=[^<>]*\bhidden="(?:1|true)")[^<>]*\br="(\d{1,9})""")
FIRST_CELL = re.compile(rb"""<(?:\w+:)?c\b[^<>/]*\br="[A-Z]+(\d{1,9})"[^<>/]*>""")
COLUMN_OF_CELL = re.compile(rb"""<(?:\w+:)?c\b[^<>/]*\br="([A-Z]+)\d{1,9}"[^<>/]*>""")
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\b[^<>]*\bref="([A-Z]+)(\d{1,7}):([A-Z]+)(\d{1,7})\"""")
MOST_MERGED = 2_000
EPOCH = r"^1899-12-3[01] "  # the day of a time or a duration
UNREADABLE = "it is no XLSX workbook, or it is damaged or protected"
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, OSError)  # unpacked


class Sheet(NamedTuple):
    """The cells of a sheet as text from its header on, the header the first row; numbers of rows are the sheet's."""

    cells: pl.DataFrame
    first_row: int
    hidden: frozenset[int]


def read_workbook(path: Path, is_header: Callable[[Sequence[str]], bool] | None) -> Sheet:
    """The sheet of a workbook that has the header, the first where none is looked for; its empty rows are kept.

    Sheets that are hidden are read where no other has it; of two that have it neither is lost in silence.

    What is read is what was unpacked and weighed here, as the sizes that a file states of its parts may be wrong.
    Raises ValueError, a clause, where it cannot be used, and OSError where the file cannot be opened.
    """
    import fastexcel

    content = io.BytesIO(path.read_bytes())
    try:
        weighed = _weighed(content)
        hidden = _hidden_sheets(weighed)
        names = sorted(fastexcel.read_excel(weighed.getvalue()).sheet_names, key=hidden.__contains__)[:MOST_SHEETS]
        found: dict[str, Sheet] = {}
        first: Sheet | None = None
        for name in names:
            sheet = _sheet(weighed, name)
            rows = sheet.cells[:MOST_TITLES].rows() if is_header else []
            above = next((at for at, row in enumerate(rows) if is_header and is_header(_names(row))), None)
            if above is not None and not (name in hidden and found):
                found[name] = sheet._replace(cells=sheet.cells[above:], first_row=sheet.first_row + above)
            first = first or sheet
            if is_header is None:
                break
        if len(found) > 1:
            raise ValueError(f"its sheets {' and '.join(found)} hold one each: save them as files of their own")
        return next(iter(found.values()), first) or Sheet(pl.DataFrame(), 1, frozenset())
    except (
        *DAMAGED,
        OSError,
        fastexcel.FastExcelError,
        pl.exceptions.PolarsError,
        LookupError,
        PanicException,
    ) as error:
        raise ValueError(UNREADABLE) from error


def _names(row: tuple[str | None, ...]) -> list[str]:
    return [name or "" for name in row]


def _sheet(weighed: io.BytesIO, name: str) -> Sheet:
    cells = pl.read_excel(
        weighed, sheet_name=name, has_header=False, infer_schema_length=0, drop_empty_rows=False, raise_if_empty=False
    )
    xml = _xml(weighed, name)
    first = FIRST_CELL.search(xml)
    hidden = frozenset(int(number) for number in HIDDEN_ROW.findall(xml))
    texts = cells.with_columns(pl.col(pl.String).str.replace(EPOCH, ""))
    first_row = int(first[1]) if first else 1
    return Sheet(_filled_down(texts, xml, first_row), first_row, hidden)


def _filled_down(cells: pl.DataFrame, sheet: bytes, first_row: int) -> pl.DataFrame:
    """The cells, each that was merged with those below it standing in all its rows; one merged sideways stands once."""
    merged = [(left, int(top), int(bottom)) for left, top, right, bottom in MERGED.findall(sheet) if left == right]
    if not merged:
        return cells
    first_column = min((_column_number(letters) for letters in COLUMN_OF_CELL.findall(sheet)), default=1)
    row = pl.int_range(pl.len())
    for left, top, bottom in merged[:MOST_MERGED]:
        at, begin, end = _column_number(left) - first_column, top - first_row, bottom - first_row
        if 0 <= at < cells.width and 0 <= begin < end < cells.height:
            name, value = cells.columns[at], cells.to_series(at)[begin]
            inside = row.is_between(begin, end)
            cells = cells.with_columns(pl.when(inside).then(pl.lit(value)).otherwise(name).alias(name))
    return cells


def _xml(weighed: io.BytesIO, name: str) -> bytes:
    """The part of a workbook that holds a sheet; empty where it cannot be told."""
    with zipfile.ZipFile(weighed) as parts:
        found = {part.lstrip("/") for part in parts.namelist()}
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= found:
            return b""
        sheets = SHEET.findall(parts.read("xl/workbook.xml").decode("utf-8", "replace"))
        relations = RELATION.findall(parts.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace"))
        targets = {_attribute(relation, "Id"): _attribute(relation, "Target") for relation in relations}
        target = next((targets.get(key, "") for shown, key in sheets if html.unescape(shown) == name), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        return parts.read(part) if part in found else b""


def _hidden_sheets(weighed: io.BytesIO) -> set[str]:
    with zipfile.ZipFile(weighed) as parts:
        book = parts.read("xl/workbook.xml").decode("utf-8", "replace") if "xl/workbook.xml" in parts.namelist() else ""
    sheets = re.findall(r"<(?:\w+:)?sheet\b([^<>]*)>", book)
    return {html.unescape(_attribute(sheet, "name")) for sheet in sheets if "idden" in _attribute(sheet, "state")}


def _attribute(written: str, name: str) -> str:
    found = re.search(rf"""\b{name}="([^"]*)""", written)
    return found[1] if found else ""


def _weighed(packed_bytes: io.BytesIO) -> io.BytesIO:
    """The workbook packed anew without compression; raises ValueError where it is too large."""
    whole = io.BytesIO()
    with zipfile.ZipFile(packed_bytes) as packed, zipfile.ZipFile(whole, "w") as unpacked:
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
