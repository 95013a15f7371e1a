"""The assessment map: people (or teams) by elements, red to green, and the list of conversations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import dataframely as dy
import polars as pl

from pipeline.pages.parts.not_judged import Unjudged, not_judged
from pipeline.pages.parts.ratings import (
    MAX_LISTED_CALLS,
    MIN_GOLD_LEVEL,
    MIN_SCORED_CALLS,
    NOBODY,
    TALLY,
    Chip,
    FailedCall,
    learnt_from,
    paths,
    unjudged,
    words,
)
from pipeline.pages.parts.sentence import how_it_went
from pipeline.pages.parts.typed_rows import rows_of
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

MAX_TILES = 4000  # beyond, the map of the whole shows teams, and each team has its own


@dataclass(frozen=True)
class Tally:
    """Labels counted by colour, with their mean expected level; all null where there is none."""

    n: int | None
    mean: float | None
    red: int | None
    orange: int | None
    yellow: int | None
    green: int | None
    review: int | None
    provisional: int | None


@dataclass(frozen=True)
class Tile(Tally):
    """The labels of one person or team and element; `tentative` is null unless this is the gold standard."""

    element: str
    level: int | None
    tentative: bool | None


@dataclass(frozen=True)
class Column(Tally):
    """An element that heads a column, with everyone's labels and who is best at it."""

    element: str
    title: str
    level: int | None
    tentative: bool | None
    reason: str | None
    gold: str | None
    gold_href: str | None
    gold_mean: float | None


@dataclass(frozen=True)
class Row:
    """A person or team with a tile for each element; `row` is the id of the person or the name of the team."""

    row: str
    shown: str
    href: str | None
    team: str
    manager: str | None
    n_calls: int
    overall: float
    cells: list[Tile]


@dataclass(frozen=True)
class Kind:
    """The map of one rubric, best mean first."""

    rubric: str
    rubric_title: str
    n_calls: int
    columns: list[Column]
    rows: list[Row]
    rows_are_teams: bool


@dataclass(frozen=True)
class ListedCall:
    """A conversation in the list, with the colours of its elements."""

    call_id: str
    href: str | None
    name: str
    other: str | None
    team: str | None
    manager: str | None
    started_at: datetime | None
    duration_s: float | None
    rubric: str | None
    kind: str | None
    colours: list[Chip] | None
    mean: float | None
    review: int
    week: date | None

    @property
    def sentence(self) -> str:
        """How it went, in a sentence; empty where nothing was judged."""
        return how_it_went(self.colours) if self.colours else ""


@dataclass(frozen=True)
class LastRun:
    """The last run of the nightly flow."""

    flow: str
    ended_at: datetime | None


@dataclass(frozen=True)
class AssessmentMap:
    """What the map's page shows; `learnt` counts labels by their basis."""

    title: str
    n_calls: int
    n_people: int
    first: datetime | None
    last: datetime | None
    whole: Tally
    learnt: dict[str, int]
    kinds: list[Kind]
    unjudged: list[Unjudged]
    teams: list[str]
    managers: list[str]
    people: list[str]
    weeks: list[date]
    calls: list[ListedCall]
    failed: list[FailedCall]
    run: LastRun | None
    newest: int = MAX_LISTED_CALLS


def by_team(ratings: pl.DataFrame) -> bool:
    """Whether the map of the whole shows teams, there being too many people for one page."""
    tiles = ratings.select("rubric", "person", "element").n_unique()
    return tiles > MAX_TILES and ratings["team"].n_unique() > 1


def view_map(
    calls: pl.DataFrame,
    ratings: pl.DataFrame,
    elements: dy.DataFrame[Elements],
    rows: Mapping[str, pl.DataFrame],
    *,
    team: str | None = None,
    teaching: pl.DataFrame | None = None,
) -> AssessmentMap:
    """The map of everybody or of one team; `teaching` has call_id and rubric, best first: what to score next for
    elements that are not judged yet."""
    names = dict(calls.select("person", "name").iter_rows())
    manager = pl.col("manager_id").replace(names).alias("manager")
    calls, ratings = calls.with_columns(manager), ratings.with_columns(manager)
    if team is not None:
        calls, ratings = (frame.filter(pl.col("team") == team) for frame in (calls, ratings))
    ok = calls.filter(pl.col("status") == "ok")
    grey = unjudged(calls, rows["labels"], elements)
    started = ok["started_at"].drop_nulls().sort().to_list()
    failed = calls.filter(pl.col("status") == "failed").with_columns(pl.col("error").fill_null(""))
    listed = _listed(ok, ratings)
    runs = rows_of(LastRun, rows["runs"].filter(flow="nightly").sort("started_at").tail(1))
    return AssessmentMap(
        title="Assessment map" if team is None else f"Assessment map: {team}",
        n_calls=ok.height,
        n_people=ok.filter(pl.col("person") != NOBODY)["person"].n_unique(),
        first=started[0] if started else None,
        last=started[-1] if started else None,
        whole=rows_of(Tally, ratings.select(TALLY))[0],
        learnt=learnt_from(ratings),
        kinds=_kinds(ratings, grey, elements, teams=team is None and by_team(ratings)),
        unjudged=not_judged(ok, grey, teaching),
        teams=ok["team"].drop_nulls().unique().sort().to_list() if team is None else [],
        managers=ok["manager"].drop_nulls().unique().sort().to_list(),
        people=ok.filter(pl.col("person") != NOBODY)["name"].unique().sort().to_list(),
        weeks=sorted({call.week for call in listed if call.week}, reverse=True),
        calls=listed,
        failed=rows_of(FailedCall, failed.sort("call_id")),
        run=runs[0] if runs else None,
    )


