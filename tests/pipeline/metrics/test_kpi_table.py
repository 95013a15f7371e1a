"""The stored table of KPIs: replaced as a whole, and stale once what it rests on has changed."""

import os
from pathlib import Path

from pipeline.metrics.kpi_table import are_stale, update_kpis
from pipeline.store.delta import Store
from tests.pipeline.metrics.kpi_rows import ELEMENTS, call, label, table


def test_store(tmp_path: Path) -> None:
    """The stored KPIs are all replaced, so that a call that is gone leaves no figure behind."""
    store = Store(str(tmp_path))
    store.merge("calls", table("calls", call("a", 0), call("b", 7, lead_id="bob")))
    store.merge("labels", table("labels", label("a", "agenda", 1)))
    spoken = {"call_id": "a", "speaker": "S", "role": "rep", "text": "x", "n_words": 1, "start_s": 0.0, "end_s": 1.0}
    store.merge(
        "utterances",
        table("utterances", {**spoken, "idx": 0, "person_id": "ann"}, {**spoken, "idx": 1, "person_id": "mia"}),
    )
    assert update_kpis(store, ELEMENTS) == len(store.read("kpis"))
    rows = store.read("kpis")
    assert rows.filter(kpi="joint_calls", level_of="lead", interaction="all").select("entity_id", "value").rows() == [
        ("ann", 1.0)
    ]
    assert "bob" in rows["entity_id"]
    store.merge("calls", table("calls", call("b", 7, lead_id="bob", status="failed", error_code="silent")))
    update_kpis(store, ELEMENTS)
    assert "bob" not in store.read("kpis")["entity_id"]


def test_kpis_follow_the_plan(tmp_path):
    """They are stale once cadence.yaml changed after they were computed, and not before there are any."""
    store, plan = Store(str(tmp_path)), tmp_path / "cadence.yaml"
    plan.write_text("small_n: 3")
    assert not are_stale(store)
    store.merge("calls", table("calls", call("a", 0)))
    update_kpis(store, ELEMENTS)
    later = store.changed_at("kpis").timestamp() + 1
    os.utime(plan, (later - 2, later - 2))
    assert not are_stale(store)
    os.utime(plan, (later, later))
    assert are_stale(store)
