"""Spreadsheets: the same cells from every kind of file, encoding and separator, and what is refused."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
import xlsxwriter

from pipeline.intake.single_rows import UNREAD
from pipeline.intake.spreadsheets import HIDDEN, MOST_COLUMNS, read_spreadsheet

TABLE = "name,city,n\nJürgen,Köln,1\n,,\nZoë,Orléans,2\n"
CELLS = {"row": [2, 4], "name": ["Jürgen", "Zoë"], "city": ["Köln", "Orléans"], "n": ["1", "2"]}


def read(path: Path, *, unread: Literal["refused", "told", "told but ragged"] = "refused") -> pl.DataFrame:
    return read_spreadsheet(path, "a list", name_of=lambda name: name.strip().lower(), unread=unread)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_and_separators(encoding: str, separator: str, tmp_path: Path) -> None:
    """What spreadsheets of any country and age write is read as it was meant; blank rows count, but are left out."""
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    (tmp_path / "a.csv").write_bytes((mark + TABLE.replace(",", separator)).encode(encoding))
    assert read(tmp_path / "a.csv").to_dict(as_series=False) == CELLS


@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", '"sep=;"\n'])
def test_separator_that_is_named(first: str, tmp_path: Path) -> None:
    """Excel's first line names the separator and is no row."""
    (tmp_path / "a.csv").write_text(first + "name;a, b and c\nx;1\n")
    assert read(tmp_path / "a.csv").to_dict(as_series=False) == {"row": [2], "name": ["x"], "a, b and c": ["1"]}


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "parquet", "jsonl", "ndjson", "xlsx"])
def test_kinds(kind: str, tmp_path: Path) -> None:
    """Text, numbers, truth and times come as text from every kind of file."""
    frame = pl.DataFrame({" Name ": ["x ", None], "N": [2, None], "At": [datetime(2026, 4, 20, 10, 45), None]})
    write = {"parquet": "write_parquet", "jsonl": "write_ndjson", "ndjson": "write_ndjson", "xlsx": "write_excel"}
    getattr(frame, write.get(kind, "write_csv"))(tmp_path / f"a.{kind}")
    cells = read(tmp_path / f"a.{kind}")
    assert cells.columns == ["row", "name", "n", "at"]
    assert cells.select("row", "name").rows() == [(2, "x")]
    assert float(cells["n"].item()) == 2
    assert datetime.fromisoformat(cells["at"].item()) == datetime(2026, 4, 20, 10, 45)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_lists_and_objects_in_cells(kind: str, tmp_path: Path) -> None:
    """A list is read as a cell would have it, with semicolons; an object stands as it is, and nothing is left out."""
    frame = pl.DataFrame(
        {"name": ["x", "y"], "parts": [["a.vtt", "b.vtt"], None], "n": [[1, 2], []], "of": [{"a": 1}, {"a": None}]}
    )
    getattr(frame, {"parquet": "write_parquet", "jsonl": "write_ndjson"}[kind])(tmp_path / f"a.{kind}")
    assert read(tmp_path / f"a.{kind}").to_dict(as_series=False) == {
        "row": [2, 3], "name": ["x", "y"], "parts": ["a.vtt; b.vtt", None], "n": ["1; 2", None],
        "of": ['{"a": 1}', '{"a": null}'],
    }  # fmt: skip


def test_json_lines_as_programs_write_them(tmp_path: Path) -> None:
    """A byte-order mark, a blank line and half a letter are no obstacle; numbers stay as they are written."""
    lines = ['\ufeff{"name": "x", "n": 30}', "", '{"n": "45", "name": "y\\ud83d", "of": true}']
    (tmp_path / "a.jsonl").write_text("\r\n".join(lines))
    assert read(tmp_path / "a.jsonl").rows() == [(2, "x", "30", None), (3, "y?", "45", "true")]


def test_line_that_is_no_json(tmp_path: Path) -> None:
    """A line that is cut off costs itself and none of the others, wherever it stands."""
    (tmp_path / "a.jsonl").write_text('{"name": "x", "city": "Köln", "n": 1}\n["y"]\n{"name": "z", "n": 2}\n{"name"')
    found = read(tmp_path / "a.jsonl", unread="told")
    assert found.select("row", "name").rows() == [(2, "x"), (3, None), (4, "z"), (5, None)]
    assert found.drop_nulls(UNREAD)["row"].to_list() == [3, 5]
    with pytest.raises(ValueError, match="row 3: is no JSON object: write each row as one"):
        read(tmp_path / "a.jsonl")


def test_own_column_of_rows_gives_way(tmp_path: Path) -> None:
    """A file's own column of that name does not say which row is meant."""
    (tmp_path / "a.csv").write_text("row,name\n7,x\n")
    assert read(tmp_path / "a.csv").rows() == [(2, "x")]


