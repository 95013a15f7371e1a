"""Coaching as a loop: who was observed, assessed, coached and measured again, how much time it took, and whether a
manager holds the standard.

An element counts as coached where something tells that it was taken up after an assessment (`coaching.taken_up`); where
a meeting was held and nothing tells what about, the person was only met.
"""

from datetime import date, datetime, timedelta

import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.intervals import ratio, with_quantiles

RECENT_WEEKS = 13  # what is older says nothing of today
HOURS_A_WEEK = 40.0  # of a manager, of which coaching takes a share
STANDARD = 2.0  # yellow: sound
STEADY_MEETINGS = 3  # in a row at the standard or above
NEW_MONTHS, OLD_MONTHS = 6, 24
KEY = ["person", "rubric", "element"]
TENURES = (f"under {NEW_MONTHS} months", f"{NEW_MONTHS} to {OLD_MONTHS} months", f"over {OLD_MONTHS // 12} years")
UNKNOWN_TENURE = "start not known"


def coaching_meetings(calls: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The meetings in which managers coach, of the kinds the plan names and of which is known who was there: call_id,
    interaction, manager, person, started_at, minutes."""
    held = calls.filter(
        (pl.col("status") == "ok")
        & pl.col("interaction").is_in(list(plan.coaching))
        & pl.col("started_at").is_not_null()
    )
    return held.select(
        "call_id", "interaction", "started_at", manager="lead_id", person="other_id", minutes=pl.col("duration_s") / 60
    ).filter(pl.col("manager") != pl.col("person"))


def states(ratings: pl.DataFrame, met: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Where each person's element stands in the loop: person, rubric, element, state (assessed, met after, coached or
    measured again), assessed_at, met_at, coached_at, how (it is known to be coached: goal, comment or meeting),
    measured_at, before, after (mean levels of the RECENT_WEEKS before the last coaching and since), n_after.

    `ratings` are those of `pages.parts.ratings.rate`, `met` the meetings of `coaching_meetings`, `taken` the rows of
    `taken_up`. Met at and coached at are the last such times after a first assessment; null before one.
    """
    dated = ratings.drop_nulls("started_at").select(*KEY, "started_at", "expected_level")
    first = dated.group_by(KEY).agg(first_at=pl.col("started_at").min())
    meetings = first.join(met.select("person", at=pl.col("started_at").cast(ratings.schema["started_at"])), on="person")
    at_home = pl.col("at").cast(ratings.schema["started_at"])  # the zone in which conversations are told
    told = taken.select("person", "element", at_home, "how", of="rubric")
    events = first.join(told, on=["person", "element"])
    about_it = pl.col("of").is_null() | (pl.col("of") == pl.col("rubric"))
    coached, last_met = (
        rows.filter(pl.col("at") > pl.col("first_at")).sort("at", maintain_order=True).group_by(KEY)
        for rows in (events.filter(about_it), meetings)
    )
    at, coached_at, level = pl.col("started_at"), pl.col("coached_at"), pl.col("expected_level")
    since = at > coached_at
    lately = ~since & (at > coached_at - pl.duration(weeks=RECENT_WEEKS))
    found = (
        dated.join(coached.agg(pl.col("how").last(), coached_at=pl.col("at").last()), on=KEY, how="left")
        .join(last_met.agg(met_at=pl.col("at").last()), on=KEY, how="left")
        .group_by(KEY)
        .agg(
            pl.col("coached_at", "how", "met_at").first(),
            assessed_at=at.filter(~since.fill_null(value=False)).max(),
            measured_at=at.filter(since).max(),
            before=level.filter(lately).mean(),
            after=level.filter(since).mean(),
            n_after=since.sum(),
        )
    )
    state = (
        pl.when(coached_at.is_null() & pl.col("met_at").is_null())
        .then(pl.lit("assessed"))
        .when(coached_at.is_null())
        .then(pl.lit("met after"))
        .when(pl.col("measured_at").is_null())
        .then(pl.lit("coached"))
        .otherwise(pl.lit("measured again"))
    )
    return found.with_columns(state=state).sort(KEY)


def hours(met: pl.DataFrame, *, until: datetime) -> pl.DataFrame:
    """The coaching of each manager in the four weeks up to a time: manager, n_met, hours, and share of a week."""
    lately = met.filter(pl.col("started_at") > until - timedelta(weeks=4))
    total = pl.col("minutes").sum() / 60
    return lately.group_by("manager").agg(
        n_met=pl.col("person").n_unique(), hours=total, share=total / (4 * HOURS_A_WEEK)
    )


def planned_hours(met: pl.DataFrame, plan: Plan, agenda_minutes: dict[str, int]) -> float:
    """The hours of coaching that the plan has for each person in four weeks, of the kinds that are used; a kind without
    a length in the plan takes the minutes of its guide's agenda."""
    total = 0.0
    for kind in set(met["interaction"]) & set(plan.meetings):
        lengths = plan.meetings[kind].minutes
        minutes = sum(lengths) / 2 if lengths else agenda_minutes.get(kind, 0)
        total += minutes / 60 * 4 / plan.meetings[kind].every_weeks
    return total


def standards(ratings: pl.DataFrame, met: pl.DataFrame, plan: Plan, *, until: datetime) -> pl.DataFrame:
    """How each manager's coaching stands in the RECENT_WEEKS up to a time: manager, n, mean, low, high (95 %), in_row
    (the latest meetings without a break that reach STANDARD), steady. The level of a meeting is the mean of the plan's
    coaching elements.

    A manager is steady where STEADY_MEETINGS in a row reach it and the whole interval lies above it.
    """
    wanted = pl.DataFrame(
        [(rubric, element) for rubric, elements in plan.coaching.items() for element in elements],
        schema={"rubric": pl.String, "element": pl.String},
        orient="row",
    )
    lately = met.filter(pl.col("started_at") > until - timedelta(weeks=RECENT_WEEKS))
    meetings = (
        ratings.join(wanted, on=["rubric", "element"], how="semi")
        .group_by("call_id")
        .agg(level=pl.col("expected_level").mean())
        .join(lately, on="call_id")
        .sort("started_at", "call_id")
    )
    level = pl.col("level")
    return (
        meetings.group_by("manager")
        .agg(
            n=pl.len(),
            mean=level.mean(),
            residual=(level - level.mean()).pow(2).sum(),
            in_row=(level.reverse() >= STANDARD).cast(pl.Int64).cum_prod().sum(),
        )
        .pipe(_with_interval)
        .with_columns(
            steady=((pl.col("in_row") >= STEADY_MEETINGS) & (pl.col("low") > STANDARD)).fill_null(value=False)
        )
        .select("manager", "n", "mean", "low", "high", "in_row", "steady")
        .sort("manager")
    )


def by_element(ratings: pl.DataFrame, met: pl.DataFrame, *, until: datetime) -> pl.DataFrame:
    """How each manager's own meetings went by element in the RECENT_WEEKS up to a time: manager, element, n, mean, low
    and high (95 %)."""
    lately = met.filter(pl.col("started_at") > until - timedelta(weeks=RECENT_WEEKS))
    level = pl.col("expected_level")
    return (
        ratings.join(lately.select("call_id", "manager"), on="call_id")
        .group_by("manager", "element")
        .agg(n=pl.len(), mean=level.mean(), residual=(level - level.mean()).pow(2).sum())
        .pipe(_with_interval)
        .sort("manager", "element")
    )


def tenure_of(start: pl.Expr, own: pl.Expr, today: date) -> pl.Expr:
    """A person's group by tenure: the house's own word for it, else from the first day."""
    months = (pl.lit(today) - start).dt.total_days() / (365.25 / 12)
    group = (
        pl.when(months < NEW_MONTHS).then(pl.lit(TENURES[0])).when(months < OLD_MONTHS).then(pl.lit(TENURES[1]))
        .when(months.is_not_null()).then(pl.lit(TENURES[2]))
    )  # fmt: skip
    return pl.coalesce(own, group, pl.lit(UNKNOWN_TENURE))


def coverage(people: pl.DataFrame, group: str) -> pl.DataFrame:
    """How many people of each group were observed and met: group, n, n_observed, n_joint, n_met. `people` has the
    column and observed, joint and met as yes or no."""
    counts = {f"n_{name}": pl.col(name).sum() for name in ("observed", "joint", "met")}
    return people.group_by(pl.col(group).alias("group")).agg(n=pl.len(), **counts).sort("group")


def _with_interval(sums: pl.DataFrame) -> pl.DataFrame:
    """Add low and high, within 0 and 3, to rows with n, mean and residual."""
    low, high = ratio(pl.col("mean"), pl.col("n"), pl.col("residual"), pl.col("n"))
    return with_quantiles(sums.with_columns(pl.col("n").cast(pl.Int64))).with_columns(
        low=low.clip(0, 3), high=high.clip(0, 3)
    )
