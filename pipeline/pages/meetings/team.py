"""The team: everybody who is managed, with who manages them now, since when they are here, and when they last met."""

from dataclasses import dataclass
from datetime import date, datetime

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.coaching.loop import coaching_meetings, tenure_of
from pipeline.pages.parts.ratings import NOBODY, paths
from pipeline.tables.judgements import Elements


@dataclass(frozen=True)
class House:
    """What pages of managers and of next meetings are made of.

    members: person, name, manager, manager_name, team, tenure, observed, joint, met, met_at; one row per person with a
    manager who manages nobody
    above: the name of who manages each manager
    met: the meetings of `metrics.coaching.loop.coaching_meetings`
    today: the day up to which anything is on record; null where nothing is
    """

    members: pl.DataFrame
    above: dict[str, str]
    met: pl.DataFrame
    today: datetime | None


def house_of(
    calls: pl.DataFrame, utterances: pl.DataFrame, roster: pl.DataFrame, plan: Plan, *, until: datetime | None = None
) -> House:
    """The house of the day `until`, else of the latest call; `calls` are those of `with_met`, in which a met seller
    stands once more."""
    ok = calls.filter(pl.col("status") == "ok")
    today = until or ok["started_at"].max()
    met = coaching_meetings(ok, plan)
    now = pl.lit(today, ok.schema["started_at"])
    lately = ok.filter(pl.col("started_at") > now - pl.duration(weeks=plan.roster_weeks))
    speaking = utterances.select("call_id", manager_id="person_id").drop_nulls().unique()
    joint = lately.filter("led").join(speaking, on=["call_id", "manager_id"], how="semi")["person"]
    led = lately.filter("led")["person"]
    last = met.group_by("person").agg(met_at=pl.col("started_at").max())
    managed = managers_of(ok, roster)
    manages = pl.col("person").is_in(managed["manager"].implode())
    members = (
        managed.filter(~manages)
        .join(last, on="person", how="left")
        .with_columns(
            observed=pl.col("person").is_in(led.implode()),
            joint=pl.col("person").is_in(joint.implode()),
            met=_due(pl.col("met_at"), now, plan, met),
            tenure=tenure_of(
                pl.col("start_date"), pl.col("tenure"), today.date() if isinstance(today, datetime) else date.min
            ),
        )
        .sort("name", "person")
    )
    return House(
        members,
        dict(managed.filter(manages).select("person", "manager_name").iter_rows()),
        met,
        today if isinstance(today, datetime) else None,
    )


def with_met(calls: pl.DataFrame, elements: dy.DataFrame[Elements], manager_role: str) -> pl.DataFrame:
    """Calls, and each meeting of a manager once more as the seller's: `led` is false there, person the seller."""
    meetings = elements.filter(pl.col("scored_role") == manager_role)["rubric"].unique()
    met = calls.filter(pl.col("interaction").is_in(meetings.implode()) & pl.col("other_id").is_not_null())
    newest = pl.col("other_name").drop_nulls().last().over("other_id")
    seller = met.with_columns(
        person="other_id",
        name=pl.coalesce(newest, "other_id"),
        person_href=paths(met["other_id"], "people"),
        other_name="name",
        other_id="lead_id",
        manager_id=pl.coalesce("lead_id", "manager_id"),
        led=pl.lit(value=False),
    )
    return pl.concat([calls.with_columns(led=pl.lit(value=True)), seller]).sort("started_at", nulls_last=False)


def _due(met_at: pl.Expr, now: pl.Expr, plan: Plan, met: pl.DataFrame) -> pl.Expr:
    """Whether the last meeting is no longer ago than the shortest interval of the kinds in use."""
    used = [plan.meetings[kind].every_weeks for kind in set(met["interaction"]) & set(plan.meetings)]
    return (met_at > now - pl.duration(weeks=min(used, default=1))).fill_null(value=False)


def managers_of(ok: pl.DataFrame, roster: pl.DataFrame) -> pl.DataFrame:
    """Everybody with a manager, by the list of people where they stand in it, else by their latest conversation:
    person, start_date, tenure, name, team, manager, manager_name. `ok` are the scored calls of `with_met`."""
    known = ok.filter(pl.col("person") != NOBODY)
    seen = known.group_by("person", maintain_order=True).agg(
        pl.col("name").last(),
        pl.col("team").drop_nulls().last(),
        manager=pl.col("manager_id").drop_nulls().last(),
    )
    listed = roster.select(
        "person", "start_date", "tenure", **{f"own_{key}": key for key in ("name", "team", "manager")}
    )
    both = seen.join(listed, on="person", how="full", coalesce=True).select(
        "person", "start_date", "tenure", **{key: pl.coalesce(f"own_{key}", key) for key in ("name", "team", "manager")}
    )
    named = both.with_columns(name=pl.coalesce("name", "person"))
    names = dict(named.select("person", "name").iter_rows())
    return named.filter(pl.col("manager").is_not_null() & (pl.col("manager") != pl.col("person"))).with_columns(
        manager_name=pl.col("manager").replace(names),
    )