def test_ragged_rows(tmp_path: Path) -> None:
    """Cells beyond the header are refused by their row, or dropped where that is wanted; missing and surplus empty ones
    are empty."""
    (tmp_path / "a.csv").write_text("name,n\nx,1,,\ny\nReed, Dana,2\n")
    with pytest.raises(ValueError, match="row 4: has 3 cells where the header has 2: put a cell that holds a comma"):
        read(tmp_path / "a.csv")
    cut = read(tmp_path / "a.csv", unread="told but ragged")
    assert cut.rows() == [(2, "x", "1"), (3, "y", None), (4, "Reed", "Dana")]


def test_rows_that_cannot_be_read(tmp_path: Path) -> None:
    """A quote that is not closed, or that ends before its cell does, costs its own row and none of the others; within a
    cell and over several lines quotes are as in any CSV."""
    rows = ['a,5" pipe', 'b,"open', "c,1", 'd,"two', 'lines"', 'e,"x" y', "f,2", 'g,"last']
    (tmp_path / "a.csv").write_text("name,n\n" + "\n".join(rows))
    found = read(tmp_path / "a.csv", unread="told")
    assert found.select("row", "name", "n").rows() == [
        (2, "a", '5" pipe'), (3, "b", '"open'), (4, "c", "1"), (5, "d", "two\nlines"), (6, "e", '"x" y'), (7, "f", "2"),
        (8, "g", '"last'),
    ]  # fmt: skip
    assert found.drop_nulls(UNREAD)["row"].to_list() == [3, 6, 8]
    with pytest.raises(ValueError, match="row 3: has double quotes that cannot be read: close each"):
        read(tmp_path / "a.csv")


def test_rows_between_two_quotes(tmp_path: Path) -> None:
    """A quote that is not closed takes no rows with it where a later row has another one."""
    (tmp_path / "a.csv").write_text('name,city,n\na,"open,1\nb,"x",2\nc,"y",3\nd,close",4\n')
    found = read(tmp_path / "a.csv", unread="told")
    assert found["name"].to_list() == ["a", "b", "c", "d"]
    assert found.drop_nulls(UNREAD)["row"].to_list() == [2]


def test_titles_and_notes_around_a_table(tmp_path: Path) -> None:
    """Titles above and notes below a table are no rows, a file's name alone is one; rows keep their numbers."""
    text = "All calls North\n\nname,n,file\nx,1,a.vtt\n\n\n,,b.vtt\nConfidential - do not share\nBy:  Nora  3/4/2026\n"
    (tmp_path / "a.csv").write_text(text)
    cells = read_spreadsheet(tmp_path / "a.csv", "a list", name_of=str.lower, needs=frozenset({"name", "file"}))
    assert cells.rows() == [(4, "x", "1", "a.vtt"), (7, None, None, "b.vtt")]


def test_rows_that_begin_like_totals(tmp_path: Path) -> None:
    """An account or a person called like a row of totals is a row, at the end of the table too; totals are none."""
    text = "name,city,n,share\nx,Köln,1,\nTotal Energies,Paris,2,\nCount Basie,New York,,\n"
    (tmp_path / "a.csv").write_text(text + "Total,,3,45 %\nAverage: all,-1.5,00:45:00,$12'000.50\n")
    assert read(tmp_path / "a.csv")["name"].to_list() == ["x", "Total Energies", "Count Basie"]


def test_columns_without_a_name_or_twice_the_same(tmp_path: Path) -> None:
    """Empty columns at the edge, and a column that stands twice with the same cells, are no obstacle."""
    (tmp_path / "a.csv").write_text("name,n,name,,\nx,1,x,,\n")
    assert read(tmp_path / "a.csv").rows() == [(2, "x", "1")]


def test_sheet_with_the_columns_is_read(tmp_path: Path) -> None:
    """Of several sheets the one that has what is needed is read, wherever it stands; dates and times are ISO 8601."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("About").write_row(0, 0, ["What this is", "of"])
        sheet = book.add_worksheet("Calls")
        sheet.write_row(0, 0, ["Name", "At", "N"])
        sheet.write(1, 0, "x")
        sheet.write_datetime(1, 1, datetime(2026, 4, 20, 10, 45), book.add_format({"num_format": "d.m.yyyy hh:mm"}))
        sheet.write_formula(1, 2, "=1+1", None, 2)
    cells = read_spreadsheet(tmp_path / "a.xlsx", "a list", name_of=str.lower, needs=frozenset({"name"}))
    assert cells["row"].to_list() == [2]
    assert datetime.fromisoformat(cells["at"].item()) == datetime(2026, 4, 20, 10, 45)
    assert float(cells["n"].item()) == 2


def test_sheet_as_people_make_it(tmp_path: Path) -> None:
    """A title above, blank rows, a duration, a hidden row: the numbers of rows are the sheet's, and nothing is lost."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("Calls & co")
        sheet.write(2, 1, "Calls of March")
        sheet.write_row(4, 1, ["Name", "Long"])
        sheet.write(5, 1, "x")
        sheet.write_datetime(5, 2, timedelta(minutes=45), book.add_format({"num_format": "[h]:mm"}))
        sheet.write(7, 1, "y")
        sheet.set_row(7, None, None, {"hidden": True})
    cells = read_spreadsheet(tmp_path / "a.xlsx", "a list", name_of=str.lower, needs=frozenset({"name"}))
    assert cells.rows() == [(6, "x", "00:45:00", False), (8, "y", None, True)]
    assert cells.columns == ["row", "name", "long", HIDDEN]


