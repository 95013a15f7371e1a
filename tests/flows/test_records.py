"""Records: what is stored of a call takes the place of all that was known of it."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from flows.records import Assessment, Run, record
from pipeline.metrics.current_labels import current_labels
from pipeline.metrics.kpi_table import update_kpis
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from tests.pipeline.metrics.kpi_rows import ELEMENTS, Row, call, label, table

OTHER_TABLES = ("utterances", "acts", "measures", "actions", "evidence")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def run(run_id: str) -> Run:
    return Run(run_id, "nightly", "c", datetime.now(UTC), 1)


def assessment(calls: list[Row], labels: list[Row]) -> Assessment:
    """What scoring these calls came to, of which nothing but labels is known."""
    rows = table("calls", *calls).rename({"audio_sha256": "content"}).drop("run_id", "scored_at", "status")
    empty = {name: TABLES[name].create_empty() for name in OTHER_TABLES}
    judged = TABLES["labels"].validate(table("labels", *labels), cast=True)
    return Assessment(calls=rows, labels=judged, **empty)


def shown(store: Store) -> list[tuple[object, ...]]:
    labels = current_labels(store.read("labels"))
    return sorted(labels.select("call_id", "rubric", "element", "level").rows())


def test_call_of_another_kind(store: Store) -> None:
    """Where the list corrects the kind of a call, the labels of the kind before stay as history and count no more: a
    week's KPIs mixed two rubrics. A kind that is not judged leaves none; the call beside it keeps its own."""
    found = [label("a", "agenda", 0), label("a", "pain_discovery", 0), label("b", "agenda", 1)]
    record(store, run("1"), assessment([call("a", 0), call("b", 1)], found))
    demo = label("a", "agenda", 3, rubric="demo_call")
    record(store, run("2"), assessment([call("a", 0, interaction="demo_call")], [demo]))
    beside = ("b", "discovery_call", "agenda", 1)
    assert shown(store) == [("a", "demo_call", "agenda", 3), beside]
    update_kpis(store, ELEMENTS)
    of_demos = store.read("kpis").filter(interaction="demo_call", kpi="quality_index", level_of="lead")
    assert of_demos.select("value", "n_calls").rows() == [(100.0, 1)]

    record(store, run("3"), assessment([call("a", 0, interaction="team_meeting")], []))
    assert shown(store) == [beside]
    record(store, run("4"), assessment([call("a", 0)], found[:2]))
    assert shown(store) == [("a", "discovery_call", name, 0) for name in ("agenda", "pain_discovery")] + [beside]
    assert store.read("labels").select("call_id", "rubric", pl.col("current")).height == 4
