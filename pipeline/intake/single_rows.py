"""Single rows: the rows of a text file read one by one, so that one which cannot be read does not stop the others."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

import polars as pl

UNREAD = "unread row"  # the column that says what is wrong with a row that cannot be read; null for all others
NO_OBJECT = "is no JSON object: write each row as one, on a line of its own"
SIGNS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
QUOTES = 'has double quotes that cannot be read: close each, and write "" for one within a cell in quotes'


def has_odd_quotes(text: str, separator: str) -> bool:
    """Whether a quote is not closed, or ends before its cell does; polars may take all rows up to the next for one."""
    limit = csv.field_size_limit(len(text))
    try:
        for _ in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            pass
    except csv.Error:
        return True
    finally:
        csv.field_size_limit(limit)
    return False


def separated_rows(text: str, separator: str, *, ragged: bool) -> pl.DataFrame:
    """The cells of a table with a separator, its header the first row, in columns by number, and UNREAD.

    A row that has more cells than the header, as where a cell holds the separator without quotes, cannot be read unless
    it may be `ragged`. After a quote that is not closed the next line is the next row.
    """
    records = list(_records(text.split("\n"), separator))
    width = len(records[0][0])
    sign = SIGNS.get(separator, repr(separator))
    rows = []
    for cells, wrong in records:
        if wrong is None and not ragged and any(cells[width:]):
            counts = f"has {len(cells)} cells where the header has {width}"
            wrong = f"{counts}: put a cell that holds {sign} in double quotes"
        missing = [""] * (width - len(cells))
        rows.append([*(cell or None for cell in (*cells[:width], *missing)), wrong])
    return pl.DataFrame(rows, schema=dict.fromkeys([*map(str, range(width)), UNREAD], pl.String), orient="row")


def _records(lines: Sequence[str], separator: str) -> Iterator[tuple[list[str], str | None]]:
    """The cells of each row, and what is wrong with its quotes."""
    at = 0  # the line at which a row begins
    while at < len(lines):
        rest = (f"{lines[number]}\n" for number in range(at, len(lines)))
        reader = csv.reader(rest, delimiter=separator, strict=True)
        begun = at
        try:
            for cells in reader:
                yield cells, None
                at = begun + reader.line_num
        except csv.Error:
            yield lines[at].split(separator), QUOTES
            at += 1


def json_rows(text: str) -> pl.DataFrame:
    """The cells of JSON lines, in columns by the names of the objects, and UNREAD; blank lines are no rows.

    Raises ValueError where no line is an object.
    """
    objects = [_object(line) for line in text.split("\n") if line.strip()]
    names = list(dict.fromkeys(name for cells in objects for name in cells or ()))
    if all(cells is None for cells in objects):
        raise ValueError("no line of it is a JSON object")
    columns = {name: [as_cell((cells or {}).get(name)) for cells in objects] for name in names}
    wrong = [NO_OBJECT if cells is None else None for cells in objects]
    return pl.DataFrame(columns | {UNREAD: wrong}, schema=dict.fromkeys([*names, UNREAD], pl.String))


def _object(line: str) -> dict[str, object] | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def as_cell(value: object) -> str | None:
    """What JSON holds, as a cell would hold it: a list of texts or numbers with semicolons between, objects as JSON."""
    if value is None or isinstance(value, str):
        text = value or ""
    elif isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        text = "; ".join(filter(None, map(as_cell, value)))
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text.encode(errors="replace").decode() or None  # half of a letter, where a program cut it, has no code
