"""The stored table of KPIs: replaced as a whole, and stale once what it rests on has changed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.records import Run, record
from pipeline.metrics.kpi_table import are_stale, refresh_kpis, update_kpis
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements
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


@pytest.mark.parametrize(("name", "text"), [("cadence.yaml", "small_n: 3"), ("people.csv", "person\nann\n")])
def test_kpis_follow_what_people_write(tmp_path, name, text):
    """They are stale once the plan or the list of people is another than when they were computed, and not before there
    are any; one that was taken out, or put back with the time of day it was written at, was passed over."""
    store, plan = Store(str(tmp_path)), tmp_path / name
    plan.write_text(text)
    assert not are_stale(store, ELEMENTS)
    store.merge("calls", table("calls", call("a", 0)))
    update_kpis(store, ELEMENTS)
    os.utime(plan)
    assert not are_stale(store, ELEMENTS)
    plan.unlink()
    assert are_stale(store, ELEMENTS)
    update_kpis(store, ELEMENTS)
    plan.write_text(text)
    os.utime(plan, (0, 0))
    assert are_stale(store, ELEMENTS)


def test_kpis_follow_the_rubrics(tmp_path):
    """An element that was taken out of its rubric stood in KPIs until the next call was scored."""
    store = Store(str(tmp_path))
    store.merge("calls", table("calls", call("a", 0)))
    store.merge("labels", table("labels", label("a", "agenda", 3), label("a", "pain_discovery", 0)))
    update_kpis(store, ELEMENTS)
    without = Elements.validate(ELEMENTS.filter(pl.col("element") != "agenda"))
    refresh_kpis(store, without)
    means = store.read("kpis").filter(kpi_name="level_mean", level_of="org", interaction="all")
    assert set(means["split"]) == {"pain_discovery"}
    assert not are_stale(store, without)


def test_people_alike(tmp_path, caplog):
    """Who stands in people.csv as Ann and in call lists as ann, or there twice, is named in both ways: they counted as
    two people without a word. Ids of call lists alone, and those that differ in letters, are left alone."""
    store = Store(str(tmp_path))
    (tmp_path / "people.csv").write_text("person,manager\nAnn,mia\nbob b,mia\nBobB,mia\nann2,mia\n")
    store.merge("calls", table("calls", call("a", 0), call("b", 0, other_id="eve"), call("c", 0, other_id="Eve")))
    update_kpis(store, ELEMENTS)
    said = [line.getMessage().partition(" count")[0] for line in caplog.records if "count as" in line.msg]
    assert said == ["people.csv: 'Ann' and 'ann'", "people.csv: 'BobB' and 'bob b'"]


def refused(code: str) -> pl.DataFrame:
    """A row of the call list that is not scored."""
    row = call("x", 8, interaction="one_on_one", lead_id="mia", error_code=code, error=code)
    return table("calls", row).rename({"audio_sha256": "content"}).drop("run_id", "scored_at", "status")


def test_kpis_follow_meetings_called_off(tmp_path):
    """They are stale once a meeting was called off, of which share they tell; not when the list says so again the next
    night, nor for a call that cannot be read."""
    store, run = Store(str(tmp_path)), Run("r", "nightly", "c", datetime.now(UTC), 1)
    store.merge("calls", table("calls", call("a", 7, interaction="one_on_one", lead_id="mia", other_id="ann")))
    update_kpis(store, ELEMENTS)
    assert not are_stale(store, ELEMENTS)
    record(store, run, refused("missing_file"))
    assert not are_stale(store, ELEMENTS)
    record(store, run, refused("cancelled"))
    assert are_stale(store, ELEMENTS)
    update_kpis(store, ELEMENTS)
    off = store.read("kpis").filter(kpi="meeting_cancelled_share", level_of="org", interaction="one_on_one")
    assert off["value"].to_list() == [0.5]
    record(store, run._replace(run_id="next"), refused("cancelled"))
    assert not are_stale(store, ELEMENTS)


def test_kpis_follow_the_week(tmp_path):
    """They are stale once a week is over: what was not held in it counts as missed from then on."""
    store = Store(str(tmp_path))
    store.merge("calls", table("calls", call("a", 0)))
    update_kpis(store, ELEMENTS)
    assert not are_stale(store, ELEMENTS)
    assert are_stale(store, ELEMENTS, now=datetime.now(UTC) + timedelta(weeks=1))
