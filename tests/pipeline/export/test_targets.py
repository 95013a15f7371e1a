"""Export: the same rows in every target, only what differs written, nothing executed, nothing lost."""
# ruff: noqa: S608  the tables and columns asked for are the test's own

import csv
import errno
import os
import re
import shutil
import subprocess
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import psycopg
import pytest
from scipy.special import stdtrit

from benchmarks.load.year import MONDAY, Year, make_year
from models.ratings.rubrics import load_rubrics
from pipeline.export.data_dictionary import TABLES, meanings
from pipeline.export.star_schema import Terms, star
from pipeline.export.targets import EXPORTERS, export
from pipeline.location import StoreError
from pipeline.metrics.cadence import load_plan
from pipeline.metrics.intervals import wilson
from pipeline.metrics.kpi_table import update_kpis
from pipeline.settings import load_settings
from pipeline.store.delta import Store
from pipeline.store.zone import keep_zone
from pipeline.tables.values import LEVELS

ELEMENTS = load_rubrics(Path(__file__).parents[3] / "rubrics")
EVIL = "Robert'); DROP TABLE dim_call; --"
HOSTILE = [EVIL, '"; DROP SCHEMA callgrade', '=HYPERLINK("http://x",A1)', "a;=1+1", "nul\0l\\N\n\t'x", "", "Zoë 東京"]
EVIDENT = "x_" + "a very long heading, with \"quotes\" and 'more' " * 2
FEW = ["talk_ratio", "next_step_present", "next_step_confirmed", "purposes_mixed", "turns"]
LAST_DAY = MONDAY + timedelta(weeks=3)


@pytest.fixture
def targets(tmp_path: Path, database: str) -> dict[str, str]:
    """A fresh target of each kind."""
    return {kind: f"{kind}:{tmp_path}/{kind}.out" for kind in ("parquet", "csv", "duckdb")} | {"postgresql": database}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three weeks of a made-up year, some of it with hostile names."""
    store = Store(str(tmp_path_factory.mktemp("workspace")))
    year = make_year(ELEMENTS, n_calls=300, n_sellers=10)
    calls = year.calls.filter(pl.col("started_at") < MONDAY + timedelta(weeks=3))
    number = pl.int_range(len(calls), eager=True)
    hostile = pl.Series(HOSTILE).gather(number % len(HOSTILE))
    teams = pl.when(number % 3 == 0).then(pl.lit(EVIL)).otherwise("team")
    calls = calls.with_columns(
        other_name=hostile,
        team=teams,
        x_consent=pl.Series(["Yes", None, "no"]).gather(number % 3),
        **{EVIDENT: hostile},
    )
    store.merge("calls", calls)
    for name in ("labels", "measures", "actions", "evidence"):
        store.merge(name, getattr(year, name).join(calls, on="call_id", how="semi"))
    store.replace(
        "measures", store.read("measures").filter(pl.col("measure").is_in(FEW)), call_id=list(calls["call_id"])
    )
    disputed = store.read("labels").sort("call_id", "element").head(2)
    store.merge(
        "overrides",
        disputed.select(
            "call_id", "rubric", "element", "rubric_hash", "model_id", machine_level="level",
            level=pl.Series([3, 0]), raised_by=pl.lit("ann"), settled_by=pl.lit("mia"), settled_at="labelled_at",
        ),
    )  # fmt: skip
    update_kpis(store, ELEMENTS)
    return Path(store.root)


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Store:
    """A copy of the filled workspace that a test may change."""
    shutil.copytree(filled, tmp_path / "workspace")
    return Store(str(tmp_path / "workspace"))


def expected(store: Store) -> dict[str, pl.DataFrame]:
    return {name: table.frame for name, table in star(store, ELEMENTS, plan=load_plan()).items()}


def stored(frame: pl.DataFrame, kind: str) -> list[tuple[Any, ...]]:
    """The rows as a target keeps them: PostgreSQL has no zero character."""
    kept = (
        frame.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True)) if kind == "postgresql" else frame
    )
    return sorted(kept.rows(), key=repr)


def held(target: str, name: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """The rows of a table in a target, in the order of its first columns, times as UTC."""
    kind, _, place = target.partition(":")
    listed = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    if kind == "parquet":
        rows = pl.read_parquet(f"{place}/{name}.parquet").select(columns).rows()
    elif kind == "duckdb":
        with duckdb.connect(place) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            rows = connection.execute(f"SELECT {listed} FROM {name}").fetchall()
    else:
        with psycopg.connect(target, options="-c TimeZone=UTC") as connection:
            rows = connection.execute(f"SELECT {listed} FROM callgrade.{name}").fetchall()
    return sorted(rows, key=repr)


def change(store: Store) -> list[str]:
    """One call is gone, one scored again, one new, one moved to another week; returns their ids."""
    calls = store.read("calls").sort("started_at")
    gone, again, pattern, moved = (calls["call_id"][at] for at in (-1, -4, -7, -10))
    new = calls.filter(call_id=pattern).with_columns(
        call_id=pl.lit("new"), started_at=pl.lit(LAST_DAY, pl.Datetime("us", "UTC"))
    )
    rescored = calls.filter(call_id=again).with_columns(scored_at=pl.lit(datetime(2026, 1, 2, tzinfo=UTC)))
    later = calls.filter(call_id=moved).with_columns(pl.col("started_at") + timedelta(days=7))
    store.merge("calls", pl.concat([new, rescored, later]))
    labels = store.read("labels")
    store.merge("labels", labels.filter(call_id=pattern).with_columns(call_id=pl.lit("new")))
    store.replace(
        "labels",
        labels.filter(call_id=again).with_columns(level=pl.lit(0), color=pl.lit("red")).head(3),
        call_id=[again],
    )
    for name in ("calls", "labels", "measures", "actions", "evidence", "overrides"):
        store.replace(name, store.read(name).clear(), call_id=[gone])
    update_kpis(store, ELEMENTS)
    return [gone, again, "new", moved]


@pytest.mark.parametrize("kind", ["parquet", "duckdb", "postgresql"])
def test_every_row_arrives(store: Store, targets: dict[str, str], kind: str) -> None:
    """Every table of every target holds the star schema's rows, hostile names as they are; again changes nothing."""
    first = export(store, targets[kind], ELEMENTS)
    for name, frame in expected(store).items():
        assert held(targets[kind], name, frame.columns) == stored(frame, kind)
    assert dict(first.select("table", "n_rows").rows()) == {name: len(frame) for name, frame in expected(store).items()}
    again = export(store, targets[kind], ELEMENTS).select("n_inserted", "n_updated", "n_deleted").sum().row(0)
    assert again == (0, 0, 0)


