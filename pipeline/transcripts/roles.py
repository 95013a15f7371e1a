"""Roles: find the lead among the speakers, by the call list, by name, else by what each one says."""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.intake.calls import Call
from pipeline.intake.kinds import UNJUDGED_ROLES, judged_by, rubric_of
from pipeline.intake.people import read_people
from pipeline.tables.conversations import Talk
from pipeline.tables.judgements import Elements
from pipeline.transcripts.attendance import APART, COLLEAGUE, MANAGER, again, attend, role_of
from pipeline.transcripts.lines import SPOKEN_WORD, count_words
from pipeline.transcripts.names import NAMED, channels_named, is_whole, likeness
from pipeline.transcripts.names import people as names_in
from pipeline.transcripts.role_model import lead_side
from pipeline.transcripts.transcript import Transcript

UNKNOWN = "unknown"
SURER = ("transcript", "lead_speaker", "lead_channel")  # bases that count more than the names of listed people
NUMBERED = re.compile(r"(?:S|SPEAKER|spk)?[_ -]?\d+|[A-Z]", re.IGNORECASE)  # keys that programs give to speakers
DECIDED = 0.8  # probability from which text decides
TITLES = {  # what services call speakers
    "rep": ("agent", "rep", "representative", "seller", "sales", "salesperson", "advisor"),
    "customer": ("customer", "client", "prospect", "caller", "buyer"),
    "manager": ("manager", "coach", "supervisor"),
    "seller": ("seller", "rep", "employee"),
}


class Roles(NamedTuple):
    """The lead among the speakers (None if undecided), the confidence (0 to 1), and the basis of the decision.

    `side` are the speakers who sit on the lead's side, the lead included; empty where undecided.
    """

    lead: str | None
    confidence: float
    basis: str
    side: tuple[str, ...] = ()


def assign_roles(transcript: Transcript, call: Call, *, lead_role: str, other_role: str) -> tuple[pl.DataFrame, Roles]:
    """The utterances of a call (rows of Utterances) with role and person of the speaker, and how the lead was found."""
    people = read_people(call.people, scored_role=lead_role, other_role=other_role)
    present = attend(names_of(transcript), people, lead_name=call.lead_name, lead_id=call.lead_id)
    roles = find_lead(transcript, call, lead_role=lead_role, other_role=other_role)
    if present.lead and roles.basis not in SURER:
        roles = Roles(present.lead, 1.0, "people", (present.lead,))
    known = transcript.speakers
    role = {speaker: _role(speaker, roles, transcript, lead_role, other_role) for speaker in known}
    person = {name: speaker.person_id for name, speaker in known.items()} | _people(transcript, call, roles)
    if roles.lead:
        lead = present.persons.get(roles.lead)
        others = {speaker: one for speaker, one in present.persons.items() if speaker != roles.lead}
        role |= {
            speaker: lead_role if one is lead else role_of(one, other_role=other_role)
            for speaker, one in others.items()
        }
        person |= {speaker: one.person_id for speaker, one in present.persons.items() if one.person_id}
    trusted = pl.element().struct.field("p").filter(~pl.element().struct.field("flagged").fill_null(value=False))
    utterances = transcript.utterances.with_row_index("idx").select(
        pl.lit(call.call_id).alias("call_id"),
        pl.col("idx").cast(pl.Int64),
        "start_s",
        "end_s",
        "speaker",
        pl.col("speaker").replace_strict(role, return_dtype=pl.String).alias("role"),
        pl.col("speaker").replace_strict(person, return_dtype=pl.String).alias("person_id"),
        "text",
        pl.col("text").str.count_matches(SPOKEN_WORD).cast(pl.Int64).alias("n_words"),
        pl.col("words").list.eval(trusted).list.mean().clip(0, 1).alias("confidence"),
    )
    return utterances, roles


def find_lead(transcript: Transcript, call: Call, *, lead_role: str, other_role: str) -> Roles:
    """Find the lead: as given in the transcript, in the call list, by channel, by name, else by text."""
    for roles in (
        _given(transcript, lead_role, other_role),
        _listed(transcript, call),
        _on_channel(transcript, call),
        _named(transcript, call),
        _titled(transcript, lead_role, other_role),
    ):
        if roles is not None:
            return roles._replace(side=_side(roles, transcript, call)) if roles.lead else roles
    return _sounding(transcript, call)


