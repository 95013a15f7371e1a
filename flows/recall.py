"""Recall: what the stored transcripts of a batch of calls say, and who in them has which role."""

from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from flows.listen import hear
from pipeline.intake.calls import calls_of
from pipeline.metrics.measure_values import NO_ROLES
from pipeline.settings import Settings
from pipeline.speech.engines import BY_CHANNEL
from pipeline.store.delta import Store
from pipeline.tables.conversations import Calls, Utterances
from pipeline.tables.judgements import Elements
from pipeline.transcripts.roles import Roles, assign_roles, lack_of_roles, roles_by_kind
from pipeline.transcripts.transcript import Transcript

FACTS = ("duration_s", "channels", "sample_rate_hz", "language", "transcriber", "diarizer", "error_code", "error")
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
