"""Redaction: e-mail addresses, telephone and card numbers, and names where asked, left out of what is stored."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.transcripts.names import ASIDE, people
from pipeline.transcripts.transcript import SPOKEN, Transcript

_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|\d)"
SPELT = re.compile(rf"\b{_DIGIT}(?:[\s,.-]+{_DIGIT}){{6,}}\b", re.IGNORECASE)  # seven or more digits, one by one
CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
EMAIL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b[\w-]+(?: (?:dot|underscore|dash) [\w-]+)* at (?:[\w-]+ dot )+[a-z]{2,6}\b",  # as it is spoken
    re.IGNORECASE,
)
CARD_DIGITS = 13
SHORTEST_NAME = 3
Spans = Iterator[tuple[int, int]]


def _emails(text: str, _region: str) -> Spans:
    return (found.span() for found in EMAIL.finditer(text))


def _phones(text: str, region: str) -> Spans:
    from phonenumbers import PhoneNumberMatcher

    yield from ((found.start, found.end) for found in PhoneNumberMatcher(text, region))
    yield from (found.span() for found in SPELT.finditer(text) if _digits(found.group()) < CARD_DIGITS)


def _cards(text: str, _region: str) -> Spans:
    yield from (found.span() for found in CARD.finditer(text) if _passes_luhn(re.sub(r"\D", "", found.group())))
    yield from (found.span() for found in SPELT.finditer(text) if _digits(found.group()) >= CARD_DIGITS)


FINDERS: dict[str, Callable[[str, str], Spans]] = {"card": _cards, "email": _emails, "phone": _phones}
NAMES = "names"


def redact(
    transcript: Transcript, kinds: Collection[str], *, listed: Iterable[str | None] = (), region: str = "US"
) -> Transcript:
    """The transcript with [email], [phone], [card] and [name] in place of what is of one of the kinds.

    Numbers are found as written (by Google's libphonenumber for the region; cards by their check digit) and as spelt
    digit by digit. Names are those `listed`, as the call list gives them, and of the transcript's speakers; others are
    not known.
    """
    finders = [kind for kind in FINDERS if kind in kinds]
    names = _pattern([*listed, *(speaker.name for speaker in transcript.speakers.values())]) if NAMES in kinds else None
    rows = []

    def spans(text: str) -> list[tuple[int, int, str]]:
        found = [(*span, f"[{kind}]") for kind in finders for span in FINDERS[kind](text, region)]
        return sorted(found + [(*name.span(), "[name]") for name in (names.finditer(text) if names else ())])

    for row in transcript.utterances.iter_rows(named=True):
        words = row["words"] or []
        doubted = " ".join(word["text"] for word in words if word["flagged"])  # stands in no text
        here = spans(row["text"])
        rows.append(row | _without(row["text"], words, here) if here or spans(doubted) else row)
    return replace(transcript, utterances=pl.DataFrame(rows, schema=SPOKEN))


def _without(text: str, words: list[dict[str, Any]], spans: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Text and words with spans replaced; words in doubt go, as do all that do not follow the text, lest one tell."""
    kept, at, covered = [], 0, []
    for start, end, label in spans:
        if start >= at:
            kept += [text[at:start], label]
            at = end
            covered.append((start, end, label))
    told, place = [], 0
    for word in words:
        if word["flagged"]:
            continue
        spoken = str(word["text"]).strip()
        found = text.find(spoken, place)
        if found < 0:
            return {"text": "".join([*kept, text[at:]]), "words": []}
        place = found + len(spoken)
        hidden = [label for start, end, label in covered if found < end and place > start]
        told.append(word | {"text": hidden[0]} if hidden else word)
    return {"text": "".join([*kept, text[at:]]), "words": told}


def _pattern(names: Iterable[str | None]) -> re.Pattern[str] | None:
    """What finds the names of the people in a call, whole and in part."""
    parts = {part for name in names for person in people(name) for part in _parts(person)}
    return (
        re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, parts), key=len, reverse=True))})\b", re.IGNORECASE)
        if parts
        else None
    )


def _parts(name: str) -> Iterable[str]:
    return [part for part in re.findall(r"[\w'’-]+", ASIDE.sub(" ", name)) if len(part) >= SHORTEST_NAME]


def _digits(spelt: str) -> int:
    more = {"double": 1, "triple": 2}
    return sum(1 + (more[word] - 1 if word in more else 0) for word in re.findall(r"[a-z]+|\d", spelt.lower()))


def _passes_luhn(digits: str) -> bool:
    """The check of card numbers (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
