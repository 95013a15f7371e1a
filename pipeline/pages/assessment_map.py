"""The assessment map: people (or teams) by elements, red to green, and the list of conversations."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.pages.ratings import ENOUGH, GOOD, NEWEST, NOBODY, TALLY, learnt_from, nearest, paths, words
from pipeline.tables import LEVELS

MANY_TILES = 4000  # beyond, the map of the whole shows teams, and each team has its own


def by_team(ratings: pl.DataFrame) -> bool:
    """Whether the map of the whole shows teams, there being too many people for one page."""
    tiles = ratings.select("rubric", "person", "element").n_unique()
    return tiles > MANY_TILES and ratings["team"].n_unique() > 1


def view_map(
    calls: pl.DataFrame,
    ratings: pl.DataFrame,
    elements: pl.DataFrame,
    rows: Mapping[str, pl.DataFrame],
    *,
    team: str | None = None,
) -> dict[str, Any]:
    """What the map's page shows, of everybody or of one team."""
    if team is not None:
        calls, ratings = (frame.filter(pl.col("team") == team) for frame in (calls, ratings))
    ok = calls.filter(pl.col("status") == "ok")
    whole = ratings.select(TALLY).to_dicts()[0]
    runs = (
        rows["runs"].filter(flow="nightly").sort("started_at").tail(1).select("flow", "ended_at", "n_cached").to_dicts()
    )
    return {
        "title": "Assessment map" if team is None else f"Assessment map: {team}",
        "n_calls": ok.height,
        "n_people": ok.filter(pl.col("person") != NOBODY)["person"].n_unique(),
        "first": ok["started_at"].min(),
        "last": ok["started_at"].max(),
        "whole": whole,
        "learnt": learnt_from(ratings),
        "weak": ok.filter(pl.col("transcriber").str.contains("pocketsphinx")).height,
        "kinds": _kinds(ratings, elements, teams=team is None and by_team(ratings)),
        "teams": ok["team"].drop_nulls().unique().sort().to_list() if team is None else [],
        "calls": _listed(ok, ratings),
        "failed": calls.filter(pl.col("status") == "failed")
        .select("call_id", "name", "error_code", pl.col("error").fill_null(""), "started_at")
        .sort("call_id")
        .to_dicts(),
        "newest": NEWEST,
        "run": runs[0] if runs else None,
    }


def _kinds(ratings: pl.DataFrame, elements: pl.DataFrame, *, teams: bool) -> list[dict[str, Any]]:
    """One map per rubric: its elements as columns, people (or teams) as rows, best mean first."""
    row = pl.col("team").fill_null(NOBODY) if teams else pl.col("person")
    team_path = paths(ratings["team"].fill_null(NOBODY), "teams")
    ratings = ratings.with_columns(
        row=row,
        shown=pl.col("team").fill_null("No team") if teams else pl.col("name"),
        href=pl.when(pl.col("team").is_not_null()).then(team_path) if teams else pl.col("person_href"),
    )
    columns = _columns(ratings, elements)
    cells = ratings.group_by("rubric", "row", "element").agg(TALLY)
    gold = _gold(ratings, cells)
    people = ratings.group_by("rubric", "row").agg(
        pl.col("shown").last(),
        pl.col("href").last(),
        pl.col("team").drop_nulls().unique().sort().str.join(", ").alias("team"),
        pl.col("call_id").n_unique().alias("n_calls"),
        pl.col("expected_level").mean().alias("overall"),
    )
    grid = (
        people.join(columns.select("rubric", "element", "position", "title"), on="rubric")
        .join(cells, on=["rubric", "row", "element"], how="left")
        .join(gold.select("rubric", "row", "element", "tentative"), on=["rubric", "row", "element"], how="left")
        .with_columns(level=nearest(pl.col("mean")))
        .sort("rubric", -pl.col("overall"), "shown", "row", "position", "element")
    )
    cell = pl.struct("element", "title", "n", "mean", "level", *LEVELS, "review", "provisional", "tentative")
    shared = ("row", "shown", "href", "team", "n_calls", "overall")
    rows = grid.group_by("rubric", *shared, maintain_order=True).agg(cell.alias("cells"))
    by_rubric = rows.group_by("rubric", maintain_order=True).agg(pl.struct(*shared, "cells").alias("rows"))
    heads = columns.join(gold.drop("row"), on=["rubric", "element"], how="left").sort("rubric", "position", "element")
    head = pl.struct(pl.exclude("rubric", "rubric_title"))
    tops = heads.group_by("rubric", maintain_order=True).agg(pl.col("rubric_title").first(), head.alias("columns"))
    n_calls = ratings.group_by("rubric").agg(pl.col("call_id").n_unique().alias("n_calls"))
    whole = tops.join(by_rubric, on="rubric").join(n_calls, on="rubric").with_columns(rows_are_teams=teams)
    return whole.sort("n_calls", "rubric", descending=[True, False]).to_dicts()


def _columns(ratings: pl.DataFrame, elements: pl.DataFrame) -> pl.DataFrame:
    """Elements that head a column: all of a rubric in use, and those labelled under a rubric that is gone."""
    about = ["rubric", "rubric_title", "element", "title", "position"]
    used = elements.filter(pl.col("rubric").is_in(ratings["rubric"].implode())).select(about)
    every = pl.concat([used, ratings.select(about)], how="vertical_relaxed").unique(["rubric", "element"])
    tallies = ratings.group_by("rubric", "element").agg(TALLY)
    return every.join(tallies, on=["rubric", "element"], how="left").with_columns(level=nearest(pl.col("mean")))


def _gold(ratings: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Who is best at each element: the highest mean from ENOUGH conversations, else tentatively from fewer."""
    names = ratings.group_by("row").agg(pl.col("shown").last().alias("gold"), pl.col("href").last().alias("gold_href"))
    return (
        cells.filter((pl.col("mean") >= GOOD) & (pl.col("row") != NOBODY))
        .with_columns(tentative=pl.col("n") < ENOUGH)
        .sort("tentative", "mean", "n", "row", descending=[False, True, True, False])
        .group_by("rubric", "element", maintain_order=True)
        .first()
        .join(names, on="row")
        .select(
            "rubric",
            "element",
            "row",
            "tentative",
            "gold",
            "gold_href",
            pl.col("mean").alias("gold_mean"),
            pl.col("n").alias("gold_n"),
        )
    )


def _listed(ok: pl.DataFrame, ratings: pl.DataFrame) -> list[dict[str, Any]]:
    """The newest conversations with the colours of their elements."""
    colours = ratings.group_by("call_id", maintain_order=True).agg(
        pl.struct("title", "level", "needs_review").alias("colours"),
        pl.col("expected_level").mean().alias("mean"),
        pl.col("needs_review").sum().alias("review"),
        pl.col("rubric_title").first(),
        pl.col("rubric").first(),
    )
    newest = ok.reverse().head(NEWEST).join(colours, on="call_id", how="left", maintain_order="left")
    return newest.select(
        "call_id",
        pl.col("call_href").alias("href"),
        "person_href",
        "name",
        pl.coalesce("other_name", "other_id").alias("other"),
        "team",
        "started_at",
        "duration_s",
        pl.coalesce("rubric", "interaction").alias("rubric"),
        pl.coalesce("rubric_title", words("interaction")).alias("kind"),
        "colours",
        "mean",
        pl.col("review").fill_null(0),
    ).to_dicts()
