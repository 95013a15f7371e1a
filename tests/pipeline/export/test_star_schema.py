"""The star schema brought up to date: what is sent since a day makes a database what a full export would."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.export.star_schema import star
from pipeline.export.targets import export
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.current_labels import settled
from pipeline.metrics.kpi_frames import Source
from pipeline.metrics.kpi_table import kpis
from pipeline.store.delta import Store
from tests.pipeline.metrics.kpi_rows import ELEMENTS, Row, call, label, table

LAST_WEEK = 20  # of the calls below, which begin in week 0 on 20 April 2026
SINCE = date(2026, 9, 13)  # the last day of that week
SCORED, AGAIN = (datetime(2026, 9, day, 12, tzinfo=UTC) for day in (10, 14))
COLUMNS = ("kpi", "level_of", "entity_id", "interaction", "week", "value", "n_calls", "low", "high")


def held(call_id: str, week: int, **columns: object) -> Row:
    return call(call_id, 7 * week, **{"scored_at": SCORED, "opportunity_id": "o"} | columns)


def meeting(call_id: str, week: int, kind: str = "deal_review", **columns: object) -> Row:
    return held(
        call_id, week, interaction=kind, lead_id="mia", other_id="ann", manager_id=None, opportunity_id="p", **columns
    )


def settle(store: Store, at: datetime = AGAIN) -> None:
    """A red label of the first week is settled as green."""
    store.merge(
        "overrides",
        store.read("labels").select(
            *("call_id", "rubric", "element", "rubric_hash", "model_id"),
            machine_level="level",
            level=pl.lit(3, pl.Int64),
            raised_by=pl.lit("ann"),
            settled_by=pl.lit("mia"),
            settled_at=pl.lit(at),
        ),
    )


def settle_late(store: Store) -> None:
    """It was settled days before, and the room could store it only now."""
    settle(store, SCORED)


def unsettle(store: Store) -> None:
    """What was settled before the last export is forgotten."""
    store.erase("overrides", call_id=["c1"])


def lose(store: Store) -> None:
    """The opportunity turns out to have been lost in the first week."""
    store.merge("calls", table("calls", held("first", 0, outcome="lost", scored_at=AGAIN)))


def meet(store: Store) -> None:
    """The first huddle of all is held: one was due in the weeks before."""
    store.merge("calls", table("calls", meeting("huddle", LAST_WEEK, "huddle", scored_at=AGAIN)))


def find(store: Store) -> None:
    """A call of half a year before is found: weeks of which nothing was known come to be recorded."""
    store.merge("calls", table("calls", held("found", -26, scored_at=AGAIN)))


def wait(_store: Store) -> None:
    """The week is over, so that what was not held in it was missed."""


def compute(store: Store, today: date) -> None:
    rows = {name: store.read(name) for name in ("calls", "labels", "measures", "actions")}
    rows["labels"] = settled(rows["labels"], store.read("overrides"), ELEMENTS)
    source = Source(**rows, today=today)
    store.overwrite("kpis", kpis(source, ELEMENTS, plan=load_plan(store.place)))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of calls of many weeks, and bi.duckdb with all of it; copy it before you change it."""
    folder = tmp_path_factory.mktemp("exported")
    store = Store(str(folder))
    (folder / "cadence.yaml").write_text("cycle_weeks: 26")
    calls = [held("first", 0), *(held(f"c{week}", week, opportunity_id=None) for week in range(1, LAST_WEEK + 1))]
    calls += [meeting("reviewed", 10), meeting("reviewed late", LAST_WEEK - 1)]
    store.merge("calls", table("calls", *calls))
    judged = [label("first", "agenda", 0), label("c1", "agenda", 0)]
    store.merge("labels", table("labels", judged[1]).with_columns(labelled_at=pl.lit(SCORED)))
    settle(store, SCORED)
    store.merge("labels", table("labels", *judged).with_columns(labelled_at=pl.lit(SCORED)))
    compute(store, SINCE)
    export(store, f"duckdb:{folder}/bi.duckdb", ELEMENTS)
    return folder


@pytest.mark.parametrize("change", [settle, settle_late, unsettle, lose, meet, find, wait])
def test_kpis_since(exported: Path, tmp_path: Path, change: Callable[[Store], None]) -> None:
    """The KPIs of every week that something new bears on are sent, however long ago: they stayed as they were, without
    a word, until a full export."""
    shutil.copytree(exported, tmp_path, dirs_exist_ok=True)
    store, target = Store(str(tmp_path)), f"duckdb:{tmp_path}/bi.duckdb"
    before = shown(tmp_path / "bi.duckdb")
    change(store)
    compute(store, SINCE + timedelta(days=change is wait))
    export(store, target, ELEMENTS, since=SINCE)
    full = star(store, ELEMENTS, plan=load_plan(store.place))["fact_kpi"].frame.select(COLUMNS)
    assert shown(tmp_path / "bi.duckdb") == sorted(full.rows(), key=repr) != before


def test_opportunities_without_role_plays(tmp_path: Path) -> None:
    """What is told of an opportunity is of conversations that were held, as on the page of impact: a role-play of it
    and a call that was called off made it lost."""
    store = Store(str(tmp_path))
    others = {"played": {"interaction": "practice_discovery_call"}, "cancelled": {"status": "skipped"}}
    told = [held(name, 1, outcome="lost", **columns) for name, columns in others.items()]
    store.merge("calls", table("calls", held("first", 0, stage="demo"), *told))
    store.merge("labels", table("labels", label("first", "agenda", 3), label("played", "agenda", 0)))
    found = star(store, ELEMENTS, plan=load_plan())["fact_opportunity"].frame
    assert found.select("opportunity_id", "state", "n_calls", "quality").rows() == [("o", "open", 1, 100.0)]


def shown(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path)) as connection:
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM fact_kpi").fetchall()  # noqa: S608  our own names
    return sorted(rows, key=repr)
