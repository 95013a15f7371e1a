"""Understanding: what is understood of each row of a call list before anything is scored, and a list from a folder."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from flows.todo import content_of
from pipeline.errors import CallError
from pipeline.intake.calls import Call, calls_of
from pipeline.intake.parts import parts_of
from pipeline.intake.people import read_people
from pipeline.intake.times import in_future
from pipeline.speech.recordings.parts import decode_parts
from pipeline.tables.judgements import Elements
from pipeline.transcripts.assemble import is_english
from pipeline.transcripts.formats import read_transcript
from pipeline.transcripts.joined import joined_parts
from pipeline.transcripts.names import is_shortened, is_whole, people
from pipeline.transcripts.role_model import lead_side
from pipeline.transcripts.roles import assign_roles, lack_of_roles, names_of, roles_by_kind
from pipeline.transcripts.transcript import Transcript

RECORDINGS = (
    *(
        ".wav",
        ".mp3",
        ".m4a",
        ".mp4",
        ".ogg",
        ".opus",
        ".flac",
        ".webm",
        ".mkv",
        ".mov",
        ".wma",
        ".amr",
        ".aac",
        ".w64",
    ),
    *(".gsm", ".aiff", ".mka", ".avi"),
)
TRANSCRIPTS = (".vtt", ".srt", ".sbv", ".txt", ".md", ".json", ".docx")
MOMENT = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)"
    r"(?:[-_ T.]*(?:at\s*)?([0-2]\d)[-_.:h ]?([0-5]\d)(?:[-_.: ]?([0-5]\d))?)?(?!\d)"
)
GUESSABLE = ("started_at", "interaction", "lead_name", "lead_id", "other_name", "other_id")


class Understood(NamedTuple):
    """What is understood of a row: sentences to show, and whether something stops it from being scored."""

    call_id: str
    sentences: list[str]
    failed: bool


def understand(listed: pl.DataFrame, elements: dy.DataFrame[Elements], *, max_hours: float) -> Iterator[Understood]:
    """Read every row of a call list without scoring it; a recording is decoded and not listened to."""
    roles = roles_by_kind(elements)
    wrong = dict(listed.drop_nulls("error").select("call_id", "error").iter_rows())
    ahead = set(listed.filter(in_future("started_at"))["call_id"])
    first: dict[str, str] = {}  # the first call of each content
    for call in calls_of(listed.with_columns(content=pl.lit(""), engines=pl.lit(""))):
        if call.call_id in wrong:
            yield Understood(call.call_id, [str(wrong[call.call_id])], failed=True)
            continue
        try:
            sentences, failed = _understood(call, roles(call.interaction), max_hours)
            same = first.setdefault(content_of(call.recording or call.transcript or ""), call.call_id)
            if same != call.call_id:
                sentences.append(f"the same file as {same}, and counts each time: keep one row of it")
            if call.call_id in ahead:
                sentences.append("started_at lies in the future: are day, month and year right?")
        except CallError as error:
            sentences, failed = [error.message], True
        yield Understood(call.call_id, sentences, failed)


def _understood(call: Call, roles: tuple[str, str], max_hours: float) -> tuple[list[str], bool]:
    if not call.transcript:
        audio = decode_parts(parts_of(call.recording or ""), max_hours=max_hours)
        channels = f"{audio.channels} channel{'s' * (audio.channels > 1)}"
        return [f"recording of {audio.duration_s / 60:.1f} min, {channels}", *audio.notes], False
    listed = [*people(call.lead_name), *people(call.other_name), *(one.name for one in read_people(call.people))]
    transcript = joined_parts([read_transcript(part, listed=listed) for part in parts_of(call.transcript)])
    lead_role, other_role = roles
    utterances, found = assign_roles(transcript, call, lead_role=lead_role, other_role=other_role)
    starts, ends = _clock(transcript.utterances["start_s"].min()), _clock(transcript.utterances["end_s"].max())
    length = f"{transcript.duration_s / 60:.1f} min, speech from {starts} to {ends}"
    sentences = [
        f"{transcript.transcriber or 'transcript'}, {length}",
        f"language: {_language(transcript)}",
    ]
    names = names_of(transcript)
    by_speaker = utterances.group_by("speaker", maintain_order=True).agg(
        pl.col("role").first(), pl.col("n_words").sum(), minutes=(pl.col("end_s") - pl.col("start_s")).sum() / 60
    )
    sentences += [
        f"{names.get(speaker, speaker)}: {role}, {words} words, {minutes:.1f} min"
        for speaker, role, words, minutes in by_speaker.iter_rows()
    ]
    ours = [speaker for speaker, role, *_ in by_speaker.iter_rows() if role == lead_role and speaker != found.lead]
    mates = [name for name in (names.get(one, one) for one in ours) if not is_whole(name, call.lead_name or "")]
    if again := [name for name in mates if is_shortened(name, call.lead_name or "")]:
        sentences.append(f"{', '.join(again)}: taken for {call.lead_name}; name everybody under people if not")
    if mates := [name for name in mates if name not in again]:
        sentences.append(f"{', '.join(mates)}: of the lead's side by what they say; name everybody under people if not")
    sentences += [note.text for note in transcript.notes]
    lack = lack_of_roles(transcript, found)
    return [*sentences, *([lack[1]] if lack else [])], lack is not None


def _clock(seconds: Any) -> str:
    return f"{int(seconds or 0) // 60}:{int(seconds or 0) % 60:02}"


def _language(transcript: Transcript) -> str:
    """The language that the file names, else whether it reads like English."""
    if transcript.language:
        return transcript.language
    return "reads like English" if is_english(" ".join(transcript.utterances["text"])) else "does not read like English"


def list_of(folder: Path, *, interaction: str) -> pl.DataFrame:
    """A call list of the recordings and transcripts in a folder: one row for each name, its parties, time and kind
    guessed. `guessed` names the columns of each row that a person should look at, and what could not be read."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    stems: dict[Path, dict[str, Path]] = {}
    for path in files:
        kind = "recording" if path.suffix.lower() in RECORDINGS else "transcript"
        if path.suffix.lower() in (*RECORDINGS, *TRANSCRIPTS):
            stems.setdefault(path.with_suffix(""), {}).setdefault(kind, path)
    rows = [_row(stem, given, folder, interaction) for stem, given in sorted(stems.items())]
    columns = ("recording", "transcript", "interaction", "call_id", *GUESSABLE[:1], *GUESSABLE[2:], "guessed")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))