REFUSED = {
    "another kind": ("a.doc", b"", "a list ends in .csv, .tsv, .txt, .parquet, .jsonl, .ndjson, .xlsx"),
    "not there": ("a.csv", None, "is not there; name a list"),
    "empty": ("a.csv", b"", "cannot be read as csv"),
    "one name twice": ("a.csv", b"n,N \n1,2\n", "has column n twice; keep one"),
    "too wide": ("a.csv", ",".join(map(str, range(MOST_COLUMNS + 1))).encode() + b"\n", "at most 500 are read"),
    "no workbook": ("a.xlsx", b"no", "it is no XLSX workbook"),
    "no Parquet": ("a.parquet", b"no", "it is no Parquet file"),
    "no JSON": ("a.jsonl", b"no", "cannot be read as jsonl"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_as_a_whole(case: str, tmp_path: Path) -> None:
    """What cannot be used is refused in one sentence that names the file and what would be right."""
    name, content, said = REFUSED[case]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=said) as refused:
        read(tmp_path / name)
    assert str(refused.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(refused.value)


@contextmanager
def anybody() -> Iterator[None]:
    """Run as a user without rights of root; nothing changes for who has none."""
    if os.geteuid() == 0:
        os.seteuid(65_534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "xlsx"])
@pytest.mark.parametrize("place", ["file", "folder"])
def test_no_permission_is_said(kind: str, place: str) -> None:
    """A list that may not be opened, or whose folder may not, is not told as damaged."""
    folder = Path(tempfile.mkdtemp())
    frame = pl.DataFrame({"name": ["x"], "city": ["y"]})
    path = folder / f"a.{kind}"
    path.touch()
    if kind == "xlsx":
        frame.write_excel(path)
    path.chmod(0o000 if place == "file" else 0o644)
    folder.chmod(0o755 if place == "file" else 0o600)
    with anybody(), pytest.raises(ValueError, match="you have no permission to read it"):
        read(path)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_merged_cells(tmp_path: Path) -> None:
    """A value merged over several rows is of each of them; a title merged over the header is none of the table."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.merge_range("C2:E2", "People")
        sheet.write_row("C3", ["name", "city", "n"])
        for row, name in enumerate(("x", "y", "z"), start=3):
            sheet.write_row(row, 2, [name, "", f"{row}"])
        sheet.merge_range("D4:D5", "Orléans")
        sheet.write("D6", "Köln")
    found = read_spreadsheet(tmp_path / "a.xlsx", "a list", name_of=str, needs=frozenset({"name", "city"}))
    assert found.rows() == [(4, "x", "Orléans", "3"), (5, "y", "Orléans", "4"), (6, "z", "Köln", "5")]


def test_columns_without_a_name_are_no_column_twice(tmp_path: Path) -> None:
    """Notes beside a table stand in columns without names, of which there may be several."""
    (tmp_path / "a.csv").write_text("name,,city,\nx,1,y,2\n")
    assert read(tmp_path / "a.csv").to_dict(as_series=False) == {
        "row": [2], "name": ["x"], "unnamed 2": ["1"], "city": ["y"], "unnamed 4": ["2"]
    }  # fmt: skip


def test_ids_that_are_numbers(tmp_path: Path) -> None:
    """An id that is a number is one, also from a program that writes a column with empty cells as decimals.

    "1001.0" and "1001" were two people.
    """
    (tmp_path / "a.csv").write_text("id,share\n1001.0,0.50\n,1.25\n0042,v1.0\n")
    assert read(tmp_path / "a.csv").select("id", "share").rows() == [("1001", "0.50"), (None, "1.25"), ("0042", "v1.0")]
    pl.DataFrame({"id": [1001.0, None], "n": [1.5, 2.0]}).write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").select("id", "n").rows() == [("1001", "1.5"), (None, "2")]
