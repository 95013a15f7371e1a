"""Tables that an earlier version stored are read with today's columns."""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.store.delta import Store
from pipeline.tables import TABLES

WEEK = date(2026, 4, 20)


def test_kpis_without_their_split(tmp_path: Path) -> None:
    """A KPI stored as `name:split` is read as name and split, found by them, and replaced by what is computed next."""
    store, today = Store(str(tmp_path)), TABLES["kpis"].create_empty()
    kpis = ["red_share:agenda", "calls", "turns_mean:other:side"]
    about = {"week": WEEK, "level_of": "org", "entity_id": "all", "interaction": "all", "value": 1.0, "n_calls": 1}
    rows = pl.DataFrame([dict.fromkeys(today.columns) | about | {"kpi": kpi} for kpi in kpis], schema=today.schema)
    rows.drop("kpi_name", "split").write_delta(f"{tmp_path}/tables/kpis")
    stored = store.read("kpis")
    assert stored.columns == today.columns
    assert stored.select("kpi", "kpi_name", "split").sort("kpi").rows() == [
        ("calls", "calls", None),
        ("red_share:agenda", "red_share", "agenda"),
        ("turns_mean:other:side", "turns_mean", "other:side"),
    ]
    assert store.read("kpis", where=pl.col("split") == "agenda")["kpi"].to_list() == ["red_share:agenda"]
    store.overwrite("kpis", stored.filter(kpi="calls"))
    assert store.read("kpis").columns == today.columns