def test_not_judged_yet(store: Store, tmp_path: Path) -> None:
    """Labels without a level arrive as null with their reason, and no view counts them: all else being green, the
    index is 100."""
    grey, sure = pl.col("element") == "agenda", {"level": 3, "color": "green", "expected_level": 3.0}
    odds = {f"p_{color}": float(color == "green") for color in LEVELS}
    levels = {name: pl.when(~grey).then(pl.lit(value)) for name, value in (sure | odds).items()}
    reason = pl.when(grey).then(pl.lit("not_learnt"))
    store.overwrite("overrides", store.read("overrides").clear())
    store.overwrite("labels", store.read("labels").with_columns(reason=reason, **levels))
    export(store, f"duckdb:{tmp_path}/bi.duckdb", ELEMENTS)
    with duckdb.connect(f"{tmp_path}/bi.duckdb") as connection:
        rows = connection.execute("SELECT DISTINCT level, reason FROM fact_label WHERE element = 'agenda'").fetchall()
        seen = connection.execute("SELECT DISTINCT element = 'agenda', mean_level FROM v_assessment_map").fetchall()
        index = connection.execute("SELECT DISTINCT round(quality_index, 6) FROM v_quality_by_outcome").fetchall()
    assert rows == [(None, "not_learnt")]
    assert seen == [(False, 3.0)]
    assert index == [(100.0,)]


def test_every_column_is_in_the_dictionary(store: Store) -> None:
    """The dictionary has each table and column of the export and no other."""
    columns = {f"{name}.{column}" for name, frame in expected(store).items() for column in frame.columns}
    assert {name for name in columns if not name.startswith("dim_call.x_")} == set(meanings()) - {"dim_call.x_*"}
    assert set(expected(store)) == set(TABLES)


def test_csv_executes_nothing(store: Store, targets: dict[str, str]) -> None:
    """No cell is taken for a formula, whether the spreadsheet parts cells at commas, semicolons or tabs."""
    export(store, targets["csv"], ELEMENTS)
    folder = Path(targets["csv"].partition(":")[2])
    assert (folder / "dim_call.csv").read_bytes().startswith("\ufeff".encode())
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8-sig")
        for separator in ",;\t|":
            rows = csv.reader(text.splitlines(keepends=True), delimiter=separator)
            assert not [cell for row in rows for cell in row if _is_formula(cell)]
    names = {
        row["other_name"] for row in csv.DictReader((folder / "dim_call.csv").open(encoding="utf-8-sig", newline=""))
    }
    assert {EVIL, "Zoë 東京", "'" + HOSTILE[2], "a;'=1+1"} <= names


