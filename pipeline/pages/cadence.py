"""The cadence page: which meetings each seller had when they were due, and how each manager's meetings went."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.kpi_frames import ALL
from pipeline.metrics.kpis import KPIS
from pipeline.pages.week import is_small, names_of, shown

WEEKS = 13
CELLS = 20_000  # marks on the page, which bounds its size: with more sellers fewer weeks are shown
ROWS = 500  # sellers of one kind of meeting
MANAGED = {
    "meetings_held": "Meetings held",
    "cadence_kept_share": "As often as planned",
    "meeting_length_kept_share": "As long as planned",
    "meeting_overrun_share": "Overran",
    "meeting_moved_share": "Moved",
    "purposes_mixed_share": "Mixed purposes",
    "coaching_quality": "Coaching quality",
    "joint_calls": "Joint calls",
    "manager_takeover_share": "Took over",
}


def view(rows: Mapping[str, pl.DataFrame], people: pl.DataFrame, elements: pl.DataFrame, plan: Plan) -> dict[str, Any]:
    """What the cadence page shows; `people` has person and person_href of those with a page."""
    kpis, names = rows["kpis"], names_of(rows["calls"]).join(people, on="person", how="left")
    titles = dict(elements.select("rubric", "rubric_title").unique().iter_rows())
    due = kpis.filter(pl.col("kpi") == "cadence_kept_share", pl.col("level_of") == "lead", pl.col("interaction") != ALL)
    held = due.filter(pl.col("value") > 0)["interaction"].unique()
    kept = due.filter(pl.col("interaction").is_in(held.implode()))
    sellers = kept.select("interaction", "entity_id").n_unique()
    n_weeks = max(1, min(WEEKS, CELLS // max(sellers, 1)))
    weeks = kpis["week"].unique().sort().tail(n_weeks).to_list()
    kinds = [
        {
            "title": titles.get(kind, kind),
            "kind": kind,
            "every": plan.meetings[kind].every_weeks,
            "minutes": plan.meetings[kind].minutes,
            **_grid(kept.filter(interaction=kind), weeks, rows["calls"], names),
        }
        for kind in plan.meetings
        if kind in held
    ]
    never = [titles[kind] for kind in plan.meetings if kind in titles and kind not in held]
    return {
        "title": "Cadence",
        "week": weeks[-1] if weeks else None,
        "weeks": weeks,
        "kinds": kinds,
        "never": never,
        "rows": ROWS,
        "columns": [{"kpi": kpi, "title": title, "about": KPIS[kpi].definition} for kpi, title in MANAGED.items()],
        "managers": _managers(kpis.filter(pl.col("week") == kpis["week"].max()), names, plan),
        "small_n": plan.small_n,
    }


def _grid(kept: pl.DataFrame, weeks: list[Any], calls: pl.DataFrame, names: pl.DataFrame) -> dict[str, Any]:
    """The sellers due for one kind of meeting by manager: in which weeks they had it within the plan's interval."""
    manager = (
        calls.sort("started_at", "call_id").group_by(entity_id="lead_id").agg(pl.col("manager_id").drop_nulls().last())
    )
    recent = kept.filter(pl.col("week").is_in(weeks)).join(manager, on="entity_id", how="left")
    wide = recent.group_by("entity_id", "manager_id").agg(
        n_kept=(pl.col("value") > 0).sum(),
        n_due=pl.len(),
        marks=pl.struct("week", kept=pl.col("value") > 0),
    )
    told = (
        wide.join(names, left_on="entity_id", right_on="person", how="left")
        .join(names.select(manager_id="person", manager="name"), on="manager_id", how="left")
        .with_columns(pl.coalesce("name", "entity_id"), manager=pl.coalesce("manager", "manager_id", pl.lit("")))
        .sort("manager", "name", "entity_id")
    )
    lines = [
        {**row, "marks": [{mark["week"]: mark["kept"] for mark in row["marks"]}.get(week) for week in weeks]}
        for row in told.head(ROWS).iter_rows(named=True)
    ]
    return {"sellers": lines, "n_sellers": told.height, "n_kept": told["n_kept"].sum(), "n_due": told["n_due"].sum()}


def _managers(latest: pl.DataFrame, names: pl.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    """Each manager's meetings in the latest week, those with the fewest kept first."""
    of = latest.filter(pl.col("kpi").is_in(list(MANAGED)), level_of="manager", interaction=ALL).join(
        names, left_on="entity_id", right_on="person", how="left"
    )
    found: dict[str, dict[str, Any]] = {}
    for row in of.sort("entity_id").iter_rows(named=True):
        about = {"name": row["name"] or row["entity_id"], "href": row["person_href"], "cells": {}}
        cell = {"value": row["value"], "text": shown(row["value"], KPIS[row["kpi"]].unit), "n": row["n_calls"]}
        found.setdefault(row["entity_id"], about)["cells"][row["kpi"]] = cell | {
            "small": is_small(row["kpi"], row["n_calls"], plan)
        }
    return sorted(
        found.values(), key=lambda one: (one["cells"].get("cadence_kept_share", {"value": 2})["value"], one["name"])
    )
