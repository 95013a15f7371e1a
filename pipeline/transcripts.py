"""Transcripts: who said what when in one recording, as JSON of ours and as others write it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.calls import CallError

VERSION = 1
WORD = pl.Struct(
    {"start_s": pl.Float64, "end_s": pl.Float64, "text": pl.String, "p": pl.Float64, "flagged": pl.Boolean}
)
SPOKEN = pl.Schema(
    {
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "speaker": pl.String,
        "text": pl.String,
        "words": pl.List(WORD),
    }
)
LARGEST_BYTES = 200_000_000


@dataclass(frozen=True)
class Speaker:
    """What is known of a speaker before roles are given: a name, a role or a person from elsewhere, the channel."""

    name: str | None = None
    role: str | None = None
    person_id: str | None = None
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
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> str:
        """The transcript as JSON; `from_json` gives it back."""
        about = {name: value for name, value in vars(self).items() if name not in ("utterances", "speakers")}
        speakers = {
            speaker: {name: value for name, value in vars(known).items() if value is not None}
            for speaker, known in self.speakers.items()
        }
        said = self.utterances.to_dicts()
        return json.dumps({"version": VERSION, **about, "speakers": speakers, "utterances": said}, ensure_ascii=False)


def from_json(text: str, *, source: str = "transcript") -> Transcript:
    """The transcript in a JSON of ours; raises CallError unsupported_transcript where it is not one."""
    try:
        about = json.loads(text)
        speakers = {str(speaker): Speaker(**known) for speaker, known in about.pop("speakers").items()}
        utterances = pl.DataFrame(about.pop("utterances"), schema_overrides=SPOKEN, infer_schema_length=None)
        if about.pop("version") != VERSION:
            raise ValueError(f"only version {VERSION} is known")
        about["notes"] = tuple(about.get("notes", ()))
        return _whole(Transcript(_complete(utterances), speakers, **about), source)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _unsupported(source, f"not a transcript of ours ({reason})") from error


def _from_webvtt(text: str, source: str) -> Transcript:
    """WebVTT with `<v Name>` or "Name:" before what is said."""
    import webvtt

    try:
        captions = webvtt.from_string(text).captions
    except webvtt.errors.MalformedFileError as error:
        raise _unsupported(source, "damaged WebVTT") from error
    rows = []
    for caption in captions:
        name, said = caption.voice, caption.text
        if not name and ":" in said:
            name, _, said = said.partition(":")
        rows.append(
            {
                "start_s": _seconds(caption.start),
                "end_s": _seconds(caption.end),
                "speaker": (name or "").strip(),
                "text": " ".join(said.split()),
            }
        )
    return _named(rows, "transcript:webvtt", source)


def _seconds(stamp: str) -> float:
    total = 0.0
    for part in stamp.split(":"):
        total = total * 60 + float(part)
    return total


def _named(rows: list[dict[str, Any]], transcriber: str, source: str) -> Transcript:
    """A transcript whose speakers are known by name only."""
    said = pl.DataFrame(rows, schema_overrides={name: SPOKEN[name] for name in ("start_s", "end_s", "speaker", "text")})
    if said.is_empty():
        raise _unsupported(source, "nothing is said in it")
    names = list(dict.fromkeys(said["speaker"]))
    ids = {name: f"S{number}" for number, name in enumerate(names)}
    said = said.with_columns(pl.col("speaker").replace_strict(ids))
    speakers = {ids[name]: Speaker(name=name or None) for name in names}
    return _whole(Transcript(_complete(said), speakers, 0.0, transcriber=transcriber), source)


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
        | ~pl.col("speaker").is_in(list(transcript.speakers))
    )
    if not bad.is_empty():
        raise _unsupported(source, f"{bad.height} utterances lack a time, a text or a known speaker, or end too early")
    ends = said["end_s"].to_list()
    return replace(transcript, duration_s=max([transcript.duration_s, *ends]))


def _unsupported(source: str, what: str) -> CallError:
    return CallError("unsupported_transcript", f"{source}: {what}; give one of {', '.join(READERS)}")


READERS: dict[str, Callable[[str, str], Transcript]] = {
    "webvtt": _from_webvtt,
    "callgrade": lambda text, source: from_json(text, source=source),
}


def read_transcript(path: str | Path) -> Transcript:
    """The transcript in a file, whatever its format; raises CallError missing_file or unsupported_transcript."""
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise _unsupported(str(path), f"larger than {LARGEST_BYTES // 1_000_000} MB")
        text = file.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise CallError("missing_file", f"{path}: cannot be read; check the path and its permissions") from error
    return READERS["webvtt" if text.lstrip().startswith("WEBVTT") else "callgrade"](text, str(path))