SEPARATORS = {"comma": 44, "semicolon": 59, "tab": 9}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("separator", SEPARATORS)
def test_libreoffice_computes_nothing(store: Store, targets: dict[str, str], tmp_path: Path, separator: str) -> None:
    """A spreadsheet that is told to take anything for a formula finds none, wherever it parts the cells."""
    export(store, targets["csv"], ELEMENTS)
    folder = Path(targets["csv"].partition(":")[2])
    (folder / "control.csv").write_text("a\n=1+1\n")
    options = f"CSV:{SEPARATORS[separator]},34,76,1,,0,false,true,false,false,false,-1"
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", f"--infilter={options}"]
    command += ["--convert-to", "fods", "--outdir", str(tmp_path), *map(str, folder.glob("*.csv"))]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603  our own command
    assert "table:formula" in (tmp_path / "control.fods").read_text()
    for path in folder.glob("dim_*.csv"):
        sheet = (tmp_path / f"{path.stem}.fods").read_text()
        assert "<text:p>" in sheet
        assert "table:formula" not in sheet, path.name


def _is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute a cell that is no number."""
    try:
        float(cell)
    except ValueError:
        return re.match(r"""[\s"]*([=@+]|-+\s*[\w(])""", cell) is not None
    return False


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_incremental(store: Store, targets: dict[str, str], kind: str) -> None:
    """An export of what changed since a day gives what a full one would, and changes no other row."""
    export(store, targets[kind], ELEMENTS)
    before = _versions(targets["postgresql"]) if kind == "postgresql" else {}
    touched = change(store)
    counts = {
        row["table"]: row for row in export(store, targets[kind], ELEMENTS, since=date(2026, 1, 1)).rows(named=True)
    }
    for name, frame in expected(store).items():
        assert held(targets[kind], name, frame.columns) == stored(frame, kind)
    assert [counts["dim_call"][name] for name in ("n_inserted", "n_updated", "n_deleted")] == [1, 2, 1]
    assert counts["fact_measure"]["n_rows"] < 4 * 60
    assert export(store, targets[kind], ELEMENTS, since=date(2026, 1, 1)).select(
        "n_inserted", "n_updated", "n_deleted"
    ).sum().row(0) == (0, 0, 0)
    if kind == "postgresql":
        after = _versions(targets["postgresql"])
        assert {key for key in before if before[key] != after.get(key)} <= set(touched)


