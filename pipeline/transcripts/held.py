"""Held: compare what was read with what stands in the file, so that no word is lost or counted twice in silence."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.transcripts.lines import Document
from pipeline.transcripts.readers.captions import TAG, VOICE
from pipeline.transcripts.readers.cues import beside_timing, is_timing
from pipeline.transcripts.readers.reading import IN_TIMES, Reading, counted

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
    spoken = counted("\n".join(line.text for line in reading.lines))
    told = counted("\n".join(text for texts in reading.asides.values() for text in texts))
    if document.data is not None and not document.is_table:
        return _held_json(document.data, spoken, told)
    if document.is_table:
        return _held_table(document.data, spoken, told, set(counted(" ".join(line.speaker for line in reading.lines))))
    written = counted(written_text(document.text))
    return Held((written - spoken - told).total(), (spoken + told - written).total(), spoken.total(), {})


def written_text(text: str) -> str:
    """All words of a text file without the timing lines and tags of captions."""
    if not any(is_timing(row.strip()) for row in text.splitlines()):
        return text
    rows = [
        beside_timing(row.strip()) if is_timing(row.strip()) else row for row in text.replace("\r", "\n").split("\n")
    ]
    return html.unescape(TAG.sub(" ", VOICE.sub(r" \1 ", "\n".join(rows))))


def _held_json(data: Any, spoken: Counter[str], told: Counter[str]) -> Held:
    lost, beside = 0, {}
    for place, words in _by_key(data).items():
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


def _held_table(data: Any, spoken: Counter[str], told: Counter[str], names: set[str]) -> Held:
    """In a table a text may stand in any column, as after a quote that is not closed."""
    rest, beside = Counter[str](), {}
    for column, words in _by_key(data).items():
        texts = Counter({word: n for word, n in words.items() if word not in names and not IN_TIMES.fullmatch(word)})
        if (texts & spoken).total() >= SPEECH_SHARE * texts.total():
            rest += texts
        elif any(len(word) > 1 for word in texts):
            beside[column] = texts.total()
    return Held((rest - spoken - told).total(), 0, spoken.total(), beside)


def _by_key(data: Any) -> dict[str, Counter[str]]:
    """The words in a JSON under each way of keys."""
    by_key: dict[str, Counter[str]] = {}
    for place, text in texts_of(data):
        by_key.setdefault(place, Counter()).update(counted(text))
    return by_key


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
