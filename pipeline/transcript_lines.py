"""Lines of a transcript in the making: words to lines, lines without a pause to one, missing times estimated."""

import itertools
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

PAUSE_S = 0.8  # between two words of one speaker that makes two utterances
JOINED_S = 0.5  # between two captions of one speaker that are one utterance
WORDS_PER_S = 2.5  # of speech whose times are not given
BETWEEN_S = 0.4


class Document(NamedTuple):
    """A file that may be a transcript: its text, and what that is as JSON (None where it is none)."""

    text: str
    data: Any


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


def spoken(words: Iterable[Word]) -> list[Line]:
    """Lines of words in the order of time: a new one where the speaker changes or pauses."""
    lines: list[Line] = []
    for speaker, run in itertools.groupby(words, key=lambda word: word.speaker):
        ended_s = None
        for word in run:
            new = ended_s is None or (word.start_s is not None and word.start_s - ended_s > PAUSE_S)
            if new:
                lines.append(Line(word.start_s, word.end_s, speaker, word.text, (word,)))
            else:
                last = lines[-1]
                ended = word.end_s if word.end_s is not None else last.end_s
                lines[-1] = Line(last.start_s, ended, speaker, f"{last.text} {word.text}", (*last.words, word))
            ended_s = lines[-1].end_s
    return lines


def joined(lines: list[Line]) -> list[Line]:
    """Lines that follow each other without a pause, of one speaker, made one."""
    whole: list[Line] = []
    for line in lines:
        last = whole[-1] if whole else None
        near = last and last.end_s is not None and line.start_s is not None and line.start_s - last.end_s <= JOINED_S
        if last and near and last.speaker == line.speaker:
            whole[-1] = Line(
                last.start_s, line.end_s, last.speaker, f"{last.text} {line.text}", (*last.words, *line.words)
            )
        else:
            whole.append(line)
    return whole


def timed(lines: list[Line]) -> tuple[list[Line], bool]:
    """Lines with all times, and whether any had to be estimated from the number of words."""
    filled: list[Line] = []
    at_s, estimated = 0.0, False
    for place, line in enumerate(lines):
        speaking_s = max(1, len(line.text.split())) / WORDS_PER_S
        start_s = max(0.0, line.start_s) if line.start_s is not None else at_s + BETWEEN_S
        end_s = line.end_s
        if end_s is None:
            later = [one.start_s for one in lines[place + 1 : place + 2] if one.start_s is not None]
            end_s = min([start_s + speaking_s, *(start for start in later if start > start_s)])
        estimated |= line.start_s is None or line.end_s is None
        end_s = max(start_s, end_s)
        filled.append(line._replace(start_s=start_s, end_s=end_s))
        at_s = max(at_s, end_s)
    return filled, estimated


def number(value: Any) -> float | None:
    """A finite number, also from a string; None where it is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
