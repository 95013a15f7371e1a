"""The assessment map: people (or teams) by elements, red to green, and the list of conversations."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.tables import LEVELS

PLAIN = re.compile(r"[a-z0-9]([a-z0-9._-]{0,78}[a-z0-9])?")
ENOUGH = 3  # conversations before somebody can be called the gold standard without reservation
GOOD = 2.0  # yellow: nobody below it sets a standard
MANY_TILES = 4000  # beyond, the map of the whole shows teams, and each team has its own
NEWEST = 500  # conversations listed on a map
NOBODY = ""

TALLY = [
    pl.len().alias("n"),
    pl.col("expected_level").mean().alias("mean"),
    *((pl.col("level") == level).sum().alias(color) for level, color in enumerate(LEVELS)),
    pl.col("needs_review").sum().alias("review"),
    (pl.col("status") == "provisional").sum().alias("provisional"),
]


def page_name(key: str) -> str:
    """The file name of the page of a call, person or team: the key itself where every file system takes it.

    Anything else (capitals too, as many disks do not tell them apart) becomes a readable part, `~` and a hash.
    """
    if PLAIN.fullmatch(key):
        return f"{key}.html"
    readable = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:40]
    return f"{readable}~{hashlib.sha256(key.encode()).hexdigest()[:12]}.html"


def name_calls(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls by time with `person` (the lead's id, else name, else nobody), `name` to show, and the pages' paths."""
    named = calls.sort("started_at", "call_id", nulls_last=False).with_columns(
        person=pl.coalesce("lead_id", "lead_name", pl.lit(NOBODY))
    )
    newest_name = pl.col("lead_name").drop_nulls().last().over("person")
    return named.with_columns(
        name=pl.when(pl.col("person") == NOBODY)
        .then(pl.lit("Not named"))
        .otherwise(pl.coalesce(newest_name, "person")),
        call_href=_paths(named["call_id"], "calls"),
        person_href=pl.when(pl.col("person") != NOBODY).then(_paths(named["person"], "people")),
    )


def _paths(keys: pl.Series, folder: str) -> pl.Expr:
    names = {key: f"{folder}/{page_name(key)}" for key in keys.unique()}
    return pl.col(keys.name).replace_strict(names, return_dtype=pl.String)


def mark_pages(calls: pl.DataFrame, chosen: pl.DataFrame, *, pages: set[str]) -> pl.DataFrame:
    """Paths only where a page will stand: it is written now, or was before."""
    there = pl.Series([*pages, *chosen["call_href"], *chosen["person_href"].drop_nulls()], dtype=pl.String).implode()
    return calls.with_columns(
        pl.when(pl.col(path).is_in(there)).then(path).alias(path) for path in ("call_href", "person_href")
    )


def rate(calls: pl.DataFrame, labels: pl.DataFrame, elements: pl.DataFrame) -> pl.DataFrame:
    """The current labels of scored calls, with person and team, and title and place of the element in its rubric.

    Where two models label an element, the calibrated one is shown, else the newer label.
    """
    titles = elements.select("rubric", "element", "title", "position", "rubric_title")
    return (
        labels.filter("current")
        .sort("status", "labelled_at", "model_id", descending=[True, False, False])
        .unique(["call_id", "rubric", "element"], keep="last", maintain_order=True)
        .join(calls.filter(pl.col("status") == "ok"), on="call_id", suffix="_of_call")
        .join(titles, on=["rubric", "element"], how="left")
        .with_columns(
            pl.col("title").fill_null(words("element")),
            pl.col("rubric_title").fill_null(words("rubric")),
            pl.col("position").fill_null(99),
            p=pl.concat_list(f"p_{color}" for color in LEVELS).list.get(pl.col("level")),
        )
        .sort("rubric", "position", "element")
    )


def words(column: str) -> pl.Expr:
    """An identifier as words: discovery_call reads Discovery call."""
    plain = pl.col(column).str.replace_all("_", " ")
    return plain.str.slice(0, 1).str.to_uppercase() + plain.str.slice(1)


def nearest(mean: pl.Expr) -> pl.Expr:
    """The level nearest to a mean; halfway goes to the better one."""
    return (mean + 0.5).floor().clip(0, 3).cast(pl.Int64, strict=False)


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


def learnt_from(ratings: pl.DataFrame) -> dict[str, int]:
    """How many labels rest on what: people's scores, automated reference scores, or only the anchors' wording."""
    return dict(ratings.group_by("basis").agg(pl.len()).sort("basis").iter_rows())


def _kinds(ratings: pl.DataFrame, elements: pl.DataFrame, *, teams: bool) -> list[dict[str, Any]]:
    """One map per rubric: its elements as columns, people (or teams) as rows, best mean first."""
    row = pl.col("team").fill_null(NOBODY) if teams else pl.col("person")
    team_path = _paths(ratings["team"].fill_null(NOBODY), "teams")
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