def _kinds(ratings: pl.DataFrame, grey: pl.DataFrame, elements: dy.DataFrame[Elements], *, teams: bool) -> list[Kind]:
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
        pl.col("manager").drop_nulls().last(),
        pl.col("call_id").n_unique().alias("n_calls"),
        pl.col("expected_level").mean().alias("overall"),
    )
    grid = (
        people.join(columns.select("rubric", "element", "position", "title"), on="rubric")
        .join(cells, on=["rubric", "row", "element"], how="left")
        .join(gold.select("rubric", "row", "element", "tentative"), on=["rubric", "row", "element"], how="left")
        .sort("rubric", -pl.col("overall"), "shown", "row", "position", "element")
    )
    cell = pl.struct("element", "title", "n", "mean", "level", *LEVELS, "review", "provisional", "tentative")
    shared = ("row", "shown", "href", "team", "manager", "n_calls", "overall")
    rows = grid.group_by("rubric", *shared, maintain_order=True).agg(cell.alias("cells"))
    by_rubric = rows.group_by("rubric", maintain_order=True).agg(pl.struct(*shared, "cells").alias("rows"))
    why = grey.group_by("rubric", "element").agg(pl.col("reason").first())
    heads = (
        columns.join(gold.drop("row"), on=["rubric", "element"], how="left")
        .join(why, on=["rubric", "element"], how="left")
        .sort("rubric", "position", "element")
    )
    head = pl.struct(pl.exclude("rubric", "rubric_title"))
    tops = heads.group_by("rubric", maintain_order=True).agg(pl.col("rubric_title").first(), head.alias("columns"))
    n_calls = ratings.group_by("rubric").agg(pl.col("call_id").n_unique().alias("n_calls"))
    whole = tops.join(by_rubric, on="rubric").join(n_calls, on="rubric").with_columns(rows_are_teams=teams)
    return rows_of(Kind, whole.sort("n_calls", "rubric", descending=[True, False]))


def _columns(ratings: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """Elements that head a column: all of a rubric in use, and those labelled under a rubric that is gone."""
    about = ["rubric", "rubric_title", "element", "title", "position"]
    used = elements.filter(pl.col("rubric").is_in(ratings["rubric"].implode())).select(about)
    every = pl.concat([used, ratings.select(about)], how="vertical_relaxed").unique(["rubric", "element"])
    tallies = ratings.group_by("rubric", "element").agg(TALLY)
    return every.join(tallies, on=["rubric", "element"], how="left")


def _gold(ratings: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Who is best at each element: the highest mean from MIN_SCORED_CALLS calls, else tentatively from fewer."""
    names = ratings.group_by("row").agg(pl.col("shown").last().alias("gold"), pl.col("href").last().alias("gold_href"))
    return (
        cells.filter((pl.col("mean") >= MIN_GOLD_LEVEL) & (pl.col("row") != NOBODY))
        .with_columns(tentative=pl.col("n") < MIN_SCORED_CALLS)
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


def _listed(ok: pl.DataFrame, ratings: pl.DataFrame) -> list[ListedCall]:
    """The newest conversations with the colours of their elements."""
    colours = ratings.group_by("call_id", maintain_order=True).agg(
        pl.struct("title", "level", "needs_review").alias("colours"),
        pl.col("expected_level").mean().alias("mean"),
        pl.col("needs_review").sum().alias("review"),
        pl.col("rubric_title").first(),
        pl.col("rubric").first(),
    )
    newest = ok.reverse().head(MAX_LISTED_CALLS).join(colours, on="call_id", how="left", maintain_order="left")
    named = newest.with_columns(
        pl.col("call_href").alias("href"),
        pl.coalesce("other_name", "other_id").alias("other"),
        pl.coalesce("rubric", "interaction").alias("rubric"),
        pl.coalesce("rubric_title", words("interaction")).alias("kind"),
        pl.col("review").fill_null(0),
        week=pl.col("started_at").dt.date().dt.truncate("1w"),
    )
    return rows_of(ListedCall, named)
