"""Lines: join words to lines and lines without a pause to one, and estimate missing times."""

import itertools
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

PAUSE_S = 0.8  # between two words of one speaker that makes two utterances
JOINED_S = 0.5  # between two captions of one speaker that are one utterance
WORDS_PER_S = 2.5  # of speech whose times are not given
BETWEEN_S = 0.4
EAST_ASIAN = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
EAST_ASIAN_MARKS = "\u3000-\u3004\u3008-\u303f\uff00-\uff0f\uff1a-\uff20\uff5f-\uff65"
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
SPOKEN_WORD = (  # where no spaces stand between words, so many letters are about one
    rf"[{EAST_ASIAN}]{{1,2}}|[{SOUTH_EAST_ASIAN}]{{1,5}}|[^\s{EAST_ASIAN}{EAST_ASIAN_MARKS}{SOUTH_EAST_ASIAN}]+"
)


class Document(NamedTuple):
    """A file that may be a transcript: its text, and its content where that is JSON, else None."""

    text: str
    data: Any
    listed: tuple[str, ...] = ()  # the names in the call list
    source: str = ""  # the path of the file

    @property
    def is_table(self) -> bool:
        """Whether its content is of a table, and not of a JSON."""
        return self.data is not None and not self.text.lstrip().startswith(("{", "["))


class Word(NamedTuple):
    """A word; times and probability are None where they are not given, `speaker` is as the format names it."""

    start_s: float | None
    end_s: float | None
    text: str
    p: float | None = None
    speaker: str = ""


class Line(NamedTuple):
    """What one speaker says without a break; times are None where they are not given."""

    start_s: float | None
    end_s: float | None
    speaker: str
    text: str
    words: tuple[Word, ...] = ()


def count_words(text: str) -> int:
    """How many words a text has; of Chinese and Japanese two letters count as one, of Thai and its like five."""
    return len(text.split()) if text.isascii() else len(re.findall(SPOKEN_WORD, text))


def spoken(words: Iterable[Word]) -> list[Line]:
    """Split words, in the order of time, into lines: a new one where the speaker changes or pauses."""
    lines: list[Line] = []
    for _, run in itertools.groupby(words, key=lambda word: word.speaker):
        utterance: list[Word] = []
        ended_s = None
        for word in run:
            if utterance and (ended_s is None or (word.start_s is not None and word.start_s - ended_s > PAUSE_S)):
                lines.append(_line(utterance, ended_s))
                utterance, ended_s = [], None
            utterance.append(word)
            ended_s = word.end_s if word.end_s is not None else ended_s
        lines.append(_line(utterance, ended_s))
    return lines


def _line(words: list[Word], ended_s: float | None) -> Line:
    return Line(words[0].start_s, ended_s, words[0].speaker, " ".join(word.text for word in words), tuple(words))


def joined(lines: list[Line]) -> list[Line]:
    """Join lines of one speaker that follow each other without a pause."""
    runs: list[list[Line]] = []
    for line in lines:
        last = runs[-1][-1] if runs else None
        if last and last.speaker == line.speaker and _goes_on(last, line):
            runs[-1].append(line)
        else:
            runs.append([line])
    return [_one(run) for run in runs]


def _goes_on(last: Line, line: Line) -> bool:
    """Whether a line follows another without a pause; one that begins before the other does not."""
    if last.end_s is None or line.start_s is None:
        return False
    return line.start_s - last.end_s <= JOINED_S and line.start_s >= (last.start_s or 0.0) - JOINED_S


def _one(run: list[Line]) -> Line:
    words = itertools.chain.from_iterable(line.words for line in run)
    return Line(run[0].start_s, run[-1].end_s, run[0].speaker, " ".join(line.text for line in run), tuple(words))


def timed(lines: list[Line]) -> tuple[list[Line], bool]:
    """Fill in missing times from the number of words; also returns whether any was missing.

    Lines without a start follow each other, closer where the next given start leaves them less time.
    """
    filled: list[Line] = []
    at_s, estimated = 0.0, False
    for place, line in enumerate(lines):
        estimated |= line.start_s is None or line.end_s is None
        start_s = max(0.0, line.start_s) if line.start_s is not None else at_s + BETWEEN_S
        end_s = line.end_s
        if line.start_s is None:
            ahead = _until_given(lines, place)
            left_s = None if ahead.next_s is None else max(0.0, ahead.next_s - at_s)
            if left_s is not None and left_s < ahead.needed_s:
                start_s = min(start_s, at_s + left_s * BETWEEN_S / ahead.needed_s)
                end_s = end_s if end_s is not None else start_s + left_s * _speaking_s(line) / ahead.needed_s
        if end_s is None:
            end_s = min([start_s + _speaking_s(line), *_next_start(lines, place, start_s)])
        end_s = max(start_s, end_s)
        filled.append(line._replace(start_s=start_s, end_s=end_s))
        at_s = max(at_s, end_s)
    return filled, estimated


class _Ahead(NamedTuple):
    """The next given start (None without one), and how long speech takes until then."""

    next_s: float | None
    needed_s: float


def _speaking_s(line: Line) -> float:
    return max(1, count_words(line.text)) / WORDS_PER_S


def _next_start(lines: list[Line], place: int, after_s: float) -> list[float]:
    """The start of the next line in a list, which is empty where that is not given or not later."""
    later = [line.start_s for line in lines[place + 1 : place + 2] if line.start_s is not None]
    return [start_s for start_s in later if start_s > after_s]


def _until_given(lines: list[Line], place: int) -> _Ahead:
    needed_s = 0.0
    for line in lines[place:]:
        if line.start_s is not None:
            return _Ahead(line.start_s, needed_s)
        needed_s += BETWEEN_S + _speaking_s(line)
    return _Ahead(None, needed_s)


def number(value: Any) -> float | None:
    """A finite number, also from a string; None where it is none."""
    try:
        parsed = float(value)
    except (TypeError, ValueError):
        return None
    return parsed if math.isfinite(parsed) else None
