"""The index of everything said: SQLite's FTS5 with stemming, beside the tables, made anew where they were written.

It holds what the tables hold of scored calls, in a file of the workspace on this machine's disk. While a new one is
made the one before answers; where there is none, as after `forget`, whoever searches waits.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from flows.room.house import House
from flows.room.shown import labels_of
from pipeline.location import is_remote
from pipeline.pages.parts.ratings import name_calls
from pipeline.transcripts.roles import side, with_roles

INDEX = "search.sqlite"
MOST_HITS = 50
SCHEMA = """
CREATE TABLE about (state TEXT);
CREATE TABLE calls (call INTEGER PRIMARY KEY, call_id TEXT, person TEXT, name TEXT, other TEXT, team TEXT, day TEXT);
CREATE TABLE lines (line INTEGER PRIMARY KEY, call INTEGER, idx INTEGER, start_s REAL, end_s REAL, side TEXT, acts TEXT,
    text TEXT);
CREATE VIRTUAL TABLE words USING fts5(text, content='lines', content_rowid='line', tokenize='porter unicode61');
"""
WORD = re.compile(r'"[^"]+"|[^\W_]+', re.UNICODE)


@dataclass(frozen=True)
class Wanted:
    """What to look for: words or "phrases", all of them; the rest narrows it where it is given.

    answers: the line after the one that has the words, by the other side
    """

    words: str
    side: str = ""
    act: str = ""
    element: str = ""
    level: int | None = None
    person: str = ""
    since: date | None = None
    until: date | None = None
    answers: bool = False


class Hit(NamedTuple):
    """A line that was found: `marked` is its text with the words between \\x02 and \\x03."""

    call_id: str
    name: str
    other: str | None
    day: str | None
    idx: int
    start_s: float
    end_s: float
    side: str | None
    marked: str


def search(house: House, wanted: Wanted, call_ids: frozenset[str], *, sees_all: bool) -> list[Hit]:
    """The newest MOST_HITS lines of calls in reach; none where no word is asked for. Raises ValueError in object
    storage."""
    query = " ".join(f'"{word.strip(chr(34))}"' for word in WORD.findall(wanted.words))
    if not query:
        return []
    where, values = _conditions(wanted)
    if wanted.level is not None:
        coloured = _coloured(house, wanted)
        call_ids, sees_all = (coloured if sees_all else call_ids & coloured), False
    with _opened(house) as index:
        if not sees_all:
            index.execute("CREATE TEMP TABLE reach (call_id TEXT PRIMARY KEY)")
            index.executemany("INSERT INTO reach VALUES (?)", [(call_id,) for call_id in call_ids])
            where.append("calls.call_id IN (SELECT call_id FROM reach)")
        shown = "next" if wanted.answers else "lines"
        follow = "JOIN lines AS next ON next.line = lines.line + 1 AND next.call = lines.call" if wanted.answers else ""
        text = "next.text" if wanted.answers else "highlight(words, 0, char(2), char(3))"
        rows = index.execute(
            f"SELECT calls.call_id, calls.name, calls.other, calls.day, {shown}.idx, {shown}.start_s, {shown}.end_s,"  # noqa: S608  no value of a user's
            f" {shown}.side, {text} FROM words JOIN lines ON lines.line = words.rowid {follow}"
            f" JOIN calls ON calls.call = lines.call WHERE words MATCH ? {''.join(f' AND {one}' for one in where)}"
            " ORDER BY words.rowid DESC LIMIT ?",
            [query, *values, MOST_HITS],
        )
        return [Hit(*row) for row in rows]


def _conditions(wanted: Wanted) -> tuple[list[str], list[object]]:
    """What narrows the search, and its values."""
    where: list[str] = []
    values: list[object] = []

    def narrow(condition: str, *of: object) -> None:
        where.append(condition)
        values.extend(of)

    if wanted.side:
        narrow("lines.side = ?", wanted.side)
    if wanted.act:
        narrow("instr(lines.acts, ?) > 0", f" {wanted.act} ")
    if wanted.answers:
        where.append("(next.side = 'other') != (lines.side = 'other')")
    if wanted.person:
        narrow("calls.person = ?", wanted.person)
    if wanted.since:
        narrow("calls.day >= ?", wanted.since.isoformat())
    if wanted.until:
        narrow("calls.day <= ?", wanted.until.isoformat())
    return where, values


def _coloured(house: House, wanted: Wanted) -> frozenset[str]:
    """The calls in which an element, or any, has the level that is wanted."""
    labels = labels_of(house).filter(pl.col("level") == wanted.level)
    return frozenset(labels.filter(element=wanted.element)["call_id"] if wanted.element else labels["call_id"])


@contextmanager
def _opened(house: House) -> Iterator[sqlite3.Connection]:
    """The index; it is made anew beside where the tables were written since, and first where there is none."""
    if is_remote(house.store.place):
        raise ValueError("Search needs a workspace on a disk.")
    path = house.store.place / INDEX
    if path.is_file():
        threading.Thread(target=make_index, args=(house,), daemon=True).start()
    else:
        make_index(house)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as index:
        yield index


def make_index(house: House) -> None:
    """Make the index of the tables as they are now, unless it is there."""
    path = house.store.place / INDEX
    state = _state(house)
    house.once("search", (state, path.is_file()), lambda: _ensured(house, path, state))


def _state(house: House) -> str:
    """What the index is made of."""
    return repr((house.versions("calls", "utterances", "acts"), house.rubric_files()))


def _ensured(house: House, path: Path, state: str) -> None:
    if path.is_file():
        with closing(sqlite3.connect(path)) as index:
            try:
                if index.execute("SELECT state FROM about").fetchone() == (state,):
                    return
            except sqlite3.DatabaseError:
                pass
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as index:
        index.execute("PRAGMA journal_mode=OFF")
        index.executescript(SCHEMA)
        _fill(house, index)
        index.execute("INSERT INTO about VALUES (?)", (state,))
        index.commit()
    if state == _state(house):
        partial.replace(path)
    else:  # something was written or erased meanwhile
        partial.unlink()
        _ensured(house, path, _state(house))


def _fill(house: House, index: sqlite3.Connection) -> None:
    calls = name_calls(house.table("calls").filter(pl.col("status") == "ok")).with_row_index("call")
    day = pl.col("started_at").dt.date().cast(pl.String)
    listed = calls.select("call", "call_id", "person", "name", pl.coalesce("other_name", "other_id"), "team", day)
    index.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)", listed.iter_rows())
    about = with_roles(calls.select("call", "call_id", "interaction"), house.elements())
    acts = house.store.read("acts").group_by("call_id", "idx").agg(pl.format(" {} ", pl.col("act").str.join(" ")))
    lines = (
        house.store.read("utterances")
        .join(about, on="call_id")
        .with_columns(side=side())
        .join(acts, on=["call_id", "idx"], how="left")
        .sort("call", "start_s", "idx")
        .select("call", "idx", "start_s", "end_s", "side", pl.col("act").fill_null(""), "text")
        .with_row_index("line", offset=1)
    )
    index.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)", lines.iter_rows())
    index.execute("INSERT INTO words (words) VALUES ('rebuild')")


def day_of(text: str) -> date | None:
    """A day as a browser's field gives it; None for anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None
