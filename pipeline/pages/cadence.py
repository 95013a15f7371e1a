"""The cadence page: which meetings each seller had when they were due, and how each manager's meetings went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import Meeting, Plan
from pipeline.metrics.frames.weeks import ALL
from pipeline.pages.parts.figures import Figure, Heading, KpiRow, figure, headings
from pipeline.pages.parts.typed_rows import record_of
from pipeline.pages.week import names_of
from pipeline.tables.judgements import Elements

MAX_WEEKS = 13
MAX_MARKS = 20_000  # on the page, which bounds its size: with more sellers fewer weeks are shown
MAX_SELLERS = 500  # of one kind of meeting
MANAGED = {
    "meetings_held": "Meetings held",
    "cadence_kept_share": "As often as planned",
    "meeting_length_kept_share": "As long as planned",
    "meeting_overrun_share": "Overran",
    "meeting_moved_share": "Moved",
    "meeting_cancelled_share": "Called off",
    "opportunities_reviewed_share": "Opportunities reviewed",
    "purposes_mixed_share": "Mixed purposes",
    "coaching_quality": "Coaching quality",
    "joint_calls": "Joint calls",
    "manager_takeover_share": "Took over",
}


@dataclass(frozen=True)
class Seller:
    """A seller due for one kind of meeting; a mark a week says whether it was held, null where not due."""

    name: str
    person_href: str | None
    manager: str
    n_kept: int
    n_due: int
    marks: list[bool | None]


@dataclass(frozen=True)
class MeetingKind:
    """One kind of meeting: how often and how long the plan has it, and the sellers due for it."""

    title: str
    every: int
    minutes: tuple[float, float] | None
    sellers: list[Seller]
    n_sellers: int
    n_kept: int
    n_due: int


@dataclass(frozen=True)
class Manager:
    """A manager with the figures of the meetings he or she holds, by KPI."""

    name: str
    href: str | None
    cells: dict[str, Figure]


@dataclass(frozen=True)
class Cadence:
    """What the cadence page shows; `never` are the planned kinds of which no meeting is on record."""

    week: date | None
    weeks: list[date]
    kinds: list[MeetingKind]
    never: list[str]
    columns: list[Heading]
    managers: list[Manager]
    small_n: int
    rows: int = MAX_SELLERS
    title: str = "Cadence"


def view(
    rows: Mapping[str, pl.DataFrame], people: pl.DataFrame, elements: dy.DataFrame[Elements], plan: Plan
) -> Cadence:
    """The cadence page; `people` has person and person_href of those with a page."""
    kpis, names = rows["kpis"], names_of(rows["calls"]).join(people, on="person", how="left")
    judged = dict(elements.select("rubric", "rubric_title").unique().iter_rows())
    titles = plan.unjudged | judged
    due = kpis.filter(pl.col("kpi") == "cadence_kept_share", pl.col("level_of") == "lead", pl.col("interaction") != ALL)
    held = due.filter(pl.col("value") > 0)["interaction"].unique()
    kept = due.filter(pl.col("interaction").is_in(held.implode()))
    n_sellers = kept.select("interaction", "entity_id").n_unique()
    n_weeks = max(1, min(MAX_WEEKS, MAX_MARKS // max(n_sellers, 1)))
    weeks = kpis["week"].unique().sort().tail(n_weeks).to_list()
    sellers = _sellers(kept, weeks, rows["calls"], names)
    return Cadence(
        week=weeks[-1] if weeks else None,
        weeks=weeks,
        kinds=[
            _kind(sellers.filter(interaction=kind), weeks, titles.get(kind, kind), meeting)
            for kind, meeting in plan.meetings.items()
            if kind in held
        ],
        never=[judged[kind] for kind in plan.meetings if kind in judged and kind not in held],
        columns=headings(MANAGED.items()),
        managers=_managers(kpis.filter(pl.col("week") == kpis["week"].max()), names, plan),
        small_n=plan.small_n,
    )


def _kind(sellers: pl.DataFrame, weeks: list[date], title: str, meeting: Meeting) -> MeetingKind:
    rows = sellers.head(MAX_SELLERS).iter_rows(named=True)
    held = [({mark["week"]: mark["held"] for mark in row["held"]}, row) for row in rows]
    return MeetingKind(
        title=title,
        every=meeting.every_weeks,
        minutes=meeting.minutes,
        sellers=[record_of(Seller, row | {"marks": [by_week.get(week) for week in weeks]}) for by_week, row in held],
        n_sellers=sellers.height,
        n_kept=int(sellers["n_kept"].sum()),
        n_due=int(sellers["n_due"].sum()),
    )


def _sellers(kept: pl.DataFrame, weeks: list[date], calls: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """The sellers due for each kind of meeting (interaction) by manager; `held` has the weeks in which it was due."""
    manager = (
        calls.sort("started_at", "call_id").group_by(entity_id="lead_id").agg(pl.col("manager_id").drop_nulls().last())
    )
    held = pl.col("value") > 0
    recent = kept.filter(pl.col("week").is_in(weeks)).join(manager, on="entity_id", how="left")
    return (
        recent.group_by("interaction", "entity_id", "manager_id")
        .agg(n_kept=held.sum(), n_due=pl.len(), held=pl.struct("week", held=held))
        .join(names, left_on="entity_id", right_on="person", how="left")
        .join(names.select(manager_id="person", manager="name"), on="manager_id", how="left")
        .with_columns(pl.coalesce("name", "entity_id"), manager=pl.coalesce("manager", "manager_id", pl.lit("")))
        .sort("manager", "name", "entity_id")
    )


def _managers(latest: pl.DataFrame, names: pl.DataFrame, plan: Plan) -> list[Manager]:
    """Each manager's meetings in the latest week, those with the fewest kept first."""
    rows = latest.filter(pl.col("kpi").is_in(list(MANAGED)), level_of="manager", interaction=ALL).join(
        names, left_on="entity_id", right_on="person", how="left"
    )
    managers: dict[str, Manager] = {}
    for row in rows.sort("entity_id").iter_rows(named=True):
        unseen = Manager(row["name"] or row["entity_id"], row["person_href"], {})
        cells = managers.setdefault(row["entity_id"], unseen).cells
        cells[row["kpi"]] = figure(row["kpi"], record_of(KpiRow, row), plan)
    kept = "cadence_kept_share"
    return sorted(
        managers.values(),
        key=lambda manager: (manager.cells[kept].value if kept in manager.cells else 2.0, manager.name),
    )
