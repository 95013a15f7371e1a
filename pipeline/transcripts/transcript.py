"""Transcript: who said what when in one recording, and its JSON."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import polars as pl
from polars.exceptions import PolarsError
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # which pydantic asks for before Python 3.12

from pipeline.errors import CallError
from pipeline.intake.calls import CONTROL
from pipeline.transcripts.lines import Document, Line, timed

VERSION = 1
WORD = pl.Struct(
    {"start_s": pl.Float64, "end_s": pl.Float64, "text": pl.String, "p": pl.Float64, "flagged": pl.Boolean}
)
SPOKEN = pl.Schema(
    {
        "start_s": pl.Float64(),
        "end_s": pl.Float64(),
        "speaker": pl.String(),
        "text": pl.String(),
        "words": pl.List(WORD),
    }
)
OLD_RECOGNISER_NOTE = "recognised by "  # how it began while notes were texts alone
DAMAGED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError, PolarsError)


def _encodable(name: str) -> str:
    name.encode()  # JSON may hold halves of letters, which raise UnicodeEncodeError
    return name


Name = Annotated[str, AfterValidator(_encodable)]


@dataclass(frozen=True)
class Speaker:
    """What is known of a speaker before roles are given: a name, a role or a person from elsewhere, the channel."""

    name: Name | None = None
    role: Name | None = None
    person_id: Name | None = None
    channel: int | None = None


@dataclass(frozen=True)
class Note:
    """A sentence that a reader should know: on the recording, on the recogniser whatever it hears, on the
    times, or on what a transcript holds beside speech."""

    kind: Literal["recording", "recogniser", "times", "transcript"]
    text: Name


@dataclass(frozen=True)
class Transcript:
    """Who said what when in a recording. `utterances` has the columns of SPOKEN, sorted by start; a `flagged` word is
    probably not in the recording and left out of the text."""

    utterances: pl.DataFrame
    speakers: Mapping[str, Speaker]
    duration_s: float
    language: str | None = None
    transcriber: str | None = None
    diarizer: str | None = None
    channels: int | None = None
    sample_rate_hz: int | None = None
    notes: tuple[Note, ...] = ()
    times_estimated: bool = False

    def to_json(self) -> str:
        """The transcript as JSON; `from_json` gives it back."""
        about = {name: value for name, value in vars(self).items() if name not in ("utterances", "speakers", "notes")}
        about["notes"] = [vars(note) for note in self.notes]
        speakers = {
            speaker: {name: value for name, value in vars(known).items() if value is not None}
            for speaker, known in self.speakers.items()
        }
        content = {"version": VERSION, **about, "speakers": speakers, "utterances": self.utterances.to_dicts()}
        return json.dumps(content, ensure_ascii=False)


class UnfitError(ValueError):
    """A transcript cannot be used: a clause on why."""


def _with_kind(note: object) -> object:
    """A note with its kind; transcripts stored before notes had kinds hold only the text."""
    if not isinstance(note, str):
        return note
    return {"kind": "recogniser" if note.startswith(OLD_RECOGNISER_NOTE) else "recording", "text": note}


class _About(TypedDict, total=False):
    """The fields of a JSON of ours beside speakers and utterances."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    duration_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    language: Name | None
    transcriber: Name | None
    diarizer: Name | None
    channels: Annotated[int, Field(ge=0, le=1_000)] | None
    sample_rate_hz: Annotated[int, Field(ge=0, le=10_000_000)] | None
    notes: tuple[Annotated[Note, BeforeValidator(_with_kind)], ...]
    times_estimated: bool


ABOUT, SPEAKERS = TypeAdapter(_About), TypeAdapter(dict[Name, Speaker])


def from_json(written: str, *, source: str = "transcript") -> Transcript:
    """The transcript in a JSON of ours; raises CallError unsupported_transcript where it is not one."""
    try:
        return whole(ours(Document(written, json.loads(written))))
    except UnfitError as error:
        raise CallError("unsupported_transcript", f"{source}: {error}") from error
    except DAMAGED as error:
        what = f"not a transcript of ours ({type(error).__name__})"
        raise CallError("unsupported_transcript", f"{source}: {what}") from error


def is_ours(document: Document) -> bool:
    """Whether it has the keys of a JSON of ours."""
    return isinstance(document.data, dict) and {"version", "speakers", "utterances"} <= set(document.data)


def ours(document: Document) -> Transcript:
    """The transcript in a JSON of ours; raises one of DAMAGED where there is none."""
    about = dict(document.data)
    if about.pop("version") != VERSION:
        raise ValueError(f"only version {VERSION} is known")
    speakers = SPEAKERS.validate_python(about.pop("speakers"))
    utterances = pl.DataFrame(about.pop("utterances"), schema_overrides=SPOKEN, infer_schema_length=None)
    known: dict[str, Any] = ABOUT.validate_python(about)  # type: ignore[assignment]
    return Transcript(_complete(utterances), speakers, **known)


def named(lines: list[Line], transcriber: str, notes: Sequence[Note] = ()) -> Transcript:
    """A transcript of lines whose speakers are known by name; missing times are estimated, and a note says so."""
    spoken_lines, estimated = timed([line for line in lines if line.text.strip()])
    if not spoken_lines:
        raise UnfitError("nothing is said in it")
    ids = {name: f"S{number}" for number, name in enumerate(dict.fromkeys(line.speaker for line in spoken_lines))}
    rows = [(line.start_s, line.end_s, ids[line.speaker], line.text.strip(), _words(line)) for line in spoken_lines]
    speakers = SPEAKERS.validate_python({speaker: {"name": name or None} for name, speaker in ids.items()})
    told = (*notes, *((Note("times", "times are estimated from the number of words"),) if estimated else ()))
    utterances = pl.DataFrame(rows, schema=SPOKEN, orient="row").sort("start_s", "end_s", maintain_order=True)
    return Transcript(utterances, speakers, 0.0, transcriber=transcriber, notes=told, times_estimated=estimated)


def _words(line: Line) -> list[dict[str, Any]]:
    """The words that have times, as SPOKEN holds them."""
    return [
        {
            "start_s": word.start_s,
            "end_s": word.end_s,
            "text": word.text,
            "p": word.p if word.p is None else min(1.0, max(0.0, word.p)),
            "flagged": False,
        }
        for word in line.words
        if word.start_s is not None and word.end_s is not None and math.isfinite(word.start_s + word.end_s)
    ]


def _complete(utterances: pl.DataFrame) -> pl.DataFrame:
    """Utterances with all columns of SPOKEN."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in SPOKEN.items() if name not in utterances.columns]
    return utterances.with_columns(missing).select(SPOKEN.names()).sort("start_s", "end_s", maintain_order=True)


def whole(transcript: Transcript) -> Transcript:
    """The transcript; raises UnfitError where an utterance lacks a time or a known speaker, or ends too early."""
    utterances = transcript.utterances
    bad = utterances.filter(
        pl.any_horizontal(pl.col("start_s", "end_s", "speaker", "text").is_null())
        | (pl.col("end_s") < pl.col("start_s"))
        | (pl.col("start_s") < 0)
        | ~pl.all_horizontal(pl.col("start_s", "end_s").is_finite())
        | ~pl.col("speaker").is_in(list(transcript.speakers))
    )
    if not bad.is_empty():
        raise UnfitError(f"{bad.height} utterances lack a time, a text or a known speaker, or end too early")
    ends = utterances["end_s"].to_list()
    clean = utterances.with_columns(pl.col("text").str.replace_all(CONTROL, " "))
    return replace(transcript, utterances=clean, duration_s=max([transcript.duration_s, *ends]))
