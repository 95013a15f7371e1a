"""A file of scores to fill in: the calls that would teach most, one row per element, with its anchors."""

from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

WIDTHS = {"note": 240, "title": 200, "element": 160, "call_id": 160} | dict.fromkeys(LEVELS, 320)  # in pixels


def write_template(
    path: Path, chosen: pl.DataFrame, calls: pl.DataFrame, elements: dy.DataFrame[Elements]
) -> pl.DataFrame:
    """Write the rows and return them; `chosen` has call_id and rubric, best first, `calls` when and by whom.

    A CSV file has the anchors in the columns named by colour, an XLSX file in a second sheet. `read_scores` reads back
    either and passes over what is left empty. Raises ValueError for any other file, and where there is one already.
    """
    if path.suffix.lower() not in WRITERS:
        raise ValueError(f"{path}: a template ends in {' or '.join(WRITERS)}")
    if path.exists():
        raise ValueError(f"{path}: is there already and may hold scores; name another file or move it")
    known = chosen.with_row_index("place").join(calls, on="call_id", how="left").select(
        "place", "call_id", "rubric", "started_at", "lead_name"
    )  # fmt: skip
    about = elements.select("rubric", "element", "position", "title", *LEVELS)
    empty = [pl.lit(None, pl.String).alias(name) for name in ("rater", "level", "note")]
    rows = (
        known.join(about, on="rubric")
        .sort("place", "position")
        .select("call_id", "rubric", "element", "title", *empty, "started_at", "lead_name", *LEVELS)
        .with_columns(pl.col("started_at").dt.to_string("%Y-%m-%d %H:%M"))
    )
    if rows.is_empty():
        raise ValueError("no labelled calls to score; `callgrade score LIST` first")
    WRITERS[path.suffix.lower()](path, rows)
    return rows


def _write_csv(path: Path, rows: pl.DataFrame) -> None:
    rows.write_csv(path, include_bom=True)  # without the mark Excel takes it for Windows-1252


def _write_workbook(path: Path, rows: pl.DataFrame) -> None:
    """Scores with a list of colours to choose from, and the anchors in a second sheet."""
    from xlsxwriter import Workbook

    anchors = rows.select("rubric", "element", "title", *LEVELS).unique(maintain_order=True)
    with Workbook(path) as book:
        for name, frame in (("scores", rows.drop(LEVELS)), ("anchors", anchors)):
            frame.write_excel(book, name, freeze_panes=(1, 0))
            for column, width in WIDTHS.items():
                if column in frame.columns:
                    place = frame.columns.index(column)
                    book.get_worksheet_by_name(name).set_column_pixels(place, place, width)
        levels = rows.columns.index("level")
        choice = {"validate": "list", "source": [*LEVELS, *range(len(LEVELS))]}
        book.get_worksheet_by_name("scores").data_validation(1, levels, rows.height, levels, choice)


WRITERS = {".csv": _write_csv, ".xlsx": _write_workbook}
