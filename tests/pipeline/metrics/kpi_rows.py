"""Rows of tables that KPIs are counted from."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.load.year import MONDAY
from models.ratings.rubrics import load_rubrics
from pipeline.metrics.cadence import load_plan
from pipeline.tables import TABLES
from pipeline.tables.values import LEVELS

ROOT = Path(__file__).parents[3]
ELEMENTS = load_rubrics(ROOT / "rubrics")
PLAN = load_plan()
Row = dict[str, Any]


def table(name: str, *rows: Row) -> pl.DataFrame:
    """Rows of a table, null where a column is not given."""
    schema = TABLES[name].create_empty().schema
    extra = {column: pl.String for row in rows for column in row if column.startswith("x_")}
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema={**schema, **extra})


def call(call_id: str, day: int, **columns: Any) -> Row:
    """A scored discovery call of Ann, whom Mia manages in the team north; day 0 is Monday, 20 April 2026."""
    started = datetime(2026, 4, 20, 9, tzinfo=UTC) + timedelta(days=day)
    given = {"lead_id": "ann", "manager_id": "mia", "team": "north", "duration_s": 1800.0, "status": "ok"}
    return {"call_id": call_id, "interaction": "discovery_call", "started_at": started} | given | columns


def label(call_id: str, element: str, level: int, **columns: Any) -> Row:
    """A sure label."""
    sure = {f"p_{color}": float(at == level) for at, color in enumerate(LEVELS)}
    given = {"rubric": "discovery_call", "rubric_hash": "h", "rubric_version": 1, "model_id": "m", "current": True}
    about = {"status": "calibrated", "basis": "people", "needs_review": False, "labelled_at": MONDAY}
    row = {"call_id": call_id, "element": element, "level": level, "color": LEVELS[level]}
    return row | {"expected_level": float(level)} | sure | given | about | columns
