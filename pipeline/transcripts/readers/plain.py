"""Plain text: read lines "Name: text", headings "Name 0:12" over a text, names in brackets, Markdown and tables.

Sources: Google Meet's transcript document (clock headings over "Name: text"), https://support.google.com/meet/answer/12849897;
Teams' document ("Name   0:02" over the text); Otter's text export ("Name  0:02" over the text); Zoom's saved captions
("[Name] 14:32:07" over the text); CART captioners' ">> NAME:".
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from pipeline.transcripts.lines import Document, Line
from pipeline.transcripts.readers.clocks import Stamp
from pipeline.transcripts.readers.labels.decide import Labels, decide
from pipeline.transcripts.readers.labels.forms import Place, key
from pipeline.transcripts.readers.notices import BELOW, NARRATION, TITLE, is_notice, is_said, without_signs
from pipeline.transcripts.readers.reading import Reading
from pipeline.transcripts.readers.rows import Row, Times, in_form, read_row, with_times_after_colons

OVER_TEXT = ("colon", "heading", "over", "markup", "bracket", "tab")  # forms in which a label is not what is said
FEWEST_NAMED = 2
FEWEST_OFTEN = 5
FEWEST_NAMED_ABOVE = 2  # times as often as below


@dataclass
class _Turn:
    """A line that is being read: who speaks, its times, and what was said so far."""

    speaker: str
    start: Stamp | None
    end: Stamp | None
    said: list[str] = field(default_factory=list)


def is_plain(document: Document) -> bool:
    """Whether at least two lines name their speaker."""
    if document.data is not None:
        return False
    rows = _rows(document)
    labels = _labels(rows, document)
    return sum(name is not None for name in _names(rows, labels)) >= FEWEST_NAMED


def plain(document: Document) -> Reading:
    """Read the lines of a text; the ends of most are not known."""
    rows = _rows(document)
    labels = _labels(rows, document)
    reading = Reading(doubts=labels.doubts, guesses=labels.guesses)
    turns: list[_Turn] = []
    clock: Times = (None, None)
    names = _names(rows, labels)
    above = _above(rows, names)
    reading.leave_out("notice", *(row.raw for row in rows[:above]))
    below = _below(rows, names)
    reading.leave_out("notice", *(row.raw for row in rows[below:]))
    rows, names = rows[above:below], names[above:below]
    rows = _with_said_clocks(rows, names)
    named = [at for at, name in enumerate(names) if name is not None]
    often = _often(rows, names)
    for at, (row, name) in enumerate(zip(rows, names, strict=True)):
        if row.place and name is not None:
            reading.leave_out("label", row.place.label)
            reading.leave_rest(row.raw, row.place.label, row.place.said)
            if turns and not turns[-1].said and turns[-1].speaker == name:  # the heading stands twice
                clock = (turns[-1].start, turns[-1].end)
                turns.pop()
            turns.append(_Turn(name, row.start or clock[0], row.end or (None if row.start else clock[1])))
            clock = (None, None)
            _say(turns[-1], row.place.said, reading)
        elif row.only_time and not (row.worded and turns and turns[-1].said):
            reading.leave_out("time", row.raw)
            clock = (row.start, row.end)
            if turns and not turns[-1].said and (turns[-1].start is None or _is_same(turns[-1].start, row.start)):
                turns[-1].start, turns[-1].end, clock = row.start, row.end, (None, None)
        elif (
            row.text in often
            or is_notice(row.raw, edge=not turns or (at > named[-1] and bool(turns[-1].said)))
            or NARRATION.fullmatch(row.raw.strip())
        ):
            reading.leave_out("notice", row.raw)
        elif not turns:
            reading.leave_out("outside", row.raw)
        elif row.chevrons and "id" not in labels.kinds:
            reading.leave_rest(row.raw, row.text)
            turns.append(_Turn("", row.start or clock[0], row.end))
            clock = (None, None)
            _say(turns[-1], row.text, reading)
        else:
            clock = _go_on(turns, row, clock)
            reading.leave_rest(row.raw, row.text)
            _say(turns[-1], row.text, reading)
    stamps = [turn.start for turn in turns if turn.start]
    reading.two_numbers = bool(stamps) and all(start.two for start in stamps)
    reading.of_day = bool(stamps) and all(start.of_day for start in stamps)
    reading.lines = [_line(turn) for turn in turns]
    return reading


def _go_on(turns: list[_Turn], row: Row, clock: Times) -> Times:
    """A row that names nobody, with a time: a turn of who spoke before begins, or has its time; and the clock after."""
    start = clock[0] if row.late else row.start or clock[0]
    if turns[-1].said and start:
        turns.append(_Turn(turns[-1].speaker, start, None if row.late else row.end))
        return None, None
    if row.start and not turns[-1].start:
        turns[-1].start, turns[-1].end = row.start, row.end
    return clock


def _with_said_clocks(rows: list[Row], names: list[str | None]) -> list[Row]:
    """Rows in which a clock before what is said is part of it ("10:30 works for me"), unless most turns have one."""
    said = [row for row, name in zip(rows, names, strict=True) if name is None and not row.only_time]
    if 2 * sum(bool(row.whole) for row in said) >= max(len(said), len(rows) - len(said)):
        return rows
    return [
        replace(row, text=row.whole, start=None, end=None) if name is None and row.whole else row
        for row, name in zip(rows, names, strict=True)
    ]


def _above(rows: list[Row], names: list[str | None]) -> int:
    """How many rows stand above the title of the transcript itself, as a summary does: fewer speak there than below."""
    at = next((at for at, row in enumerate(rows) if TITLE.fullmatch(row.text)), 0)
    before, after = (sum(name is not None for name in part) for part in (names[:at], names[at:]))
    return at if 2 * before < after else 0


def _below(rows: list[Row], names: list[str | None]) -> int:
    """Where the transcript ends: at the title of a summary below it, after which hardly anybody is named."""
    at = next((at for at, row in enumerate(rows) if BELOW.fullmatch(row.text) and any(names[:at])), len(rows))
    before, after = (sum(name is not None for name in part) for part in (names[:at], names[at:]))
    return at if FEWEST_NAMED_ABOVE * after < before else len(rows)


def _is_same(one: Stamp, other: Stamp | None) -> bool:
    """Whether a time stands there twice, as Teams' page has it in words and as a clock."""
    return other is not None and abs(one.seconds - other.seconds) < 1


