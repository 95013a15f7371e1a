"""Reading: what a reader found in a file: who said what, and what it left out."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from pipeline.transcripts.lines import Line

WORD = re.compile(r"[^\W_]+")  # letters and digits of any script
IN_TIMES = re.compile(
    r"\d+(?:[hmsz]|am|pm|ms|mins?|secs?)?|\d{1,6}[hm]\d{1,6}[ms](?:\d{1,6}s)?|\d*t\d+z?"
    r"|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|am|pm|a|p|at|to|and|z"
)
Aside = Literal["label", "time", "comment", "notice", "sign", "repeat", "copy", "outside"]


@dataclass
class Reading:
    """The lines of a file in its order, and the texts that are in none, by kind.

    `label`, `time` and `comment` belong to the format, `notice` is a program's line, `sign` stands for a sound,
    `repeat` is shown twice, `copy` saved twice; `outside` is none of these: words that may have been said and belong to
    nobody. `doubts` are words before a colon that were taken for speech, with how many words follow each, and `guesses`
    those that were taken for a speaker and could be speech; `notes` are sentences.
    """

    lines: list[Line] = field(default_factory=list)
    asides: dict[Aside, list[str]] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    guesses: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    in_order: bool = True  # whether the order of the file is the order of speech
    two_numbers: bool = False  # whether times have two numbers, which may be hours and minutes
    of_day: bool = False  # whether they are times of day for certain

    def leave_out(self, kind: Aside, *texts: str) -> None:
        """Keep texts that are in no line."""
        self.asides.setdefault(kind, []).extend(text for text in texts if text)

    def left_out(self, kind: Aside) -> int:
        """How many words of a kind are in no line."""
        return sum(counted(text).total() for text in self.asides.get(kind, ()))

    def leave_rest(self, raw: str, *used: str) -> None:
        """Keep what a row holds beside what was used of it: its times, or words that nobody says."""
        if used == (raw.strip(),):
            return
        rest = counted(raw)
        for text in used:
            rest.subtract(counted(text))
        words = list((+rest).elements())
        self.leave_out("time", " ".join(word for word in words if IN_TIMES.fullmatch(word)))
        self.leave_out("outside", " ".join(word for word in words if not IN_TIMES.fullmatch(word)))


def counted(text: str) -> Counter[str]:
    """The words of a text, whatever their case and marks, each with its number."""
    return Counter(WORD.findall(text.casefold()))
