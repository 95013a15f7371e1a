"""Roles: which speaker is the lead, by what the call list says, by name, else by what each one says."""

from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from pipeline.tables import Utterances
from pipeline.transcripts import Speaker, Transcript

UNKNOWN = "unknown"
NAMED = 75.0  # likeness (0 to 100) from which a speaker's name is a participant's
APART = 10.0  # by which it must be liker to one than to the other


class Roles(NamedTuple):
    """The lead among the speakers (None if undecided), how sure that is, and what it rests on."""

    lead: str | None
    confidence: float
    basis: str


def find_lead(transcript: Transcript, call: dict[str, Any], *, lead_role: str) -> Roles:
    """Which speaker leads: as given in the transcript, in the call list, by channel, by name."""
    speakers = transcript.speakers
    given = [speaker for speaker, known in speakers.items() if known.role == lead_role]
    if given:
        return Roles(given[0], 1.0, "transcript")
    if call.get("lead_speaker"):
        named = [s for s, known in speakers.items() if call["lead_speaker"] in (s, known.name)]
        return Roles(named[0], 1.0, "lead_speaker") if named else Roles(None, 0.0, "lead_speaker")
    if call.get("lead_channel") is not None:
        on_channel = [speaker for speaker, known in speakers.items() if known.channel == call["lead_channel"]]
        if on_channel:
            return Roles(on_channel[0], 1.0, "lead_channel")
    return _by_name(speakers, call)


def assign_roles(
    transcript: Transcript, call: dict[str, Any], *, lead_role: str, other_role: str
) -> tuple[dy.DataFrame[Utterances], Roles]:
    """The utterances of a call with the role and person of who speaks, and how the lead was found."""
    roles = find_lead(transcript, call, lead_role=lead_role)
    lead = pl.col("speaker") == pl.lit(roles.lead)
    known = {speaker: one for speaker, one in transcript.speakers.items()}
    role = {speaker: one.role or other_role for speaker, one in known.items()}
    names = pl.col("text").str.extract_all(r"\S+").list.len().cast(pl.Int64)
    undecided = roles.lead is None
    return (
        Utterances.validate(
            transcript.utterances.with_row_index("idx").select(
                pl.lit(call["call_id"]).alias("call_id"),
                pl.col("idx").cast(pl.Int64),
                "start_s",
                "end_s",
                "speaker",
                role=pl.lit(UNKNOWN)
                if undecided
                else pl.when(lead).then(pl.lit(lead_role)).otherwise(pl.col("speaker").replace_strict(role)),
                person_id=pl.lit(None, pl.String)
                if undecided
                else pl.when(lead).then(pl.lit(call.get("lead_id"))).otherwise(pl.lit(call.get("other_id"))),
                text="text",
                n_words=names,
                confidence=pl.col("words").list.eval(pl.element().struct.field("p")).list.mean().clip(0, 1),
            )
        ),
        roles,
    )


def _by_name(speakers: dict[str, Speaker], call: dict[str, Any]) -> Roles:
    from rapidfuzz import fuzz

    lead, other = call.get("lead_name"), call.get("other_name")
    likeness = {
        speaker: (
            fuzz.token_set_ratio(known.name.lower(), lead.lower()) if lead else 0.0,
            fuzz.token_set_ratio(known.name.lower(), other.lower()) if other else 0.0,
        )
        for speaker, known in speakers.items()
        if known.name
    }
    found = [s for s, (to_lead, to_other) in likeness.items() if to_lead >= NAMED and to_lead >= to_other + APART]
    return Roles(found[0], likeness[found[0]][0] / 100, "name") if found else Roles(None, 0.0, "undecided")
