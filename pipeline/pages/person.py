"""The page of one person: elements over time, the one to work on, and moments to repeat and to avoid."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.pages import coaching
from pipeline.pages.ratings import NEWEST, NOBODY


def views(
    calls: pl.DataFrame,
    ratings: pl.DataFrame,
    evidence: pl.DataFrame,
    elements: pl.DataFrame,
    people: Sequence[str],
    *,
    plan: Plan,
    consented: list[str],
) -> Iterator[dict[str, Any]]:
    """What each person's page shows; people without an id or name have none. Moments are recent ones."""
    named = pl.Series([person for person in people if person != NOBODY], dtype=pl.String)
    chosen = pl.col("person").is_in(named.implode())
    found = coaching.levels(ratings, elements, plan).filter(chosen)
    latest = coaching.recent(ratings)
    gold = coaching.gold_moments(latest, evidence, found, consented)
    own = coaching.own_moments(latest.filter(chosen), evidence, found)
    ratings, calls = ratings.filter(chosen), calls.filter(chosen & (pl.col("status") == "ok"))
    of = {
        "elements": _by_person(found),
        "moments": _by_person(own),
        "gold": _by_person(gold),
        "calls": _by_person(_calls(calls, ratings)),
        "learnt": _by_person(ratings.group_by("person", "basis").agg(pl.len().alias("n")).sort("basis")),
    }
    about = (
        calls.group_by("person")
        .agg(
            pl.col("name", "person_href").last(),
            pl.col("team").drop_nulls().unique().sort().str.join(", ").alias("team"),
            pl.col("started_at").min().alias("first"),
            pl.col("started_at").max().alias("last"),
            pl.len().alias("n_calls"),
        )
        .sort("person")
    )
    for person in about.iter_rows(named=True):
        parts = {name: rows.get(person["person"], []) for name, rows in of.items()}
        kinds: dict[str, list[dict[str, Any]]] = {}
        for element in parts["elements"]:
            kinds.setdefault(element["rubric_title"], []).append(element)
        yield {
            **person,
            "href": person["person_href"],
            "title": person["name"],
            "kinds": kinds,
            "focus": next((row for row in parts["elements"] if row["focus"]), None),
            "repeat": [row for row in parts["moments"] if row["good"]],
            "avoid": [row for row in parts["moments"] if not row["good"]],
            "gold": parts["gold"],
            "consent": person["person"] in consented,
            "calls": parts["calls"],
            "newest": NEWEST,
            "recent": coaching.RECENT_WEEKS,
            "learnt": {row["basis"]: row["n"] for row in parts["learnt"]},
        }


def _by_person(frame: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    parts = frame.partition_by("person", as_dict=True, maintain_order=True)
    return {str(key[0]): part.to_dicts() for key, part in parts.items()}


def _calls(calls: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    colours = ratings.group_by("call_id", maintain_order=True).agg(
        pl.struct("title", "level", "needs_review").alias("colours"),
        pl.col("expected_level").mean().alias("mean"),
        pl.col("rubric_title").first().alias("kind"),
    )
    return (
        calls.reverse()
        .group_by("person", maintain_order=True)
        .head(NEWEST)
        .join(colours, on="call_id", how="left", maintain_order="left")
        .select(
            "person",
            "call_id",
            "call_href",
            "started_at",
            "duration_s",
            "kind",
            pl.coalesce("other_name", "other_id").alias("other"),
            "colours",
            "mean",
        )
    )
