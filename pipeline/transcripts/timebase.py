"""Time base: what the times of a transcript count, and lines put in order by it.

Times of day are counted from the first line; milliseconds and other units that were taken for seconds are divided;
parts whose times begin anew follow each other; a clock of hours and minutes gives the order and the length, and the
rest is estimated. Where times cannot be true at all they are estimated from the words. Each says so in a note.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

from pipeline.transcripts.at_once import TOGETHER_S, said_at_once
from pipeline.transcripts.lines import WORDS_PER_S, Line, Word, count_words
from pipeline.transcripts.pace import FASTEST_WPM, FEWEST_WORDS, rate_of, start_of, usual_pace, words_of
from pipeline.transcripts.readers.reading import Reading

HOUR_S, DAY_S = 3600.0, 86_400.0
UNITS = (
    (1e-3, "seconds, not milliseconds"),
    (1e3, "milliseconds"),
    (1e6, "microseconds"),
    (1e7, "units of 100 ns"),
    (1e9, "nanoseconds"),
)
SLOWEST_WPM = 20.0  # of a whole conversation, its silences included
IMPOSSIBLE_WPM = 1_000.0
BACK_S = 10.0  # by which a start must lie before the last one to be more than people talking at once
EARLIEST_S = 1.0  # before 0, from which a start is no rounding
LEAP_S = 60.0  # by which a line must lie after the next to be lost, and not spoken at once with it
FAR_S = 3 * HOUR_S  # by which a single start may lie after the one before
FEWEST_SAID = 3  # words that cannot be said in no time
LONGEST_PAUSE_S, SLOWEST_LINE_WPM = 60.0, 5.0  # of one line


class Timed(NamedTuple):
    """Lines with sound times, and sentences on what was done about them."""

    lines: list[Line]
    notes: list[str]


def on_one_base(reading: Reading) -> Timed:
    """The lines of a reading with times that count seconds from the start of the conversation."""
    lines, notes = list(reading.lines), []
    for mend in MENDS:
        lines, said = mend(lines, reading)
        notes += [said] if said else []
    lines, said = _possible(lines)
    return Timed(lines, [*notes, said] if said else notes)


def _lead_in(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Times of day that begin after the first lines: these are put before the first time by their words."""
    first = next((at for at, line in enumerate(lines) if line.start_s is not None), 0)
    if first == 0 or not (reading.of_day or start_of(lines[first]) >= HOUR_S):
        return lines, ""
    start_s = max(0.0, start_of(lines[first]) - words_of(lines[:first]) / WORDS_PER_S)
    return [lines[0]._replace(start_s=start_s), *lines[1:]], ""


def _from_zero(lines: list[Line], _: Reading) -> tuple[list[Line], str]:
    """Times before the beginning: all count from the first."""
    first_s = min((line.start_s for line in lines if line.start_s is not None), default=0.0)
    if first_s > -EARLIEST_S:
        return lines, ""
    moved = [_mapped(line, lambda at: at - first_s) for line in lines]
    return moved, f"times begin {-first_s:.1f} s before the beginning and are counted from there"


