"""KPIs: quality, habits and cadence by week, kind of conversation, organisation, team, manager and person."""

from functools import partial

import polars as pl

from pipeline.metrics.definition import Measure
from pipeline.metrics.kpi_values import EACH, Kpi
from pipeline.metrics.measures import MEASURES
from pipeline.tables.values import LEVELS

CORRELATION = "A correlation in recorded conversations: it does not show that a better conversation brings the outcome."


def _of_measure(name: str, measure: Measure) -> dict[str, Kpi]:
    """The KPIs of a measure: its share where it is yes or no, else its mean; pooled, too, where it has a whole."""
    of_measure = partial(Kpi, source="measures", measure=name)
    if measure.unit == "0/1":
        of_what = "meetings of managers" if measure.of_meetings else "conversations"
        part = pl.when("meeting").then("value") if measure.of_meetings else pl.col("value")
        definition = f"Share of {of_what} in which: {measure.definition}"
        return {f"{name}_share": of_measure("share", definition, kind="share", part=part)}
    bottom, top = None if measure.unit == "score" else 0.0, 1.0 if measure.unit == "share" else None
    of_unit = partial(of_measure, measure.unit, bottom=bottom, top=top)
    mean = of_unit(f"Mean of calls: {measure.definition}", kind="mean", part=pl.col("value"))
    if measure.whole is None:
        return {f"{name}_mean": mean}
    definition = f"Sum of parts over sum of wholes: {measure.definition}"
    pooled = of_unit(definition, kind="ratio", part=pl.col("part"), whole=pl.col("whole"))
    return {f"{name}_mean": mean, f"{name}_pooled": pooled}