def _versions(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """The transactions that wrote each call's row and labels."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT call_id, 'call', xmin::text FROM callgrade.dim_call "
            "UNION ALL SELECT call_id, element, xmin::text FROM callgrade.fact_label"
        ).fetchall()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for call_id, *version in sorted(rows):
        found.setdefault(call_id, []).append(tuple(version))
    return found


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_deletions_and_additions(store: Store, targets: dict[str, str], kind: str) -> None:
    """A full export deletes what is gone, adds a column that is new, and leaves a column that others added."""
    export(store, targets[kind], ELEMENTS)
    touched = change(store)
    _execute(targets[kind], "ALTER TABLE dim_call ADD COLUMN ours TEXT", "UPDATE dim_call SET ours = 'kept'")
    store.merge("calls", store.read("calls").with_columns(x_region=pl.lit("EMEA")))
    export(store, targets[kind], ELEMENTS)
    for name, frame in expected(store).items():
        assert held(targets[kind], name, frame.columns) == stored(frame, kind)
    rows = dict(held(targets[kind], "dim_call", ["call_id", "ours"]))
    assert touched[0] not in rows
    assert rows.pop("new") is None
    assert set(rows.values()) == {"kept"}
    assert {region for (region,) in held(targets[kind], "dim_call", ["x_region"])} == {"EMEA"}


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_target_of_an_earlier_version(store: Store, targets: dict[str, str], kind: str) -> None:
    """A database whose facts had no keys, and whose key of people was a text, is sent all anew; columns stay that
    others added, and in PostgreSQL keys and references stand where they belong."""
    export(store, targets[kind], ELEMENTS)
    facts = [name for name in TABLES if name.startswith("fact_")]
    frames = expected(store)
    columns = [(name, key) for name in facts for key in KEYS if key in frames[name].columns]
    old = [
        "DROP VIEW v_assessment_map",
        "DROP VIEW v_quality_by_outcome",
        "DROP VIEW v_label",
        "DROP VIEW v_manager_coaching",
    ]
    old += ["DROP VIEW v_red_share", "DROP VIEW v_kpi"]
    old += [f"ALTER TABLE {name} DROP COLUMN {key}" for name, key in columns]
    if kind == "postgresql":
        old.append("ALTER TABLE dim_call DROP CONSTRAINT dim_call_person_key_fkey")
        old.append("ALTER TABLE dim_element DROP CONSTRAINT dim_element_pkey, ADD PRIMARY KEY (rubric, element)")
    old.append("ALTER TABLE dim_element DROP COLUMN element_key")
    for name in ("dim_person", "dim_call"):
        old += [f"ALTER TABLE {name} DROP COLUMN person_key", f"ALTER TABLE {name} ADD COLUMN person_key TEXT"]
    old += ["UPDATE dim_person SET person_key = person_id", "ALTER TABLE dim_call ADD COLUMN ours TEXT"]
    _execute(targets[kind], *old, "UPDATE dim_call SET ours = 'kept'")
    export(store, targets[kind], ELEMENTS, since=date(2100, 1, 1))
    for name, frame in expected(store).items():
        assert held(targets[kind], name, frame.columns) == stored(frame, kind)
    assert set(held(targets[kind], "dim_call", ["ours"])) == {("kept",)}
    if kind == "postgresql":
        assert _references(targets[kind]) >= {(name, key) for name, key in columns}


KEYS = ("person_key", "element_key", "date_key", "kind_key", "team_key")


def _references(url: str) -> set[tuple[str, str]]:
    """The columns of the database that refer to a row of another table."""
    rows = _execute(
        url,
        "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c JOIN pg_attribute a "
        "ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1",
    )
    return {(table, column) for table, column in rows}


def test_foreign_keys(store: Store, targets: dict[str, str]) -> None:
    """In PostgreSQL every fact refers by one column each to its conversation, person, day, kind, team and element, and
    a row that no dimension has is refused."""
    export(store, targets["postgresql"], ELEMENTS)
    of_call = {"call_id", "person_key", "date_key", "kind_key", "team_key"}
    of_label = of_call | {"element_key"}
    wanted = {
        "fact_label": of_label,
        "fact_label_history": of_label,
        "fact_override": of_label,
        "fact_evidence": of_label,
    }
    wanted |= {"fact_measure": of_call, "fact_action": of_call, "fact_commitment": of_call - {"call_id"} | {"made_in"}}
    wanted |= {"fact_opportunity": {"person_key", "date_key", "team_key"}}
    wanted |= {"fact_kpi": of_label - {"call_id"}, "dim_call": of_call - {"call_id"}, "dim_person": {"team_key"}}
    assert _references(targets["postgresql"]) == {(name, key) for name, keys in wanted.items() for key in keys}
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        _execute(targets["postgresql"], "UPDATE fact_label SET person_key = 1")


def test_origin_of_a_promise(store: Store, targets: dict[str, str]) -> None:
    """A promise refers to the meeting that made it; where that is not known it refers to none, one that is no
    conversation is refused, and a promise outlives the meeting."""
    export(store, targets["postgresql"], ELEMENTS)
    origins = [made for (made,) in held(targets["postgresql"], "fact_commitment", ["made_in"])]
    assert None in origins
    assert any(origins)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        _execute(targets["postgresql"], "UPDATE fact_commitment SET made_in = 'nowhere'")
    store.erase("calls", call_id=sorted(set(filter(None, origins))))
    export(store, targets["postgresql"], ELEMENTS)
    left = [made for (made,) in held(targets["postgresql"], "fact_commitment", ["made_in"])]
    assert left == [None] * len(origins)


def test_keys_lead_to_the_same_rows(store: Store, targets: dict[str, str]) -> None:
    """The keys of facts find what the names found: element, team, kind and day of each label, person of each KPI."""
    export(store, targets["duckdb"], ELEMENTS)
    wrong = _execute(
        targets["duckdb"],
        "SELECT count(*) FILTER (e.rubric <> l.rubric OR e.element <> l.element OR t.team <> c.team "
        "OR k.interaction <> c.interaction OR d.date <> c.date OR p.person_id <> c.lead_id), count(*) "
        "FROM fact_label l "
        "JOIN dim_call c USING (call_id) JOIN dim_element e ON e.element_key = l.element_key "
        "JOIN dim_team t ON t.team_key = l.team_key JOIN dim_kind k ON k.kind_key = l.kind_key "
        "JOIN dim_date d ON d.date_key = l.date_key JOIN dim_person p ON p.person_key = l.person_key",
    )
    assert wrong == [(0, len(expected(store)["fact_label"]))]
    kpis = _execute(
        targets["duckdb"],
        "SELECT count(*), count(*) FILTER (p.person_id = k.entity_id), count(*) FILTER (e.element = k.split) FROM "
        "fact_kpi k LEFT JOIN dim_person p USING (person_key) LEFT JOIN dim_element e USING (element_key) "
        "WHERE level_of = 'lead' AND k.kpi_name = 'red_share' AND k.interaction <> 'all'",
    )
    assert kpis[0][0] == kpis[0][1] == kpis[0][2] > 0


@pytest.mark.parametrize(("quotes", "read"), [(True, {"Yes"}), (False, set())])
def test_quotes_go_out_by_consent(store: Store, tmp_path: Path, quotes: bool, read: set[str]) -> None:
    """Words leave only where names are redacted and the call list says yes; where and how weighty they were, always."""
    export(store, f"duckdb:{tmp_path}/bi.duckdb", ELEMENTS, terms=Terms(quotes=quotes))
    rows = _execute(
        f"duckdb:{tmp_path}/bi.duckdb",
        "SELECT DISTINCT c.x_consent, v.quote IS NOT NULL, v.weight IS NOT NULL FROM fact_evidence v "
        "JOIN dim_call c USING (call_id)",
    )
    assert {consent for consent, is_read, _ in rows if is_read} == read
    assert {(consent, weighed) for consent, _, weighed in rows} == {("Yes", True), (None, True), ("no", True)}


def test_settled_labels(store: Store, tmp_path: Path) -> None:
    """v_label has the level that people settled, with the classifier's beside it; history keeps what was before."""
    target = f"duckdb:{tmp_path}/bi.duckdb"
    first, second = store.read("labels").sort("call_id", "element").head(2).rows(named=True)
    later = {"model_id": "next", "labelled_at": first["labelled_at"] + timedelta(days=1), "level": 2, "color": "yellow"}
    store.merge("labels", pl.DataFrame([first | {"current": False}, first | later], schema=store.read("labels").schema))
    export(store, target, ELEMENTS)
    about = f"WHERE call_id = '{first['call_id']}' AND element IN ('{first['element']}', '{second['element']}')"
    settled = _execute(target, f"SELECT level, color, status, machine_level FROM v_label {about} ORDER BY element")
    assert settled == [(3, "green", "settled", 2), (0, "red", "settled", second["level"])]
    history = _execute(target, f'SELECT model_id, "current" FROM fact_label_history {about} ORDER BY labelled_at')
    assert sorted(history) == sorted([(first["model_id"], False), ("next", True), (second["model_id"], True)])


def test_settled_labels_of_an_earlier_wording(store: Store, tmp_path: Path) -> None:
    """Once calls are labelled again by a wording that means the same, v_label has what people settled still; it had the
    classifier's."""
    sql = "SELECT call_id, level FROM v_label WHERE status = 'settled' ORDER BY level"
    target = f"duckdb:{tmp_path}/bi.duckdb"
    export(store, target, ELEMENTS)
    before = _execute(target, sql)
    hashes = pl.col("rubric_hash")
    reworded = ELEMENTS.with_columns(same_meaning_as=pl.concat_list(hashes), rubric_hash=hashes + "2")
    store.overwrite("labels", store.read("labels").with_columns(hashes + "2"))
    export(store, target, reworded)
    assert _execute(target, sql) == before != []
    assert _execute(target, "SELECT DISTINCT right(rubric_hash, 1) FROM fact_override") == [("2",)]


def test_row_level_security(store: Store, targets: dict[str, str]) -> None:
    """With the example of docs/bi a reader sees the own team's rows in tables and views, and no others; the next export
    keeps it so."""
    url = targets["postgresql"]
    export(store, url, ELEMENTS)
    example = (Path(__file__).parents[3] / "docs/bi/row_level_security.sql").read_text(encoding="utf-8")
    reader = f"reader_{uuid.uuid4().hex}"
    _execute(
        url,
        f"CREATE ROLE {reader} LOGIN",
        f"GRANT USAGE ON SCHEMA callgrade TO {reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA callgrade TO {reader}",
        example,
        f"GRANT USAGE ON SCHEMA access TO {reader}",
        f"GRANT SELECT ON access.viewer TO {reader}",
        f"INSERT INTO access.viewer SELECT '{reader}', team_key FROM callgrade.dim_team WHERE team = 'team 0'",
    )
    own = url.replace("callgrade@", f"{reader}@")
    for _ in range(2):
        assert set(_execute(own, "SELECT DISTINCT team FROM dim_call")) == {("team 0",)}
        assert set(_execute(own, "SELECT DISTINCT team FROM v_quality_by_team_week")) == {("team 0",)}
        seen, held_there = (_execute(place, "SELECT count(*) FROM fact_label")[0][0] for place in (own, url))
        assert 0 < seen < held_there
        assert _execute(own, "SELECT count(*) FROM fact_kpi WHERE level_of = 'org'")[0][0] > 0
        export(store, url, ELEMENTS)
    _execute(url, f"DROP OWNED BY {reader}", f"DROP ROLE {reader}")


def test_win_rate_by_quality(store: Store, tmp_path: Path) -> None:
    """The view has the figures of the impact page: won and decided in each half, with Wilson's interval."""
    calls = store.read("calls").filter(pl.col("opportunity_id").is_not_null(), pl.col("outcome").is_not_null())
    ids = calls["opportunity_id"].unique().sort()
    lines = [f"{name},2026-01-05,{'Closed won' if at % 3 else 'Closed lost'},{at}" for at, name in enumerate(ids)]
    (Path(store.root) / "opportunities.csv").write_text("\n".join(["id,date,stage,amount", *lines]))
    export(store, f"duckdb:{tmp_path}/bi.duckdb", ELEMENTS)
    rows = _execute(
        f"duckdb:{tmp_path}/bi.duckdb", "SELECT half, won, decided, low, high FROM v_win_rate_by_quality ORDER BY half"
    )
    assert len(rows) == 2
    for _, won, decided, low, high in rows:
        lower, upper = wilson(pl.lit(float(won)), pl.lit(float(decided)))
        shares = pl.select(lower=lower, upper=upper).row(0)
        assert (low, high) == pytest.approx(shares, abs=1e-5)
    assert sum(decided for _, _, decided, *_ in rows) == len(ids)


def test_freshness(store: Store) -> None:
    """dim_freshness says when what a table is made of changed last, and when the last run ended."""
    rows = dict(expected(store)["dim_freshness"].select("table_name", "changed_at").rows())
    assert rows["fact_override"] == store.changed_at("overrides")
    assert rows["fact_kpi"] == store.changed_at("kpis") > rows["fact_override"]
    assert rows["fact_commitment"] is not None


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_failed_load(store: Store, targets: dict[str, str], kind: str) -> None:
    """A load that fails at its very end leaves every table as it was."""
    export(store, targets[kind], ELEMENTS)
    old = {name: held(targets[kind], name, frame.columns) for name, frame in expected(store).items()}
    _execute(
        targets[kind], "DROP VIEW v_quality_by_outcome", "CREATE TABLE v_quality_by_outcome (stands_in_the_way BOOLEAN)"
    )
    change(store)
    with pytest.raises((duckdb.Error, psycopg.Error)):
        export(store, targets[kind], ELEMENTS)
    assert {name: held(targets[kind], name, frame.columns) for name, frame in expected(store).items()} == old


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_failed_files(store: Store, targets: dict[str, str], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one file cannot be written, the old ones stay and nothing half-written is left."""
    export(store, targets[kind], ELEMENTS)
    folder = Path(targets[kind].partition(":")[2])
    old = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    export(store, targets[kind], ELEMENTS)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == old
    change(store)

    def full_disk(frame: pl.DataFrame, path: Path) -> None:
        if "rubric" in frame.columns:
            raise OSError("No space left on device")
        path.write_bytes(b"half")

    writing = EXPORTERS[kind]
    monkeypatch.setitem(EXPORTERS, kind, lambda place, build: writing(place, build, write=full_disk))  # type: ignore[call-arg]
    with pytest.raises(OSError, match="no space is left on its disk"):
        export(store, targets[kind], ELEMENTS)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == old


def test_two_at_once(store: Store, targets: dict[str, str]) -> None:
    """Two exports into one database at the same time both succeed and double nothing."""
    threads = [threading.Thread(target=export, args=(store, targets["postgresql"], ELEMENTS)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    frame = expected(store)["fact_label"]
    assert len(held(targets["postgresql"], "fact_label", ["call_id"])) == len(frame)


def test_views(store: Store, targets: dict[str, str]) -> None:
    """Every view answers in both databases, and alike; the team view holds the KPI's figures, names and all."""
    rows = {}
    for kind in ("duckdb", "postgresql"):
        export(store, targets[kind], ELEMENTS)
        rows[kind] = {name: _rounded(targets[kind], name) for name in _views(targets[kind])}
    assert rows["duckdb"] == rows["postgresql"]
    assert len(rows["duckdb"]) == 11
    assert all(rows["duckdb"].values())
    kpis = store.read("kpis").filter(kpi="quality_index", level_of="team", interaction="all")
    assert len(rows["duckdb"]["v_quality_by_team_week"]) == len(kpis)
    assert any(EVIL in row for row in rows["duckdb"]["v_quality_by_team_week"])
    assert all("correlation" in row[-1] for row in rows["duckdb"]["v_quality_by_outcome"])


def test_comments_and_units(store: Store, targets: dict[str, str]) -> None:
    """PostgreSQL says of every table and column of ours what it means, and v_kpi the unit of each KPI."""
    export(store, targets["postgresql"], ELEMENTS)
    said = _execute(
        targets["postgresql"],
        "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a "
        "ON a.attrelid = c.oid WHERE c.relnamespace = 'callgrade'::regnamespace AND c.relkind = 'r' AND a.attnum > 0",
    )
    missing = [(table, column) for table, column, text in said if text is None and not column.startswith("x_")]
    assert missing == []
    assert ("fact_action", "what", "What is to be done, in the words that were said.") in said
    units = dict(_execute(targets["postgresql"], "SELECT DISTINCT kpi, unit FROM v_kpi"))
    assert (units["quality_index"], units["talk_ratio_pooled"]) == ("0–100", "share")
    assert None not in units.values()


VIEW_KEYS = {
    "v_quality_by_team_week": "week, team",
    "v_red_share": "week, entity_id, interaction, element",
    "v_better_not_made": "week, interaction",
    "v_talk_ratio_trend": "week, entity_id, interaction",
    "v_next_steps": "week, entity_id, interaction",
    "v_manager_coaching": "week, manager_id, interaction",
}


def test_views_double_no_rows(store: Store, targets: dict[str, str]) -> None:
    """A view has one level and one row per key, and none for all kinds beside those of each: sums of n_calls are those
    of the conversations. Six of them held several levels, or conversations twice."""
    export(store, targets["duckdb"], ELEMENTS)
    for view, key in VIEW_KEYS.items():
        ((total, keys),) = _execute(targets["duckdb"], f"SELECT count(*), count(DISTINCT ({key})) FROM {view}")
        assert 0 < total == keys, view
        both = "interaction = 'all'" if view != "v_quality_by_team_week" else "interaction <> 'all'"
        assert _execute(targets["duckdb"], f"SELECT count(*) FROM {view} WHERE {both}") == [(0,)], view
    week, n_calls = _execute(
        targets["duckdb"], "SELECT week, sum(n_calls) FROM v_talk_ratio_trend GROUP BY 1 ORDER BY 1"
    )[0]
    kpis = store.read("kpis").filter(kpi="talk_ratio_mean", level_of="org")
    talked = kpis.filter(interaction="all", week=week)
    assert n_calls == talked["n_calls"].item()


@pytest.fixture(scope="module")
def year() -> Year:
    """A made-up year with some hundred discovery calls."""
    return make_year(ELEMENTS, n_calls=500, n_sellers=10)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 12, 80])
