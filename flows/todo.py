"""The plan of a run: what each conversation's content and engines are, and which conversations are done already."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import polars as pl

from pipeline.errors import CallError, brief
from pipeline.intake.calls import LISTED, PEOPLE, misspelt
from pipeline.intake.parts import parts_of
from pipeline.intake.times import in_future
from pipeline.location import own_text
from pipeline.metrics.measures import MEASURES_VERSION
from pipeline.settings import Settings
from pipeline.speech import audio, diarize, transcribe
from pipeline.store.delta import Store
from pipeline.tables.conversations import Calls
from pipeline.transcripts.entities import found_by
from pipeline.transcripts.formats import READING_VERSION
from pipeline.transcripts.readers.rttm import beside
from pipeline.transcripts.redact import REDACTION_VERSION

SPEECH_VERSION = 5  # of what is heard in a recording
ASSESSMENT_VERSION = 12  # of acts, moments, purposes and actions
LABELS_VERSION = 4  # of what a classifier's say comes to, and what it rests on
SOURCE = ("content", "engines", "error_code", "error")
DESCRIBING = [name for name in LISTED if name in Calls.column_names() and name != "call_id"]
log = logging.getLogger("callgrade")


def identify(listed: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add to the good rows of a call list what names their transcript under speech/, to unreadable ones an error.

    `content` is the SHA-256 of the recording (of the transcript where there is no recording), `engines` the
    fingerprint of what listens to it. Extra columns of stored calls that the list no longer has are added, empty.
    """
    stored = Store(settings.workspace).read("calls", where=pl.lit(value=False)).columns
    gone = [name for name in stored if name.startswith("x_") and name not in listed.columns]
    listed = listed.with_columns(pl.lit(None, pl.String).alias(name) for name in gone)
    columns = ["recording", "transcript", "lead_name", "other_name", *({PEOPLE} & set(listed.columns))]
    rows = listed.select(*columns, "error_code", "error").rows(named=True)
    heard = cache(partial(listening, settings))
    with ThreadPoolExecutor() as readers:
        sources = list(readers.map(lambda row: _source(row, settings, heard), rows))
    return listed.with_columns(pl.DataFrame(sources, schema=dict.fromkeys(SOURCE, pl.String), orient="row"))


def _source(row: dict[str, str | None], settings: Settings, heard: Callable[[], str]) -> tuple[str | None, ...]:
    if row["error_code"] is not None:
        return None, None, row["error_code"], row["error"]
    recording, transcript = row["recording"], row["transcript"]
    try:
        content = content_of(recording or transcript or "")
        by_ear = heard()
        engines = _reading(row, transcript, settings) if transcript else by_ear
    except CallError as error:
        return None, None, error.code, error.message
    return content, engines, None, None


def _reading(row: dict[str, str | None], transcript: str, settings: Settings) -> str:
    """The fingerprint of all that decides what is read in a transcript: who is listed says whom a label names."""
    names = [row["lead_name"], row["other_name"], row.get(PEOPLE)]
    return _digest(["transcript", READING_VERSION, content_of(transcript), *names, *_redacted(settings)])


