"""Clocks: read the times that stand in transcripts, as digits (1:02:03.5, 2:32 PM) or words (1 minute 10 seconds)."""

import re
from typing import NamedTuple

FRACTION = r"(?:[.,]\d{1,9})?"
FRAMES = r"[:;]\d{2}(?![\d:;])"  # of a second, behind it, as programs that cut films count them
DIGITS = rf"\d{{1,3}}:\d{{2}}(?::\d{{2}}(?:{FRAMES})?)?{FRACTION}"
HALF_DAY = r"(?:[ \u00a0\u202f]?[AaPp]\.?[Mm]\b\.?)"
DATE = r"(?:\d{4}-\d{2}-\d{2}[T ,]\s?|\d{1,2}[./]\d{1,2}[./]\d{2,4},?\s)"
CLOCK = rf"{DATE}?{DIGITS}{HALF_DAY}?(?:Z|[+-]\d{{2}}:?\d{{2}})?(?![\w:])"
UNITS = r"(?:hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)"
AMOUNT = rf"\s?{UNITS}(?![a-z])"
WORDED = rf"\d{{1,5}}(?:\.\d{{1,3}})?{AMOUNT}(?:,?\s?(?:and\s)?\d{{1,3}}(?:\.\d{{1,3}})?{AMOUNT}){{0,2}}"
TIME = rf"(?:{CLOCK}|{WORDED})"
FIELD = rf"(?:{TIME}|\d{{1,3}}(?::\d{{1,2}}){{1,2}}{FRACTION})"  # where nothing but a time can stand
SHORT = r"(?:\d{1,2}h\s?)?\d{1,3}m\s?\d{1,2}s(?![\w:])"
DECIMAL = r"\d{1,6}\.\d{1,6}s?"  # seconds, in brackets
MARKED = re.compile(rf"[#{{<]({DIGITS})(?:-(\d{{1,3}}))?[#}}>]", re.ASCII)  # a time between other marks than brackets
_CLOCK = re.compile(rf"({DATE})?(\d{{1,3}}):(\d{{1,2}})(?::(\d{{1,2}})({FRAMES})?)?({FRACTION})\s*([AaPp])?")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s?([hms])")
FRAMES_PER_S = 30.0  # no file says whether it is 24, 25 or 30: at most a quarter of a second is lost
UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0}


class Stamp(NamedTuple):
    """A time in a transcript in seconds, and how it is written.

    `two` says that it has two numbers, which may be minutes and seconds or hours and minutes; `of_day` that it names
    the half of the day or the date, and so is a time of day for certain.
    """

    seconds: float
    two: bool = False
    of_day: bool = False


def in_brackets(text: str) -> str:
    """A text with the times in brackets that stand between other marks, as "#00:01:02-5#" of programs for typists."""
    return MARKED.sub(lambda found: f"[{found[1]}{'.' if found[2] else ''}{found[2] or ''}]", text)


def stamp(text: str) -> Stamp | None:
    """The time in a text that matches FIELD; the first of two numbers is minutes unless it is a time of day."""
    text = text.strip()
    clock = _CLOCK.match(text)
    if clock is None:
        if re.fullmatch(DECIMAL, text):
            return Stamp(float(text.removesuffix("s")))
        amounts = _AMOUNT.findall(text)
        return Stamp(sum(float(number) * UNIT_S[unit] for number, unit in amounts)) if amounts else None
    date, first, second, third, frames, fraction, half = clock.groups()
    of_day = bool(date or half)
    hour = int(first)
    if half:
        hour = hour % 12 + (12 if half in "Pp" else 0)
    below_s = float(f"0{fraction.replace(',', '.')}") if fraction else 0.0
    below_s += min(int(frames[1:]) / FRAMES_PER_S, 1.0) if frames else 0.0
    if third is not None:
        return Stamp(hour * 3600 + int(second) * 60 + int(third) + below_s, of_day=of_day)
    if of_day:
        return Stamp(hour * 3600 + int(second) * 60, two=True, of_day=True)
    return Stamp(int(first) * 60 + int(second) + below_s, two=True)