def _often(rows: list[Row], names: list[str | None]) -> set[str]:
    """Rows that stand below most names without a sentence's end, as a company does: nobody says them."""
    texts = Counter(row.text for row, name in zip(rows, names, strict=True) if name is None and row.text)
    fewest = max(FEWEST_OFTEN, sum(name is not None for name in names) / 4)
    return {text for text, n in texts.items() if n >= fewest and text[-1].isalnum() and len(text.split()) <= 4}


def _line(turn: _Turn) -> Line:
    start_s, end_s = turn.start and turn.start.seconds, turn.end and turn.end.seconds
    return Line(start_s, end_s, turn.speaker, " ".join(turn.said))


def _names(rows: list[Row], labels: Labels) -> list[str | None]:
    """Who each row names, None where nobody; a name alone on its row is one where a time follows."""
    names: list[str | None] = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        name = labels.name(row.place.kind, row.place.label) if row.place else None
        if name is None and row.place and row.place.kind == "bare" and following and following.only_time:
            name = labels.names.get(key(row.place.label))
        names.append(name)
    return names


def _say(turn: _Turn, text: str, reading: Reading) -> None:
    kept, signs = without_signs(text)
    reading.leave_out("sign", *signs)
    if is_said(kept):
        turn.said.append(kept)


def _rows(document: Document) -> list[Row]:
    """The rows of a text; a short one after a time, with a row without a time below it, is a heading."""
    rows = [read_row(line) for line in document.text.splitlines() if line.strip()]
    rows = with_times_after_colons(in_form(in_form(rows, "bracket"), "dash"))
    return [
        replace(row, place=replace(row.place, kind="over")) if row.place and _is_over_text(row, following) else row
        for row, following in zip(rows, [*rows[1:], None], strict=True)
    ]


def _is_over_text(row: Row, following: Row | None) -> bool:
    stamped = row.place is not None and row.place.kind == "stamped"
    return stamped and following is not None and following.start is None and not following.only_time


def _labels(rows: list[Row], document: Document) -> Labels:
    places = _places(rows)
    spoken = " ".join(row.place.said if row.place and row.place.kind in OVER_TEXT else row.text for row in rows)
    return decide(places, spoken, document.listed)


def _places(rows: list[Row]) -> list[Place]:
    """The places where somebody may be named, each with what is said after it, also on the rows below."""
    places: list[Place] = []
    below: list[str] = []  # from the last row up
    for row in reversed(rows):
        if row.place and row.place.kind in OVER_TEXT:
            if not is_notice(row.raw, edge=False):
                places.append(replace(row.place, said=" ".join([row.place.said, *reversed(below)])))
            below = []
        else:
            if row.place and not is_notice(row.raw, edge=False):
                places.append(row.place)
            below.append(row.text)
    return places[::-1]