def content_of(cell: str) -> str:
    """The hash of a file's content; of several one that names them all."""
    files = [file for part in parts_of(cell) for file in (part, beside(Path(part))) if file]
    hashes = [audio.sha256(file) for file in files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def note_repeated(sources: pl.DataFrame) -> None:
    """Warn of rows that name one recording or transcript: each counts as a conversation of its own."""
    same = sources.drop_nulls("content").group_by("content", maintain_order=True).agg("call_id")
    for call_ids in same.filter(pl.col("call_id").list.len() > 1)["call_id"].to_list():
        log.warning("one file is listed as %s, and counts each time: keep one row of it", brief(", ".join(call_ids)))


def to_keep(listed: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The rows of a call list but those held more than keep_days ago, which would be forgotten again in the morning."""
    kept_from = settings.kept_from
    return listed if kept_from is None else listed.filter(~(pl.col("started_at") < kept_from).fill_null(value=False))


def note_old(listed: pl.DataFrame, kept: pl.DataFrame, settings: Settings) -> None:
    """Say how many rows of a call list are left alone for their age."""
    if n_old := listed.height - kept.height:
        log.warning("%d rows of the list were held over keep_days = %d days ago: left alone", n_old, settings.keep_days)


def note_doubts(listed: pl.DataFrame) -> None:
    """Warn of columns that are not read though nearly called as one that is, and of good rows whose conversation would
    have begun in the future: KPIs count it in that week."""
    for name, near in misspelt(listed).items():
        log.warning("column %s is kept as it is: is %s meant?", brief(name), near)
    if ahead := listed.filter(in_future("started_at"), pl.col("error_code").is_null())["call_id"].to_list():
        log.warning("started_at of %s lies in the future: are day, month and year right?", brief(", ".join(ahead)))


def listening(settings: Settings) -> str:
    """The fingerprint of all that decides what is heard in a recording."""
    words = own_text(settings.workspace, "vocabulary.txt") or ""
    engines = [
        transcribe.describe(transcribe.choose_transcriber(settings), settings),
        diarize.describe(settings),
    ]
    return _digest([SPEECH_VERSION, *engines, settings.language, words, *_redacted(settings)])


def _redacted(settings: Settings) -> list[object]:
    """What decides what is hidden; the trained pipeline only where it is asked to find names."""
    trained = found_by(settings.redact)
    return [REDACTION_VERSION, list(settings.redact), settings.phone_region, *([trained] if trained else [])]


def configuration(settings: Settings, model_ids: list[str], elements: pl.DataFrame) -> str:
    """The fingerprint of all but the conversation itself that decides its rows; stands in runs.config_hash.

    Two parts with a hyphen between: what is heard and measured, and by what it is judged.
    """
    measured = [listening(settings), MEASURES_VERSION, ASSESSMENT_VERSION, settings.timezone, *settings.label_languages]
    meanings = elements.select(pl.coalesce(pl.col("same_meaning_as").list.first(), "rubric_hash")).to_series()
    judged = [LABELS_VERSION, settings.guess_unlearnt, sorted(model_ids), sorted(meanings)]
    return f"{_digest(measured)}-{_digest(judged)}"


def done(sources: pl.DataFrame, store: Store, config_hash: str) -> pl.DataFrame:
    """The rows whose stored result is what scoring them now would give: same content, same words of the list, and a
    run of the same configuration."""
    runs = store.read("runs", where=pl.col("config_hash") == config_hash).select("run_id")
    stored = store.read("calls", where=pl.col("status") == "ok").join(runs, on="run_id", how="semi")
    extra = [column for column in sources.columns if column.startswith("x_")]
    if not set(extra) <= set(stored.columns):
        return sources.clear()
    same = sources.filter(pl.col("error_code").is_null()).join(
        stored.select("call_id", *DESCRIBING, *extra, content="audio_sha256"),
        on=["call_id", "content", *DESCRIBING, *extra],
        how="semi",
        nulls_equal=True,
    )
    return same.filter(_are_heard(same, store))


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def left(listed: pl.DataFrame, cached: pl.DataFrame) -> pl.DataFrame:
    """The good rows still to be scored, in the order the conversations were held: meetings follow on earlier ones."""
    todo = listed.filter(pl.col("error_code").is_null()).join(cached, on="call_id", how="anti")
    return todo.sort("started_at", "call_id", nulls_last=True)


def unheard(todo: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Those whose transcript is not at hand."""
    return todo.filter(~_are_heard(todo, store))


def _are_heard(calls: pl.DataFrame, store: Store) -> pl.Series:
    return pl.Series(store.speech.are_there(calls.select("content", "engines").rows()), dtype=pl.Boolean)
