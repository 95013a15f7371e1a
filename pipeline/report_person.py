"""The page of one person: elements over time, the one to work on, and moments to repeat and to avoid."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from pipeline.report_map import ENOUGH, NOBODY, TALLY, nearest
from pipeline.tables import LEVELS

TREND_WEEKS = 3  # fewer weeks show no trend
STEADY = 0.25  # levels in four weeks: less is called steady
MOMENTS = 3


def views(
    calls: pl.DataFrame,
    ratings: pl.DataFrame,
    evidence: pl.DataFrame,
    elements: pl.DataFrame,
    people: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """What each person's page shows; people without an id or name have none."""
    chosen = pl.col("person").is_in(
        pl.Series([person for person in people if person != NOBODY], dtype=pl.String).implode()
    )
    best = _best(ratings)
    ratings = ratings.filter(chosen)
    of = {
        "elements": _by_person(_elements(ratings, best, elements)),
        "moments": _by_person(_moments(ratings, evidence)),
        "calls": _by_person(_calls(calls.filter(chosen & (pl.col("status") == "ok")), ratings)),
    }
    about = (
        calls.filter(chosen & (pl.col("status") == "ok"))
        .group_by("person")
        .agg(
            pl.col("name", "person_href").last(),
            pl.col("team").drop_nulls().unique().sort().str.join(", ").alias("team"),
            pl.col("started_at").min().alias("first"),
            pl.col("started_at").max().alias("last"),
            pl.len().alias("n_calls"),
        )
        .sort("person")
    )
    learnt = _by_person(ratings.group_by("person", "basis").agg(pl.len().alias("n")).sort("basis"))
    for person in about.iter_rows(named=True):
        key = person["person"]
        parts = {name: found.get(key, []) for name, found in of.items()}
        kinds: dict[str, list[dict[str, Any]]] = {}
        for element in parts["elements"]:
            kinds.setdefault(element["rubric_title"], []).append(element)
        yield {
            **person,
            "href": person["person_href"],
            "title": person["name"],
            "kinds": kinds,
            "focus": max(parts["elements"], key=lambda row: (row["room"], -row["mean"]), default=None),
            "repeat": [row for row in parts["moments"] if row["good"]],
            "avoid": [row for row in parts["moments"] if not row["good"]],
            "calls": parts["calls"],
            "learnt": {row["basis"]: row["n"] for row in learnt.get(key, [])},
        }


def _by_person(frame: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    parts = frame.partition_by("person", as_dict=True, maintain_order=True)
    return {str(key[0]): part.to_dicts() for key, part in parts.items()}


def _best(ratings: pl.DataFrame) -> pl.DataFrame:
    """The best mean that anybody with enough conversations reaches at each element."""
    means = ratings.group_by("rubric", "element", "person").agg(*TALLY, pl.col("name").last().alias("best_name"))
    return (
        means.filter(pl.col("n") >= ENOUGH)
        .sort("mean", "person", descending=[True, False])
        .group_by("rubric", "element", maintain_order=True)
        .agg(
            pl.col("mean").first().alias("best"),
            pl.col("person").first().alias("best_person"),
            pl.col("best_name").first(),
        )
    )


def _elements(ratings: pl.DataFrame, best: pl.DataFrame, elements: pl.DataFrame) -> pl.DataFrame:
    """One row per person and element: mean, weeks, trend, and how much room there is up to the best."""
    day = pl.col("started_at").dt.epoch("d").cast(pl.Float64)
    level = pl.col("expected_level")
    week = pl.col("started_at").dt.truncate("1w").dt.date()
    weeks = (
        ratings.filter(pl.col("started_at").is_not_null())
        .group_by("person", "rubric", "element", week=week)
        .agg(pl.len().alias("n"), level.mean().alias("mean"))
        .with_columns(level=nearest(pl.col("mean")))
        .sort("week")
        .group_by("person", "rubric", "element")
        .agg(pl.struct("week", "n", "mean", "level").alias("weeks"))
    )
    keys = ["person", "rubric", "element"]
    anchors = elements.select("rubric", "element", pl.col(LEVELS[-1]).alias("goal"))
    found = ratings.group_by(*keys, maintain_order=True).agg(
        pl.col("rubric_title", "title", "position").first(),
        *TALLY,
        (28 * pl.cov(day, level) / day.var()).alias("trend"),
    )
    own = pl.col("best_person") == pl.col("person")
    room = pl.when(own.not_() & (pl.col("best") > pl.col("mean"))).then(pl.col("best") - pl.col("mean"))
    return (
        found.join(weeks, on=keys, how="left")
        .join(best, on=["rubric", "element"], how="left")
        .join(anchors, on=["rubric", "element"], how="left")
        .with_columns(
            level=nearest(pl.col("mean")),
            room=room.fill_null(0.0),
            trend=pl.when(pl.col("weeks").list.len() >= TREND_WEEKS).then(pl.col("trend").fill_nan(None)),
        )
        .with_columns(
            direction=pl.when(pl.col("trend").is_null())
            .then(pl.lit("unknown"))
            .when(pl.col("trend") > STEADY)
            .then(pl.lit("up"))
            .when(pl.col("trend") < -STEADY)
            .then(pl.lit("down"))
            .otherwise(pl.lit("steady"))
        )
        .sort("person", "rubric", "position", "element")
    )


def _moments(ratings: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """The strongest moments of a person's greenest and reddest labels, one per element."""
    moments = evidence.filter((pl.col("rank") == 0) & pl.col("idx").is_not_null()).join(
        ratings, on=["call_id", "rubric", "element", "model_id"]
    )
    top, bottom = len(LEVELS) - 1, 0
    extreme = moments.filter(pl.col("level").is_in([bottom, top])).with_columns(good=pl.col("level") == top)
    return (
        extreme.sort("p", descending=True)
        .group_by("person", "good", "rubric", "element", maintain_order=True)
        .first()
        .group_by("person", "good", maintain_order=True)
        .head(MOMENTS)
        .select(
            "person",
            "good",
            "title",
            "rubric_title",
            "level",
            "p",
            "quote",
            "idx",
            "start_s",
            "call_href",
            "started_at",
            "other_name",
        )
    )


def _calls(calls: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    colours = ratings.group_by("call_id", maintain_order=True).agg(
        pl.struct("title", "level", "needs_review").alias("colours"),
        pl.col("expected_level").mean().alias("mean"),
        pl.col("rubric_title").first().alias("kind"),
    )
    return (
        calls.reverse()
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
