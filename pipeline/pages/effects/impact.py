"""The impact page: quality beside what became of opportunities, and an element before and after it was coached.

Every figure is a correlation, and the page says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.intake.opportunities import opportunities_of
from pipeline.metrics.cadence import Plan, meeting_kinds
from pipeline.metrics.coaching.campaign import Campaign
from pipeline.metrics.current_labels import judged_labels, with_settlement
from pipeline.metrics.impact import opportunities as impact
from pipeline.metrics.impact.opportunities import HALVES, Worth
from pipeline.metrics.impact.time_series import Interrupted, by_week, interrupted
from pipeline.metrics.kpi_frames import qualities, usable
from pipeline.pages.effects.goals import GoalCourse, goal_courses
from pipeline.pages.parts.typed_rows import rows_of
from pipeline.tables.coaching import TakenUp
from pipeline.tables.judgements import Elements

NOTHING_NOTED = TakenUp.create_empty()


class Told(NamedTuple):
    """What people tell of their opportunities (rows of `intake.opportunities`), what teams work on together, and what
    single people do (rows of TakenUp)."""

    snapshots: pl.DataFrame
    campaigns: Sequence[Campaign]
    noted: pl.DataFrame = NOTHING_NOTED


@dataclass(frozen=True)
class Share:
    """How many of n did, as a share with its interval."""

    half: str
    n: int
    won: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Stage:
    """The same for going on from a stage, of all and of either half."""

    stage: str
    shares: dict[str, Share]


@dataclass(frozen=True)
class Forecast:
    """What a category came to in a quarter."""

    quarter: date
    forecast_category: str
    n: int
    amount: float
    won_amount: float
    share: float


@dataclass(frozen=True)
class Course:
    """An element of a team before and since coaching began."""

    title: str
    team: str
    start: date
    found: Interrupted


@dataclass(frozen=True)
class Impact:
    """What the impact page shows; `of_list` where opportunities are those of the call list, not of a file,
    and `worth_about` the worth in two digits, which is as much as the assumptions bear."""

    n_opportunities: int
    n_judged: int
    of_list: bool
    rates: list[Share]
    difference: tuple[float, float, float] | None
    stages: list[Stage]
    forecasts: list[Forecast]
    worth: Worth | None
    worth_about: float
    courses: list[Course]
    goals: list[GoalCourse]
    columns: tuple[str, ...] = ("all", *HALVES)
    title: str = "Impact"


def view(
    rows: Mapping[str, pl.DataFrame], ratings: pl.DataFrame, elements: dy.DataFrame[Elements], plan: Plan, told: Told
) -> Impact:
    """The impact page of the conversations with customers; `ratings` are those of `parts.ratings.rate`."""
    calls = usable(rows["calls"]).filter(~pl.col("interaction").is_in(meeting_kinds(elements, plan)))
    of_list = told.snapshots.is_empty()
    snapshots = opportunities_of(calls) if of_list else told.snapshots
    judged = qualities(with_settlement(judged_labels(rows["labels"])), plan)
    known = impact.with_quality(impact.latest(snapshots), calls, judged)
    rates = impact.win_rates(known)
    stages, worth = impact.conversions(snapshots, known), impact.worth(snapshots, known)
    return Impact(
        n_opportunities=known.height,
        n_judged=known["half"].count(),
        of_list=of_list,
        rates=rows_of(Share, rates),
        difference=impact.difference(rates),
        stages=[
            Stage(str(stage), {one.half: one for one in rows_of(Share, rows.drop("stage"))})
            for (stage,), rows in stages.group_by("stage", maintain_order=True)
        ],
        forecasts=rows_of(Forecast, impact.forecasts(snapshots)),
        worth=worth,
        worth_about=float(f"{worth.amount:.2g}") if worth else 0.0,
        courses=[_course(campaign, ratings, elements) for campaign in told.campaigns],
        goals=goal_courses(told.noted, ratings, elements),
    )


def _course(campaign: Campaign, ratings: pl.DataFrame, elements: dy.DataFrame[Elements]) -> Course:
    """An element of the team in question week by week, from two such spans before to the end of the campaign."""
    of_team = ratings.filter(rubric=campaign.rubric, element=campaign.element, team=campaign.team)
    span = timedelta(weeks=campaign.weeks)
    day = pl.col("started_at").dt.date()
    near = of_team.filter(day.is_between(campaign.start - 2 * span, campaign.start + span, closed="left"))
    titles = elements.filter(rubric=campaign.rubric, element=campaign.element)["title"].to_list()
    title = (titles or [campaign.element])[0]
    return Course(title, campaign.team, campaign.start, interrupted(by_week(near, campaign.start), campaign.start))
