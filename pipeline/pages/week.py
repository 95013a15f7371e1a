"""The page of the week: KPI tiles with their course, kinds of conversation, teams, and what the last night brought."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.kpi_frames import ALL
from pipeline.metrics.kpis import CORRELATION, KPIS
from pipeline.pages.ratings import nearest, words
from pipeline.tables import LEVELS

WEEKS = 13  # of a tile's course
LISTED = 100  # conversations of the last night; the map lists them all


class Tile(NamedTuple):
    """A KPI shown as a tile: its title, and whether more of it is better (up), worse (down) or neither."""

    title: str
    better: str = ""


TILES: dict[str, dict[str, Tile]] = {
    "Quality": {
        "quality_index": Tile("Quality index", "up"),
        "better_not_made_share": Tile("Better not made", "down"),
        "people_low_share": Tile("People in red or orange", "down"),
        "people_spread": Tile("Spread between people", "down"),
    },
    "Habits": {
        "calls": Tile("Conversations"),
        "talk_ratio_pooled": Tile("Lead's share of the talk"),
        "ask_vs_tell_pooled": Tile("Asks over asks and tells", "up"),
        "agenda_present_share": Tile("With an agenda", "up"),
        "next_step_present_share": Tile("With a next step", "up"),
        "actions_owned_share": Tile("Actions with an owner", "up"),
        "actions_dated_share": Tile("Actions with a date", "up"),
        "actions_done_share": Tile("Earlier actions done", "up"),
    },
    "Coaching": {
        "coaching_quality": Tile("Coaching quality", "up"),
        "cadence_kept_share": Tile("Meetings held as planned", "up"),
        "meeting_length_kept_share": Tile("Meetings of planned length", "up"),
        "purposes_mixed_share": Tile("Meetings of mixed purpose", "down"),
    },
}
COLUMNS = (
    *("calls", "quality_index", "better_not_made_share", "people_low_share", "ask_vs_tell_pooled"),
    *("agenda_present_share", "next_step_present_share", "actions_done_share"),
)
TITLES = {kpi: tile.title for tiles in TILES.values() for kpi, tile in tiles.items()}


def view(
    rows: Mapping[str, pl.DataFrame],
    ratings: pl.DataFrame,
    elements: pl.DataFrame,
    plan: Plan,
    *,
    drifted: pl.DataFrame | None = None,
) -> dict[str, Any]:
    """What the page of the latest week shows; `rows` are the tables, `kpis` among them, `drifted` rows of
    `models.drift.drift`."""
    kpis = rows["kpis"].filter(pl.col("level_of") != "lead").sort("week")
    week = rows["kpis"]["week"].max()
    latest = kpis.filter(pl.col("week") == week)
    kinds = elements.select(interaction="rubric", name="rubric_title").unique()
    of_org = latest.filter(pl.col("level_of") == "org", pl.col("interaction") != ALL)
    by_kind = of_org.join(kinds, on="interaction", how="left").with_columns(
        row="interaction", name=pl.coalesce("name", words("interaction"))
    )
    by_team = latest.filter(level_of="team", interaction=ALL).with_columns(row="entity_id", name="entity_id")
    return {
        "title": "The week",
        "week": week,
        "groups": _groups(kpis.filter(level_of="org", interaction=ALL), week, plan),
        "lost": _lost(of_org, kinds, plan),
        "columns": [{"kpi": kpi, "title": TITLES[kpi], "about": KPIS[kpi].definition} for kpi in COLUMNS],
        "tables": {"Kind of conversation": _table(by_kind, plan), "Team": _table(by_team, plan)},
        "outcomes": _outcomes(latest.filter(level_of="org", interaction=ALL), plan),
        "correlation": CORRELATION,
        "small_n": plan.small_n,
        "moved": moved(rows["kpis"], rows["calls"]),
        "night": night(rows, ratings, plan),
        "drifted": [] if drifted is None else _drifted(drifted, elements),
    }


def _drifted(drifted: pl.DataFrame, elements: pl.DataFrame) -> list[dict[str, Any]]:
    """The alarms of the latest week: title, rubric_title, n, against, and the shares that moved most."""
    latest = drifted.filter(pl.col("alarm") & (pl.col("week") == pl.col("week").max()))
    titles = elements.select("rubric", "element", "title", "rubric_title", "position")
    found = latest.join(titles, on=["rubric", "element"]).sort("rubric_title", "position").to_dicts()
    for row in found:
        moves = {color: row[f"share_{color}"] - row[f"expected_{color}"] for color in LEVELS}
        row["color"] = color = max(moves, key=lambda color: abs(moves[color]))
        row["share"], row["expected"] = row[f"share_{color}"], row[f"expected_{color}"]
    return found


def night(rows: Mapping[str, pl.DataFrame], ratings: pl.DataFrame, plan: Plan) -> dict[str, Any] | None:
    """What the last run of the nightly flow brought: the conversations it scored, worst first, and those it could not.

    `bad` marks the conversations that are red on every decisive element of the plan."""
    run = rows["runs"].filter(flow="nightly").sort("started_at").tail(1).to_dicts()
    if not run:
        return None
    calls = rows["calls"].filter(pl.col("scored_at") >= run[0]["started_at"])
    decisive = [(rubric, name) for rubric, names in plan.decisive.items() for name in names]
    needed = pl.DataFrame(decisive, schema={"rubric": pl.String, "element": pl.String}, orient="row")
    per_rubric = {rubric: len(names) for rubric, names in plan.decisive.items()}
    red = (
        ratings.filter(pl.col("level") == 0)
        .join(needed, on=["rubric", "element"], how="semi")
        .group_by("call_id")
        .agg(bad=pl.len() >= pl.col("rubric").first().replace_strict(per_rubric, return_dtype=pl.UInt32))
    )
    scored = (
        ratings.join(calls.filter(status="ok"), on="call_id", how="semi")
        .group_by("call_id", maintain_order=True)
        .agg(
            pl.col("name", "person_href", "rubric_title", "started_at", "call_href").first(),
            other=pl.coalesce("other_name", "other_id").first(),
            colours=pl.struct("title", "level", "needs_review"),
            mean=pl.col("expected_level").mean(),
            review=pl.col("needs_review").sum(),
        )
        .join(red, on="call_id", how="left")
        .with_columns(pl.col("bad").fill_null(value=False), level=nearest(pl.col("mean")))
        .sort(~pl.col("bad"), "mean", "call_id")
    )
    carried = rows["actions"].filter(pl.col("carried_from").is_not_null()).join(scored, on="call_id", how="semi")
    failed = calls.filter(status="failed").sort("call_id")
    return {
        "ended": run[0]["ended_at"] or run[0]["started_at"],
        "n_scored": calls.filter(status="ok").height,
        "n_failed": failed.height,
        "n_review": scored["review"].sum(),
        "n_bad": scored["bad"].sum(),
        "n_not_taken_up": carried.filter(state="not_mentioned").height,
        "n_carried": carried.height,
        "calls": scored.head(LISTED).to_dicts(),
        "listed": LISTED,
        "failed": failed.select("call_id", "error_code", "error").to_dicts(),
    }


def moved(kpis: pl.DataFrame, calls: pl.DataFrame) -> dict[str, list[str]]:
    """Names of those who shifted in the latest week: up into yellow and green, and down out of it."""
    latest = kpis.filter(pl.col("week") == kpis["week"].max(), level_of="lead", interaction=ALL)
    names = names_of(calls)
    shifted = latest.filter(pl.col("value") == 1.0).join(names, left_on="entity_id", right_on="person", how="left")
    named = shifted.with_columns(pl.coalesce("name", "entity_id").alias("name")).sort("name")
    return {
        way: named.filter(kpi=kpi)["name"].to_list()
        for way, kpi in {"up": "people_up_share", "down": "people_down_share"}.items()
    }


def names_of(calls: pl.DataFrame) -> pl.DataFrame:
    """The newest name of everybody who stands in the call list with an id: person, name."""
    dated = calls.sort("started_at", "call_id", nulls_last=False)
    named = [dated.select(person=f"{side}_id", name=f"{side}_name") for side in ("other", "lead")]
    return pl.concat(named).drop_nulls().unique("person", keep="last", maintain_order=True)


def _groups(course: pl.DataFrame, week: object, plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """The tiles by group; one that nothing is known of in the latest week is left out."""
    known = course.partition_by("kpi", as_dict=True)
    return {
        group: [
            _tile(kpi, tile, known[kpi,].tail(WEEKS).to_dicts(), plan)
            for kpi, tile in tiles.items()
            if (kpi,) in known and known[kpi,]["week"][-1] == week
        ]
        for group, tiles in TILES.items()
    }


def _tile(kpi: str, tile: Tile, course: list[dict[str, Any]], plan: Plan) -> dict[str, Any]:
    now, before = course[-1], course[-2] if len(course) > 1 else None
    adjoining = before is not None and (now["week"] - before["week"]).days == 7
    return {
        "kpi": kpi,
        "title": tile.title,
        "about": KPIS[kpi].definition,
        "better": tile.better,
        "course": course,
        "top": _top(kpi, course),
        **_figure(kpi, now, plan),
        "change": _change(kpi, now, before) if adjoining and before else None,
    }


def _top(kpi: str, course: list[dict[str, Any]]) -> float:
    """The value at the upper edge of a tile's plot: the KPI's highest possible one, else the highest there was."""
    if KPIS[kpi].unit == "share":
        return 1.0
    return KPIS[kpi].top or max(row["value"] for row in course) or 1.0


def _figure(kpi: str, row: dict[str, Any], plan: Plan) -> dict[str, Any]:
    return {
        "text": shown(row["value"], KPIS[kpi].unit),
        "interval": f"{shown(row['low'], KPIS[kpi].unit)} to {shown(row['high'], KPIS[kpi].unit)}"
        if row["low"] is not None
        else "",
        "n": row["n_calls"],
        "small": is_small(kpi, row["n_calls"], plan),
    }


def is_small(kpi: str, n_calls: int, plan: Plan) -> bool:
    """Whether a figure rests on so few conversations that it says little; counts do not, nor do meetings not held."""
    return n_calls < plan.small_n and KPIS[kpi].kind != "total" and KPIS[kpi].source != "pairs"


def _change(kpi: str, now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """How far a figure is from that of the week before, and whether that may be chance: the intervals overlap."""
    by, unit = now["value"] - before["value"], KPIS[kpi].unit
    same = shown(abs(by), unit) == shown(0.0, unit)
    doubt = "may be chance"
    if KPIS[kpi].kind == "total":
        doubt = ""
    elif None in (now["low"], before["low"]):
        doubt = "too few to tell"
    elif now["low"] > before["high"] or now["high"] < before["low"]:
        doubt = ""
    return {
        "way": "same" if same else "up" if by > 0 else "down",
        "text": shown(abs(by), unit).replace(" %", " points"),
        "doubt": doubt,
    }


def shown(value: float, unit: str) -> str:
    """A KPI's value as people read it: shares in percent, counts whole, the rest with one digit."""
    if unit == "share":
        return f"{100 * value:.0f} %"
    return f"{value:,.0f}" if unit in ("count", "0–100", "min") else f"{value:.1f}"


