"""Transcripts: who said what when in one recording, as JSON of ours and as others write it."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import polars as pl
from polars.exceptions import PolarsError
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # which pydantic asks for before Python 3.12

from pipeline.errors import CallError
from pipeline.intake.calls import CONTROL
from pipeline.transcripts import captions as text
from pipeline.transcripts import service_json as services
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
JSON = re.compile(r"\s*(\{|\[\s*\{)")  # a text may start with a time in brackets
LARGEST_BYTES = 50_000_000
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
class Transcript:
    """Who said what when. `utterances` has the columns of SPOKEN, sorted by start; a `flagged` word is
    probably not in the recording and left out of the text.

    `notes` are sentences on the recording or the recogniser that a reader should know.
    """

    utterances: pl.DataFrame
    speakers: Mapping[str, Speaker]
    duration_s: float
    language: str | None = None
    transcriber: str | None = None
    diarizer: str | None = None
    channels: int | None = None
    sample_rate_hz: int | None = None
    notes: tuple[str, ...] = ()
    times_estimated: bool = False

    def to_json(self) -> str:
        """The transcript as JSON; `from_json` gives it back."""
        about = {name: value for name, value in vars(self).items() if name not in ("utterances", "speakers")}
        speakers = {
            speaker: {name: value for name, value in vars(known).items() if value is not None}
            for speaker, known in self.speakers.items()
        }
        said = self.utterances.to_dicts()
        return json.dumps({"version": VERSION, **about, "speakers": speakers, "utterances": said}, ensure_ascii=False)


class _About(TypedDict, total=False):
    """What a JSON of ours says beside the speakers and what they say."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    duration_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    language: Name | None
    transcriber: Name | None
    diarizer: Name | None
    channels: Annotated[int, Field(ge=0, le=1_000)] | None
    sample_rate_hz: Annotated[int, Field(ge=0, le=10_000_000)] | None
    notes: tuple[Name, ...]
    times_estimated: bool


ABOUT, SPEAKERS = TypeAdapter(_About), TypeAdapter(dict[Name, Speaker])


def from_json(written: str, *, source: str = "transcript") -> Transcript:
    """The transcript in a JSON of ours; raises CallError unsupported_transcript where it is not one."""
    try:
        return _whole(_ours(Document(written, json.loads(written))), source)
    except DAMAGED as error:
        raise _unsupported(source, f"not a transcript of ours ({type(error).__name__})") from error


def _is_ours(document: Document) -> bool:
    return isinstance(document.data, dict) and {"version", "speakers", "utterances"} <= set(document.data)


def _ours(document: Document) -> Transcript:
    about = dict(document.data)
    if about.pop("version") != VERSION:
        raise ValueError(f"only version {VERSION} is known")
    speakers = SPEAKERS.validate_python(about.pop("speakers"))
    utterances = pl.DataFrame(about.pop("utterances"), schema_overrides=SPOKEN, infer_schema_length=None)
    known: dict[str, Any] = ABOUT.validate_python(about)  # type: ignore[assignment]
    return Transcript(_complete(utterances), speakers, **known)


def _named(lines: list[Line], transcriber: str) -> Transcript:
    """A transcript whose speakers are known by name only; times that are not given are estimated, and that is noted."""
    said, estimated = timed([line for line in lines if line.text.strip()])
    if not said:
        raise ValueError("nothing is said in it")
    ids = {name: f"S{number}" for number, name in enumerate(dict.fromkeys(line.speaker for line in said))}
    rows = [(line.start_s, line.end_s, ids[line.speaker], line.text.strip(), _words(line)) for line in said]
    speakers = SPEAKERS.validate_python({speaker: {"name": name or None} for name, speaker in ids.items()})
    notes = ("times are estimated from the number of words",) if estimated else ()
    utterances = pl.DataFrame(rows, schema=SPOKEN, orient="row").sort("start_s", "end_s", maintain_order=True)
    return Transcript(utterances, speakers, 0.0, transcriber=transcriber, notes=notes, times_estimated=estimated)


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


def _complete(said: pl.DataFrame) -> pl.DataFrame:
    """Utterances with all columns of SPOKEN."""
    missing = [pl.lit(None, kind).alias(name) for name, kind in SPOKEN.items() if name not in said.columns]
    whole = said.with_columns(missing)
    return whole.select(SPOKEN.names()).sort("start_s", "end_s", maintain_order=True)


def _whole(transcript: Transcript, source: str) -> Transcript:
    """The transcript, refused where an utterance has no time, ends before it starts or has an unknown speaker."""
    said = transcript.utterances
    bad = said.filter(
        pl.any_horizontal(pl.col("start_s", "end_s", "speaker", "text").is_null())
        | (pl.col("end_s") < pl.col("start_s"))
        | (pl.col("start_s") < 0)
        | ~pl.all_horizontal(pl.col("start_s", "end_s").is_finite())
        | ~pl.col("speaker").is_in(list(transcript.speakers))
    )
    if not bad.is_empty():
        raise _unsupported(source, f"{bad.height} utterances lack a time, a text or a known speaker, or end too early")
    ends = said["end_s"].to_list()
    clean = said.with_columns(pl.col("text").str.replace_all(CONTROL, " "))
    return replace(transcript, utterances=clean, duration_s=max([transcript.duration_s, *ends]))


def _unsupported(source: str, what: str) -> CallError:
    return CallError("unsupported_transcript", f"{source}: {what}; give one of {', '.join(READERS)}")


class Reader(NamedTuple):
    """A format: how a document of it is told from others, and what gives its lines or its transcript."""

    fits: Callable[[Document], bool]
    read: Callable[[Document], list[Line] | Transcript]


READERS = {  # in this order, as a later one may fit what an earlier one knows better
    "callgrade": Reader(_is_ours, _ours),
    "webvtt": Reader(text.is_webvtt, text.captions),
    "srt": Reader(text.is_srt, text.captions),
    "whisper": Reader(services.is_whisper, services.whisper),
    "aws": Reader(services.is_aws, services.aws),
    "deepgram": Reader(services.is_deepgram, services.deepgram),
    "google": Reader(services.is_google, services.google),
    "assemblyai": Reader(services.is_assemblyai, services.assemblyai),
    "text": Reader(text.is_plain, text.plain),
}


def read_transcript(path: str | Path) -> Transcript:
    """The transcript in a file, whatever its format; raises CallError missing_file or unsupported_transcript."""
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise _unsupported(str(path), f"larger than {LARGEST_BYTES // 1_000_000} MB")
        raw = file.read_bytes()
    except OSError as error:
        raise CallError("missing_file", f"{path}: cannot be read; check the path and its permissions") from error
    try:
        return _whole(_read(raw), str(path))
    except DAMAGED as error:
        # Not what the error says: it may quote the call.
        raise _unsupported(str(path), f"damaged or of no known format ({type(error).__name__})") from error


def _read(raw: bytes) -> Transcript:
    """The transcript in the bytes of a file; raises one of DAMAGED where there is none."""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    written = raw.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\0" in written:
        raise ValueError("binary")
    document = Document(written, json.loads(written) if JSON.match(written) else None)
    for name, reader in READERS.items():
        if reader.fits(document):
            found = reader.read(document)
            return found if isinstance(found, Transcript) else _named(found, f"transcript:{name}")
    raise ValueError("no known format")
