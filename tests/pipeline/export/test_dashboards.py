"""Files for BI tools: they are what the code says, hold together, and their queries give one row for each point."""

import io
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import polars as pl
import pytest
import yaml

from benchmarks.load.year import MONDAY, make_year
from docs.bi.import_metabase import bring
from docs.make_bi import BI, CHARTS, dbt, made, metabase, superset
from models.ratings.rubrics import load_rubrics
from pipeline.export.targets import export
from pipeline.metrics.kpi_table import update_kpis
from pipeline.store.delta import Store

ELEMENTS = load_rubrics(Path(__file__).parents[3] / "rubrics")


def test_files_are_current() -> None:
    """docs/bi holds what docs/make_bi.py makes; if this fails, run it."""
    assert {name: (BI / name).read_bytes() for name in made()} == made()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of a made-up year, exported."""
    folder = tmp_path_factory.mktemp("bi")
    store = Store(str(folder / "workspace"))
    year = make_year(ELEMENTS, n_calls=1000, n_sellers=20)
    calls = year.calls.filter(pl.col("started_at") < MONDAY + timedelta(weeks=3))
    store.merge("calls", calls)
    for name in ("labels", "measures"):
        store.merge(name, getattr(year, name).join(calls, on="call_id", how="semi"))
    update_kpis(store, ELEMENTS)
    export(store, f"duckdb:{folder}/bi.duckdb", ELEMENTS)
    return folder / "bi.duckdb"


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
def test_queries(database: Path, chart: Any) -> None:
    """Each query gives the columns that are drawn, some rows, and one row for each point, so that none is summed."""
    with duckdb.connect(str(database), read_only=True) as connection:
        result = connection.execute(chart.query.replace("callgrade.", ""))
        columns = [column for column, *_ in result.description or ()]
        rows = pl.DataFrame(result.fetchall(), schema=columns, orient="row")
    assert rows.columns == chart.shown
    assert len(rows) > 0
    if chart.kind != "table":
        assert not rows.select(chart.x, chart.series).is_duplicated().any()


def test_superset_holds_together() -> None:
    """Every chart has its dataset, every dataset the database, and the dashboard every chart."""
    with ZipFile(io.BytesIO((BI / "superset.zip").read_bytes())) as archive:
        files = {name.partition("/")[2]: yaml.safe_load(archive.read(name)) for name in archive.namelist()}
    assert files == superset()
    of = {kind: [file for name, file in files.items() if name.startswith(kind)] for kind in ("datasets", "charts")}
    (database,) = (file for name, file in files.items() if name.startswith("databases"))
    assert {file["database_uuid"] for file in of["datasets"]} == {database["uuid"]}
    assert {file["dataset_uuid"] for file in of["charts"]} == {file["uuid"] for file in of["datasets"]}
    position = files["dashboards/callgrade.yaml"]["position"]
    shown = {box["meta"]["uuid"] for box in position.values() if isinstance(box, dict) and box["type"] == "CHART"}
    assert shown == {file["uuid"] for file in of["charts"]}


def test_metabase_is_asked_as_its_api_says() -> None:
    """The import asks for every question and then the dashboard, with all that Metabase's OpenAPI requires of each."""
    asked: list[tuple[str, str, dict[str, Any]]] = []

    class Metabase(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.command, self.path, body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"id": len(asked)}).encode())

        do_POST = do_PUT = answer  # noqa: N815  the server's own names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Metabase)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    number = bring(f"http://127.0.0.1:{server.server_port}", 2, "key", metabase())
    server.shutdown()
    *cards, dashboard, placing = asked
    assert [path for _, path, _ in cards] == ["/api/card"] * len(CHARTS)
    for _, _, card in cards:
        assert {"name", "dataset_query", "display", "visualization_settings"} <= card.keys()
        assert (card["dataset_query"]["database"], card["dataset_query"]["type"]) == (2, "native")
    assert dashboard[:2] == ("POST", "/api/dashboard")
    assert placing[:2] == ("PUT", f"/api/dashboard/{number}")
    placed = placing[2]["dashcards"]
    assert [one["card_id"] for one in placed] == list(range(1, len(CHARTS) + 1))
    assert len({one["id"] for one in placed}) == len({(one["row"], one["col"]) for one in placed}) == len(CHARTS)
    assert all({"id", "size_x", "size_y", "row", "col"} <= one.keys() for one in placed)


def test_dbt_says_how_fresh() -> None:
    """The sources of a dbt project have freshness where something says when, and the exposure hangs on sources."""
    (source,) = dbt()["sources"]
    tables = {table["name"]: table for table in source["tables"]}
    columns = {name: {column["name"] for column in table.get("columns", ())} for name, table in tables.items()}
    fresh = {name: table["loaded_at_field"] for name, table in tables.items() if "freshness" in table}
    assert fresh == {"dim_freshness": "last_run_at", "dim_call": "scored_at", "fact_label": "labelled_at"}
    assert all(field in columns[name] for name, field in fresh.items())
    assert {f"source('callgrade', '{name}')" for name in tables} >= set(dbt()["exposures"][0]["depends_on"])
