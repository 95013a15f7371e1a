"""Recall: what the stored transcripts of a batch of calls say, who in them has which role, and what was promised in
other meetings of the same people."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from flows.listen import hear
from flows.records import Assessment, Followed
from pipeline.intake.calls import calls_of
from pipeline.intake.kinds import is_practice
from pipeline.language.analyse import Findings, analyse
from pipeline.language.follow_up import carry_series
from pipeline.language.promises.named import known_people
from pipeline.metrics.measure_values import NO_ROLES, measure
from pipeline.metrics.measures import MEASURES
from pipeline.settings import Settings
from pipeline.speech.engines import BY_CHANNEL
from pipeline.store.delta import Store
from pipeline.tables.conversations import Actions, Acts, Calls, Utterances
from pipeline.tables.figures import Measures
from pipeline.tables.judgements import Elements
from pipeline.transcripts.roles import Roles, assign_roles, foreign_calls, lack_of_roles, roles_by_kind, talk_of
from pipeline.transcripts.transcript import Transcript

FACTS = ("duration_s", "channels", "sample_rate_hz", "language", "transcriber", "diarizer", "error_code", "error")
MET = ("call_id", "interaction", "lead_id", "other_id", "started_at", "language")
CALL_TYPES = Calls.create_empty().schema


class Recalled(NamedTuple):
    """A batch of calls with what their transcripts tell of them (an error_code where a role is missing), their
    utterances, and by call_id the confidence of the roles (null where no lead was found) and whether they were told
    apart by voice."""

    calls: pl.DataFrame
    utterances: dy.DataFrame[Utterances]
    roles: pl.DataFrame


def recall(batch: pl.DataFrame, settings: Settings, elements: dy.DataFrame[Elements]) -> Recalled:
    """Read the transcripts of a batch and assign the roles.

    A transcript that was damaged since is made again. A call with one speaker or without a lead gets an error_code;
    what needs no role is measured of it all the same.
    """
    store = Store(settings.workspace)
    roles_of = roles_by_kind(elements)
    facts, utterances, confidences = [], [], []
    for call in calls_of(batch):
        transcript = store.speech.read(call.content, call.engines) or hear(call, settings)
        lead_role, other_role = roles_of(call.interaction)
        spoken, roles = assign_roles(transcript, call, lead_role=lead_role, other_role=other_role)
        utterances.append(spoken)
        by_voice = transcript.diarizer not in (None, BY_CHANNEL)
        confidences.append((call.call_id, roles.confidence if roles.lead else None, by_voice))
        facts.append(_facts(transcript, roles))
    heard = pl.DataFrame(facts, schema={name: CALL_TYPES[name] for name in FACTS})
    return Recalled(
        batch.drop(FACTS, strict=False).hstack(heard),
        Utterances.validate(pl.concat(utterances)),
        pl.DataFrame(confidences, schema=NO_ROLES.schema, orient="row"),
    )


def _facts(transcript: Transcript, roles: Roles) -> dict[str, Any]:
    """What a transcript adds to the row of its call."""
    error_code, error = lack_of_roles(transcript, roles) or (None, None)
    return {
        "duration_s": transcript.duration_s,
        "channels": transcript.channels,
        "sample_rate_hz": transcript.sample_rate_hz,
        "language": transcript.language,
        "transcriber": transcript.transcriber,
        "diarizer": transcript.diarizer,
        "error_code": error_code,
        "error": error,
    }


def follow_up(
    store: Store,
    calls: pl.DataFrame,
    findings: Findings,
    before: tuple[Assessment, ...],
    *,
    settings: Settings,
    elements: dy.DataFrame[Elements],
) -> tuple[dy.DataFrame[Actions], Followed | None]:
    """The actions of a batch with those carried into its meetings, and of stored meetings held after these (one may
    come in late, or be scored again) what becomes of theirs."""
    zone, languages = settings.timezone or "UTC", settings.label_languages
    met = pl.concat([calls, *(assessment.calls for assessment in before)], how="diagonal")
    later = _later_meetings(store, met, languages=languages)
    if later.is_empty():
        earlier = _earlier_meetings(store, calls, before, languages=languages)
        return carry_series(findings.actions, *earlier, exchanges=findings.exchanges, zone=zone), None
    is_later = pl.col("call_id").is_in(later["call_id"].implode())
    talk = talk_of(store.read("utterances", where=is_later), later, elements)
    acts = Acts.validate(store.read("acts", where=is_later))
    found = analyse(talk, acts, zone=zone, known=known_people(talk, later))
    both = findings.together_with(found)
    earlier = _earlier_meetings(store, pl.concat([calls, later], how="diagonal"), before, languages=languages)
    exchanges = both.exchanges.with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt32))
    actions = carry_series(both.actions, *earlier, exchanges=exchanges, zone=zone)
    own, theirs = (Actions.validate(actions.filter(chosen)) for chosen in (~is_later, is_later))
    rest_on = [name for name, one in MEASURES.items() if one.source == "actions"]
    measures = measure(talk, acts, found._replace(actions=theirs)).filter(pl.col("measure").is_in(rest_on))
    return own, Followed(later["call_id"].to_list(), theirs, Measures.validate(measures))


def _earlier_meetings(
    store: Store, calls: pl.DataFrame, before: Sequence[Assessment] = (), *, languages: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The actions of earlier meetings of the people in `calls`, and who met when: those meetings and `calls`.

    Earlier meetings are stored ones, and those `before` that were assessed but are not stored yet. What was called off,
    failed, was held in none of the `languages` or played is no meeting in which anybody could have been asked.
    """
    is_held = pl.col("error_code").is_null().alias("is_held")
    pairs = calls.select("lead_id", "other_id").drop_nulls()
    here = pl.concat([some.select(*MET, is_held) for some in (calls, *(assessment.calls for assessment in before))])
    stored = store.read("calls", where=(pl.col("status") == "ok") & pl.col("lead_id").is_in(pairs["lead_id"].implode()))
    stored = stored.select(MET).join(pairs, on=["lead_id", "other_id"], how="semi").join(here, on="call_id", how="anti")
    actions = store.read("actions", where=pl.col("call_id").is_in(stored["call_id"].implode()))
    actions = pl.concat([actions, *(assessment.actions for assessment in before)])
    known = pl.concat([stored, here.filter("is_held").select(MET)])
    is_foreign = pl.col("call_id").is_in(foreign_calls(known, languages))
    return actions, known.filter(~is_foreign, ~is_practice("interaction"))


def _later_meetings(store: Store, calls: pl.DataFrame, *, languages: Sequence[str]) -> pl.DataFrame:
    """The stored meetings of the people in `calls` that were held after one of these: what they say of promises is to
    be looked for again. Those of none of the `languages` say nothing of any."""
    first = calls.group_by("lead_id", "other_id").agg(first=pl.col("started_at").min()).drop_nulls()
    stored = store.read("calls", where=(pl.col("status") == "ok") & pl.col("lead_id").is_in(first["lead_id"].implode()))
    later = (
        stored.join(first, on=["lead_id", "other_id"])
        .filter(pl.col("started_at") >= pl.col("first"))
        .drop("first")
        .join(calls, on="call_id", how="anti")
    )
    return later.filter(~pl.col("call_id").is_in(foreign_calls(later, languages)))
