"""Calls: read the list of conversations to score, and say of each row what is wrong with it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl

from pipeline.errors import brief
from pipeline.intake.consent import CONSENT, is_refused, says_yes, with_consent
from pipeline.intake.parts import JOIN, are_there, has_one_twice, located, parts_of
from pipeline.intake.people import read_people, read_sheet_of_people
from pipeline.intake.single_rows import UNREAD
from pipeline.intake.spreadsheets import HIDDEN, NO_CELLS, read_spreadsheet
from pipeline.intake.times import times_in_utc
from pipeline.tables.values import OUTCOMES

SCHEDULED = "x_scheduled_at"  # a KPI rests on it
UTC_TEXT = "%Y-%m-%dT%H:%M:%S%.fZ"
MINUTES = (1, 1_440)  # of a conversation: others are seconds, or days as spreadsheets count them
LONGEST_CLOCK_H = 5  # from which what looks like hours and minutes is minutes and seconds, or a time of day
PEOPLE = "x_people"  # all who are listed, as `people` reads them
CALLED_OFF, CANCELLED = "x_cancelled", "cancelled"  # a column of the call list, and the code of such a row

KNOWN_EXTRAS = (SCHEDULED, PEOPLE, CONSENT, CALLED_OFF)

LISTED = (
    *("call_id", "recording", "transcript", "interaction", "started_at", "scheduled_minutes"),
    *("lead_id", "lead_name", "lead_channel", "lead_speaker", "other_id", "other_name"),
    *("team", "manager_id", "opportunity_id", "stage", "outcome"),
)
AN_OBJECT = r'^\[?\{"'  # where a list has an object for a text
CHANNELS = {"left": 0, "right": 1, "0": 0, "1": 1}
NOTHING = ("n/a", "#n/a", "null", "none", "nan", "-", "\u2013", "\u2014", "?")  # as programs and people write that
SAYS_SO = ("outcome", "scheduled_minutes")  # columns in which none is an outcome, and what is no number an error
ALIKE = 80.0  # of 100, from which the name of a column may be another misspelt
BREAK = r"\s*[\r\n]\s*"  # within a cell that may hold several
CONTROL = r"[\x00-\x1f\x7f]+"  # nothing that is shown or found on a disk
UNNAMEABLE = r"[\x00-\x1f\x7f`]"


@dataclass(frozen=True)
class Call:
    """A conversation to listen to: what the call list says of it, and the two hashes that name its transcript.

    `content` is the SHA-256 of its recording or transcript, `engines` the fingerprint of what listens to it.
    """

    call_id: str
    interaction: str = ""
    content: str = ""
    engines: str = ""
    recording: str | None = None
    transcript: str | None = None
    lead_id: str | None = None
    lead_name: str | None = None
    lead_channel: int | None = None
    lead_speaker: str | None = None
    other_id: str | None = None
    other_name: str | None = None
    people: str | None = None


def calls_of(rows: pl.DataFrame) -> list[Call]:
    """The calls in good rows of a call list that has `content` and `engines`, in their order."""
    listed = pl.col(PEOPLE) if PEOPLE in rows.columns else pl.lit(None, pl.String)
    columns = [field.name for field in fields(Call)]
    return [Call(*values) for values in rows.with_columns(people=listed).select(columns).iter_rows()]


def read_calls(path: Path, interactions: Collection[str], *, timezone: str = "") -> pl.DataFrame:
    """The call list: one row per row of the file, with the columns of LISTED, `row` and the extra `x_` columns.

    A row that cannot be scored, or to which a column `consent` does not say yes, has `error_code` and `error`; its
    call_id is made unique, so that it can be stored. recording and transcript are absolute paths or URIs, several with
    "; " between them where a call is in parts; lead_channel is 0 or 1; started_at and, as text, x_scheduled_at are UTC
    (a time without an offset is taken in `timezone`, the machine's if empty). Raises ValueError where the list as a
    whole cannot be used.
    """
    raw = _read(path)
    here = path.absolute().parent
    minutes = pl.col("scheduled_minutes").map_elements(_minutes, return_dtype=pl.Float64)
    rows = raw.with_columns(
        _located("recording", here),
        _located("transcript", here),
        pl.coalesce("call_id", _stem("recording"), _stem("transcript")).alias("call_id"),
        pl.col("started_at").alias("given_start"),
        times_in_utc(pl.col("started_at"), zone=timezone),
        pl.col("scheduled_minutes").alias("given_minutes"),
        pl.when(minutes.is_between(*MINUTES)).then(minutes).alias("scheduled_minutes"),
        pl.col("outcome").str.to_lowercase(),
        pl.col("lead_channel").str.to_lowercase().alias("given_channel"),
        pl.col("lead_channel").str.to_lowercase().replace_strict(CHANNELS, default=None, return_dtype=pl.Int64),
    )
    if SCHEDULED in rows.columns:
        scheduled = times_in_utc(pl.col(SCHEDULED), zone=timezone, dates=False).dt.strftime(UTC_TEXT)
        rows = rows.with_columns(scheduled, given_schedule=SCHEDULED)
    rows = _with_sheet_of_people(rows, path)
    if PEOPLE in rows.columns:
        joining = pl.col(PEOPLE).map_elements(_manager, return_dtype=pl.String)
        named = pl.when(joining != pl.col("lead_id").fill_null("")).then(joining)
        rows = rows.with_columns(pl.coalesce("manager_id", named))
    checked = _checked(rows, set(interactions))
    given = ("given_start", "given_minutes", "given_channel", "given_schedule")
    return checked.drop(*given, HIDDEN, UNREAD, strict=False)


def _with_sheet_of_people(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The rows with the people of the workbook's sheet of people, beside those in a cell."""
    listed = read_sheet_of_people(path)
    if listed.is_empty():
        return rows
    strangers = set(listed["call_id"]) - set(rows["call_id"])
    if strangers:
        raise ValueError(f"{path}: its sheet of people has {brief(', '.join(sorted(strangers)))}, which is no call_id")
    given = pl.col(PEOPLE) if PEOPLE in rows.columns else pl.lit(None, pl.String)
    joined = rows.join(listed, on="call_id", how="left", maintain_order="left")
    return (
        joined.with_columns(pl.concat_str(given, "people", separator="; ", ignore_nulls=True).alias(PEOPLE))
        .drop("people")
        .with_columns(pl.col(PEOPLE).replace("", None))
    )


def _hidden(rows: pl.DataFrame) -> pl.Expr:
    return pl.col(HIDDEN) if HIDDEN in rows.columns else pl.lit(value=False)


def _checked(rows: pl.DataFrame, interactions: set[str]) -> pl.DataFrame:
    """Add error_code and error: the first fault of each row; a row without one has null in both."""
    has = {name: pl.col(name).is_not_null() for name in ("recording", "transcript", "interaction")}
    repeated = pl.int_range(pl.len()).over("call_id") > 0
    known = ", ".join(sorted(interactions))
    start, minutes, channel = pl.col("started_at"), pl.col("scheduled_minutes"), pl.col("lead_channel")
    unread = pl.col(UNREAD) if UNREAD in rows.columns else pl.lit(None, pl.String)
    rows = rows.with_columns(unread=unread)
    faults = [
        ("bad_metadata", unread.is_not_null(), "{unread}"),
        (CANCELLED, says_yes(rows, CALLED_OFF), "was called off: counted as such, and nothing to score"),
        ("bad_metadata", _hidden(rows), "is hidden in the sheet: show it to have it read, or delete it"),
        ("no_consent", is_refused(rows), "consent is not given: this conversation is left alone until it says yes"),
        ("bad_metadata", ~has["recording"] & ~has["transcript"], "names no recording or transcript: give one of them"),
        ("duplicate_call", repeated, "call_id {call_id} stands in the list before: give each conversation its own id"),
        ("unknown_rubric", ~has["interaction"], f"names no interaction: give one of {known}"),
        (
            "unknown_rubric",
            ~pl.col("interaction").is_in(interactions),
            f"no rubric {{interaction}}: give one of {known}",
        ),
        (
            "bad_metadata",
            _lost(start, "given_start"),
            "started_at {given_start} is no ISO 8601 time like 2026-04-20T10:45",
        ),
        (
            "bad_metadata",
            _lost(minutes, "given_minutes"),
            f"scheduled_minutes {{given_minutes}} is no number of minutes from {MINUTES[0]} to {MINUTES[1]:,}",
        ),
        ("bad_metadata", ~pl.col("outcome").is_in(OUTCOMES), f"outcome {{outcome}} is none of {', '.join(OUTCOMES)}"),
        (
            "bad_metadata",
            _lost(channel, "given_channel"),
            f"lead_channel {{given_channel}} is none of {', '.join(CHANNELS)}",
        ),
        ("bad_metadata", _twice("recording"), "names one recording twice: {recording}"),
        ("bad_metadata", _twice("transcript"), "names one transcript twice: {transcript}"),
        (
            "missing_file",
            _absent("recording"),
            "no file {recording}: correct the path, relative ones start at the list",
        ),
        (
            "missing_file",
            _absent("transcript"),
            "no file {transcript}: correct the path, relative ones start at the list",
        ),
    ]
    texts = [name for name in LISTED if rows.schema[name] == pl.String]
    faults += [
        ("bad_metadata", pl.col(name).str.contains(AN_OBJECT), f"{name} {{{name}}} is JSON: write a text")
        for name in texts
    ]
    if PEOPLE in rows.columns:
        unread = pl.col(PEOPLE).map_elements(_is_unread, return_dtype=pl.Boolean).fill_null(value=False)
        message = "people {x_people} are not of the form Name (id, role); Name (id, role)"
        faults.append(("bad_metadata", unread | pl.col(PEOPLE).str.contains(AN_OBJECT), message))
    if SCHEDULED in rows.columns:
        unscheduled = _lost(pl.col(SCHEDULED), "given_schedule")
        message = "scheduled_at {given_schedule} is no ISO 8601 date and time of day like 2026-04-20T10:45"
        faults.append(("bad_metadata", unscheduled, message))
    code = pl.coalesce(pl.when(wrong).then(pl.lit(code)) for code, wrong, _ in faults)
    error = pl.coalesce(pl.when(wrong).then(_filled("row {row}: " + message)) for _, wrong, message in faults)
    spare_id = pl.format("row{}", "row")
    checked = rows.with_columns(code.alias("error_code"), error.alias("error")).drop("unread")
    return _unique(checked.with_columns(pl.coalesce("call_id", spare_id).alias("call_id")), spare_id)


def _unique(rows: pl.DataFrame, spare_id: pl.Expr) -> pl.DataFrame:
    """Give every row an id of its own: of those with the same, a good one keeps it, the others get a row number."""
    repeated = pl.int_range(pl.len()).over("call_id", order_by=pl.col("error_code").is_not_null()) > 0
    while not rows["call_id"].is_unique().all():
        other = pl.when(repeated).then(pl.format("{}#{}", "call_id", spare_id)).otherwise("call_id")
        rows = rows.with_columns(other.alias("call_id"))
    return rows


def _read(path: Path) -> pl.DataFrame:
    """The list as text: columns of LISTED (null where not given), `row` as a spreadsheet numbers it, `x_` columns."""
    raw = read_spreadsheet(path, "a call list", name_of=_column, needs=frozenset({"interaction"}), unread="told")
    raw = with_consent(raw, path)
    names = raw.drop(NO_CELLS, strict=False).columns
    if "interaction" not in names or not {"recording", "transcript"} & set(names):
        has = brief(", ".join(name.removeprefix("x_") for name in names))
        raise ValueError(f"{path}: needs the columns interaction and recording (or transcript), but has {has}")
    several = [name for name in ("recording", "transcript", PEOPLE) if name in names]
    parted = raw.with_columns(pl.col(several).str.replace_all(BREAK, JOIN))
    clean = parted.with_columns(pl.col(names).str.replace_all(CONTROL, " ").str.strip_chars().replace("", None))
    about = pl.col([name for name in names if name in LISTED and name not in SAYS_SO])
    clean = clean.with_columns(pl.when(~about.str.to_lowercase().is_in(NOTHING)).then(about))
    missing = [pl.lit(None, pl.String).alias(name) for name in LISTED if name not in names]
    filled = [name for name in (*names, UNREAD) if name in clean.columns]
    return clean.with_columns(missing).filter(pl.any_horizontal(pl.col(filled).is_not_null()))


def misspelt(listed: pl.DataFrame) -> dict[str, str]:
    """Columns that are kept as they are, each with an empty one that is read and is called nearly so."""
    from rapidfuzz import fuzz, process

    empty = [name for name in LISTED if not listed[name].count()]
    kept = [name for name in listed.columns if name.startswith("x_") and name not in KNOWN_EXTRAS]
    names = [name.removeprefix("x_") for name in kept if listed[name].count()]
    near = {name: process.extractOne(name, empty, scorer=fuzz.ratio, score_cutoff=ALIKE) for name in names}
    return {name: found[0] for name, found in near.items() if found}


def _column(given: str) -> str:
    """The name of a column here: one of LISTED, or beginning with `x_`; what tables cannot hold in it becomes `_`."""
    name = re.sub(UNNAMEABLE, "_", given.strip().lower())
    plain = re.sub(r"[\W_]+", "_", name).strip("_").replace("canceled", "cancelled")  # "Call ID", "Consent?"
    if plain in LISTED or f"x_{plain}" in KNOWN_EXTRAS:
        name = plain
    return name if name in LISTED or name.startswith("x_") else f"x_{name}"


def _is_unread(cell: str) -> bool:
    try:
        read_people(cell)
    except ValueError:
        return True
    return False


def _manager(cell: str) -> str | None:
    """The id of the one manager among the people in a cell; None without one."""
    managers = [] if _is_unread(cell) else [one for one in read_people(cell) if one.role == "manager"]
    return managers[0].person_id if len(managers) == 1 else None


def _minutes(text: str) -> float | None:
    """Minutes of a number, or of a duration as spreadsheets show it: 0:45 and 0:45:00 are 45; None where it is none."""
    if clock := re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?", text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 60 + minutes + seconds / 60 if hours < LONGEST_CLOCK_H else None
    try:
        return float(text)
    except ValueError:
        return None


def _located(column: str, here: Path) -> pl.Expr:
    """Paths relative to the list's folder made absolute; a URI stays as it is."""
    return pl.col(column).map_elements(lambda cell: located(cell, here), return_dtype=pl.String)


def _stem(column: str) -> pl.Expr:
    """The name of a file without its folder and ending; of several the first one's."""
    first = pl.col(column).map_elements(lambda cell: parts_of(cell)[0], return_dtype=pl.String)
    return first.str.extract(r"([^/\\]+?)(?:\.[^./\\]*)?$")


def _absent(column: str) -> pl.Expr:
    """Whether a named file is not there; whether a URI is there shows when it is opened."""
    return ~pl.col(column).map_elements(are_there, return_dtype=pl.Boolean).fill_null(value=True)


def _twice(column: str) -> pl.Expr:
    """Whether a conversation in parts has one part twice."""
    return pl.col(column).map_elements(has_one_twice, return_dtype=pl.Boolean).fill_null(value=False)


def _lost(parsed: pl.Expr, given: str) -> pl.Expr:
    """Whether something was given that could not be parsed."""
    return parsed.is_null() & pl.col(given).is_not_null()


def _filled(message: str) -> pl.Expr:
    columns = re.findall(r"{(\w+)}", message)
    return pl.format(re.sub(r"{\w+}", "{}", message), *columns)
