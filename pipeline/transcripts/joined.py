"""Joined: several transcripts of one conversation, as after a dropped line, read as one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from pipeline.transcripts.role_model import lead_side
from pipeline.transcripts.roles import DECIDED
from pipeline.transcripts.transcript import Note, Speaker, Transcript

NUMBERED = re.compile(  # labels of recognisers, which count anew in each file, as people are first heard in it
    r"(?:(?:speaker|spk|spkr|sprecher|locuteur|hablante|orador|falante|parlante|participant|person|voice|user|guest)"
    r"[\s_#.-]*)?(?:s?\d{1,3}|\b[a-z])",
    re.IGNORECASE,
)


def joined_parts(parts: Sequence[Transcript]) -> Transcript:
    """One transcript of parts in their order: speakers of one name are one, each part follows the one before.

    Of two speakers who are only numbered, anew in each part, what they say tells who is who, where that is sure; else
    one number is one person. A note says so.

    A part whose times go on after the part before keeps them, and the gap between them; other parts begin where the
    one before ends, as how long the line was down is not known. A note says where each begins.
    """
    first, *later = parts
    if not later:
        return first
    speakers: dict[str, Speaker] = {}
    utterances: list[pl.DataFrame] = []
    notes: list[Note] = []
    reached_s = 0.0
    for number, part in enumerate(parts, start=1):
        pairs, told = _told_apart(part, speakers, utterances)
        names = _known_as(part, speakers) | pairs
        speakers |= {names[key]: known for key, known in part.speakers.items() if names[key] not in speakers}
        notes += [Note("transcript", f"part {number} numbers its speakers{told}")] if told else []
        begins_s = min(part.utterances["start_s"].to_list(), default=0.0)
        goes_on = number > 1 and begins_s >= reached_s
        shift_s = 0.0 if number == 1 or goes_on else reached_s
        utterances.append(_shifted(part.utterances, shift_s, names))
        if number > 1:
            begins_s = begins_s if goes_on else reached_s
            how = "as its times say" if goes_on else "right after the part before: how long the gap was is not known"
            notes.append(Note("times", f"part {number} begins at {begins_s:.0f} s, {how}"))
        reached_s = max(reached_s, part.duration_s + shift_s)
        notes += [note for note in part.notes if note not in notes]
    estimated = any(part.times_estimated for part in parts)
    whole = pl.concat(utterances).sort("start_s", "end_s", maintain_order=True)
    return replace(
        first,
        utterances=whole,
        speakers=speakers,
        duration_s=reached_s,
        notes=tuple(dict.fromkeys(notes)),
        times_estimated=estimated,
    )


def _known_as(part: Transcript, speakers: dict[str, Speaker]) -> dict[str, str]:
    """The key of each speaker of a part: by which one is known already, or a new one."""
    names: dict[str, str] = {}
    for speaker, known in part.speakers.items():
        names[speaker] = _same(known, speaker, speakers) or _free(speaker, {*speakers, *names.values()})
    return names


def _same(known: Speaker, speaker: str, speakers: dict[str, Speaker]) -> str | None:
    """The key under which a speaker is known already, by name or, without one, by key; None where nobody is."""
    for other, earlier in speakers.items():
        if known.name and earlier.name and known.name.casefold() == earlier.name.casefold():
            return other
    return None if known.name else speaker


def _free(speaker: str, taken: set[str]) -> str:
    """A key that nobody has, the speaker's own where it is free."""
    return next(key for key in (speaker, *(f"S{n}" for n in range(len(taken) + 1))) if key not in taken)


def _told_apart(
    part: Transcript, speakers: Mapping[str, Speaker], before: Sequence[pl.DataFrame]
) -> tuple[dict[str, str], str]:
    """Who two numbered speakers of a part are by what they say, and how a sentence on that ends.

    Nobody where that is not sure; the end is empty where no speakers of the part, or none before, are numbered.
    """
    here, there = _numbered(part.speakers), _numbered(speakers)
    if not here or not there:
        return {}, ""
    pairs = dict(zip(_lead_first(part.utterances, here), _lead_first(pl.concat(before), there), strict=False))
    if not pairs:
        return {}, ", perhaps not as before: who has one number is taken for one person"
    first, second = (f"{here[speaker]} there is {there[other]} before" for speaker, other in pairs.items())
    return pairs, f": {first}, and {second}, by what they say"


def _numbered(speakers: Mapping[str, Speaker]) -> dict[str, str]:
    """The labels of speakers of whom nothing but a number is known, by key."""
    labels = {key: known.name or key for key, known in speakers.items() if known == Speaker(known.name)}
    return {key: label for key, label in labels.items() if NUMBERED.fullmatch(label)}


def _lead_first(utterances: pl.DataFrame, numbered: Mapping[str, str]) -> list[str]:
    """The keys of two speakers, first who leads by what is said; none where they are not two, or it is not sure."""
    theirs = utterances.filter(pl.col("speaker").is_in(list(numbered)))
    side, sure = lead_side(dict(theirs.group_by("speaker").agg(pl.col("text").str.join(" ")).iter_rows()))
    return sorted(numbered, key=lambda key: key not in side) if len(numbered) == 2 and sure >= DECIDED else []


def _shifted(utterances: pl.DataFrame, by_s: float, names: dict[str, str]) -> pl.DataFrame:
    word = pl.element()
    times = [(word.struct.field(name) + by_s).alias(name) for name in ("start_s", "end_s")]
    return utterances.with_columns(
        pl.col("start_s") + by_s,
        pl.col("end_s") + by_s,
        pl.col("speaker").replace_strict(names, return_dtype=pl.String),
        pl.col("words").list.eval(word.struct.with_fields(*times)),
    )
