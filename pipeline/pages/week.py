"""The page of the week: KPI tiles with their course, kinds of conversation, teams, and what the last night brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.coaching.campaign import WARNING, Campaign
from pipeline.metrics.frames.weeks import ALL
from pipeline.metrics.kpis import CORRELATION, KPIS
from pipeline.pages.effects.campaigns import CampaignLine, campaign_line
from pipeline.pages.night import Night, last_night
from pipeline.pages.parts.alarms import Drift, Overturned, drift_alarms, overturned_alarms
from pipeline.pages.parts.figures import Figure, Heading, KpiRow, figure, headings, shown
from pipeline.pages.parts.ratings import words
from pipeline.pages.parts.typed_rows import record_of, rows_of
from pipeline.tables.judgements import Elements

MAX_WEEKS = 13  # of a tile's course


class TileTitle(NamedTuple):
    """How a KPI is shown as a tile: its title, and whether more of it is better (up), worse (down) or neither."""

    title: str
    better: str = ""


TILES: dict[str, dict[str, TileTitle]] = {
    "Quality": {
        "quality_index": TileTitle("Quality index", "up"),
        "better_not_made_share": TileTitle("Better not made", "down"),
        "people_low_share": TileTitle("People in red or orange", "down"),
        "people_spread": TileTitle("Spread between people", "down"),
    },
    "Habits": {
        "calls": TileTitle("Conversations"),
        "talk_ratio_pooled": TileTitle("Lead's share of the talk"),
        "ask_vs_tell_pooled": TileTitle("Asks over asks and tells", "up"),
        "agenda_present_share": TileTitle("With an agenda", "up"),
        "next_step_present_share": TileTitle("With a next step", "up"),
        "actions_owned_share": TileTitle("Actions with an owner", "up"),
        "actions_dated_share": TileTitle("Actions with a date", "up"),
        "actions_done_share": TileTitle("Earlier actions done", "up"),
    },
    "Coaching": {
        "coaching_quality": TileTitle("Coaching quality", "up"),
        "cadence_kept_share": TileTitle("Meetings held as planned", "up"),
        "meeting_length_kept_share": TileTitle("Meetings of planned length", "up"),
        "purposes_mixed_share": TileTitle("Meetings of mixed purpose", "down"),
    },
}
COLUMNS = (
    *("calls", "quality_index", "better_not_made_share", "people_low_share", "ask_vs_tell_pooled"),
    *("agenda_present_share", "next_step_present_share", "actions_done_share"),
)
TITLES = {kpi: tile.title for tiles in TILES.values() for kpi, tile in tiles.items()}


@dataclass(frozen=True)
class Point(KpiRow):
    """The value of a KPI in one week."""

    week: date


@dataclass(frozen=True)
class Change:
    """How far a figure is from the week before's: `way` is up, down or same, `doubt` says that it may be chance."""

    way: str
    text: str
    doubt: str


@dataclass(frozen=True)
class Tile:
    """A KPI of the latest week with its course; `top` is the value at the upper edge of its plot."""

    kpi: str
    title: str
    about: str
    better: str
    course: list[Point]
    top: float
    figure: Figure
    change: Change | None


@dataclass(frozen=True)
class Cost:
    """What conversations of one kind that were better not made cost, with the plan's assumptions."""

    name: str
    figure: Figure
    calls_per_person_week: float
    qualified_share: float


@dataclass(frozen=True)
class Line:
    """A kind of conversation or a team, with its figures by KPI."""

    name: str
    cells: dict[str, Figure]


@dataclass(frozen=True)
class OutcomeQuality:
    """The mean quality of conversations with one outcome."""

    outcome: str
    figure: Figure


@dataclass(frozen=True)
class Moved:
    """Names of those who shifted in the latest week: up into yellow and green, and down out of it."""

    up: list[str]
    down: list[str]