def _table(rows: pl.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    """One row per kind or team with the figures of COLUMNS, those with most conversations first."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows.filter(pl.col("kpi").is_in(COLUMNS)).sort("row").iter_rows(named=True):
        line = found.setdefault(row["row"], {"name": row["name"], "cells": {}})
        line["cells"][row["kpi"]] = {"value": row["value"], **_figure(row["kpi"], row, plan)}
    return sorted(found.values(), key=lambda line: -line["cells"].get("calls", {"value": 0.0})["value"])


def _lost(of_org: pl.DataFrame, kinds: pl.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    """What conversations better not made cost, by kind, with the plan's assumptions."""
    rows = of_org.filter(kpi="opportunities_lost").join(kinds, on="interaction", how="left").sort("interaction")
    return [
        {
            "name": row["name"],
            **_figure("opportunities_lost", row, plan),
            **plan.opportunities[row["interaction"]].model_dump(),
        }
        for row in rows.iter_rows(named=True)
        if row["interaction"] in plan.opportunities
    ]


def _outcomes(of_org: pl.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    """Mean quality of the week's conversations by outcome."""
    found = of_org.filter(kpi_name="quality_by_outcome").sort("value", descending=True)
    return [
        {"outcome": row["split"], **_figure("quality_by_outcome", row, plan)} for row in found.iter_rows(named=True)
    ]
