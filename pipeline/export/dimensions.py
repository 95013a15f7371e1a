"""Dimensions of the star schema: conversations, people, teams, kinds, elements and days, each with its key."""

from datetime import date
from hashlib import sha256

import dataframely as dy
import polars as pl

from pipeline.export.data_dictionary import exported
from pipeline.export.keys import date_key, surrogate
from pipeline.intake.kinds import is_practice, judged_by
from pipeline.metrics.cadence import Plan
from pipeline.metrics.frames.weeks import ALL, week_of
from pipeline.tables.judgements import Elements

LONGEST_NAME = 63  # PostgreSQL cuts longer ones


def dated(calls: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Conversations with their local date and week, the keys of date, kind and team, and the call list's own columns
    under names any target takes."""
    extra = [column for column in calls.columns if column.startswith("x_")]
    local = pl.col("started_at").dt.convert_time_zone(zone).dt.date()
    return calls.select(
        *exported("dim_call"), *(pl.col(column).alias(_short(column)) for column in extra),
        date=local, week=week_of(pl.col("started_at"), zone), date_key=date_key(local),
        kind_key=surrogate("interaction"), team_key=surrogate("team"),
    ).sort("call_id")  # fmt: skip


def _short(column: str) -> str:
    if len(column.encode()) <= LONGEST_NAME:
        return column
    kept = column.encode()[: LONGEST_NAME - 9].decode(errors="ignore")
    return f"{kept}_{sha256(column.encode()).hexdigest()[:8]}"


def people(calls: pl.DataFrame, roster: pl.DataFrame, meetings: list[str]) -> pl.DataFrame:
    """One row per person and stretch of time in one team under one manager, as the calls that he or she led say it.

    valid_to is the day the next stretch begins (null for the present one); who led no call (managers, sellers that a
    manager met in one of the `meetings`, people of the roster) has one row. The key does not hang on dates, so that it
    stays when older calls are added or forgotten.
    """
    stretches = _stretches(calls)
    met = calls.filter(pl.col("interaction").is_in(meetings)).select(person_id="other_id", name="other_name")
    others = pl.concat(
        [
            roster.select("name", "team", person_id="person", manager_id="manager"),
            met,
            calls.select(person_id="manager_id"),
        ],
        how="diagonal",
    )
    known = others.drop_nulls("person_id").unique("person_id", keep="first", maintain_order=True)
    rows = pl.concat([stretches, known.join(stretches, on="person_id", how="anti")], how="diagonal")
    listed = roster.select("role", "start_date", person_id="person")
    times = pl.int_range(pl.len()).over("person_id", "team", "manager_id")
    return (
        rows.with_columns(times=times)
        .with_columns(
            person_key=surrogate("person_id", "team", "manager_id", "times"),
            team_key=surrogate("team"),
            is_current=pl.col("valid_to").is_null(),
        )
        .drop("times")
        .join(listed, on="person_id", how="left")
        .sort("person_id", "valid_from")
    )


def _stretches(calls: pl.DataFrame) -> pl.DataFrame:
    led = calls.filter(pl.col("lead_id").is_not_null() & pl.col("date").is_not_null()).sort("started_at", "call_id")
    days = (
        led.group_by("lead_id", "date", maintain_order=True)
        .agg(pl.col("team", "manager_id", "lead_name").drop_nulls().last())
        .with_columns(pl.col("team", "manager_id").forward_fill().over("lead_id", order_by="date"))
        .with_columns(pl.col("team", "manager_id").backward_fill().over("lead_id", order_by="date"))
        .sort("lead_id", "date")
    )
    change = pl.struct("team", "manager_id").rle_id().over("lead_id")
    names = days.group_by("lead_id").agg(name=pl.col("lead_name").drop_nulls().last())
    return (
        days.with_columns(stretch=change)
        .group_by("lead_id", "stretch", maintain_order=True)
        .agg(pl.col("team", "manager_id").first(), valid_from=pl.col("date").min())
        .with_columns(valid_to=pl.col("valid_from").shift(-1).over("lead_id"))
        .join(names, on="lead_id")
        .select("name", "team", "manager_id", "valid_from", "valid_to", person_id="lead_id")
        .sort("person_id", "valid_from")
    )


def with_person(rows: pl.DataFrame, people: pl.DataFrame, *, person: str, day: str) -> pl.DataFrame:
    """Add the key of the person's row in dim_person that holds on the day; before the first, the first."""
    first = pl.int_range(pl.len()).over("person_id") == 0
    begin = pl.when(first).then(pl.lit(date.min)).otherwise("valid_from")
    spans = people.sort("person_id", "valid_from").select("person_key", begin=begin, who="person_id").sort("begin")
    asked = rows.select(who=person, on=day).unique().drop_nulls().sort("on")
    held = asked.join_asof(spans, left_on="on", right_on="begin", by="who", check_sortedness=False)
    keys = held.select("person_key", "who", "on")
    return rows.join(keys, left_on=[person, day], right_on=["who", "on"], how="left", maintain_order="left")


def elements_of(elements: dy.DataFrame[Elements], plan: Plan) -> pl.DataFrame:
    """One row per rubric and element, with what the plan says of it."""
    decisive = [(rubric, name) for rubric, names in plan.decisive.items() for name in names]
    keys = pl.DataFrame(decisive, schema={"rubric": pl.String, "element": pl.String}, orient="row")
    return (
        elements.select(exported("dim_element"))
        .join(keys.with_columns(decisive=pl.lit(value=True)), on=["rubric", "element"], how="left")
        .with_columns(
            pl.col("decisive").fill_null(value=False),
            weight=pl.col("element").replace_strict(plan.weights, default=1.0, return_dtype=pl.Float64),
            element_key=surrogate("rubric", "element"),
        )
        .sort("rubric", "element")
    )


def kinds(calls: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """One row per kind of conversation, and one for all together, which KPIs have."""
    rubrics = elements.select("scored_role", judged="rubric", title="rubric_title", has_rubric=pl.lit(value=True))
    named = [*calls["interaction"].drop_nulls(), *elements["rubric"], ALL]
    return (
        pl.DataFrame({"interaction": sorted(set(named))})
        .with_columns(judged=judged_by("interaction"), is_practice=is_practice("interaction"))
        .join(rubrics.unique("judged"), on="judged", how="left", maintain_order="left")
        .drop("judged")
        .with_columns(pl.col("has_rubric").fill_null(value=False), kind_key=surrogate("interaction"))
    )


def teams(calls: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """One row per team."""
    named = pl.concat([calls.select("team"), people.select("team")]).drop_nulls().unique()
    return named.with_columns(team_key=surrogate("team")).sort("team")


def days(told: pl.Series) -> pl.DataFrame:
    """Every day of the years of these, from the Monday on that their first week begins."""
    first, last = told.min(), told.max()
    rows = pl.DataFrame(schema={"date": pl.Date})
    if isinstance(first, date) and isinstance(last, date):
        begin = pl.lit(date(first.year, 1, 1)).dt.truncate("1w")
        rows = pl.select(date=pl.date_range(begin, date(last.year, 12, 31)))
    day = pl.col("date").dt
    return rows.with_columns(
        week=day.truncate("1w"), iso_year=day.iso_year().cast(pl.Int64), iso_week=day.week().cast(pl.Int64),
        year=day.year().cast(pl.Int64), quarter=day.quarter().cast(pl.Int64), month=day.month().cast(pl.Int64),
        month_name=day.strftime("%B"), weekday=day.weekday().cast(pl.Int64), weekday_name=day.strftime("%A"),
        date_key=date_key(pl.col("date")),
    )  # fmt: skip
