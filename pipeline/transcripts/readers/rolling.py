"""Rolling captions: find captions that show the end of the last one again, and keep what is new in each.

Also files that hold one conversation twice, as where it was pasted or saved again below what was there.
"""

import itertools
import re

from pipeline.transcripts.lines import Line

FEWEST_PAIRS = 3
ROLLING_SHARE = 0.3  # of the neighbours of one speaker that repeat words, from which a file rolls
CLEAR = 3  # words that are repeated on purpose by nobody
LONGEST_REPEAT = 60
MOSTLY, FEWEST_ALIKE = 0.5, 5  # of the neighbours, that repeat a word at least
FEWEST_COPIED, FEWEST_WORDS = 8, 40  # different lines that nobody says again in their order, with so many words


def without_repeats(lines: list[Line]) -> tuple[list[Line], list[str]]:
    """The lines with each word once, and the texts that were shown again; lines that are there twice stand once."""
    once: list[Line] = []
    repeats: list[str] = []
    for line in lines:
        if once and line == once[-1]:
            repeats.append(line.text)
        else:
            once.append(line)
    pairs = [(last, line) for last, line in itertools.pairwise(once) if last.speaker == line.speaker]
    shared = [_shared(last.text, line.text) for last, line in pairs]
    clear = sum(n >= CLEAR for n in shared)
    any_shared = sum(n > 0 for n in shared)
    rolls = clear >= FEWEST_PAIRS and clear >= ROLLING_SHARE * len(pairs)
    if not rolls and (any_shared < FEWEST_ALIKE or any_shared < MOSTLY * len(pairs)):
        return once, repeats
    kept = once[:1]
    for last, line in itertools.pairwise(once):
        words = line.text.split()
        n = _shared(last.text, line.text) if last.speaker == line.speaker else 0
        repeats += [" ".join(words[:n])] if n else []
        kept += [line._replace(text=" ".join(words[n:]))] if words[n:] else []
    return kept, repeats


def without_copies(lines: list[Line]) -> tuple[list[Line], list[str]]:
    """The lines of a conversation once that a file holds twice, whole or its beginning, and the texts of the copies."""
    bare = [line._replace(words=()) for line in lines]
    for at in range(FEWEST_COPIED, len(lines) - FEWEST_COPIED + 1):
        length = min(at, len(lines) - at)
        if bare[at] != bare[0] or bare[:length] != bare[at : at + length]:
            continue
        texts = {line.text for line in bare[:length]}
        if len(texts) >= FEWEST_COPIED and sum(len(text.split()) for text in texts) >= FEWEST_WORDS:
            copied, kept = (lines[:at], lines[at:]) if at == length else (lines[at:], lines[:at])
            once, more = without_copies(kept)
            return once, [line.text for line in copied] + more
    return lines, []


def _shared(last: str, text: str) -> int:
    """How many words at the end of one text stand at the beginning of the next."""
    before, after = _words(last), _words(text)
    for n in range(min(len(before), len(after), LONGEST_REPEAT), 0, -1):
        if before[-n:] == after[:n]:
            return n
    return 0


def _words(text: str) -> list[str]:
    return [re.sub(r"[^\w]", "", word).casefold() for word in text.split()]
