"""What KPIs of cadence are counted over: meetings due to each seller, meetings planned, opportunities under way."""

from datetime import date

import dataframely as dy
import polars as pl

from pipeline.intake.calls import CANCELLED, SCHEDULED
from pipeline.intake.times import times_in_utc
from pipeline.metrics.cadence import Plan
from pipeline.metrics.frames.weeks import carried_on, nothing, twice_of, week_of
from pipeline.tables.judgements import Elements


def pairs(
    facts: pl.DataFrame,
    elements: dy.DataFrame[Elements],
    plan: Plan,
    roster: pl.DataFrame | None,
    *,
    today: date | None,
) -> pl.DataFrame:
    """One row per week, seller on the team and kind of meeting due: whether it was held in the weeks the plan gives.

    `lead` is the seller. A kind begins when the recorded weeks first cover its interval; one that is not used, of which
    no meeting is on record, is not due."""
    used = set(facts.filter("meeting")["interaction"])
    kinds = [kind for kind in plan.meetings if kind in {*elements["rubric"], *plan.unjudged} & used]
    team = _on_team(facts, plan, roster)
    due = pl.DataFrame(
        [(kind, plan.meetings[kind].every_weeks) for kind in kinds],
        schema={"interaction": pl.String, "every_weeks": pl.Int64},
        orient="row",
    )
    meetings = facts.filter("meeting").join(due, on="interaction")
    of_team = team.select("week", "manager", seller="lead").drop_nulls()
    met = meetings.join(of_team, on=["week", "manager"], how="left").with_columns(
        report=pl.coalesce("report", "seller")  # a meeting held with nobody in particular is one of the whole team
    )
    met = met.unique(["call_id", "report"], maintain_order=True).filter(pl.col("report").is_not_null())
    held = (
        carried_on(met, max([1, *due["every_weeks"]]), facts)
        .filter(pl.col("age") < pl.col("every_weeks"))
        .group_by("week", "interaction", lead="report")
        .agg(pl.col("calls").sum())
    )
    planned = team.join(due, how="cross").filter(
        pl.col("week") >= facts["week"].min() + pl.duration(weeks=pl.col("every_weeks") - 1)
    )
    kept = planned.join(held, on=["week", "interaction", "lead"], how="left").with_columns(
        pl.col("calls").fill_null(0), of=nothing
    )
    if today is not None:
        kept = kept.filter((pl.col("calls") > 0) | (pl.col("week") + pl.duration(weeks=1) <= today))
    return twice_of(kept)


def _on_team(facts: pl.DataFrame, plan: Plan, listed: pl.DataFrame | None) -> pl.DataFrame:
    """One row per week and seller on the team: who led a call with a customer or was met by a manager (and leads no
    meeting) in the plan's roster weeks, and who is listed, from the start on and with the list's team and manager."""
    led = facts.filter(~pl.col("meeting") & pl.col("lead").is_not_null())
    met = facts.filter(pl.col("meeting") & pl.col("report").is_not_null()).with_columns(manager="lead", lead="report")
    managers = facts.filter("meeting")["manager"].drop_nulls().unique()
    sellers = pl.concat([led, met.filter(~pl.col("lead").is_in(managers.implode()))]).sort("started_at")
    seen = carried_on(sellers, plan.roster_weeks, facts).group_by("week", "lead").agg(pl.col("team", "manager").last())
    if listed is None or listed.is_empty():
        return seen
    is_seller = pl.col("role").is_null() | ~pl.col("role").str.to_lowercase().str.contains("manager")
    people = listed.filter(is_seller).select("start_date", lead="person", own_team="team", own_manager="manager")
    due = people.join(facts.select("week").unique(), how="cross")
    due = due.filter(pl.col("start_date").is_null() | (pl.col("start_date") <= pl.col("week")))
    both = seen.join(due, on=["week", "lead"], how="full", coalesce=True)
    return both.select(
        "week", "lead", team=pl.coalesce("own_team", "team"), manager=pl.coalesce("own_manager", "manager")
    )


def planned(facts: pl.DataFrame, calls: pl.DataFrame, meetings: list[str], zone: str) -> pl.DataFrame:
    """One row per meeting that was held or called off; `cancelled` says which."""
    cancelled = calls.filter((pl.col("error_code") == CANCELLED) & pl.col("interaction").is_in(meetings))
    scheduled = pl.col(SCHEDULED) if SCHEDULED in calls.columns else nothing
    day = pl.coalesce("started_at", times_in_utc(scheduled, zone=zone, dates=False))
    about = ("week", "team", "manager", "lead", "interaction")
    off = cancelled.with_columns(week=week_of(day, zone), manager="lead_id", lead="lead_id").drop_nulls("week")
    held = facts.filter("meeting").select(*about, cancelled=pl.lit(value=False))
    rows = pl.concat([held, off.select(*about, cancelled=pl.lit(value=True))])
    return twice_of(rows.with_columns(of=nothing, calls=pl.lit(1, pl.Int64)))


def opportunities(facts: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """One row per week, opportunity under way and kind of meeting the plan has so many times in its cycle: whether one
    about it was held in that part of the cycle. It is under way for a cycle after a conversation with the customer,
    unless that one lost it."""
    with_customer = facts.filter(~pl.col("meeting") & pl.col("opportunity_id").is_not_null()).sort("started_at")
    latest = ("team", "manager", "lead", "outcome")
    under_way = (
        carried_on(with_customer, plan.cycle_weeks, facts)
        .group_by("week", "opportunity_id")
        .agg(pl.col(latest).last())
        .filter(pl.col("outcome").fill_null("") != "lost")
    )
    every = [
        (kind, -(-plan.cycle_weeks // meeting.times_a_cycle))
        for kind, meeting in plan.meetings.items()
        if meeting.times_a_cycle is not None
    ]
    due = pl.DataFrame(every, schema={"interaction": pl.String, "weeks": pl.Int64}, orient="row")
    reviews = facts.filter("meeting").join(due, on="interaction").drop_nulls("opportunity_id")
    used = due.join(reviews, on="interaction", how="semi")
    reviewed = (
        carried_on(reviews, max([1, *due["weeks"]]), facts)
        .filter(pl.col("age") < pl.col("weeks"))
        .group_by("week", "interaction", "opportunity_id")
        .agg(pl.col("calls").sum())
    )
    asked = under_way.join(used, how="cross").filter(
        pl.col("week") >= facts["week"].min() + pl.duration(weeks=pl.col("weeks") - 1)
    )
    rows = asked.join(reviewed, on=["week", "interaction", "opportunity_id"], how="left")
    return twice_of(rows.with_columns(pl.col("calls").fill_null(0), of=nothing))
