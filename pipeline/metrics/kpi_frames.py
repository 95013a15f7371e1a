"""What KPIs are counted over: one frame per kind of unit (conversation, label, measure, person and week, plan).

Every frame has week (a Monday), team, manager, lead, interaction, `of` (the element, role, outcome or colour that a
KPI is split by, else null) and calls (how many conversations stand behind the row). A conversation stands twice, under
its own kind and under all kinds. A manager is credited with the conversations of the people who report to him or her
and with the meetings he or she leads.
"""

from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from pipeline.intake.kinds import is_practice
from pipeline.intake.times import times_in_utc
from pipeline.metrics.cadence import Plan, meeting_kinds
from pipeline.metrics.current_labels import judged_labels, with_settlement
from pipeline.metrics.frames import meetings
from pipeline.metrics.frames.weeks import carried_on, nothing, twice_of, week_of
from pipeline.tables.judgements import Elements
from pipeline.tables.values import DECIDED_OUTCOMES, LEVELS

KEYS = ("week", "team", "manager", "lead", "interaction", "of")
MIDDLE_LEVEL = 1.5  # between orange (1) and yellow (2)
Frame = tuple[str, str | None]  # the name of a frame, and the measure whose rows it has


@dataclass(frozen=True)
class Source:
    """The tables that KPIs are counted from.

    Of `utterances` the columns call_id, person_id, start_s and end_s tell in which calls a manager spoke; without them
    there are no figures of joint calls. `roster` are the people of `intake.roster`. With `today` no meeting counts as
    missed before its week is over.
    """

    calls: pl.DataFrame
    labels: pl.DataFrame
    measures: pl.DataFrame
    actions: pl.DataFrame
    utterances: pl.DataFrame | None = None
    roster: pl.DataFrame | None = None
    today: date | None = None


def units(source: Source, elements: dy.DataFrame[Elements], plan: Plan, *, zone: str) -> dict[Frame, pl.DataFrame]:
    """The frames by name; the rows of each measure are a frame of their own."""
    base = _conversations(source.calls, elements, plan, zone)
    current = with_settlement(judged_labels(source.labels))
    facts = (
        base.join(qualities(current, plan), on="call_id", how="left")
        .join(_decided(current, plan), on="call_id", how="left")
        .join(_done(source.actions), on="call_id", how="left")
        .join(_joint(base, source.utterances), on="call_id", how="left")
        .with_columns(pl.col("made", "owned", "dated", "agreed", "carried", "done", "reviewed").fill_null(0))
    )
    twice = twice_of(facts)
    keyed = twice.select("call_id", *KEYS[:-1], "calls", "meeting")
    decided = twice.filter(pl.col("outcome").is_in(DECIDED_OUTCOMES))
    limits = {"takeover_share": pl.lit(plan.takeover_share), "moved_minutes": pl.lit(plan.moved_minutes)}
    frames = {
        "calls": twice.with_columns(**limits),
        "outcomes": decided.with_columns(of="outcome"),
        "bands": decided.filter(pl.col("quality").is_not_null()).with_columns(of=_color(pl.col("quality"))),
        "labels": keyed.join(current.drop("rubric").rename({"element": "of"}), on="call_id"),
        "active": _active(twice),
        "people": _people(twice, plan),
        "pairs": meetings.pairs(facts, elements, plan, source.roster, today=source.today),
        "planned": meetings.planned(facts, source.calls, meeting_kinds(elements, plan), zone),
        "opportunities": meetings.opportunities(facts, plan),
    }
    known = source.measures.filter(pl.col("value").is_not_null()).partition_by("measure", as_dict=True)
    of_measures = {("measures", name): _split(keyed, rows) for (name,), rows in known.items()}
    return {(name, None): frame for name, frame in frames.items()} | of_measures


def usable(calls: pl.DataFrame) -> pl.DataFrame:
    """The scored conversations of known kind and time; role-plays are none."""
    known = pl.col("started_at").is_not_null() & pl.col("interaction").is_not_null() & ~is_practice("interaction")
    return calls.filter((pl.col("status") == "ok") & known)


def _conversations(calls: pl.DataFrame, elements: dy.DataFrame[Elements], plan: Plan, zone: str) -> pl.DataFrame:
    """One row per usable conversation; `report` is whom a meeting is held with."""
    meeting = pl.col("interaction").is_in(meeting_kinds(elements, plan))
    scheduled = pl.col("x_scheduled_at") if "x_scheduled_at" in calls.columns else nothing
    away = pl.col("started_at") - times_in_utc(scheduled, zone=zone, dates=False)
    lengths = {kind: meeting.minutes for kind, meeting in plan.meetings.items() if meeting.minutes is not None}
    return usable(calls).select(
        "call_id",
        "team",
        "interaction",
        "started_at",
        "outcome",
        "manager_id",
        "opportunity_id",
        week=week_of(pl.col("started_at"), zone),
        manager=pl.when(meeting).then("lead_id").otherwise("manager_id"),
        lead="lead_id",
        kind="interaction",
        of=nothing,
        calls=pl.lit(1, pl.Int64),
        meeting=meeting,
        report=pl.when(meeting).then("other_id"),
        minutes=pl.col("duration_s") / 60,
        scheduled_minutes="scheduled_minutes",
        shortest=pl.col("interaction").replace_strict(
            list(lengths), [low for low, _ in lengths.values()], default=None, return_dtype=pl.Float64
        ),
        longest=pl.col("interaction").replace_strict(
            list(lengths), [high for _, high in lengths.values()], default=None, return_dtype=pl.Float64
        ),
        late_minutes=away.dt.total_seconds().abs() / 60,
    )