KPIS: dict[str, Kpi] = {
    "calls": Kpi("count", "Scored conversations.", "calls", "total", pl.col("calls")),
    "minutes": Kpi("min", "Recorded minutes of them.", "calls", "total", pl.col("minutes")),
    "people": Kpi("count", "People who led one.", "active", "total", EACH),
    **{
        f"{color}_share": Kpi(
            "share",
            f"Share of conversations that are {color}, by element.",
            "labels",
            "share",
            pl.col("level") == level,
        )
        for level, color in enumerate(LEVELS)
    },
    "overturned_share": Kpi(
        "share",
        "Share of a classifier's labels that people overturned: somebody disagreed, and the manager or enablement lead "
        "settled on another level. By element; a settled level is what every other figure counts.",
        "labels",
        "share",
        (pl.col("machine_level") != pl.col("level")).fill_null(value=False),
    ),
    "level_mean": Kpi(
        "level 0–3",
        "Mean expected level (0 red to 3 green), by element.",
        "labels",
        "mean",
        pl.col("expected_level"),
        top=3.0,
    ),
    "quality_index": Kpi(
        "0–100",
        "Mean of calls of the quality index: the weighted mean of a call's expected levels, 0 where every element is "
        "surely red, 100 where every one is surely green. Weights are those of the plan, 1 where it gives none.",
        "calls",
        "mean",
        pl.col("quality"),
        top=100.0,
    ),
    "provisional_share": Kpi(
        "share",
        "Labels that are provisional (counted in every other figure) over all.",
        "calls",
        "ratio",
        pl.col("provisional"),
        pl.col("labels"),
        top=1.0,
    ),
    "needs_review_share": Kpi(
        "share",
        "Labels that a person should look at over all.",
        "calls",
        "ratio",
        pl.col("unsure"),
        pl.col("labels"),
        top=1.0,
    ),
    "better_not_made_share": Kpi(
        "share",
        "Share of conversations that are red on every decisive element of the plan.",
        "calls",
        "share",
        pl.col("better_not_made"),
    ),
    "opportunities_lost": Kpi(
        "per week",
        "Qualified opportunities that conversations better not made cost in the week: their share, times "
        "the people who led any, times the plan's calls per person and week and its share that qualifies. By kind "
        "of conversation only; the interval covers the share, not the plan's assumptions.",
        "active",
        "volume",
        pl.col("bad"),
        pl.col("judged"),
    ),
    "people_spread": Kpi(
        "0–100",
        "Standard deviation between people of their mean quality index over the weeks of the trend.",
        "people",
        "spread",
        pl.col("quality"),
    ),
    "people_low_share": Kpi(
        "share",
        "Share of people whose mean level over the weeks of the trend is red or orange (below 1.5).",
        "people",
        "share",
        pl.col("low"),
    ),
    "people_up_share": Kpi(
        "share",
        "Of the people who were red or orange in the weeks before the trend's, the share that is yellow or "
        "green now: the middle that shifted. For a person 1 or 0.",
        "people",
        "share",
        pl.when(pl.col("was_low")).then(~pl.col("low")),
    ),
    "people_down_share": Kpi(
        "share",
        "Of the people who were yellow or green in the weeks before the trend's, the share that is red or "
        "orange now. For a person 1 or 0.",
        "people",
        "share",
        pl.when(~pl.col("was_low")).then("low"),
    ),
    "actions_made": Kpi("per call", "Mean number of new actions.", "calls", "mean", pl.col("made")),
    "actions_owned_share": Kpi(
        "share",
        "New actions with an owner over all new ones.",
        "calls",
        "ratio",
        pl.col("owned"),
        pl.col("made"),
        top=1.0,
    ),
    "actions_dated_share": Kpi(
        "share",
        "New actions with a date or time over all new ones.",
        "calls",
        "ratio",
        pl.col("dated"),
        pl.col("made"),
        top=1.0,
    ),
    "actions_confirmed_share": Kpi(
        "share",
        "New actions the other side confirmed over all new ones.",
        "calls",
        "ratio",
        pl.col("agreed"),
        pl.col("made"),
        top=1.0,
    ),
    "actions_done_share": Kpi(
        "share",
        "Actions of earlier meetings found done over all that were open.",
        "calls",
        "ratio",
        pl.col("done"),
        pl.col("carried"),
        top=1.0,
    ),
    "actions_reviewed_share": Kpi(
        "share",
        "Actions of earlier meetings taken up over all that were open.",
        "calls",
        "ratio",
        pl.col("reviewed"),
        pl.col("carried"),
        top=1.0,
    ),
    "coaching_quality": Kpi(
        "0–100",
        "Mean of meetings of the quality index over the plan's coaching elements (agenda, guiding, listening, "
        "actions, feedback sought).",
        "calls",
        "mean",
        pl.col("coaching"),
        top=100.0,
    ),
    "joint_calls": Kpi(
        "count",
        "Conversations with customers in which the lead's manager speaks (known by person_id).",
        "calls",
        "total",
        pl.when("heard").then(pl.col("managers_share").is_not_null()),
    ),
    "manager_takeover_share": Kpi(
        "share",
        "Of the joint calls, those in which the manager has more of our side's speech than the plan allows.",
        "calls",
        "share",
        pl.col("managers_share") > pl.col("takeover_share"),
    ),
    "meetings_held": Kpi(
        "count", "Meetings of managers with their people.", "calls", "total", pl.when("meeting").then("calls")
    ),
    "cadence_kept_share": Kpi(
        "share",
        "Of the meetings due to each seller on the team, the share held within the plan's interval up to this "
        "week. A seller is on the team for the plan's roster weeks after a call or a meeting with a manager, and from "
        "the start on where people.csv lists him or her; here the lead is the seller, and n_calls counts meetings "
        "held. Kinds of which no meeting is on record are not due, and no week is missed before it ends.",
        "pairs",
        "share",
        pl.col("calls") > 0,
    ),
    "meeting_length_kept_share": Kpi(
        "share",
        "Share of meetings as long as the plan says.",
        "calls",
        "share",
        pl.col("minutes").is_between("shortest", "longest"),
    ),
    "meeting_overrun_share": Kpi(
        "share",
        "Share of meetings that took longer than scheduled_minutes.",
        "calls",
        "share",
        pl.when("meeting").then(pl.col("minutes") > pl.col("scheduled_minutes")),
    ),
    "meeting_moved_share": Kpi(
        "share",
        "Share of meetings that started further from scheduled_at (a column of the call list) than the plan allows.",
        "calls",
        "share",
        pl.when("meeting").then(pl.col("late_minutes") > pl.col("moved_minutes")),
    ),
    "meeting_cancelled_share": Kpi(
        "share",
        "Of the meetings held or called off (a column cancelled of the call list says yes), the share called off.",
        "planned",
        "share",
        pl.col("cancelled"),
    ),
    "opportunities_reviewed_share": Kpi(
        "share",
        "Of the opportunities under way, the share spoken of in such a meeting in the last cycle_weeks / "
        "times_a_cycle weeks of the plan. An opportunity is under way for a cycle after a conversation with the "
        "customer, unless that one lost it; n_calls counts the meetings.",
        "opportunities",
        "share",
        pl.col("calls") > 0,
    ),
    "quality_by_outcome": Kpi(
        "0–100",
        f"Mean quality index of the conversations with an outcome, by outcome. {CORRELATION}",
        "outcomes",
        "mean",
        pl.col("quality"),
        top=100.0,
    ),
    "advanced_share": Kpi(
        "share",
        "Share of conversations with an outcome that advanced, by the colour nearest to their quality index. "
        f"{CORRELATION}",
        "bands",
        "share",
        pl.col("outcome") == "advanced",
    ),
    **{kpi: value for name, measure in MEASURES.items() for kpi, value in _of_measure(name, measure).items()},
}