def test_interval_of_outcomes(year: Year, tmp_path: Path, n: int) -> None:
    """The half interval of a mean of n conversations is Student's: 4.303 errors at n = 3, where it was 1.96."""
    store = Store(str(tmp_path / "workspace"))
    held = year.calls.filter(interaction="discovery_call", status="ok").head(n).with_columns(outcome=pl.lit("advanced"))
    store.merge("calls", held)
    store.merge("labels", year.labels.join(held, on="call_id", how="semi"))
    target = f"duckdb:{tmp_path}/bi.duckdb"
    export(store, target, ELEMENTS)
    ((half, n_calls, error),) = _execute(
        target,
        "SELECT half_interval, n_calls, s / sqrt(n) FROM v_quality_by_outcome, "
        "(SELECT count(*) n, stddev_samp(q) s FROM "
        "(SELECT avg(expected_level) / 3 * 100 q FROM fact_label WHERE level IS NOT NULL GROUP BY call_id))",
    )
    assert n_calls == n
    assert half / error == pytest.approx(stdtrit(n - 1, 0.975), abs=0.0005)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_full_or_locked_target(store: Store, tmp_path: Path, kind: str, number: int, monkeypatch) -> None:
    """A disk that is full or read-only is one sentence with what helps, and was `[Errno 28] ...` alone."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(StoreError, match=rf"^{kind}:.*(free some and run again|name another target)"):
        export(store, f"{kind}:{tmp_path}/out", ELEMENTS)


def test_full_disk_of_duckdb(store: Store, tmp_path: Path, monkeypatch) -> None:
    """DuckDB says the same in its own words."""

    def fail(*_: object) -> None:
        raise duckdb.IOException('IO Error: Could not write file "bi.duckdb": No space left on device')

    monkeypatch.setattr("pipeline.export.sql_load.load", fail)
    with pytest.raises(StoreError, match=r"^duckdb:.*no space is left"):
        export(store, f"duckdb:{tmp_path}/bi.duckdb", ELEMENTS)


def _views(target: str) -> list[str]:
    names = _execute(
        target,
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'VIEW' AND starts_with(table_name, 'v_')",
    )
    return sorted(name for (name,) in names)


def _rounded(target: str, view: str) -> list[tuple[Any, ...]]:
    rows = _execute(target, f"SELECT * FROM {view}")
    whole = [
        tuple(round(float(cell), 6) if not isinstance(cell, str | bool | date | None) else cell for cell in row)
        for row in rows
    ]
    return sorted(whole, key=repr)


def _execute(target: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements in a target; the rows of the last one."""
    if target.startswith("duckdb:"):
        with duckdb.connect(target.partition(":")[2]) as connection:
            return [connection.execute(statement).fetchall() for statement in statements][-1]
    with psycopg.connect(target, options="-c search_path=callgrade") as connection:
        cursors = [connection.execute(statement) for statement in statements]
        return cursors[-1].fetchall() if cursors[-1].description else []