def _no_leaps(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Single lines far ahead of the next, which goes on where the one before was, have no known time."""
    timed = [at for at, line in enumerate(lines) if line.start_s is not None]
    if not reading.in_order:
        return lines, ""
    lost: set[int] = set()
    for before, at, after in zip(timed, timed[1:], timed[2:], strict=False):
        before = before - 1 if before in lost and before else before
        last_s, start_s, next_s = (start_of(lines[n]) for n in (before, at, after))
        if start_s > max(last_s, next_s) + LEAP_S and last_s - TOGETHER_S <= next_s:
            lost.add(at)
    kept = [line._replace(start_s=None, end_s=None, words=()) if at in lost else line for at, line in enumerate(lines)]
    n = len(lost)
    return kept, f"{n} line{'s' * (n > 1)} far ahead of the next are put where the file has them" if n else ""


def _sound_ends(lines: list[Line], _: Reading) -> tuple[list[Line], str]:
    """Lines that end before they begin, or long after anybody would have said their words, have no known end."""
    mended = [line._replace(end_s=None) if _ends_wrong(line) else line for line in lines]
    wrong = sum(line != other for line, other in zip(lines, mended, strict=True))
    return mended, f"{wrong} line{'s' * (wrong > 1)} with an end that cannot be true: it is estimated" if wrong else ""


def _length_s(line: Line) -> float:
    return line.end_s - line.start_s if line.end_s is not None and line.start_s is not None else 0.0


def _ends_wrong(line: Line) -> bool:
    if line.start_s is None or line.end_s is None:
        return False
    words, length_s = words_of([line]), _length_s(line)
    return (length_s <= 0 and words >= FEWEST_SAID) or (
        length_s > LONGEST_PAUSE_S and 60 * words / length_s < SLOWEST_LINE_WPM
    )


def _in_seconds(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Times in another unit, where as seconds nobody would speak at all and in one unit everybody would."""
    rate = rate_of(lines)
    if SLOWEST_WPM <= usual_pace(lines) <= FASTEST_WPM:
        return lines, ""
    if words_of(lines) < FEWEST_WORDS or reading.of_day or SLOWEST_WPM / 40 <= rate <= 40 * FASTEST_WPM:
        return lines, ""
    fitting = [(unit, name) for unit, name in UNITS if SLOWEST_WPM <= rate_of(lines, unit) <= FASTEST_WPM]
    if not fitting:
        return lines, ""
    unit, name = fitting[0]
    return [
        _mapped(line, lambda at: at / unit) for line in lines
    ], f"times are taken for {name}: otherwise they cannot be true"


def _hours_and_minutes(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Times of two numbers are hours and minutes where as minutes and seconds all would be said too fast."""
    if not reading.two_numbers or words_of(lines) < FEWEST_WORDS:
        return lines, ""
    clock = [line._replace(start_s=line.start_s and line.start_s * 60, end_s=None) for line in lines]
    if reading.of_day:
        clock = lines
    elif rate_of(lines) <= FASTEST_WPM or rate_of(clock) < SLOWEST_WPM / 4:
        return lines, ""
    return _spread(
        _forward(clock)
    ), "times are of hours and minutes only: the seconds are estimated from the number of words"


def _over_midnight(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Times of day of a conversation that goes on after midnight."""
    starts = [line.start_s for line in lines if line.start_s is not None]
    falls = any(after < before - 0.9 * DAY_S / 2 for before, after in itertools.pairwise(starts))
    if not falls or not reading.in_order or starts[0] < HOUR_S:
        return lines, ""
    return _forward(lines), "times of day go on after midnight"


def _spread(lines: list[Line]) -> list[Line]:
    """Lines of one minute one after the other in it."""
    spread: list[Line] = []
    at_s = 0.0
    for place, line in enumerate(lines):
        start_s = line.start_s if line.start_s is not None else at_s
        same = [other for other in lines[place:] if other.start_s == line.start_s]
        later = next(
            (other.start_s for other in lines[place:] if other.start_s is not None and other.start_s > start_s), None
        )
        begin_s = max(start_s, at_s)
        speaking_s = max(1, count_words(line.text)) / WORDS_PER_S
        if later is not None and later > begin_s:
            speaking_s = min(speaking_s, (later - begin_s) * count_words(line.text) / max(1, words_of(same)))
        at_s = begin_s + speaking_s
        spread.append(line._replace(start_s=begin_s, end_s=None))
    return spread


def _since_the_first(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Times that begin at an hour or later are times of day, or of a longer recording: they count from the first."""
    starts = [line.start_s for line in lines if line.start_s is not None]
    if not starts or (min(starts) < HOUR_S and not reading.of_day):
        return lines, ""
    moved = _forward(lines)
    first_s = min(line.start_s for line in moved if line.start_s is not None)
    clock = f"{int(first_s // 3600)}:{int(first_s % 3600 // 60):02}"
    shown = clock if first_s < 100 * HOUR_S else "a date"
    return [_mapped(line, lambda at: max(0.0, at - first_s)) for line in moved], (
        f"times begin at {shown} and are counted from there, as times of day are"
    )


def _forward(lines: list[Line]) -> list[Line]:
    """Times of day that go on after midnight, or after one o'clock where hours have no half of the day."""
    moved: list[Line] = []
    last_s, added_s = None, 0.0
    for line in lines:
        if line.start_s is not None:
            for turn_s in (DAY_S / 2, DAY_S):
                if (
                    last_s is not None
                    and line.start_s + added_s < last_s - 0.9 * turn_s <= line.start_s + added_s + 0.2 * turn_s
                ):
                    added_s += turn_s
                    break
            last_s = line.start_s + added_s
        by = added_s
        moved.append(_mapped(line, lambda at, by=by: at + by))  # type: ignore[misc]  # bound now
    return moved


def _one_after_another(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Lines in the order of speech: single times that are lost are put right, parts that begin anew follow the last."""
    timed = [at for at, line in enumerate(lines) if line.start_s is not None]
    if not reading.in_order or len(timed) < 2:
        return lines, ""
    backward = sum(start_of(lines[b]) < start_of(lines[a]) for a, b in itertools.pairwise(timed))
    if backward > 0.8 * (len(timed) - 1) and len(timed) > 3:
        return sorted(lines, key=start_of), "times run backwards: the file begins with what was said last"
    if _is_by_speaker(lines, timed):
        return lines, ""
    moved: list[Line] = []
    lost = parts = begins = 0
    at_once: set[int] = set()
    added_s, reached_s, last_s = 0.0, 0.0, float("-inf")
    for at, line in enumerate(lines):
        if line.start_s is None:
            moved.append(line)
            continue
        start_s = line.start_s + added_s
        falls = start_s < last_s - BACK_S
        if falls and at not in at_once:
            at_once |= set(range(at, at + said_at_once(lines[begins:at], lines[at:])))
        if falls and at not in at_once:
            later = [start_of(lines[n]) + added_s for n in timed if n > at][:1]
            if later and later[0] >= last_s - TOGETHER_S:
                lost += 1
                end_s = line.end_s + added_s if line.end_s is not None and line.end_s + added_s > reached_s else None
                moved.append(line._replace(start_s=reached_s, end_s=end_s))
                reached_s = end_s or reached_s
                continue
            parts, begins, added_s = parts + 1, at, reached_s
            start_s = line.start_s + added_s
        by = added_s
        moved.append(_mapped(line, lambda t, by=by: t + by))  # type: ignore[misc]  # bound now
        last_s = last_s if at in at_once else start_s
        spoken_s = start_s + count_words(line.text) / WORDS_PER_S
        reached_s = max(reached_s, line.end_s + added_s if line.end_s is not None else spoken_s)
    return moved, _told_of_order(parts, lost)


def _told_of_order(parts: int, lost: int) -> str:
    """What was put elsewhere; empty where nothing was."""
    notes = []
    if parts:
        notes.append(
            f"times begin anew {parts} time{'s' * (parts > 1)}: each part is put after the one before, with no pause"
        )
    if lost:
        notes.append(f"{lost} line{'s' * (lost > 1)} with a time before the last are put where the file has them")
    return "; ".join(notes)


def _none_far(lines: list[Line], reading: Reading) -> tuple[list[Line], str]:
    """Lines that are alone hours after all others have no known time."""
    kept: list[Line] = []
    last_s: float | None = None
    for at, line in enumerate(lines):
        start_s = start_of(line)
        far = last_s is not None and start_s > last_s + FAR_S and reading.in_order
        if far and all(start_of(later) < start_s for later in lines[at + 1 :]):
            kept.append(line._replace(start_s=None, end_s=None, words=()))
            continue
        last_s = start_s if line.start_s is not None else last_s
        kept.append(line)
    n = sum(line != other for line, other in zip(lines, kept, strict=True))
    return kept, f"{n} line{'s' * (n > 1)} hours after the others are put where the file has them" if n else ""


def _is_by_speaker(lines: list[Line], timed: list[int]) -> bool:
    """Whether the file lists one speaker after the other, each from the beginning, so that time gives the order."""
    drops = [b for a, b in itertools.pairwise(timed) if start_of(lines[b]) < start_of(lines[a]) - BACK_S]
    if not drops:
        return False
    edges = [0, *drops, len(lines)]
    parts = [lines[a:b] for a, b in itertools.pairwise(edges)]
    speakers = [{line.speaker for line in part} for part in parts]
    return all(len(names) == 1 for names in speakers) and len(set.union(*speakers)) == len(parts)


def _possible(lines: list[Line]) -> tuple[list[Line], str]:
    """Lines without times where those given would have all said faster than anybody speaks."""
    starts = [line.start_s for line in lines if line.start_s is not None]
    slow = max(rate_of(lines), usual_pace(lines)) < SLOWEST_WPM / 40
    if len(starts) < 2 or words_of(lines) < FEWEST_WORDS or not (slow or rate_of(lines) > IMPOSSIBLE_WPM):
        return lines, ""
    bare = [line._replace(start_s=None, end_s=None, words=()) for line in lines]
    return bare, "the times cannot be true, and are estimated from the number of words"


def _mapped(line: Line, time: Callable[[float], float]) -> Line:
    """A line with another time base, its words with it."""

    def at(seconds: float | None) -> float | None:
        return None if seconds is None else time(seconds)

    words = tuple(Word(at(word.start_s), at(word.end_s), *word[2:]) for word in line.words)
    return line._replace(start_s=at(line.start_s), end_s=at(line.end_s), words=words)


MENDS = (  # in this order
    *(_lead_in, _from_zero, _over_midnight, _in_seconds, _sound_ends, _no_leaps, _none_far),
    *(_hours_and_minutes, _since_the_first, _one_after_another),
)
