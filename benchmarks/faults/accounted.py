"""Accounted: how many words of a transcript are neither in an utterance of what was read nor in a note's number.

It counts by itself, by other means than the readers: of a text all runs of letters outside of tags and timing lines, of
a Word document those of its texts, of JSON those under each key that holds about as much speech as any: what is lost is
missing under all of them. Words of speakers' names, numbers, and the words by which times are written may be missing.
"""

import html
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.intake.encodings import decoded
from pipeline.transcripts.transcript import Transcript

WORD = re.compile(r"[^\W\d_]{2,}")
TIMING_LINE = re.compile(  # with an identifier of one word and a number above it
    r"(?:^\S{0,60}\d\S{0,60}[ \t]*\r?\n)?^.{0,30}\d:\d\d.{0,40}(?:-->|->|=>|\u2192).*$|^\d[\d:.]+,\d[\d:.]+\s*$",
    re.MULTILINE,
)
TAG = re.compile(r"<(?!v[\s.])[^<>\n]{0,220}>|\{\\[^{}]{0,60}\}", re.IGNORECASE)
OF_TIMES = {  # and of marks beside names
    *("hours", "hour", "hrs", "hr", "minutes", "minute", "mins", "min", "seconds", "second", "secs", "sec", "am", "pm"),
    *("at", "to", "and", "webvtt", "presentation", "screen", "share", "guest", "external", "host", "unverified"),
}
NUMBER = re.compile(r"\d+")
HEAD = re.compile(r"<(head|script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
PAGE_TAG = re.compile(r"<[^<>]{0,2000}>")
FIELDS = re.compile(r"^[^\n]*(?:[Ss]peaker|[Nn]ame)[^\n]*\n|^[A-Za-z][\w -]{0,20}:", re.MULTILINE)
WORD_TEXT = re.compile(r"<w:t(?:\s[^<>]*)?>([^<>]*)</w:t>")
FIRST_ALONE = ("alternatives", "nBest", "NBest")
AS_MUCH = 0.9  # of the words under the key that holds most, from which another holds the same speech
TWICE = 1.5  # times as many words as are said, from which a file has them twice
MOSTLY = 0.5  # of the words under a key, that are said, from which it holds speech


def unaccounted(path: Path, transcript: Transcript) -> int:
    """Words of the file that are missing from speech, beyond those that the notes tell of."""
    said = _words(" ".join(transcript.utterances["text"]))
    names = set(_words(" ".join(known.name or "" for known in transcript.speakers.values())))
    told = sum(int(number) for note in transcript.notes for number in NUMBER.findall(note.text))
    speech = [written for written in _written(path) if (written & said).total() >= MOSTLY * written.total()]
    most = max((written.total() for written in speech), default=0)
    missing = [
        sum(n for word, n in _missing(written, said).items() if word not in names | OF_TIMES)
        for written in speech
        if written.total() >= AS_MUCH * most
    ]
    return max(0, min(missing, default=0) - told)


def _missing(written: Counter[str], said: Counter[str]) -> Counter[str]:
    """The words that are not said; where all stand there twice, as Google has them, those that are not said at all."""
    twice = written.total() > TWICE * said.total()
    return Counter({word: n for word, n in written.items() if word not in said}) if twice else written - said


def _written(path: Path) -> list[Counter[str]]:
    """The words of a file; of JSON those under each key apart."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            texts = WORD_TEXT.findall(packed.read("word/document.xml").decode("utf-8", "replace"))
        return [_words(html.unescape(" ".join(texts)))]
    text = decoded(content)
    if text.lstrip().startswith(("{", "[{")):
        by_key: dict[str, Counter[str]] = {}
        for key, value in _texts(json.loads(text)):
            by_key.setdefault(key, Counter()).update(_words(value))
        return list(by_key.values())
    written = PAGE_TAG.sub(" ", HEAD.sub(" ", text)) if text.lstrip().startswith("<") else text
    written = FIELDS.sub(" ", written, count=0 if "\nText:" in written else 1) if _is_table(written) else written
    return [_words(html.unescape(TAG.sub(" ", TIMING_LINE.sub(" ", written))))]


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
    return Counter(WORD.findall(text.casefold()))
