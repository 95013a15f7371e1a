"""Lines: join words to lines and lines without a pause to one, and estimate missing times."""

import itertools
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

PAUSE_S = 0.8  # between two words of one speaker that makes two utterances
JOINED_S = 0.5  # between two captions of one speaker that are one utterance
WORDS_PER_S = 2.5  # of speech whose times are not given
BETWEEN_S = 0.4


class Document(NamedTuple):
    """A file that may be a transcript: its text, and its content where that is JSON, else None."""

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
        near = last and last.end_s is not None and line.start_s is not None and line.start_s - last.end_s <= JOINED_S
        if last and near and last.speaker == line.speaker:
            runs[-1].append(line)
        else:
            runs.append([line])
    return [_one(run) for run in runs]


def _one(run: list[Line]) -> Line:
    words = itertools.chain.from_iterable(line.words for line in run)
    return Line(run[0].start_s, run[-1].end_s, run[0].speaker, " ".join(line.text for line in run), tuple(words))


def timed(lines: list[Line]) -> tuple[list[Line], bool]:
    """Fill in missing times from the number of words; also returns whether any was missing."""
    filled: list[Line] = []
    at_s, estimated = 0.0, False
    for place, line in enumerate(lines):
        speaking_s = max(1, len(line.text.split())) / WORDS_PER_S
        start_s = max(0.0, line.start_s) if line.start_s is not None else at_s + BETWEEN_S
        end_s = line.end_s
        if end_s is None:
            later = [follower.start_s for follower in lines[place + 1 : place + 2] if follower.start_s is not None]
            end_s = min([start_s + speaking_s, *(start for start in later if start > start_s)])
        estimated |= line.start_s is None or line.end_s is None
        end_s = max(start_s, end_s)
        filled.append(line._replace(start_s=start_s, end_s=end_s))
        at_s = max(at_s, end_s)
    return filled, estimated


def number(value: Any) -> float | None:
    """A finite number, also from a string; None where it is none."""
    try:
        parsed = float(value)
    except (TypeError, ValueError):
        return None
    return parsed if math.isfinite(parsed) else None
