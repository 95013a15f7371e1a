"""Captions: read transcripts in WebVTT, SRT and lines of "Name: text"."""

import html
import re
from collections.abc import Iterator

from pipeline.transcripts.lines import Document, Line, joined

CLOCK = r"(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
CUE = re.compile(rf"^\s*({CLOCK})\s*-->\s*({CLOCK})")
VOICE = re.compile(r"<v(?:\.[^\s<>]{0,200})?\s{1,20}([^<>]{1,200})>")  # bounded: no text takes its square in time
NAME = r"(?:[^\W\d_a-z][\w.'\u2019-]*|\d+|\([^()]{1,30}\)|[A-Z]+_\d+)"
NAMED = re.compile(rf"^({NAME}(?:[ ,]+(?:{NAME}|de|van|von|der|la|du)){{0,5}})\s*:\s+(.*)$", re.DOTALL)
STAMP = re.compile(rf"^\s*[\[(]?({CLOCK})[\])]?\s*[-\u2013]?\s*")
SPOKEN_LINE = re.compile(rf"^(.{{1,60}}?)\s*[\[(]({CLOCK})[\])]\s*:\s*(.*)$")
HEADING = re.compile(rf"^({NAME}(?:[ ,]+{NAME}){{0,5}})\s+[\[(]?({CLOCK})[\])]?\s*$")


def is_webvtt(document: Document) -> bool:
    """Whether the first line says WEBVTT."""
    return document.text.lstrip().startswith("WEBVTT")


def is_srt(document: Document) -> bool:
    """Whether the first lines hold a caption's times and the document is no JSON."""
    return document.data is None and any(CUE.match(line) for line in document.text.splitlines()[:50])


def captions(document: Document) -> list[Line]:
    """Read WebVTT or SRT with `<v Name>` or "Name:" before the text; without a name the speaker stays the same."""
    lines: list[Line] = []
    speaker = ""
    voiced = bool(VOICE.search(document.text))
    for block in re.split(r"\n\s*\n", document.text.replace("\r\n", "\n").replace("\r", "\n")):
        rows = block.split("\n")
        at = next((number for number, row in enumerate(rows) if CUE.match(row)), None)
        if at is None:
            continue
        start, end = CUE.match(rows[at]).groups()  # type: ignore[union-attr]  # it matched above
        for name, text in _voices("\n".join(rows[at + 1 :]), voiced=voiced):
            speaker = name or speaker
            lines.append(Line(clock(start), clock(end), speaker, text))
    return joined(lines)


def is_plain(document: Document) -> bool:
    """Whether at least two lines name their speaker."""
    return document.data is None and sum(1 for line in plain(document) if line.speaker) >= 2


def plain(document: Document) -> list[Line]:
    """Read lines "Name: text", perhaps with a time before or after the name, or headings "Name 0:12" over a text."""
    lines: list[Line] = []
    rows: list[list[str]] = []  # of each line
    for row in filter(None, map(str.strip, document.text.splitlines())):
        stamp = STAMP.match(row)
        rest, start_s = (row[stamp.end() :], clock(stamp[1])) if stamp else (row, None)
        if inner := SPOKEN_LINE.match(rest):
            lines.append(Line(clock(inner[2]), None, inner[1], inner[3]))
        elif heading := HEADING.match(rest):
            lines.append(Line(clock(heading[2]), None, heading[1], ""))
        elif named := NAMED.match(rest):
            lines.append(Line(start_s, None, named[1], named[2]))
        elif lines:
            rows[-1].append(row)
            continue
        else:
            continue
        rows.append([lines[-1].text])
    return [line._replace(text=" ".join(parts).strip()) for line, parts in zip(lines, rows, strict=True)]


def _voices(caption: str, *, voiced: bool) -> Iterator[tuple[str, str]]:
    """Name (empty if none) and text of each speaker of a caption."""
    parts = VOICE.split(caption)
    spans = list(zip(["", *parts[1::2]], parts[::2], strict=True))
    for name, marked in spans:
        text = " ".join(html.unescape(re.sub(r"<[^<>]*>", "", marked)).split())
        prefixed = NAMED.match(text) if not voiced else None
        if prefixed:
            yield prefixed[1], prefixed[2]
        elif text:
            yield html.unescape(name).strip(), text


def clock(stamp: str) -> float:
    """Seconds of a time of day such as 1:02:03,5."""
    seconds = 0.0
    for part in stamp.replace(",", ".").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds
