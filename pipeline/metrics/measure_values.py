"""How measures are computed: every measure of MEASURES for every call, from the frames that it names."""

from collections.abc import Collection

import dataframely as dy
import polars as pl

from pipeline.language.analyse import Findings
from pipeline.metrics import measure_frames
from pipeline.metrics.measures import MEASURES, MEASURES_VERSION
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.figures import Measures
from pipeline.tables.values import PURPOSES, SIDES

MIN_CALL_S = 60.0
# Sources of measures, and one measure, that rest on what is meant.
MEANING = ("sentences", "moments", "actions", "purposes", "filler_rate")
NO_ROLES = pl.DataFrame(schema={"call_id": pl.String, "confidence": pl.Float64, "by_voice": pl.Boolean})
# Two in five interruptions are missed on one channel, by an error as large as conversations differ (docs/accuracy).
CROSSTALK = "crosstalk: both sides are on one channel"
OPPOSITE = {"lead": "other", "other": "lead"}

MEASURE_DECIMALS = 9  # as stored: hours of a short call need more than probabilities do


def measure(
    talk: dy.DataFrame[Talk],
    acts: dy.DataFrame[Acts],
    findings: Findings,
    *,
    roles: pl.DataFrame | None = None,
    foreign: Collection[str] = (),
) -> dy.DataFrame[Measures]:
    """Every measure of every call in `talk`; one that cannot be computed is null with a reason, never 0.

    The actions of `findings` may be carried from earlier meetings. `roles` has call_id, confidence (null where it is
    undecided who leads) and by_voice (whether both sides are on one channel, told apart by voice). Of calls that are
    `foreign`, in a language whose acts are not known, only measures are given that rest on who speaks when and how
    much.
    """
    segments = measure_frames.segments(talk)
    spans = measure_frames.spans(segments)
    calls = measure_frames.facts(talk, spans)
    frames = {
        "spans": spans,
        "stretches": measure_frames.stretches(segments),
        "words": measure_frames.words(talk, calls),
        "turns": measure_frames.turns(talk),
        "sentences": measure_frames.sentences(talk, acts),
        "replies": measure_frames.replies(talk, acts),
        "moments": measure_frames.moments(talk, findings.moments),
        "actions": measure_frames.actions(talk, findings.actions, findings.moments),
        "purposes": measure_frames.purposes(talk, findings.purposes),
        "roles": (NO_ROLES if roles is None else roles).with_columns(any_side=pl.lit(value=True)),
    }
    pairs = sorted({(measure.source, role) for measure in MEASURES.values() for role in measure.roles})
    values = [_computed(calls.join(frames[source], on="call_id", how="left"), source, role) for source, role in pairs]
    by_voice = frames["roles"].filter(pl.col("by_voice").fill_null(value=False))["call_id"]
    calls = calls.with_columns(
        foreign=pl.col("call_id").is_in(list(foreign)), by_voice=pl.col("call_id").is_in(by_voice.implode())
    )
    return Measures.validate(_explained(pl.concat(values), calls).drop("foreign", "by_voice"), cast=True)


def _computed(frame: pl.DataFrame, source: str, role: str) -> pl.DataFrame:
    """Part and whole of the measures of one source for one role: call_id, measure, role, part, whole, unit, absent."""
    chosen = {name: measure for name, measure in MEASURES.items() if measure.source == source and role in measure.roles}
    pairs = (
        frame.with_columns(mine=_whose(role), theirs=_whose(OPPOSITE.get(role, "none")))
        .group_by("call_id", maintain_order=True)
        .agg(
            pl.struct(
                part=measure.part.cast(pl.Float64),
                whole=(pl.lit(None, pl.Float64) if measure.whole is None else measure.whole).cast(pl.Float64),
                unit=pl.lit(measure.unit),
                absent=pl.lit(measure.absent),
                divided=pl.lit(measure.whole is not None),
            ).alias(name)
            for name, measure in chosen.items()
        )
    )
    measured = pairs.unpivot(index="call_id", variable_name="measure", value_name="pair").unnest("pair")
    return measured.with_columns(role=pl.lit(role))


def _whose(role: str) -> pl.Expr:
    """Whether a row belongs to a role: a side, all, none, or a purpose of speech."""
    if role in PURPOSES:
        belongs = pl.col("purpose") == role
    elif role == "none":
        belongs = pl.lit(value=False)
    else:
        belongs = pl.col("any_side" if role == "all" else f"by_{role}")
    return belongs.fill_null(value=False)


def _of_language() -> list[str]:
    """The measures that rest on what the words mean."""
    return [name for name, measure in MEASURES.items() if measure.source in MEANING or name in MEANING]


def _of_crosstalk() -> list[str]:
    """The measures that rest on when two speak at once."""
    return [name for name, measure in MEASURES.items() if measure.of_crosstalk]


def _explained(values: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Divide, and put null with a reason where a measure cannot be computed."""
    needs_role = pl.col("role").is_in(SIDES) | pl.col("measure").is_in(["next_step_confirmed", "agenda_agreed"])
    quotient = pl.when(pl.col("divided")).then(pl.col("part") / pl.col("whole")).otherwise("part")
    value = pl.when(quotient.is_finite()).then(quotient)
    reason = (
        pl.when(pl.col("duration_s") < MIN_CALL_S).then(pl.lit("the call is shorter than 60 s"))
        .when(pl.col("speakers") < 2).then(pl.lit("only one speaker"))
        .when(needs_role & ~pl.col("roles_known")).then(pl.lit("the roles of the speakers are unknown"))
        .when(pl.col("foreign") & pl.col("measure").is_in(_of_language())).then(pl.lit("language"))
        .when(pl.col("by_voice") & pl.col("measure").is_in(_of_crosstalk())).then(pl.lit(CROSSTALK))
        .when((pl.col("role") == "lead") & (pl.col("lead_speech_s") == 0)).then(pl.lit("no speech of the lead"))
        .when((pl.col("role") == "other") & (pl.col("other_speech_s") == 0)).then(pl.lit("no speech of the other side"))
        .when(value.is_null()).then("absent")
    )  # fmt: skip
    explained = values.join(calls, on="call_id").with_columns(value=value, reason=reason)
    return explained.with_columns(
        *(
            pl.when(pl.col("reason").is_null()).then(pl.col(column).round(MEASURE_DECIMALS)).alias(column)
            for column in ("part", "whole", "value")
        ),
        measures_version=pl.lit(MEASURES_VERSION),
    )
