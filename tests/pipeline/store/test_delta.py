"""The store: merges on keys, replaced children, two writers at once."""

import multiprocessing
import os
from pathlib import Path

import polars as pl
import pytest
from dataframely.exc import ValidationError

import pipeline.store.delta
from pipeline.store.delta import MANY_FILES, Store
from pipeline.tables import TABLES
from pipeline.tables.conversations import Calls, Utterances


def calls(*rows: dict[str, object]) -> pl.DataFrame:
    empty = Calls.create_empty()
    filled = [dict.fromkeys(empty.columns) | {"status": "ok"} | row for row in rows]
    return pl.DataFrame(filled, schema_overrides=dict(empty.schema))


def said(call_id: str, *texts: str) -> pl.DataFrame:
    rows = [
        (call_id, idx, float(idx), idx + 1.0, "S0", "rep", None, text, len(text.split()), None)
        for idx, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=Utterances.create_empty().schema, orient="row")


@pytest.mark.parametrize("table", TABLES)
def test_never_written(tmp_path: Path, table: str) -> None:
    """A table that was never written is empty and has its columns."""
    frame = Store(str(tmp_path)).read(table)
    assert frame.columns == TABLES[table].column_names()
    assert frame.is_empty()


def test_merge_twice_changes_nothing(tmp_path: Path) -> None:
    """Writing the same rows again leaves one of each; a changed row takes the new values."""
    store = Store(str(tmp_path))
    for _ in range(2):
        store.merge("calls", calls({"call_id": "a"}, {"call_id": "b's", "x_region": "EMEA"}))
    store.merge("calls", calls({"call_id": "a", "team": "north"}))
    rows = store.read("calls").sort("call_id").select("call_id", "team", "x_region").rows()
    assert rows == [("a", "north", None), ("b's", None, "EMEA")]


def test_replace_leaves_no_stale_row(tmp_path: Path) -> None:
    """A call scored again with fewer utterances keeps none of the old ones; other calls are untouched."""
    store = Store(str(tmp_path))
    store.merge("utterances", pl.concat([said("it's", "one", "two", "three"), said("b", "four")]))
    store.replace("utterances", said("it's", "uno"), call_id=["it's"])
    assert store.read("utterances").sort("call_id")["text"].to_list() == ["four", "uno"]
    store.replace("utterances", said("x").clear(), call_id=["b"])
    assert store.read("utterances")["text"].to_list() == ["uno"]


def test_invalid_rows_are_refused(tmp_path: Path) -> None:
    """A row that breaks a rule of its table is not written."""
    store = Store(str(tmp_path))
    with pytest.raises(ValidationError):
        store.merge("calls", calls({"call_id": "a", "status": "failed"}))
    assert store.read("calls").is_empty()


def _write_many(workspace: str, first: int) -> None:
    store = Store(workspace)
    for number in range(first, first + 5):
        store.merge("calls", calls({"call_id": f"c{number}"}, {"call_id": "shared"}))


def test_two_writers(tmp_path: Path) -> None:
    """Two processes that merge into one table at once lose and double nothing."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(tmp_path), first)) for first in (0, 5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert sorted(Store(str(tmp_path)).read("calls")["call_id"]) == [*(f"c{n}" for n in range(10)), "shared"]


def test_overwrite_leaves_nothing_else(tmp_path: Path) -> None:
    """What is overwritten holds the new rows alone, a column of theirs too; an invalid row leaves the old ones."""
    store = Store(str(tmp_path))
    store.overwrite("calls", calls({"call_id": "a"}, {"call_id": "b"}))
    store.overwrite("calls", calls({"call_id": "b", "team": "north", "x_region": "EMEA"}))
    assert store.read("calls").select("call_id", "team", "x_region").rows() == [("b", "north", "EMEA")]
    with pytest.raises(ValidationError):
        store.overwrite("calls", calls({"call_id": "c", "status": "failed"}))
    assert store.read("calls")["call_id"].to_list() == ["b"]
    store.overwrite("calls", calls({"call_id": "a"}).clear())
    assert store.read("calls").is_empty()


def many(store: Store, n: int) -> None:
    """Rows that come one commit at a time."""
    for number in range(n):
        store.merge("utterances", said(f"c{number}", "one", "two"))


def laid(folder: Path, pattern: str) -> list[Path]:
    return list((folder / "tables" / "utterances").glob(pattern))


def test_compacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small files become one with the same rows; an open reader goes on; what is old enough is removed."""
    store = Store(str(tmp_path))
    many(store, MANY_FILES + 1)
    rows = store.read("utterances").sort("call_id", "idx")
    reader = pl.scan_delta(store._table("utterances"))
    store.compact("utterances")
    assert len(store._table("utterances").file_uris()) == 1
    assert store.read("utterances").sort("call_id", "idx").equals(rows)
    assert reader.collect().sort("call_id", "idx").equals(rows)
    for entry in laid(tmp_path, "_delta_log/*.json"):
        os.utime(entry, (0, 0))  # older than the log is kept
    monkeypatch.setattr(pipeline.store.delta, "READING_H", 0)
    store.compact("utterances")
    assert len(laid(tmp_path, "*.parquet")) == 1
    assert len(laid(tmp_path, "_delta_log/*.json")) <= 4
    assert store.read("utterances").sort("call_id", "idx").equals(rows)
    store.merge("utterances", said("c0", "uno"))
    assert store.read("utterances").height == rows.height


def test_little_is_left_alone(tmp_path: Path) -> None:
    """A table of few files is not touched, nor is one that was never written."""
    store = Store(str(tmp_path))
    many(store, 3)
    version = store._table("utterances").version()
    store.compact("utterances")
    store.compact("acts")
    assert store._table("utterances").version() == version
    assert not (tmp_path / "tables" / "acts").exists()


def test_compacting_beside_a_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who compacts gives way to whoever writes: nothing is lost, and the table is compacted another night."""
    store = Store(str(tmp_path))
    many(store, 4)
    monkeypatch.setattr(pipeline.store.delta, "MANY_FILES", 3)
    stale = store._table("utterances")
    store.replace("utterances", said("c1", "uno"), call_id=["c1"])
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_table", lambda *_: stale)
        with caplog.at_level("INFO", "pipeline.store.delta"):
            store.compact("utterances")
    assert "is not compacted tonight" in caplog.text
    assert store.read("utterances", where=pl.col("call_id") == "c1")["text"].to_list() == ["uno"]
    assert store.read("utterances").height == 7


def test_tidying_changes_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on when a table last changed does not take compacting for a change."""
    store = Store(str(tmp_path))
    monkeypatch.setattr(pipeline.store.delta, "MANY_FILES", 3)
    many(store, 4)
    changed = store.changed_at("utterances")
    store.compact("utterances")
    assert store._table("utterances").history(1)[0]["operation"] == "OPTIMIZE"
    assert store.changed_at("utterances") == changed
