"""Accounted: how many words of a transcript are neither in an utterance of what was read nor in a note's number.

It counts by itself, by other means than the readers: of a text all words outside of tags and timing lines, of a Word
document those of its texts, of JSON those under each way of keys. Keys under which the same words stand hold the same
speech, which is lost where it is missing under all of them. What a reader joins or parts ("wo**rd**") is the same word:
words that are missing are looked for in those that are said beyond the file's. Words of speakers' names, numbers, and
the words by which times are written may be missing.
"""

import html
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.intake.encodings import decoded
from pipeline.transcripts.transcript import Transcript

WORD = re.compile(r"[^\W_]+")
FEWEST_LETTERS = 2  # of a word that counts
TIMING_LINE = re.compile(  # with an identifier of one word and a number above it
    r"(?:^\S{0,60}\d\S{0,60}[ \t]*\r?\n)?^.{0,30}\d:\d\d.{0,40}(?:-->|->|=>|\u2192).*$|^\d[\d:.]+,\d[\d:.]+\s*$",
    re.MULTILINE,
)
TAG = re.compile(r"<(?!v[\s.])[^<>\n]{0,220}>|\{\\[^{}]{0,60}\}", re.IGNORECASE)
OF_TIMES = {  # and of marks beside names
    *("hours", "hour", "hrs", "hr", "h", "minutes", "minute", "mins", "min", "m", "seconds", "second", "secs", "sec"),
    *("am", "pm", "ms", "hm", "hms", "tz", "at", "to", "and"),
    *("webvtt", "presentation", "screen", "share", "guest", "external", "host", "unverified"),
}
TOLD = re.compile(r"\b(\d{1,9}) words\b.*(?:left out|counted once|says nothing)")
SIGNS = re.compile(r"\bsigns? for sounds\b")
IN_BRACKETS = re.compile(r"[\[(<*]([^\[\]()<>*\n]{1,40})[\])>*]")
HUGE_NUMBER = re.compile(r"&#x?[0-9a-fA-F]{8,}")
HEAD = re.compile(r"<(head|script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
BLOCK_TAG = re.compile(
    r"</?(?:p|div|br|t[rdh]|li|[uo]l|h\d|table|section|article|blockquote|d[td])\b[^<>]{0,2000}>", re.IGNORECASE
)
PAGE_TAG = re.compile(r"<[^<>]{0,2000}>")
FIELDS = re.compile(r"^[^\n]*(?:[Ss]peaker|[Nn]ame)[^\n]*\n|^[A-Za-z][\w \t-]{0,20}:", re.MULTILINE)
WORD_TEXT = re.compile(r"<w:t(?:\s[^<>]*)?>([^<>]*)</w:t>")
FIRST_ALONE = ("alternatives", "nBest", "NBest")
ALIKE = 0.9  # of the kinds of words under a key that stand under another, from which it holds the same speech
TWICE = 1.5  # times as many words as are said, from which a file has them twice
FEWEST_WORDS = 5  # under a key, from which it can be told to hold speech and not a name
MOSTLY = 0.5  # of the words under a key, that are said, from which it holds speech


class _Place(NamedTuple):
    """The text of a file, or of a JSON under one way of keys, and its words."""

    text: str
    words: Counter[str]
    of_json: bool = False


def unaccounted(path: Path, transcript: Transcript) -> int:
    """Words of the file that are missing from speech, beyond those that the notes tell of."""
    said = _words(" ".join(transcript.utterances["text"]))
    names = _words(" ".join(known.name or "" for known in transcript.speakers.values()))
    places = [
        place
        for place in _places(path)
        if not place.of_json or (place.words & said).total() >= MOSTLY * place.words.total()
    ]
    missing = sum(min(_missing(place, said, names) for place in alike) for alike in _same_speech(places))
    told = sum(int(number) for note in transcript.notes for number in TOLD.findall(note.text))
    if any(SIGNS.search(note.text) for note in transcript.notes):
        told += max(sum(_words(sign).total() for sign in IN_BRACKETS.findall(place.text)) for place in places)
    return max(0, missing - told)


def _same_speech(places: list[_Place]) -> list[list[_Place]]:
    """Places in groups that hold the same speech: with those that have all its words, which others may lack."""
    groups: list[list[_Place]] = []
    for place in sorted(places, key=lambda one: -len(one.words)):
        kinds = set(place.words)
        for group in groups:
            most = set(group[0].words)
            if len(kinds & most) >= ALIKE * len(kinds):
                if len(kinds & most) >= ALIKE * len(most):
                    group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _missing(place: _Place, said: Counter[str], names: Counter[str]) -> int:
    """The words that are not said; where all stand there twice, as Google has them, those that are not said at all."""
    written = place.words
    twice = place.of_json and written.total() > TWICE * said.total()
    lost = Counter({word: n for word, n in written.items() if word not in said}) if twice else written - said
    beyond = list((said - written).elements())
    words = [word for word in lost.elements() if word not in names and re.sub(r"\d", "", word) not in OF_TIMES]
    return sum(not _is_in_others(word, beyond) for word in sorted(words, key=len, reverse=True))


def _is_in_others(word: str, others: list[str]) -> bool:
    """Whether a word is a part of another or made of others; of these only the rest remains."""
    for at, other in enumerate(others):
        if word in other:
            others[at] = other.replace(word, "", 1)
            return True
    parts = [(at, other) for at, other in enumerate(others) if len(other) > 1 and other in word]
    rest = word
    for at, other in sorted(parts, key=lambda part: -len(part[1])):
        if other in rest:
            rest, others[at] = rest.replace(other, " ", 1), ""
    return all(len(piece) < FEWEST_LETTERS for piece in rest.split())


def _places(path: Path) -> list[_Place]:
    """The words of a file; of JSON those under each way of keys apart."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            texts = WORD_TEXT.findall(packed.read("word/document.xml").decode("utf-8", "replace"))
        return [_place(" ".join(texts))]
    text = unicodedata.normalize("NFC", decoded(content))
    if (data := _json(text)) is not None:
        by_key: dict[str, list[str]] = {}
        for key, value in _texts(data):
            by_key.setdefault(key, []).append(value)
        under_keys = [_place("\n".join(values))._replace(of_json=True) for values in by_key.values()]
        return [place for place in under_keys if place.words.total() >= FEWEST_WORDS]
    written = text
    if text.lstrip().startswith("<"):
        written = PAGE_TAG.sub("", BLOCK_TAG.sub(" ", HEAD.sub(" ", text)))
    written = FIELDS.sub(" ", written, count=0 if "\nText:" in written else 1) if _is_table(written) else written
    return [_place(TAG.sub(" ", TIMING_LINE.sub(" ", written)))]


def _json(text: str) -> Any:
    """The JSON of a text, or of each of its lines; None where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            return None


def _place(text: str) -> _Place:
    return _Place(text, _words(text))


def _is_table(text: str) -> bool:
    first = text.lstrip("\ufeff \n").partition("\n")[0].casefold()
    return ("speaker" in first or "name" in first) and (":" in first or first.count(",") > 1)


def _texts(data: Any) -> Iterator[tuple[str, str]]:
    """Each text in a JSON with the keys above it."""
    stack: list[tuple[str, Any]] = [("", data)]
    while stack:
        key, value = stack.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            stack += [(f"{key}.{name}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            stack += [(key, inner) for inner in (value[:1] if key.endswith(FIRST_ALONE) else value)]


def _words(text: str) -> Counter[str]:
    """The words of a text, whatever their case, with letters for the names that HTML gives them, and nothing unseen."""
    plain = html.unescape(HUGE_NUMBER.sub(" ", text))
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return Counter(word for word in WORD.findall(seen.casefold()) if sum(map(str.isalpha, word)) >= FEWEST_LETTERS)
