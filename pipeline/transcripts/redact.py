"""Redaction: replace e-mail addresses, telephone and card numbers, and names where asked, before storing."""

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
    return (match.span() for match in EMAIL.finditer(text))


def _phones(text: str, region: str) -> Spans:
    from phonenumbers import PhoneNumberMatcher

    yield from ((match.start, match.end) for match in PhoneNumberMatcher(text, region))
    yield from (match.span() for match in SPELT.finditer(text) if _digits(match.group()) < CARD_DIGITS)


def _cards(text: str, _region: str) -> Spans:
    yield from (match.span() for match in CARD.finditer(text) if _passes_luhn(re.sub(r"\D", "", match.group())))
    yield from (match.span() for match in SPELT.finditer(text) if _digits(match.group()) >= CARD_DIGITS)


FINDERS: dict[str, Callable[[str, str], Spans]] = {"card": _cards, "email": _emails, "phone": _phones}
NAMES = "names"


def redact(
    transcript: Transcript, kinds: Collection[str], *, listed: Iterable[str | None] = (), region: str = "US"
) -> Transcript:
    """Replace what is of one of the kinds by [email], [phone], [card] or [name].

    Numbers are found as written (by Google's libphonenumber for the region; cards by their check digit) and as spelt
    digit by digit. Names are those `listed`, as the call list gives them, and of the transcript's speakers; others are
    not known.
    """
    finders = [kind for kind in FINDERS if kind in kinds]
    names = _pattern([*listed, *(speaker.name for speaker in transcript.speakers.values())]) if NAMES in kinds else None
    rows = []

    def spans(text: str) -> list[tuple[int, int, str]]:
        spans_found = [(*span, f"[{kind}]") for kind in finders for span in FINDERS[kind](text, region)]
        return sorted(spans_found + [(*name.span(), "[name]") for name in (names.finditer(text) if names else ())])

    for row in transcript.utterances.iter_rows(named=True):
        words = row["words"] or []
        doubted = " ".join(word["text"] for word in words if word["flagged"])  # stands in no text
        here = spans(row["text"])
        rows.append(row | _without(row["text"], words, here) if here or spans(doubted) else row)
    return replace(transcript, utterances=pl.DataFrame(rows, schema=SPOKEN))


def _without(text: str, words: list[dict[str, Any]], spans: list[tuple[int, int, str]]) -> dict[str, Any]:
    """Replace spans in text and words. Flagged words are dropped, and all words where they do not follow the text."""
    pieces, at, covered = [], 0, []
    for start, end, label in spans:
        if start >= at:
            pieces += [text[at:start], label]
            at = end
            covered.append((start, end, label))
    clean_words, place = [], 0
    for word in words:
        if word["flagged"]:
            continue
        spoken = str(word["text"]).strip()
        start_of = text.find(spoken, place)
        if start_of < 0:
            return {"text": "".join([*pieces, text[at:]]), "words": []}
        place = start_of + len(spoken)
        hidden = [label for start, end, label in covered if start_of < end and place > start]
        clean_words.append(word | {"text": hidden[0]} if hidden else word)
    return {"text": "".join([*pieces, text[at:]]), "words": clean_words}


def _pattern(names: Iterable[str | None]) -> re.Pattern[str] | None:
    """A pattern of the names of the people in a call, whole and in part; None without names."""
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
