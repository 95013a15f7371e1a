"""Records: what is stored of a call takes the place of all that was known of it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.records import Assessment, Run, mark_moments, record
from models.ratings.rubrics import load_rubrics
from pipeline.export.star_schema import Terms, star
from pipeline.metrics.current_labels import current_labels
from pipeline.metrics.kpi_table import are_stale, update_kpis
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from tests.pipeline.metrics.kpi_rows import ELEMENTS, PLAN, Row, call, label, table
from tests.workspace import RUBRICS

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


def refused(call_id: str, code: str, **columns: Any) -> pl.DataFrame:
    """A row of the call list that is not to be scored, or cannot be."""
    row = call(call_id, 0, error_code=code, error=f"row 2: {code}") | columns
    return table("calls", row).rename({"audio_sha256": "content"}).drop("run_id", "scored_at", "status")


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


QUOTE = {"rubric": "discovery_call", "element": "agenda", "model_id": "m", "rank": 0, "idx": 0, "quote": "our secret"}


def scored_with_words(store: Store) -> None:
    """Store calls a and b, which consent was given to, with what was said in them; b takes up a promise of a."""
    found = assessment(
        [call(name, 0, x_consent="yes", audio_sha256=f"hash of {name}") for name in "ab"],
        [label(name, "agenda", 0) for name in "ab"],
    )
    spoken = {"idx": 0, "start_s": 0.0, "end_s": 1.0, "speaker": "S", "role": "rep", "text": "our secret", "n_words": 2}
    act = {"idx": 0, "sentence": 0, "act": "inform", "p": 1.0, "text": "our secret"}
    measure = {"measure": "talk_ratio", "role": "lead", "value": 0.5, "unit": "share", "measures_version": 1}
    action = {"action": 0, "what": "our secret", "owner_role": "lead", "state": "open"}
    carried = {"call_id": "b", "action": 1, "what": "our secret", "owner_role": "lead", "state": "done"}
    rows = {"utterances": spoken, "acts": act, "measures": measure, "actions": action, "evidence": QUOTE}
    told = {name: [{"call_id": call_id} | row for call_id in "ab"] for name, row in rows.items()}
    told["actions"].append(carried | {"carried_from": "a"})
    tables = {name: TABLES[name].validate(table(name, *of_both), cast=True) for name, of_both in told.items()}
    record(store, run("1"), found._replace(**tables))


def test_moments_stored_by_an_earlier_version(store: Store) -> None:
    """Evidence without `worth_showing`, a column that earlier versions did not store, is marked once: the seller's line
    may stand for them, the customer's may not, nor one of a call that is gone; what is known stays."""
    scored_with_words(store)
    said = store.read("utterances")
    customers = pl.when(pl.col("call_id") == "b").then(pl.lit("customer")).otherwise("role").alias("role")
    store.merge("utterances", said.with_columns(customers))
    known = [QUOTE | {"call_id": "c"}, QUOTE | {"call_id": "a", "rank": 1, "worth_showing": False}]
    more = [table("evidence", row) for row in known]
    old = pl.concat([store.read("evidence"), *more], how="diagonal_relaxed")
    folder = store.folder("tables") / "evidence"
    shutil.rmtree(folder)
    old.drop("worth_showing").write_delta(str(folder))
    assert store.read("evidence")["worth_showing"].null_count() == 4
    store.merge("evidence", more[1])
    mark_moments(store, load_rubrics(RUBRICS))
    marked = store.read("evidence").sort("call_id", "rank").select("call_id", "rank", "worth_showing").rows()
    assert marked == [("a", 0, True), ("a", 1, False), ("b", 0, False), ("c", 0, False)]
    version = store.version("evidence")
    mark_moments(store, load_rubrics(RUBRICS))
    assert store.version("evidence") == version


@pytest.mark.parametrize("code", ["no_consent", "cancelled"])
def test_taken_back(store: Store, code: str) -> None:
    """Consent that a later list takes back leaves the call skipped, out of KPIs and exports, and nothing of its words
    in the tables; it stayed scored and its words went out. Its hash stays, by which its transcript is forgotten; its
    labels are history. One called off after all goes the same way."""
    scored_with_words(store)
    update_kpis(store, ELEMENTS)
    rows = record(store, run("2"), refused("a", code, x_consent="no"))
    assert rows["status"].to_list() == ["skipped"]
    stored = store.read("calls").sort("call_id").select("call_id", "status", "error_code", "x_consent", "audio_sha256")
    assert stored.rows() == [("a", "skipped", code, "no", "hash of a"), ("b", "ok", None, "yes", "hash of b")]
    for name in OTHER_TABLES:
        assert store.read(name)["call_id"].unique().to_list() == ["b"], name
    assert store.read("actions")["carried_from"].to_list() == [None]
    assert shown(store) == [("b", "discovery_call", "agenda", 0)]
    assert are_stale(store, ELEMENTS)
    update_kpis(store, ELEMENTS)
    kpis = store.read("kpis").filter(kpi="red_share:agenda", level_of="lead", interaction="all")
    assert kpis["n_calls"].to_list() == [1]
    tables = star(store, ELEMENTS, plan=PLAN, terms=Terms("UTC", quotes=True))
    facts = [name for name, made in tables.items() if name.startswith("fact_") and "call_id" in made.frame.columns]
    assert len(facts) > 5
    assert all("a" not in tables[name].frame["call_id"] for name in facts)


def test_failure_of_a_later_day(store: Store) -> None:
    """A file that is missing on a later day overwrites nothing of what was scored."""
    scored_with_words(store)
    before = {name: store.read(name) for name in ("calls", "labels", *OTHER_TABLES)}
    assert record(store, run("2"), refused("a", "missing_file"))["status"].to_list() == ["failed"]
    assert all(store.read(name).equals(rows) for name, rows in before.items())
