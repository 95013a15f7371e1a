"""Make what BI tools import, in docs/bi: a dashboard for Superset, one for Metabase, and the sources of a dbt project.

    python docs/make_bi.py

Both dashboards have the same charts, each of a view that may be drawn as it is.
"""

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZipFile, ZipInfo

import yaml

from pipeline.export.data_dictionary import TABLES, meanings
from pipeline.export.keys import DIMENSIONS

BI = Path(__file__).with_name("bi")
TITLE = "How good are our conversations?"
URI = "postgresql+psycopg2://reader@localhost:5432/callgrade"
WIDTH = 12  # columns of Superset's grid; Metabase's has twice as many


class Chart(NamedTuple):
    """A chart of the rows of a query: `kind` line or bar with `value` over `x`, one for each `series`; pivot of `value`
    with a row for each `x` and a column for each `series`; or table of the columns named. Each point is one row."""

    title: str
    kind: str
    query: str
    x: str
    value: str
    series: str | None = None
    columns: tuple[str, ...] = ()

    @property
    def shown(self) -> list[str]:
        """The columns that the query gives."""
        return list(self.columns) or [name for name in (self.x, self.series, self.value) if name]

    @property
    def slug(self) -> str:
        """The title as the name of a file."""
        return "_".join(self.title.lower().partition(":")[0].replace(",", "").split())


def _weekly(title: str, kpi: str) -> Chart:
    """A KPI of all kinds of conversation together, week by week and team by team."""
    query = (
        f"SELECT week, entity_id AS team, value AS {kpi} FROM callgrade.v_kpi WHERE kpi = '{kpi}' "  # noqa: S608
        "AND level_of = 'team' AND interaction = 'all' AND split = '' ORDER BY week"
    )
    return Chart(title, "line", query, "week", kpi, "team")


LEVELS = """SELECT person, title, sum(mean_level * n_calls) / sum(n_calls) AS mean_level
FROM callgrade.v_assessment_map GROUP BY person, title ORDER BY person"""
RED = """SELECT e.title, t.team, avg(CASE WHEN l.level = 0 THEN 1.0 ELSE 0.0 END) AS red_share
FROM callgrade.v_label l
JOIN callgrade.dim_element e ON e.element_key = l.element_key
JOIN callgrade.dim_team t ON t.team_key = l.team_key
WHERE l.level IS NOT NULL GROUP BY e.title, t.team ORDER BY e.title"""
OUTCOMES = "SELECT outcome, interaction, quality_index FROM callgrade.v_quality_by_outcome ORDER BY outcome"
COACHING = ("week", "manager", "interaction", "coaching_quality", "cadence_kept_share", "moved_share", "n_calls")
FRESH = ("table_name", "changed_at", "last_run_at")
CHARTS = (
    _weekly("Quality by team", "quality_index"),
    _weekly("Share of calls better not made", "better_not_made_share"),
    Chart("Mean level by person: 0 red, 3 green", "pivot", LEVELS, "person", "mean_level", "title"),
    Chart("Share of red by element", "pivot", RED, "title", "red_share", "team"),
    _weekly("Conversations with a next step", "next_step_present_share"),
    _weekly("Share of talk of who leads", "talk_ratio_mean"),
    Chart("Quality by outcome: a correlation, no cause", "bar", OUTCOMES, "outcome", "quality_index", "interaction"),
    Chart("How managers meet and coach", "table", f"SELECT {', '.join(COACHING)} FROM callgrade.v_manager_coaching "  # noqa: S608
          "ORDER BY week DESC, manager", "week", "coaching_quality", columns=COACHING),
    Chart("How fresh this is", "table", f"SELECT {', '.join(FRESH)} FROM callgrade.dim_freshness "  # noqa: S608
          "ORDER BY table_name", "table_name", "changed_at", columns=FRESH),
)  # fmt: skip