def lack_of_roles(transcript: Transcript, roles: Roles) -> tuple[str, str] | None:
    """The code and the sentence of what is wrong where a call has one speaker or no lead; None where it has both."""
    heard = list(dict.fromkeys(transcript.utterances["speaker"].to_list()))
    from_text = (transcript.transcriber or "").startswith("transcript:")
    if len(heard) < 2 and from_text:
        name = names_of(transcript).get(heard[0]) if heard else None
        what = f"all of it is said by {name}" if name else "the transcript names no speaker"
        return "one_speaker", f"{what}: give one in which each turn has its speaker, or the recording"
    if len(heard) < 2:
        return "one_speaker", "only one speaker is heard; check that both sides were recorded"
    if roles.lead is None:
        names = [names_of(transcript).get(speaker, speaker) for speaker in transcript.speakers]
        if roles.basis == "lead_speaker":
            return "roles_unknown", f"lead_speaker is none of {', '.join(names)}: write it as one of them is called"
        what = f"which of {', '.join(names)} leads is not clear"
        return "roles_unknown", f"{what}; name one as lead_speaker in the call list"
    return None


def roles_by_kind(elements: dy.DataFrame[Elements]) -> Callable[[str], tuple[str, str]]:
    """What tells the roles of lead and other side of a kind of conversation: its rubric's, else those of a meeting."""
    rows = elements.select("rubric", "scored_role", "other_role").unique().iter_rows()
    known = {rubric: (lead, other) for rubric, lead, other in rows}
    return lambda kind: known.get(rubric_of(kind), UNJUDGED_ROLES)


def talk_of(utterances: pl.DataFrame, calls: pl.DataFrame, elements: dy.DataFrame[Elements]) -> dy.DataFrame[Talk]:
    """Utterances with their call's interaction, duration_s and started_at, and the speaker's side.

    A kind without a rubric is a meeting of a manager.
    """
    about = with_roles(calls.select("call_id", "interaction", "duration_s", "started_at"), elements)
    joined = utterances.join(about, on="call_id").with_columns(side=side())
    return Talk.validate(joined.sort("call_id", "idx"), cast=True)