def test_validity_of_people(tmp_path: Path) -> None:
    """Ann is in the north until 5 May, in the south from then on; a call without a team ends nothing; Mia led none."""
    store = Store(str(tmp_path))
    about = {"status": "ok", "interaction": "discovery_call", "lead_id": "ann", "lead_name": "Ann", "manager_id": "mia"}
    days = {"a": (date(2026, 4, 20), "north"), "b": (date(2026, 4, 27), None), "c": (date(2026, 5, 5), "south")}
    schema = store.read("calls").schema
    rows = [
        dict.fromkeys(schema)
        | about
        | {"call_id": name, "started_at": datetime(day.year, day.month, day.day, tzinfo=UTC), "team": team}
        for name, (day, team) in days.items()
    ]
    store.merge("calls", pl.DataFrame(rows, schema=schema))
    tables = expected(store)
    people = tables["dim_person"]
    assert people.select("person_id", "team", "valid_from", "valid_to", "is_current").rows() == [
        ("ann", "north", date(2026, 4, 20), date(2026, 5, 5), False),
        ("ann", "south", date(2026, 5, 5), None, True),
        ("mia", None, None, None, True),
    ]
    north, south, _ = people["person_key"]
    assert tables["dim_call"].sort("call_id")["person_key"].to_list() == [north, north, south]
    days = tables["dim_date"]["date"]
    assert (days[0], days[3], days[-1]) == (date(2025, 12, 29), date(2026, 1, 1), date(2026, 12, 31))
    assert tables["dim_date"]["date_key"][3] == 20260101
    store.replace("calls", store.read("calls").clear(), call_id=["a"])
    later = expected(store)["dim_person"]
    assert later["valid_from"][0] == date(2026, 4, 27)
    assert later["person_key"][0] == south  # the row keeps its key when what was before is forgotten


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("xlsx:book.xlsx", "parquet:DIR, csv:DIR, duckdb:FILE or postgresql://"),
        ("parquet:", "no export target"),
        ("postgresql://someone:secret@127.0.0.1:1/bi", "cannot connect"),
        ("duckdb:/proc/version", "cannot be opened"),
    ],
)
def test_unusable_target(store: Store, target: str, complaint: str) -> None:
    """A target that is none or cannot be reached is refused with what would be right, and no password."""
    with pytest.raises(ValueError, match=complaint) as error:
        export(store, target, ELEMENTS)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("kind", ["csv", "parquet", "duckdb"])