def _row(stem: Path, given: dict[str, Path], folder: Path, interaction: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {kind: str(path.relative_to(folder)) for kind, path in given.items()}
    found |= {"interaction": interaction, "call_id": str(stem.relative_to(folder)).replace("/", "-")}
    moment = _moment(stem.name) or datetime.fromtimestamp(next(iter(given.values())).stat().st_mtime, UTC)
    found["started_at"] = moment.isoformat(timespec="minutes")
    said = ""
    if "transcript" in given:
        try:
            found |= _parties(read_transcript(given["transcript"]))
        except CallError as error:
            said = f"; {error.message}"
    known = [name for name in GUESSABLE if found.get(name)]
    return found | {"guessed": ", ".join(known) + said}


def _moment(name: str) -> datetime | None:
    """The date and time in a file's name; None without one."""
    for match in MOMENT.finditer(name):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        try:
            return datetime(year, month, day, hour, minute, second)
        except ValueError:
            continue
    return None


def _parties(transcript: Transcript) -> dict[str, str | None]:
    """Who leads and who is the other side, by what each says; of several the one who says most."""
    texts = dict(
        transcript.utterances.group_by("speaker").agg(pl.col("text").str.join(" ")).sort("speaker").iter_rows()
    )
    names = names_of(transcript)
    side, _ = lead_side(texts)
    ours = [speaker for speaker in side if speaker in names]
    theirs = [speaker for speaker in texts if speaker not in side and speaker in names]
    if not side:
        return {}
    parties: dict[str, str | None] = {}
    for role, speakers in (("lead", ours), ("other", theirs)):
        if speakers:
            name = names[max(speakers, key=lambda speaker: len(texts[speaker].split()))]
            parties |= {f"{role}_name": name, f"{role}_id": re.sub(r"\W+", "-", name.casefold()).strip("-")}
    return parties
