"""Pace: how fast the lines of a transcript are said by their times, and what cannot be true of it."""

import itertools
from collections.abc import Sequence
from statistics import median

from pipeline.transcripts.lines import WORDS_PER_S, Line, count_words

FASTEST_WPM = 400.0  # of speech
SLOWEST_SPEECH_WPM = 50.0
FEWEST_WORDS = 20  # from which a rate says anything
SILENT_SHARE = 0.9
FEWEST_SILENT_S = 60.0
LATEST_FIRST_S, LATE_SHARE = 120.0, 0.25  # of a call that begin without a word, from which its times are doubtful
AT_ONCE = 1.5  # times as long as the time in which somebody speaks, that all lines last together


def doubts_of(lines: Sequence[Line]) -> list[str]:
    """Sentences on times that are unlikely: more silence than there can be, or speech that nobody could follow."""
    spans = sorted((line.start_s, line.end_s) for line in lines if line.start_s is not None and line.end_s is not None)
    if not spans:
        return []
    spoken_s, reached_s = 0.0, 0.0
    for start_s, end_s in spans:
        spoken_s += max(0.0, end_s - max(start_s, reached_s))
        reached_s = max(reached_s, end_s)
    notes = []
    words = words_of(lines)
    if reached_s > FEWEST_SILENT_S and spoken_s < (1 - SILENT_SHARE) * reached_s:
        notes.append(
            f"nobody speaks in {1 - spoken_s / reached_s:.0%} of the {reached_s / 60:.0f} minutes: check its times"
        )
    first_s, all_s = spans[0][0], sum(end_s - start_s for start_s, end_s in spans)
    if first_s > LATEST_FIRST_S and first_s > LATE_SHARE * reached_s:
        notes.append(
            f"nothing is said in the first {first_s / 60:.0f} of {reached_s / 60:.0f} minutes: check its times"
        )
    if all_s > AT_ONCE * spoken_s and words >= FEWEST_WORDS:
        notes.append(
            f"lines last {all_s:.0f} s in {spoken_s:.0f} s: people cannot talk at once so long; check its ends"
        )
    if odd := odd_pace(words, spoken_s):
        notes.append(f"{odd}: check its times")
    return notes


def odd_pace(words: int, spoken_s: float) -> str | None:
    """A clause on speech that is faster or slower than people speak; None where it is not, or of few words."""
    if words < FEWEST_WORDS or SLOWEST_SPEECH_WPM * spoken_s <= 60 * words <= FASTEST_WPM * spoken_s:
        return None
    rate = f"{60 * words / spoken_s:.0f} words a minute" if spoken_s else "all words at one moment"
    return f"speech of {rate} is {'faster' if 60 * words > FASTEST_WPM * spoken_s else 'slower'} than people speak"


def words_of(lines: Sequence[Line]) -> int:
    """How many words are said in lines."""
    return sum(count_words(line.text) for line in lines)


def rate_of(lines: Sequence[Line], unit: float = 1.0) -> float:
    """Words a minute from the first start to the last time, where a second has so many units."""
    timed = [at for at, line in enumerate(lines) if line.start_s is not None]
    if not timed:
        return float("inf")
    between = lines[timed[0] : timed[-1] + 1]
    starts = [start_of(lines[at]) for at in timed]
    ends = [line.end_s if line.end_s is not None else line.start_s for line in between]
    last = words_of(between[-1:]) / WORDS_PER_S if between[-1].end_s is None else 0.0
    span_s = (max(filter(None, ends), default=0.0) - min(starts)) / unit + last
    return 60 * words_of(between) / span_s if span_s > 0 else float("inf")


def usual_pace(lines: Sequence[Line]) -> float:
    """The median of words a minute from one start to the next: one time that is wrong does not change it."""
    timed = [line for line in lines if line.start_s is not None]
    gaps = [(words_of([a]), abs(start_of(b) - start_of(a))) for a, b in itertools.pairwise(timed)]
    return median([60 * words / gap_s if gap_s else float("inf") for words, gap_s in gaps] or [float("inf")])


def start_of(line: Line) -> float:
    """When a line begins; 0 where that is not known."""
    return line.start_s if line.start_s is not None else 0.0
