"""Held: compare what was read with what stands in the file, so that no word is lost or counted twice in silence."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.transcripts.lines import Document
from pipeline.transcripts.readers.captions import TAG, VOICE
from pipeline.transcripts.readers.cues import is_timing
from pipeline.transcripts.readers.reading import Reading, counted

MOST_LOST = 0.1  # of the words, beyond which a transcript is refused
ALTERNATIVES = frozenset({"alternatives", "nBest", "NBest", "hypotheses"})
SPEECH_KEY = re.compile(r"text|transcript|content|sentence|word|speech|body|display$", re.IGNORECASE)
SPEECH_SHARE = 0.5  # of the words under a key that must be in utterances for it to hold speech


class Held(NamedTuple):
    """How many words of a file are in no utterance and no note, and how many are in utterances too often."""

    lost: int
    twice: int
    words: int
    beside: dict[str, int]  # words under keys of a JSON that hold something else than speech


def held(document: Document, reading: Reading) -> Held:
    """Hold a reading against its file."""
    spoken = Counter[str]()
    for line in reading.lines:
        spoken += counted(line.text)
    if document.data is not None:
        return _held_json(document.data, spoken, reading)
    written = counted(written_text(document.text))
    told = sum((counted(text) for texts in reading.asides.values() for text in texts), Counter[str]())
    return Held((written - spoken - told).total(), (spoken + told - written).total(), spoken.total(), {})


def written_text(text: str) -> str:
    """All words of a text file without the timing lines and tags of captions."""
    if not any(is_timing(row.strip()) for row in text.splitlines()):
        return text
    rows = [row for row in text.replace("\r", "\n").split("\n") if not is_timing(row.strip())]
    return html.unescape(TAG.sub(" ", VOICE.sub(r" \1 ", "\n".join(rows))))


def _held_json(data: Any, spoken: Counter[str], reading: Reading) -> Held:
    told = sum((counted(text) for texts in reading.asides.values() for text in texts), Counter[str]())
    lost, beside = 0, {}
    by_key: dict[str, Counter[str]] = {}
    for place, text in texts_of(data):
        by_key.setdefault(place, Counter()).update(counted(text))
    for place, words in by_key.items():
        if words.total() < 5 or not any(len(word) > 1 for word in words):
            continue
        missing = (words - spoken - told).total()
        if words.total() > spoken.total() and set(words) <= set(spoken) | set(told):
            continue  # the same words again, in other pieces
        if missing < (1 - SPEECH_SHARE) * words.total():
            lost = max(lost, missing)
        elif SPEECH_KEY.search(place.rpartition(".")[2]):
            beside[place] = words.total()
    return Held(lost, 0, spoken.total(), beside)


def texts_of(data: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON with the keys that lead to it; of alternatives only the first is meant."""
    stack = [(place, data)]
    while stack:
        at, value = stack.pop()
        if isinstance(value, str):
            yield at, value
        elif isinstance(value, dict):
            stack += [(f"{at}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            stack += [(at, inner) for inner in (value[:1] if at.rpartition(".")[2] in ALTERNATIVES else value)]
