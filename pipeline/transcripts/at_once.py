"""At once: lines that are said while somebody else goes on speaking, which a file may hold after what goes on.

Their times lie before those of the lines above them and are true all the same; a lost time, or those of a recording in
parts that begin anew, look alike but for the end, for who else speaks then, and for how the file goes on. What is said
at the very beginning of a part is never taken to be said at once.
"""

import itertools
from collections.abc import Sequence

from pipeline.transcripts.lines import Line
from pipeline.transcripts.pace import start_of

TOGETHER_S = 2.0  # by which a start may lie before the last one where people talk at once
PUT_IN_SHARE = 0.5  # of the time until the file goes on, that what is put in may fill


def said_at_once(part: Sequence[Line], rest: Sequence[Line]) -> int:
    """How many of the lines after a part, which begin before its last, are said while it lasts; 0 if none is known to.

    One line is, if its speaker says nothing else then, and it ends after all others or the file then goes on from where
    it was. Several are, if one person speaks around them, none of them, and they fill little of the time.
    """
    timed = [line for line in part if line.start_s is not None]
    last_s = max(map(start_of, timed))
    inside = list(itertools.takewhile(lambda line: start_of(line) < last_s - TOGETHER_S, rest))
    if not _is_possible(inside[0], timed):
        return 0
    if _end_of(inside[0]) >= max(map(_end_of, timed)):
        return 1
    if len(inside) == len(rest) or not all(_is_possible(line, timed) for line in inside):
        return 0
    around = {line.speaker for line in timed if _end_of(line) > start_of(inside[0])}
    spoken_s = sum(_end_of(line) - start_of(line) for line in inside)
    is_put_in = len(around - {line.speaker for line in inside}) == 1 == len(around)
    is_sparse = spoken_s <= PUT_IN_SHARE * (start_of(rest[len(inside)]) - start_of(inside[0]))
    return len(inside) if len(inside) == 1 or (is_put_in and is_sparse) else 0


def _is_possible(line: Line, part: Sequence[Line]) -> bool:
    """Whether a line has a start after the part's first and an end, and its speaker says nothing else in between."""
    return min(map(start_of, part)) < start_of(line) < _end_of(line) and not any(
        other.speaker == line.speaker and start_of(other) < _end_of(line) and start_of(line) < _end_of(other)
        for other in part
    )


def _end_of(line: Line) -> float:
    return line.end_s if line.end_s is not None else start_of(line)