def with_roles(calls: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """Calls with the scored_role and other_role of their kind."""
    leads = elements.select("scored_role", "other_role", judged="rubric").unique()
    lead, other = UNJUDGED_ROLES
    return (
        calls.with_columns(judged=judged_by("interaction"))
        .join(leads, on="judged", how="left", maintain_order="left")
        .drop("judged")
        .with_columns(pl.col("scored_role").fill_null(lead), pl.col("other_role").fill_null(other))
    )


def side() -> pl.Expr:
    """Whose side speaks, from `role` and the rubric's `scored_role` and `other_role`; null where the role is unknown.

    The scored role is the lead; a colleague or a manager who joins is of our side, but does not lead; any other known
    role is the other side.
    """
    return (
        pl.when(pl.col("role") == pl.col("scored_role"))
        .then(pl.lit("lead"))
        .when(pl.col("role").is_in([COLLEAGUE, MANAGER]) & (pl.col("role") != pl.col("other_role")))
        .then(pl.lit(COLLEAGUE))
        .when(pl.col("role") != UNKNOWN)
        .then(pl.lit("other"))
    )


def foreign_calls(calls: pl.DataFrame, languages: Collection[str]) -> frozenset[str]:
    """The calls in another language than these; one whose language is not known is not foreign."""
    spoken = calls.filter(pl.col("language").str.to_lowercase().str.slice(0, 2).is_in(list(languages)).not_())
    return frozenset(spoken["call_id"])


def _given(transcript: Transcript, lead_role: str, other_role: str) -> Roles | None:
    roles = {speaker: known.role for speaker, known in transcript.speakers.items()}
    leads = [speaker for speaker, role in roles.items() if role == lead_role]
    rest = [speaker for speaker, role in roles.items() if role != other_role]
    if leads:
        return Roles(leads[0], 1.0, "transcript")
    return Roles(rest[0], 1.0, "transcript") if len(rest) == 1 < len(roles) else None


def _listed(transcript: Transcript, call: Call) -> Roles | None:
    wanted = call.lead_speaker
    if not wanted:
        return None
    named = [s for s, known in transcript.speakers.items() if _bare(wanted) in (_bare(s), _bare(known.name or ""))]
    return Roles(named[0] if named else None, 1.0 if named else 0.0, "lead_speaker")


def _on_channel(transcript: Transcript, call: Call) -> Roles | None:
    channel = call.lead_channel
    channels = {s: known.channel for s, known in transcript.speakers.items() if known.channel is not None}
    named = channels or channels_named(names_of(transcript))
    leads = [speaker for speaker, number in named.items() if channel is not None and number == channel]
    return Roles(leads[0], 1.0, "lead_channel") if leads else None


def _named(transcript: Transcript, call: Call) -> Roles | None:
    """The speaker with the lead's name, or the remaining one where another has the other participant's name."""
    names = names_of(transcript)
    exact = [speaker for speaker, name in names.items() if call.lead_name and _bare(name) == _bare(call.lead_name)]
    if len(exact) == 1:
        return Roles(exact[0], 1.0, "name")
    to_lead, to_other = (
        {speaker: likeness(name, participant or "") for speaker, name in names.items()}
        for participant in (call.lead_name, call.other_name)
    )
    leads = [s for s in names if to_lead[s] >= NAMED and to_lead[s] >= to_other[s] + APART]
    others = [s for s in names if to_other[s] >= NAMED and to_other[s] >= to_lead[s] + APART]
    if leads:
        best = max(leads, key=lambda speaker: to_lead[speaker])
        if any(to_lead[s] == to_lead[best] for s in leads if s not in (best, *_again(best, transcript, call))):
            return None  # "Mr. Lopez" and "Mrs. Lopez"
        return Roles(best, to_lead[best], "name")
    rest = [speaker for speaker in transcript.speakers if speaker not in others]
    if len(others) == 1 == len(rest):
        return Roles(rest[0], to_other[others[0]], "name")
    return None


def names_of(transcript: Transcript) -> dict[str, str]:
    """The names of the speakers that have one; the key by which a transcript of ours knows a speaker is one, too."""
    return {
        speaker: known.name or speaker
        for speaker, known in transcript.speakers.items()
        if known.name or not NUMBERED.fullmatch(speaker)
    }


def _bare(name: str) -> str:
    return " ".join(name.casefold().split())


def _titled(transcript: Transcript, lead_role: str, other_role: str) -> Roles | None:
    """The speaker whom a service names by role, such as AGENT."""
    names = {speaker: name.lower() for speaker, name in names_of(transcript).items()}
    leads = [speaker for speaker, name in names.items() if name in TITLES.get(lead_role, ())]
    others = [speaker for speaker, name in names.items() if name in TITLES.get(other_role, ())]
    return Roles(leads[0], 0.95, "title") if len(leads) == 1 and leads != others else None


def _sounding(transcript: Transcript, call: Call) -> Roles:
    """The lead by text; of several speakers on that side the one who says most."""
    texts = _texts(transcript)
    side, sure = lead_side(texts)
    side = _without_others(side, transcript, call)
    if sure < DECIDED or not side:
        return Roles(None, sure, "undecided")
    return Roles(max(side, key=lambda speaker: len(texts[speaker].split())), sure, "text", side)


def _texts(transcript: Transcript) -> dict[str, str]:
    texts = transcript.utterances.group_by("speaker").agg(pl.col("text").str.join(" "))
    return dict(texts.sort("speaker").iter_rows())


def _side(roles: Roles, transcript: Transcript, call: Call) -> tuple[str, ...]:
    """The lead, under other labels, too, and of three or more speakers those who by their text are on the same side."""
    lead = str(roles.lead)
    side, sure = lead_side(_texts(transcript)) if len(transcript.speakers) > 2 else ((), 0.0)
    side = (lead, *_without_others(side, transcript, call)) if lead in side and sure >= DECIDED else (lead,)
    return tuple(dict.fromkeys((*side, *_again(lead, transcript, call))))


def _without_others(side: Collection[str], transcript: Transcript, call: Call) -> tuple[str, ...]:
    """Speakers without those whose name is listed for the other side: names are surer than what people say."""
    names = names_of(transcript)

    def likest(speaker: str, listed: Collection[str]) -> float:
        return max((likeness(names.get(speaker, ""), name) for name in listed), default=0.0)

    ours, theirs = names_in(call.lead_name), names_in(call.other_name)
    return tuple(s for s in side if likest(s, theirs) < max(NAMED, likest(s, ours) + APART))


def _again(lead: str, transcript: Transcript, call: Call) -> list[str]:
    """The other labels of a lead who left and came back."""
    if is_whole(call.other_name or "", call.lead_name or ""):
        return []
    listed = [*names_in(call.other_name), *(one.name for one in read_people(call.people))]
    return again(lead, names_of(transcript), lead_name=call.lead_name or "", others=listed)


def _role(speaker: str, roles: Roles, transcript: Transcript, lead_role: str, other_role: str) -> str:
    if roles.lead is None:
        return UNKNOWN
    if speaker == roles.lead:
        return lead_role
    return transcript.speakers[speaker].role or (lead_role if speaker in roles.side else other_role)


def _people(transcript: Transcript, call: Call, roles: Roles) -> dict[str, str | None]:
    """The person ids of the lead and, on the other side, of speakers with the listed name, else of who says most."""
    if roles.lead is None:
        return {}
    known_names = names_of(transcript)
    names = {speaker: known_names.get(speaker, "") for speaker in transcript.speakers}
    leads = [roles.lead, *_again(roles.lead, transcript, call)]
    others = [speaker for speaker in names if speaker not in (*roles.side, *leads)]
    words = {speaker: count_words(text) for speaker, text in _texts(transcript).items()}
    people = dict.fromkeys(leads, call.lead_id)
    if others:
        listed = call.other_name or ""
        main = max(others, key=lambda speaker: (likeness(names[speaker], listed) >= NAMED, words.get(speaker, 0)))
        people |= dict.fromkeys([main, *(other for other in others if is_whole(names[other], listed))], call.other_id)
    return {speaker: person for speaker, person in people.items() if person}
