"""Tables that an earlier version stored are read with today's columns."""

from datetime import UTC, date, datetime
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


def test_calls_without_what_the_list_says_of_the_lead(tmp_path: Path) -> None:
    """Calls stored without lead_channel and lead_speaker are read with both null, and keep the list's own columns."""
    store, today = Store(str(tmp_path)), TABLES["calls"].create_empty()
    given = {"call_id": "a", "interaction": "chat", "status": "ok", "run_id": "r"}
    row = pl.DataFrame([dict.fromkeys(today.columns) | given], schema=today.schema)
    earlier = row.drop("lead_channel", "lead_speaker").with_columns(x_region=pl.lit("EMEA"))
    earlier.write_delta(f"{tmp_path}/tables/calls")
    stored = store.read("calls")
    assert stored.columns == [*today.columns, "x_region"]
    assert stored.select("lead_channel", "lead_speaker", "x_region").rows() == [(None, None, "EMEA")]
    store.merge("calls", stored.with_columns(call_id=pl.lit("b"), lead_channel=pl.lit(1), lead_speaker=pl.lit("Bo")))
    assert store.read("calls", where=pl.col("lead_channel") == 1)["lead_speaker"].to_list() == ["Bo"]


def test_labels_by_anchors_alone(tmp_path: Path) -> None:
    """A colour by the anchors' wording, stored before labels had a reason, is read as none: not learnt. Others stay."""
    store, today = Store(str(tmp_path)), TABLES["labels"].create_empty()
    about = {"rubric": "chat", "element": "agenda", "rubric_hash": "h", "rubric_version": 1, "level": 3}
    about |= {"color": "green", "expected_level": 3.0, "status": "provisional", "needs_review": True, "current": True}
    about |= {"p_red": 0.0, "p_orange": 0.0, "p_yellow": 0.0, "p_green": 1.0, "call_id": "a"}
    about["labelled_at"] = datetime(2026, 4, 20, tzinfo=UTC)
    bases = ("anchors", "reference")
    rows = pl.DataFrame([about | {"model_id": basis, "basis": basis} for basis in bases]).drop("reason", strict=False)
    rows.write_delta(f"{tmp_path}/tables/labels")
    shown = ("basis", "level", "p_green", "reason", "needs_review")
    expected = [("anchors", None, None, "not_learnt", False), ("reference", 3, 1.0, None, True)]
    stored = store.read("labels").sort("basis")
    assert stored.columns == today.columns
    assert stored.select(shown).rows() == expected
    new = stored.filter(basis="reference").with_columns(model_id=pl.lit("new"))
    store.merge("labels", new)  # adds the column to the table; the old row is still one of before
    assert store.read("labels").filter(pl.col("model_id") != "new").sort("basis").select(shown).rows() == expected