def test_days_are_those_of_the_workspace(kind: str, filled: Path, tmp_path: Path) -> None:
    """What began on Sunday at 23:30 UTC is of Monday and the next week in Berlin, by the zone that is stored."""
    shutil.copytree(filled, tmp_path / "workspace")
    store = Store(str(tmp_path / "workspace"))
    began = pl.lit(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)).cast(pl.Datetime("us", "UTC"))
    late = store.read("calls").head(1).with_columns(started_at=began)
    store.merge("calls", late)
    call_id = late["call_id"].item()
    for zone, day, week in (("UTC", date(2026, 3, 1), date(2026, 2, 23)), ("Europe/Berlin", *[date(2026, 3, 2)] * 2)):
        keep_zone(store, zone)
        terms = Terms.of(store, load_settings(workspace=store.root))
        export(store, f"{kind}:{tmp_path}/out", ELEMENTS, terms=terms)
        if kind == "duckdb":
            with duckdb.connect(f"{tmp_path}/out") as reader:
                found = reader.execute("SELECT date, week FROM dim_call WHERE call_id = ?", [call_id]).fetchone()
        else:
            read = pl.read_parquet if kind == "parquet" else partial(pl.read_csv, try_parse_dates=True)
            calls = read(f"{tmp_path}/out/dim_call.{kind}")
            found = calls.filter(call_id=call_id).select("date", "week").row(0)
        assert found == (day, week)
