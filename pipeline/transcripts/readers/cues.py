"""Cues: cut captions (WebVTT, SRT, SBV) into what is shown when, by their timing lines and not by blank lines.

Blank lines stand inside of cues and are missing between them in files that people and programs have touched; a timing
line is one wherever it stands.
"""

import re
from dataclasses import dataclass

from pipeline.transcripts.readers.clocks import stamp

AT = r"(?:\d{1,4}\s?:\s?)?\d{1,3}\s?:\s?\d{1,2}(?:\s?[.,:;]\s?\d{1,9})?"  # translators set spaces in times
ARROW = r"(?:-\s?-?\s?>|[\u2013\u2014]\s?>|\u2192|\uf0e0|=>)"  # as typed, and as Word corrects it
TIMING = re.compile(rf"^\W{{0,3}}({AT})\s*{ARROW}\s*({AT})(?:[ \t](.*))?$", re.ASCII)
SETTINGS = re.compile(r"\s*(?:(?:vertical|line|position|size|align|region|[XY][12]):\S*\s*)+")
SBV = re.compile(rf"^({AT}),({AT})\s*$", re.ASCII)
COMMENT = re.compile(r"^(?:NOTE|STYLE|REGION|X-TIMESTAMP-MAP=\S*|Kind:|Language:)(?:[\s:].*)?$")
ENDED = re.compile(r"[.?!,]\W*$|</")
LONGEST_ID = 6  # words
MOSTLY = 0.8
BLOCK = ("NOTE", "STYLE", "REGION")
PLAIN_ID = re.compile(
    r"^[\d\s.:#-]{1,20}$|^[0-9a-fA-F]{6,}(?:-[0-9a-fA-F]+)*(?:/\d+(?:-\d+)?)?$|^[\w-]{0,60}\d[\w/-]{0,60}$"
)


@dataclass(frozen=True)
class Cue:
    """What is shown from `start_s` to `end_s`: its identifier (empty without one) and its rows of text."""

    start_s: float
    end_s: float
    name: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Cut:
    """The cues of a file in its order, and rows that are in none: comments of the format, and other text."""

    cues: list[Cue]
    comments: list[str]
    outside: list[str]


def is_timing(row: str) -> bool:
    """Whether a line says when a caption is shown."""
    return bool(TIMING.match(row) or SBV.match(row))


def cut(text: str) -> Cut:
    """Cut the text of a caption file into cues."""
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows, comments = _without_comments(rows)
    times = [at for at, row in enumerate(rows) if is_timing(row)]
    names = _names(rows, times)
    outside = [
        row for at, row in enumerate(rows[: times[0] if times else len(rows)]) if row.strip() and at not in names
    ]
    cues = []
    for at, following in zip(times, [*times[1:], len(rows)], strict=True):
        end = following - 1 if following - 1 in names else following
        found = TIMING.match(rows[at]) or SBV.match(rows[at])
        start, stop = (_seconds(found[1]), _seconds(found[2])) if found else (0.0, 0.0)
        shown = tuple(row.strip() for row in (beside_timing(rows[at]), *rows[at + 1 : end]) if row.strip())
        cues.append(Cue(start, stop, rows[at - 1].strip() if at - 1 in names else "", shown))
    return Cut(cues, comments, outside)


def beside_timing(row: str) -> str:
    """What stands behind the times on their line without being a setting: some programs put the text there."""
    found = TIMING.match(row)
    tail = found[3] or "" if found else ""
    return "" if SETTINGS.fullmatch(tail) else tail


def _seconds(at: str) -> float:
    """Seconds of a caption's time; a third colon stands before the fraction."""
    parts = re.split("[:;]", "".join(at.split()))
    at = ":".join(parts[:3]) + "".join(f".{part}" for part in parts[3:])
    found = stamp(re.sub(r"^(\d{4}):", lambda hours: f"{hours[1][-3:]}:", at))
    return found.seconds if found else 0.0


def _without_comments(rows: list[str]) -> tuple[list[str], list[str]]:
    """Rows without the header, notes, styles and regions, each block up to a blank line or a timing line."""
    kept: list[str] = []
    comments: list[str] = []
    inside, blank = False, True
    for number, row in enumerate(rows):
        bare = row.lstrip("\ufeff").strip()
        if is_timing(bare) or not bare:
            inside = False
        elif blank and not inside and (COMMENT.match(bare) or (bare.startswith("WEBVTT") and number < 3)):
            inside = bare.startswith((*BLOCK, "WEBVTT"))
            comments.append(bare)
            blank = False
            kept.append("")
            continue
        if inside:
            comments.append(bare)
            kept.append("")
        else:
            kept.append(row if bare != row.strip() else row.lstrip("\ufeff"))
        blank = not bare
    return kept, comments


def _names(rows: list[str], times: list[int]) -> set[int]:
    """The rows that are identifiers of the cue after them.

    One stands right before a timing line, after a blank line or another cue's text. Numbers are told wherever they
    stand, if most cues have one. Other text after a blank line is one unless the cues of the file follow each other
    without blank lines, and it reads like what is said.
    """
    timing = set(times)
    before = [at - 1 for at in times if at and rows[at - 1].strip() and at - 1 not in timing]
    plain = {at for at in before if PLAIN_ID.match(rows[at].strip())}
    after_blank = {at for at in before if at == 0 or not rows[at - 1].strip()}
    if 2 * len(plain) >= len(times):
        return plain | {at for at in after_blank if len(rows[at].split()) <= LONGEST_ID}
    alike = [at for at in after_blank if len(rows[at].split()) <= LONGEST_ID and not ENDED.search(rows[at])]
    if 2 * len(before) < len(times) or len(alike) > MOSTLY * len(before):
        return after_blank
    return {at for at in after_blank if at in plain or at == 0}