@dataclass(frozen=True)
class Week:
    """What the page of the latest week shows."""

    week: date | None
    sentence: str
    groups: dict[str, list[Tile]]
    lost: list[Cost]
    columns: list[Heading]
    tables: dict[str, list[Line]]
    outcomes: list[OutcomeQuality]
    small_n: int
    moved: Moved
    night: Night | None
    drifted: list[Drift]
    overturned: list[Overturned]
    campaigns: list[CampaignLine]
    title: str = "The week"
    correlation: str = CORRELATION
    not_drawn: str = WARNING


def view(
    rows: Mapping[str, pl.DataFrame],
    ratings: pl.DataFrame,
    elements: dy.DataFrame[Elements],
    plan: Plan,
    *,
    drifted: pl.DataFrame | None = None,
    campaigns: Sequence[Campaign] = (),
) -> Week:
    """The page of the latest week; `rows` are the tables, `kpis` among them, `drifted` rows of `models.drift.drift`."""
    kpis = rows["kpis"].filter(pl.col("level_of") != "lead").sort("week")
    week = rows["kpis"]["week"].max()
    latest = kpis.filter(pl.col("week").eq_missing(week))
    kinds = elements.select(interaction="rubric", name="rubric_title").unique()
    of_org = latest.filter(pl.col("level_of") == "org", pl.col("interaction") != ALL)
    by_kind = of_org.join(kinds, on="interaction", how="left").with_columns(
        row="interaction", name=pl.coalesce("name", words("interaction"))
    )
    by_team = latest.filter(level_of="team", interaction=ALL).with_columns(row="entity_id", name="entity_id")
    groups = _groups(kpis.filter(level_of="org", interaction=ALL), week, plan)
    return Week(
        week=week if isinstance(week, date) else None,
        sentence=_sentence([tile for tiles in groups.values() for tile in tiles]),
        groups=groups,
        lost=_lost(of_org, kinds, plan),
        columns=headings((kpi, TITLES[kpi]) for kpi in COLUMNS),
        tables={"Kind of conversation": _lines(by_kind, plan), "Team": _lines(by_team, plan)},
        outcomes=_outcomes(latest.filter(level_of="org", interaction=ALL), plan),
        small_n=plan.small_n,
        moved=_moved(rows["kpis"], rows["calls"]),
        night=last_night(rows, ratings, plan),
        drifted=[] if drifted is None else drift_alarms(drifted, elements),
        overturned=overturned_alarms(of_org, elements),
        campaigns=[campaign_line(one, ratings, elements) for one in campaigns],
    )


def _sentence(tiles: list[Tile]) -> str:
    """How good the week was, whether that is news, and what would have been better not made; empty before a score."""
    tile_of = {tile.kpi: tile for tile in tiles}
    quality, bad = tile_of.get("quality_index"), tile_of.get("better_not_made_share")
    if quality is None:
        return ""
    n = quality.figure.n
    told = f"Quality {quality.figure.text} of 100 in {n} conversation{'' if n == 1 else 's'}"
    if quality.change:
        how = {"up": "up {} on", "down": "down {} on", "same": "as in"}[quality.change.way].format(quality.change.text)
        told += f", {how} the week before" + (f" ({quality.change.doubt})" if quality.change.doubt else "")
    return told + (f"; {bad.figure.text if bad.figure.value else 'none'} better not made." if bad else ".")


def names_of(calls: pl.DataFrame) -> pl.DataFrame:
    """The newest name of everybody who stands in the call list with an id: person, name."""
    dated = calls.sort("started_at", "call_id", nulls_last=False)
    named = [dated.select(person=f"{side}_id", name=f"{side}_name") for side in ("other", "lead")]
    return pl.concat(named).drop_nulls().unique("person", keep="last", maintain_order=True)


def _moved(kpis: pl.DataFrame, calls: pl.DataFrame) -> Moved:
    latest = kpis.filter(pl.col("week").eq_missing(kpis["week"].max()), level_of="lead", interaction=ALL)
    names = names_of(calls)
    shifted = latest.filter(pl.col("value") == 1.0).join(names, left_on="entity_id", right_on="person", how="left")
    named = shifted.with_columns(pl.coalesce("name", "entity_id").alias("name")).sort("name")
    return Moved(
        up=named.filter(kpi="people_up_share")["name"].to_list(),
        down=named.filter(kpi="people_down_share")["name"].to_list(),
    )


def _groups(course: pl.DataFrame, week: object, plan: Plan) -> dict[str, list[Tile]]:
    """The tiles by group; one that nothing is known of in the latest week is left out."""
    known = course.partition_by("kpi", as_dict=True)
    return {
        group: [
            _tile(kpi, tile, rows_of(Point, known[kpi,].tail(MAX_WEEKS)), plan)
            for kpi, tile in tiles.items()
            if (kpi,) in known and known[kpi,]["week"][-1] == week
        ]
        for group, tiles in TILES.items()
    }


def _tile(kpi: str, tile: TileTitle, course: list[Point], plan: Plan) -> Tile:
    now, before = course[-1], course[-2] if len(course) > 1 else None
    adjoining = before is not None and (now.week - before.week).days == 7
    return Tile(
        kpi=kpi,
        title=tile.title,
        about=KPIS[kpi].definition,
        better=tile.better,
        course=course,
        top=_top(kpi, course),
        figure=figure(kpi, now, plan),
        change=_change(kpi, now, before) if adjoining and before else None,
    )


def _top(kpi: str, course: list[Point]) -> float:
    """The KPI's highest possible value, else the highest there was."""
    if KPIS[kpi].unit == "share":
        return 1.0
    return KPIS[kpi].top or max(point.value for point in course) or 1.0


def _change(kpi: str, now: Point, before: Point) -> Change:
    """The change since the week before; it may be chance where the intervals overlap."""
    by, unit = now.value - before.value, KPIS[kpi].unit
    same = shown(abs(by), unit) == shown(0.0, unit)
    doubt = "may be chance"
    if KPIS[kpi].kind == "total":
        doubt = ""
    elif now.low is None or now.high is None or before.low is None or before.high is None:
        doubt = "too few to tell"
    elif now.low > before.high or now.high < before.low:
        doubt = ""
    way = "same" if same else "up" if by > 0 else "down"
    return Change(way, shown(abs(by), unit).replace(" %", " points"), doubt)


def _lines(rows: pl.DataFrame, plan: Plan) -> list[Line]:
    """One line per kind or team with the figures of COLUMNS, those with most conversations first."""
    lines: dict[str, Line] = {}
    for row in rows.filter(pl.col("kpi").is_in(COLUMNS)).sort("row").iter_rows(named=True):
        line = lines.setdefault(row["row"], Line(row["name"], {}))
        line.cells[row["kpi"]] = figure(row["kpi"], record_of(KpiRow, row), plan)
    return sorted(lines.values(), key=lambda line: -line.cells["calls"].value if "calls" in line.cells else 0.0)


def _lost(of_org: pl.DataFrame, kinds: pl.DataFrame, plan: Plan) -> list[Cost]:
    rows = of_org.filter(kpi="opportunities_lost").join(kinds, on="interaction", how="left").sort("interaction")
    return [
        Cost(
            name=row["name"],
            figure=figure("opportunities_lost", record_of(KpiRow, row), plan),
            calls_per_person_week=plan.opportunities[row["interaction"]].calls_per_person_week,
            qualified_share=plan.opportunities[row["interaction"]].qualified_share,
        )
        for row in rows.iter_rows(named=True)
        if row["interaction"] in plan.opportunities
    ]


def _outcomes(of_org: pl.DataFrame, plan: Plan) -> list[OutcomeQuality]:
    """Mean quality of the week's conversations by outcome, the best first."""
    rows = of_org.filter(kpi_name="quality_by_outcome").sort("value", descending=True)
    return [
        OutcomeQuality(row["split"], figure("quality_by_outcome", record_of(KpiRow, row), plan))
        for row in rows.iter_rows(named=True)
    ]
