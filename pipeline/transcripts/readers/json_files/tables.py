"""Tables: a transcript with a header (CSV, as Fireflies exports), or records of lines "Speaker: ..." and "Text: ...".

Either becomes a list of records, which the reader of turns in JSON reads by the same names of columns.
"""

import csv
import itertools
import re

from pipeline.transcripts.readers.json_files.turns import SPEAKER, TEXT

SEPARATORS = (",", ";", "\t")
FIELD = re.compile(r"^\s{0,3}(?:-\s)?([A-Za-z][A-Za-z _-]{1,20}?)\s?:\s*(.*)$")
UNIT = re.compile(r"\s*[(\[](?!ms\b|milli)[^()\[\]]{1,40}[)\]]$")
FEWEST_RECORDS = 2
MOST_TITLES = 20  # rows above a header


def records_of(text: str) -> list[dict[str, str]] | None:
    """The rows of a table of speakers and texts; None where the text is none."""
    lines = text.lstrip("\ufeff \n\r").splitlines(keepends=True)
    try:
        return _with_header(lines) or _of_fields(lines)
    except csv.Error:  # a cell that is longer than any
        return None


def _with_header(lines: list[str]) -> list[dict[str, str]] | None:
    """The rows below a header, above which there may be titles where most rows below have as many cells."""
    for at, separator in itertools.product(range(min(MOST_TITLES, len(lines) // 2)), SEPARATORS):
        header = [_key(cell) for cell in next(csv.reader(lines[at : at + 1], delimiter=separator), [])]
        if len(header) > 1 and _is_complete(set(header)):
            rows = [row for row in csv.reader(lines[at + 1 :], delimiter=separator) if any(row)]
            if at == 0 or 2 * sum(len(row) >= len(header) for row in rows) > len(rows):
                return [_record(header, row, separator) for row in rows]
    return None


def _record(header: list[str], row: list[str], separator: str) -> dict[str, str]:
    """A row by the names of its columns; what is beyond the last belongs to it."""
    cells = [*row[: len(header) - 1], separator.join(row[len(header) - 1 :])]
    return dict(zip(header, cells, strict=False))


def _of_fields(lines: list[str]) -> list[dict[str, str]] | None:
    """Records whose fields stand on lines of their own; a line without a field goes on with the one above."""
    records: list[dict[str, list[str]]] = []
    last = ""
    for line in lines:
        field = FIELD.match(line.rstrip())
        name = _key(field[1]) if field else ""
        if field and (not records or name in records[-1]):
            records.append({})
        if field:
            records[-1][name], last = [field[2]], name
        elif line.strip():
            if not records:
                return None
            records[-1][last].append(line.strip())
    complete = sum(_is_complete(set(record)) for record in records)
    if complete < max(FEWEST_RECORDS, len(records) - 1):
        return None
    return [{name: " ".join(texts) for name, texts in record.items()} for record in records]


def _is_complete(names: set[str]) -> bool:
    return bool(names & set(SPEAKER)) and bool(names & set(TEXT))


def _key(cell: str) -> str:
    """The name of a column without what stands in brackets after it, as in "Start (s)"; of a unit only ms counts."""
    name = UNIT.sub("", cell.strip().casefold())
    return re.sub(r"\W+", "_", name).strip("_")