def metabase() -> dict[str, Any]:
    """Questions and dashboard as Metabase's API takes them; import_metabase.py fills in the number of the database."""
    return {
        "cards": [
            {
                "name": chart.title,
                "display": {"pivot": "table"}.get(chart.kind, chart.kind),
                "dataset_query": {"type": "native", "native": {"query": chart.query}, "database": None},
                "visualization_settings": _metabase_settings(chart),
            }
            for chart in CHARTS
        ],
        "dashboard": {"name": TITLE, "description": "Made from callgrade's views; see docs/bi.md."},
        "dashcards": [
            {"id": -1 - at, "row": at // 2 * 8, "col": at % 2 * WIDTH, "size_x": WIDTH, "size_y": 8}
            for at in range(len(CHARTS))
        ],
    }


def _metabase_settings(chart: Chart) -> dict[str, Any]:
    if chart.kind == "pivot":
        return {"table.pivot": True, "table.pivot_column": chart.series, "table.cell_column": chart.value}
    if chart.kind == "table":
        return {}
    dimensions = [chart.x, *([chart.series] if chart.series else [])]
    return {"graph.dimensions": dimensions, "graph.metrics": [chart.value]}


def superset() -> dict[str, dict[str, Any]]:
    """The files of Superset's import, by name."""
    database = {
        "database_name": "callgrade",
        "sqlalchemy_uri": URI,
        "uuid": _uuid("database"),
        "expose_in_sqllab": True,
    }
    made = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    files = {"metadata.yaml": {"version": "1.0.0", "type": "Dashboard", "timestamp": made}}
    files["databases/callgrade.yaml"] = database | {"extra": {}, "version": "1.0.0"}
    for chart in CHARTS:
        files[f"datasets/callgrade/{chart.slug}.yaml"] = {
            "table_name": chart.slug,
            "sql": chart.query,
            "schema": "callgrade",
            "main_dttm_col": "week" if "week" in chart.shown else None,
            "uuid": _uuid(f"dataset/{chart.slug}"),
            "database_uuid": database["uuid"],
            "columns": [{"column_name": name, "is_dttm": name in ("week", "changed_at")} for name in chart.shown],
            "metrics": [{"metric_name": f"max_{chart.value}", "expression": f"MAX({chart.value})"}],
            "version": "1.0.0",
        }
        files[f"charts/{chart.slug}.yaml"] = {
            "slice_name": chart.title,
            "viz_type": VIZ[chart.kind],
            "params": _superset_params(chart),
            "uuid": _uuid(chart.title),
            "dataset_uuid": _uuid(f"dataset/{chart.slug}"),
            "version": "1.0.0",
        }
    files["dashboards/callgrade.yaml"] = {
        "dashboard_title": TITLE,
        "slug": "callgrade",
        "uuid": _uuid("dashboard"),
        "position": _positions(),
        "metadata": {},
        "version": "1.0.0",
    }
    return files


VIZ = {
    "line": "echarts_timeseries_line",
    "bar": "echarts_timeseries_bar",
    "table": "table",
    "pivot": "pivot_table_v2",
}


def _superset_params(chart: Chart) -> dict[str, Any]:
    metric, series = f"max_{chart.value}", [chart.series] if chart.series else []
    either = {
        "table": {"query_mode": "raw", "all_columns": chart.shown},
        "pivot": {
            "groupbyRows": [chart.x],
            "groupbyColumns": series,
            "metrics": [metric],
            "aggregateFunction": "Maximum",
        },
    }
    drawn = {"x_axis": chart.x, "metrics": [metric], "groupby": series}
    return {"viz_type": VIZ[chart.kind], "time_range": "No filter", "row_limit": 10_000} | either.get(chart.kind, drawn)


def _positions() -> dict[str, Any]:
    rows = [CHARTS[at : at + 2] for at in range(0, len(CHARTS), 2)]
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [f"ROW-{at}" for at in range(len(rows))]},
    }
    for at, row in enumerate(rows):
        names = [f"CHART-{chart.slug}" for chart in row]
        background = {"background": "BACKGROUND_TRANSPARENT"}
        position[f"ROW-{at}"] = {"type": "ROW", "id": f"ROW-{at}", "children": names, "meta": background}
        for name, chart in zip(names, row, strict=True):
            meta = {"width": WIDTH // len(row), "height": 50, "chartId": 0, "uuid": _uuid(chart.title)}
            position[name] = {"type": "CHART", "id": name, "children": [], "meta": meta}
    return position


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"callgrade/{name}"))


def zipped(files: dict[str, dict[str, Any]]) -> bytes:
    """The files as Superset imports them, the same bytes each time."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(ZipInfo(f"callgrade/{name}"), yaml.safe_dump(content, sort_keys=False))
    return buffer.getvalue()


def dbt() -> dict[str, Any]:
    """The export as sources of a dbt project: columns with their meaning, tests of keys, freshness, and who uses it."""
    columns: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for name, text in meanings().items():
        table, _, column = name.partition(".")
        if column != "x_*":
            columns[table].append({"name": column, "description": text} | _tests(table, column))
    tables = [
        {"name": name, "description": text, "columns": columns[name]} | FRESHNESS.get(name, {})
        for name, text in TABLES.items()
    ]
    views = sorted({name for chart in CHARTS for name in re.findall(r"callgrade\.(v_\w+)", chart.query)})
    source = {"name": "callgrade", "schema": "callgrade", "description": "The star schema of callgrade export."}
    exposure = {
        "name": "callgrade_dashboard",
        "label": TITLE,
        "type": "dashboard",
        "maturity": "medium",
        "description": "Superset or Metabase, imported from docs/bi; dim_freshness on it says how old it is.",
        "depends_on": [f"source('callgrade', '{name}')" for name in [*views, "dim_freshness"]],
        "owner": {"name": "Sales enablement", "email": "enablement@example.com"},
    }
    listed = [{"name": name, "description": "A view; see docs/bi.md."} for name in views]
    return {"version": 2, "sources": [source | {"tables": tables + listed}], "exposures": [exposure]}


LATE = {"warn_after": {"count": 36, "period": "hour"}, "error_after": {"count": 72, "period": "hour"}}
FRESHNESS = {
    "dim_freshness": {"loaded_at_field": "last_run_at", "freshness": LATE},
    "dim_call": {"loaded_at_field": "scored_at", "freshness": LATE},
    "fact_label": {"loaded_at_field": "labelled_at", "freshness": LATE},
}


def _tests(table: str, column: str) -> dict[str, Any]:
    dimension = DIMENSIONS.get(column)
    if dimension == table:
        return {"data_tests": ["unique", "not_null"]}
    if dimension is None:
        return {}
    about = {"to": f"source('callgrade', '{dimension}')", "field": "call_id" if column == "made_in" else column}
    return {"data_tests": [{"relationships": {"arguments": about}}]}


def made() -> dict[str, bytes]:
    """What the files of docs/bi hold, by name."""
    return {
        "superset.zip": zipped(superset()),
        "metabase.json": (json.dumps(metabase(), indent=1) + "\n").encode(),
        "dbt.yml": yaml.safe_dump(dbt(), sort_keys=False, width=120).encode(),
    }


if __name__ == "__main__":
    for file, content in made().items():
        (BI / file).write_bytes(content)
