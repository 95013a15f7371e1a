"""Rows: take one line of a text apart into a time, a label and what is said, in each form that transcripts have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from pipeline.transcripts.readers.clocks import CLOCK, DECIMAL, SHORT, TIME, Stamp, stamp
from pipeline.transcripts.readers.labels.forms import (
    BOLD,
    INVISIBLE,
    LONGEST_LABEL,
    REMEMBERED,
    Place,
    clean,
    is_shaped,
    key,
)
from pipeline.transcripts.readers.labels.words import TELEPHONE

TO = r"\s?(?:-{1,2}>|-|\u2013|\u2014|to)\s?"
LEAD = re.compile(
    rf"^(?:[\[(@]?({CLOCK}|{SHORT})[\])]?(?:{TO}[\[(]?({CLOCK}|{SHORT})[\])]?)?|\[({DECIMAL})(?:{TO}({DECIMAL}))?\])"
    r"[\s|\u2022\u00b7:,>\u2013-]*",
    re.ASCII,
)
TIME_ROW = re.compile(rf"^[\[(]?({TIME})?\s?({TIME})?[\])]?(?:{TO}[\[(]?({TIME})[\])]?)?$", re.ASCII)
TIME_CELL = re.compile(rf"{TIME_ROW.pattern}|^{DECIMAL}$", re.ASCII)
TRAIL = re.compile(
    rf"[\s|,\u2022\u00b7@(\[\u2013\u2014-]+(?:at\s)?({TIME})(?:{TO}({TIME}))?[)\]]*\s*$"
    rf"|\s*\[({DECIMAL})(?:{TO}({DECIMAL}))?\]\s*$",
    re.ASCII,
)
NOBODY, UNKNOWN = re.compile(r"\?{1,5}|[-\u2013\u2014]{1,3}|_{2,9}"), "Unknown speaker"  # as typists write that
NUMBER = re.compile(r"^\d{1,5}[.)]\s+(?=\S)")
MARKS = re.compile(r"^(?:#{1,6}\s+|(?:>{1,3}|[-*\u2022\u2013\u2014])\s+|>{2,3}\s*)*")
ESCAPED = re.compile(r"\\([\[\](){}#*_.!>-])")  # as Markdown writes a sign that is meant
HEADER = re.compile(r"^#{1,6}\s")
ALL_BOLD = re.compile(r"^(?:\*\*|__)([^*_]+)(?:\*\*|__)(:?)$")
BRACKETED = re.compile(r"^[\[(<]([^\[\]()<>]{1,90})[\])>]:?\s*(.*)$", re.DOTALL)
DASHED = re.compile(r"^(.{1,60}?)\s[-\u2013\u2014]\s(.+)$", re.DOTALL)
Times = tuple[Stamp | None, Stamp | None]  # when it begins and ends
CHEVRONS = re.compile(r"^\s*(?:>{2,3}|&gt;&gt;)")


@dataclass(frozen=True)
class Row:
    """One line of a text: as it is said if it names nobody, the place where it may name somebody, and its times."""

    raw: str
    text: str
    place: Place | None = None
    start: Stamp | None = None
    end: Stamp | None = None
    only_time: bool = False
    late: bool = False  # whether its times stand after the label, where words of speech may stand, too
    worded: bool = False  # a time in words, which could be said
    chevrons: bool = False
    whole: str = ""  # with the time before it, where that is not in brackets and so may be said


@lru_cache(REMEMBERED)
def read_row(raw: str) -> Row:
    """Take a line apart; which of its labels are names is decided later, for the file."""
    line = INVISIBLE.sub("", raw).replace("\u00a0", " ").replace("\u202f", " ").strip()
    chevrons = bool(CHEVRONS.match(line))
    header = bool(HEADER.match(line))
    line = ESCAPED.sub(r"\1", MARKS.sub("", line)).strip()
    bold = ALL_BOLD.match(line)
    text = bold[1] + bold[2] if bold else BOLD.sub(r"\2", line)
    if len(text) <= LONGEST_LABEL and (times := TIME_ROW.match(text)) and text:
        first, second, last = times.groups()
        start = stamp(second or first or last or "")
        end = stamp(last) if last and (first or second) else None
        return Row(raw, text, start=start, end=end, only_time=True, worded=":" not in text)
    if (lead := LEAD.match(text)) and lead.end() < len(text):
        start, end = _times(lead)
        rest = text[lead.end() :].strip()
    else:
        start, end, rest = None, None, text
    place, late = _place(
        rest, raw, timed=start is not None, header=header or bool(bold and not bold[2] and ":" not in bold[1])
    )
    if start is None and (counted := NUMBER.match(text)):
        row = read_row(text[counted.end() :])
        if row.place and row.place.kind in ("colon", "heading", "bracket"):
            return replace(row, raw=raw, text=text)
    if late:
        start, end = late
    whole = text if rest != text and text[0] not in "[(@" else ""
    return Row(raw, rest, place, start, end, late=late is not None, chevrons=chevrons, whole=whole)


def _times(lead: re.Match[str]) -> Times:
    first, last, *decimal = lead.groups()
    return stamp(first or decimal[0]), stamp(last or decimal[1] or "")


def _place(
    text: str, raw: str, *, timed: bool, header: bool
) -> tuple[Place | None, tuple[Stamp | None, Stamp | None] | None]:
    """Where a line may name a speaker, and times that stand between the label and what is said."""
    if (table := _table_row(raw)) is not None:
        return table
    if TELEPHONE.fullmatch(text):
        return Place("stamped" if timed else "bare", text), None
    at = _colon(text)
    if at is not None:
        label, said = text[:at], text[at + 1 :].lstrip(":").strip()
        if text[0] in "*_":  # set in italics, with the colon
            said = said.removeprefix(text[0]).strip()
        name, late = _without_time(label)
        name = UNKNOWN if NOBODY.fullmatch(name.strip()) else name
        if late is None and said[:1] in ("[", "(") and (lead := LEAD.match(said)):
            late, said = _times(lead), said[lead.end() :]
        if is_shaped(name):
            return Place("colon", name, said), late
    if len(text) <= LONGEST_LABEL + 30:
        name, late = _without_time(text)
        name = UNKNOWN if NOBODY.fullmatch(name.strip()) else name
        if late and is_shaped(name):
            return Place("heading", name), late
    kind = "markup" if header else "stamped" if timed else "bare"
    return _bracketed(text) or ((Place(kind, clean(text)), None) if is_shaped(text) else _dash(text))


def _bracketed(text: str) -> tuple[Place, Times | None] | None:
    """A name in brackets before what is said."""
    found = BRACKETED.match(text)
    name, late = _without_time(found[1]) if found else ("", None)
    return (Place("bracket", name, found[2]), late) if found and is_shaped(name) else None


def _dash(text: str) -> tuple[Place | None, Times | None]:
    """A name before a dash, with a time between them."""
    dashed = DASHED.match(text)
    name, late = _without_time(dashed[1]) if dashed else ("", None)
    return (Place("dash", name, dashed[2]) if dashed and is_shaped(name) else None), late


def in_form(rows: Sequence[Row], kind: Literal["bracket", "dash"]) -> list[Row]:
    """Rows with the name in brackets or before a dash, where most that could have it there do: also those in which a
    colon stands in what is said, or little is said."""
    names = [key(row.place.label) for row in rows if row.place and row.place.kind == kind]
    again: dict[int, Row] = {}
    for at, row in enumerate(rows):
        if row.place and row.place.kind in ("colon", "bare", "stamped"):
            place, late = (_dash(row.text) if kind == "dash" else _bracketed(row.text)) or (None, None)
            if place and (row.place.kind != "colon" or key(place.label) in names):
                start, end = late or (row.start, row.end)
                again[at] = replace(row, place=place, start=start, end=end)
    if len(names) < max(2, len(again)):
        return list(rows)
    return [again.get(at, row) for at, row in enumerate(rows)]


def with_times_after_colons(rows: list[Row]) -> list[Row]:
    """Rows with the time that stands after the colon without brackets, where it does in most: else it may be said."""
    colons = {at: row.place for at, row in enumerate(rows) if row.place and row.place.kind == "colon" and not row.start}
    leads = {at: lead for at, place in colons.items() if (lead := LEAD.match(place.said))}
    if 2 * len(leads) <= max(2, len(colons)):
        return rows
    timed = list(rows)
    for at, lead in leads.items():
        start, end = _times(lead)
        place = replace(colons[at], said=colons[at].said[lead.end() :])
        timed[at] = replace(rows[at], place=place, start=start, end=end, late=True)
    return timed


def _table_row(raw: str) -> tuple[Place, Times | None] | None:
    """A row of a table: the cell that may name a speaker, the others, and times in cells of their own."""
    bare = raw.strip()
    sign = "|" if bare[:1] == bare[-1:] == "|" and len(bare) > 1 else "\t"
    if sign not in bare:
        return None
    cells = [cell.strip() for cell in bare.split(sign) if cell.strip()]
    times = [stamp(cell) for cell in cells if TIME_CELL.match(cell)]
    words = [cell for cell in cells if not TIME_CELL.match(cell)]
    if len(words) > 1 and is_shaped(words[0].rstrip(":")):
        found = Place("tab", words[0].rstrip(":"), " ".join(words[1:]))
        ends = (time for time in times if time and times[0] and time.seconds > times[0].seconds)
        return found, (times[0], next(ends, None)) if times else None
    return None


def _without_time(label: str) -> tuple[str, Times | None]:
    """A label without a time after it, and that time."""
    trail = TRAIL.search(label) if len(label) <= LONGEST_LABEL + 30 else None
    if not trail:
        return label, None
    start, end, *decimal = trail.groups()
    return label[: trail.start()], (stamp(start or decimal[0]), stamp(end or decimal[1] or ""))


def _colon(text: str) -> int | None:
    """Where the first colon outside of brackets stands that could end a label; None without one."""
    depth = 0
    for at, letter in enumerate(text[: LONGEST_LABEL + 30]):
        depth += (letter in "([") - (letter in ")]")
        if letter in ":\uff1a" and depth <= 0:
            after = text[at + 1 : at + 2]
            between = text[at - 1 : at].isdigit() and after.isdigit()
            if not between and after != "/":
                return at
    return None
