"""The star schema: facts and dimensions for BI tools, made from the workspace's tables."""

from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from pipeline.export.data_dictionary import dictionary, exported
from pipeline.metrics.cadence import Plan
from pipeline.metrics.current_labels import current_labels
from pipeline.metrics.kpi_frames import week_of
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements

LONGEST_NAME = 63  # PostgreSQL cuts longer ones


class StarTable(NamedTuple):
    """Rows to load and their key. A table that may be loaded in part is replaced by the values of one column, `part`:
    `scope` has those for which `frame` is all there is to hold; None where that is all of the table."""

    frame: pl.DataFrame
    key: tuple[str, ...]
    part: str | None = None
    scope: pl.DataFrame | None = None


class Update(NamedTuple):
    """What a target is to be sent that was brought up to date before.

    since: the day from which on conversations were scored or labelled
    known: call_id and week of the calls the target holds
    """

    since: date
    known: pl.DataFrame


def star(
    store: Store, elements: dy.DataFrame[Elements], *, plan: Plan, zone: str, update: Update | None = None
) -> dict[str, StarTable]:
    """All tables by name. With `update` the facts are only those of conversations scored, labelled, added or removed
    since, and the KPIs those of weeks they bear on."""
    calls = _calls(store.read("calls"), zone)
    people = _people(calls)
    tables = {
        "dim_call": StarTable(_with_person(calls, people), ("call_id",)),
        "dim_person": StarTable(people, ("person_key",)),
        "dim_element": StarTable(_elements(elements, plan), ("rubric", "element")),
        "dim_date": StarTable(_dates(calls), ("date",)),
        "dim_dictionary": StarTable(dictionary(), ("kind", "name")),
    }
    chosen, weeks = None, None
    if update is not None:
        since = datetime.combine(update.since, time(), ZoneInfo(zone)).astimezone(UTC)
        moved = _changed(calls, store, update.known, since)
        chosen, weeks = moved.select("call_id").unique(), _weeks(moved["week"], plan)
    for name, source, key in FACTS:
        facts = _facts(store, source, calls, chosen)
        tables[name] = StarTable(facts.sort(key), key, "call_id", chosen)
    promises = store.read("commitments").select(exported("fact_commitment"))
    tables["fact_commitment"] = StarTable(promises.sort("pair", "commitment"), ("pair", "commitment"))
    tables["fact_kpi"] = StarTable(_kpis(store, plan, weeks), KPI_KEY, "week", weeks)
    return tables


FACTS = (
    ("fact_label", "labels", ("call_id", "rubric", "element")),
    ("fact_measure", "measures", ("call_id", "measure", "role")),
    ("fact_action", "actions", ("call_id", "action")),
)
KPI_KEY = ("kpi", "level_of", "entity_id", "interaction", "week")