def qualities(labels: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Per call: quality and coaching (0 to 100, from expected levels), how many labels, how many to be looked at."""
    weight = pl.col("element").replace_strict(plan.weights, default=1.0, return_dtype=pl.Float64)
    level = pl.col("expected_level")
    coaching = _listed(plan.coaching)
    of_coach = labels.join(coaching, on=["rubric", "element"], how="semi").group_by("call_id").agg(
        coaching=level.mean() / 3 * 100
    )  # fmt: skip
    return (
        labels.group_by("call_id")
        .agg(
            quality=(level * weight).sum() / weight.sum() / 3 * 100,
            labels=pl.len().cast(pl.Float64),
            provisional=(pl.col("status") == "provisional").sum(),
            unsure=pl.col("needs_review").sum(),
        )
        .with_columns(pl.col("quality").fill_nan(None))
        .join(of_coach, on="call_id", how="left")
    )


def _decided(labels: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Per call that has all decisive elements: whether all are red."""
    needed = {rubric: len(names) for rubric, names in plan.decisive.items()}
    return (
        labels.join(_listed(plan.decisive), on=["rubric", "element"], how="semi")
        .group_by("call_id", "rubric")
        .agg(better_not_made=(pl.col("level") == 0).all(), n=pl.len())
        .filter(pl.col("n") == pl.col("rubric").replace_strict(needed, default=None, return_dtype=pl.UInt32))
        .select("call_id", "better_not_made")
    )


def _listed(elements: dict[str, tuple[str, ...]]) -> pl.DataFrame:
    rows = [(rubric, name) for rubric, names in elements.items() for name in names]
    return pl.DataFrame(rows, schema={"rubric": pl.String, "element": pl.String}, orient="row")


def _done(actions: pl.DataFrame) -> pl.DataFrame:
    """Per call with actions: how many it made (owned, dated, agreed) and how many earlier ones came up (done)."""
    new, state = pl.col("carried_from").is_null(), pl.col("state")
    return actions.group_by("call_id").agg(
        made=new.sum(),
        owned=(new & (pl.col("owner_role") != "unknown")).sum(),
        dated=(new & pl.col("due_words").is_not_null()).sum(),
        agreed=(new & pl.col("confirmed").fill_null(value=False)).sum(),
        carried=(~new).sum(),
        done=(~new & (state == "done")).sum(),
        reviewed=(~new & (state != "not_mentioned")).sum(),
    )


def _joint(base: pl.DataFrame, utterances: pl.DataFrame | None) -> pl.DataFrame:
    """Per conversation with a customer of which utterances are given: the manager's share of our side's speech, null
    where the manager says nothing."""
    schema = {"call_id": pl.String, "managers_share": pl.Float64, "heard": pl.Boolean}
    if utterances is None:
        return pl.DataFrame(schema=schema)
    spoken = utterances.select("call_id", "person_id", length_s=pl.col("end_s") - pl.col("start_s")).join(
        base.filter(~pl.col("meeting")).select("call_id", "lead", "manager_id"), on="call_id"
    )
    length = pl.col("length_s")
    managers = length.filter(pl.col("person_id") == pl.col("manager_id")).sum()
    leads = length.filter(pl.col("person_id") == pl.col("lead")).sum()
    return spoken.group_by("call_id").agg(
        managers_share=pl.when(managers > 0).then(managers / (managers + leads)), heard=pl.lit(value=True)
    )


def _color(quality: pl.Expr) -> pl.Expr:
    """The colour nearest to a quality index; halfway counts as the better one."""
    level = (quality / 100 * 3 + 0.5).floor().cast(pl.Int64)
    return level.replace_strict(range(len(LEVELS)), list(LEVELS), return_dtype=pl.String)


def _split(keyed: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of one measure; split by role where it has several."""
    of = pl.col("role") if rows["role"].n_unique() > 1 else nothing
    return keyed.join(rows.select("call_id", "part", "whole", "value", of=of), on="call_id")


def _active(twice: pl.DataFrame) -> pl.DataFrame:
    """One row per week and person who led a conversation: how many were better not made, of how many judged."""
    return (
        twice.filter(pl.col("lead").is_not_null())
        .sort("started_at")
        .group_by("week", "lead", "interaction")
        .agg(
            pl.col("team", "manager").last(),
            pl.col("calls").sum(),
            bad=pl.col("better_not_made").sum(),
            judged=pl.col("better_not_made").count(),
        )
        .with_columns(of=nothing)
    )


def _people(twice: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """One row per week and person: mean quality over the weeks of the trend up to it, and over as many before."""
    weeks = plan.trend_weeks
    seen = twice.filter(pl.col("quality").is_not_null() & pl.col("lead").is_not_null()).sort("started_at")
    now = pl.col("age") < weeks
    return (
        carried_on(seen, 2 * weeks, twice)
        .group_by("week", "lead", "interaction")
        .agg(
            pl.col("team", "manager").last(),
            calls=pl.col("calls").filter(now).sum(),
            quality=pl.col("quality").filter(now).mean(),
            before=pl.col("quality").filter(~now).mean(),
        )
        .filter(pl.col("quality").is_not_null())
        .with_columns(
            of=nothing,
            low=pl.col("quality") / 100 * 3 < MIDDLE_LEVEL,
            was_low=pl.col("before") / 100 * 3 < MIDDLE_LEVEL,
        )
    )
