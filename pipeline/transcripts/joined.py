"""Joined: several transcripts of one conversation, as after a dropped line, read as one."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipeline.transcripts.transcript import Note, Speaker, Transcript


def joined_parts(parts: Sequence[Transcript]) -> Transcript:
    """One transcript of parts in their order: speakers of one name are one, each part follows the one before.

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
        names = _known_as(part, speakers)
        speakers |= {names[speaker]: known for speaker, known in part.speakers.items()}
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


def _shifted(utterances: pl.DataFrame, by_s: float, names: dict[str, str]) -> pl.DataFrame:
    word = pl.element()
    times = [(word.struct.field(name) + by_s).alias(name) for name in ("start_s", "end_s")]
    return utterances.with_columns(
        pl.col("start_s") + by_s,
        pl.col("end_s") + by_s,
        pl.col("speaker").replace_strict(names, return_dtype=pl.String),
        pl.col("words").list.eval(word.struct.with_fields(*times)),
    )