def _calls(calls: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Conversations with their local date and week, and the call list's own columns under names any target takes."""
    extra = [column for column in calls.columns if column.startswith("x_")]
    local = pl.col("started_at").dt.convert_time_zone(zone).dt.date()
    return calls.select(
        *exported("dim_call"), *(pl.col(column).alias(_short(column)) for column in extra),
        date=local, week=week_of(pl.col("started_at"), zone),
    ).sort("call_id")  # fmt: skip


def _short(column: str) -> str:
    if len(column.encode()) <= LONGEST_NAME:
        return column
    kept = column.encode()[: LONGEST_NAME - 9].decode(errors="ignore")
    return f"{kept}_{sha256(column.encode()).hexdigest()[:8]}"


def _people(calls: pl.DataFrame) -> pl.DataFrame:
    """One row per person and stretch of time in one team under one manager, as the calls that he or she led say it.

    valid_to is the day the next stretch begins (null for the present one); managers who led no call have one row."""
    led = calls.filter(pl.col("lead_id").is_not_null() & pl.col("date").is_not_null()).sort("started_at", "call_id")
    days = (
        led.group_by("lead_id", "date", maintain_order=True)
        .agg(pl.col("team", "manager_id", "lead_name").drop_nulls().last())
        .with_columns(pl.col("team", "manager_id").forward_fill().over("lead_id", order_by="date"))
        .with_columns(pl.col("team", "manager_id").backward_fill().over("lead_id", order_by="date"))
        .sort("lead_id", "date")
    )
    change = pl.struct("team", "manager_id").rle_id().over("lead_id")
    stretches = (
        days.with_columns(stretch=change)
        .group_by("lead_id", "stretch", maintain_order=True)
        .agg(pl.col("team", "manager_id").first(), valid_from=pl.col("date").min())
        .with_columns(valid_to=pl.col("valid_from").shift(-1).over("lead_id"))
        .join(days.group_by("lead_id").agg(name=pl.col("lead_name").drop_nulls().last()), on="lead_id")
        .select(
            person_id="lead_id",
            name="name",
            team="team",
            manager_id="manager_id",
            valid_from="valid_from",
            valid_to="valid_to",
        )
    )
    others = calls.select(person_id="manager_id").unique().drop_nulls().join(stretches, on="person_id", how="anti")
    return (
        pl.concat([stretches, others], how="diagonal")
        .with_columns(
            person_key=pl.concat_str(
                ["person_id", pl.col("valid_from").cast(pl.String)], separator="@", ignore_nulls=True
            ),
            is_current=pl.col("valid_to").is_null(),
        )
        .sort("person_key")
    )


def _with_person(calls: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add the key of the lead's row in dim_person that holds on the day of the call."""
    spans = people.filter(pl.col("valid_from").is_not_null()).select(
        "person_key", lead_id="person_id", date="valid_from"
    )
    dated = calls.select("call_id", "lead_id", "date").drop_nulls().sort("date")
    held = dated.join_asof(spans.sort("date"), on="date", by="lead_id", check_sortedness=False)
    return calls.join(held.select("call_id", "person_key"), on="call_id", how="left").sort("call_id")


def _elements(elements: dy.DataFrame[Elements], plan: Plan) -> pl.DataFrame:
    decisive = [(rubric, name) for rubric, names in plan.decisive.items() for name in names]
    keys = pl.DataFrame(decisive, schema={"rubric": pl.String, "element": pl.String}, orient="row")
    return (
        elements.select(exported("dim_element"))
        .join(keys.with_columns(decisive=pl.lit(value=True)), on=["rubric", "element"], how="left")
        .with_columns(
            pl.col("decisive").fill_null(value=False),
            weight=pl.col("element").replace_strict(plan.weights, default=1.0, return_dtype=pl.Float64),
        )
        .sort("rubric", "element")
    )


def _dates(calls: pl.DataFrame) -> pl.DataFrame:
    """Every day of the years in which there were calls."""
    schema = {"date": pl.Date}
    first, last = calls["date"].min(), calls["date"].max()
    days = pl.DataFrame(schema=schema)
    if isinstance(first, date) and isinstance(last, date):
        days = pl.select(date=pl.date_range(date(first.year, 1, 1), date(last.year, 12, 31)))
    day = pl.col("date").dt
    return days.with_columns(
        week=day.truncate("1w"), iso_year=day.iso_year().cast(pl.Int64), iso_week=day.week().cast(pl.Int64),
        year=day.year().cast(pl.Int64), quarter=day.quarter().cast(pl.Int64), month=day.month().cast(pl.Int64),
        month_name=day.strftime("%B"), weekday=day.weekday().cast(pl.Int64), weekday_name=day.strftime("%A"),
    )  # fmt: skip


def _facts(store: Store, source: str, calls: pl.DataFrame, chosen: pl.DataFrame | None) -> pl.DataFrame:
    where = None if chosen is None else pl.col("call_id").is_in(chosen["call_id"].implode())
    rows = store.read(source, where=where).join(calls, on="call_id", how="semi")
    return current_labels(rows).drop("current") if source == "labels" else rows


def _kpis(store: Store, plan: Plan, weeks: pl.DataFrame | None) -> pl.DataFrame:
    rows = store.read("kpis", where=None if weeks is None else pl.col("week").is_in(weeks["week"].implode()))
    return rows.with_columns(small_n=pl.col("n_calls") < plan.small_n).sort(KPI_KEY)


def _changed(calls: pl.DataFrame, store: Store, known: pl.DataFrame, since: datetime) -> pl.DataFrame:
    """Conversations that are new, gone, moved, scored or labelled since: call_id and week, that of then and of now."""
    labelled = (
        store.read("labels", where=pl.col("current") & (pl.col("labelled_at") >= since)).select("call_id").unique()
    )
    now = calls.select("call_id", "week", "scored_at")
    fresh = now.filter((pl.col("scored_at") >= since) | pl.col("call_id").is_in(labelled["call_id"].implode()))
    moved = now.join(known, on=["call_id", "week"], how="anti", nulls_equal=True)
    gone = known.join(now, on="call_id", how="anti")
    touched = pl.concat([fresh.select("call_id"), moved.select("call_id"), gone.select("call_id")]).unique()
    both = pl.concat([now.select("call_id", "week"), known.select("call_id", "week")])
    return both.join(touched, on="call_id", how="semi").unique()


def _weeks(weeks: pl.Series, plan: Plan) -> pl.DataFrame:
    """The weeks whose KPIs these bear on: those that look back on them, too."""
    back = max([plan.roster_weeks, 2 * plan.trend_weeks, *(kind.every_weeks for kind in plan.meetings.values())])
    steps = pl.DataFrame({"step": range(back)}, schema={"step": pl.Int64})
    return (
        weeks.drop_nulls().unique().to_frame("week").join(steps, how="cross")
        .select(week=pl.col("week") + pl.duration(weeks=pl.col("step"))).unique().sort("week")
    )  # fmt: skip
