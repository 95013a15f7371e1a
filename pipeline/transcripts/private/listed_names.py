"""Listed names: find the people of the call list and of a transcript's speakers in a text, in whole and in part.

A full name is found however it is written. A part of a name that is also an ordinary word ("Will", "May", "Mark") is
taken for the name only where it has a capital and does not stand as the word or the date, so that text without
capitals keeps its words; there "will" alone is never found. Parts of two letters ("Jo") need a capital too, and
those that are words ("An") are found in the full name only.
"""

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from pipeline.transcripts.names import ASIDE, people
from pipeline.transcripts.readers.labels.judge import common_words

SHORTEST_NAME = 2
SHORTEST_WITHOUT_CAPITAL = 3
PART = re.compile(r"[\w'’-]+")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MODAL_VERBS = ("can", "could", "may", "might", "must", "shall", "should", "will", "would")
_MONTH = "|".join(MONTHS)
_ORDINAL = (
    "(?:twenty |twenty-|thirty |thirty-)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh"
    "|twelfth|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|thirtieth"
)
BEFORE_A_MONTH = re.compile(
    r"(?:\b(?:in|by|of|until|till|since|before|after|next|last|this|every|early|late|mid)[\s-]+"
    rf"|\d(?:st|nd|rd|th)?\s+|\b(?:{_ORDINAL})\s+|\b(?:{_MONTH})(?:\s*[,/-]|\s+and|\s+or|\s+to)\s*)$",
    re.IGNORECASE,
)
AFTER_A_MONTH = re.compile(
    rf"\s+(?:the\s+)?(?:\d|(?:{_ORDINAL})\b)|,\s*(?:19|20)\d\d\b|(?:\s*[,/-]|\s+and|\s+or|\s+to)\s*(?:{_MONTH})\b",
    re.IGNORECASE,
)
BEFORE_A_WEEKDAY = re.compile(
    r"\b(?:on|by|of|until|till|since|before|after|next|last|this|every|from)\s+$", re.IGNORECASE
)
AFTER_A_WEEKDAY = re.compile(r"\s+(?:morning|afternoon|evening|night|the\b|\d)", re.IGNORECASE)
AFTER_A_WORD = re.compile(r"\s+(?:you|we|they|it)\b|-[a-z]")  # "Will you", "Mark-up"
SENTENCE_START = re.compile(r"(?:^\s*|[.!?…:;|][\"'”’)]*\s+|[\"“(]|(?:^|\s)[–—-]\s+)$")
AFTER_A_FIRST_WORD = re.compile(  # "May I", "Will the", "Mark my words"
    r"\s+(?:I|he|she|this|that|these|those|there|the|an?|my|your|our|their|his|her|its|any\w*|some\w*|every\w*|not)\b"
)
VERB = re.compile(r"\s+(?:\w+ly\s+|also\s+|still\s+|just\s+)?([a-z]+)\b")
LONGEST_BEFORE = 30  # letters before a word that may say that it is a date or begins a sentence


class ListedNames(NamedTuple):
    """Patterns of the people of one conversation; None where there is no such name."""

    whole: re.Pattern[str] | None
    parts: re.Pattern[str] | None  # but those of the other two
    short: re.Pattern[str] | None
    ordinary: re.Pattern[str] | None  # parts that are words too

    def is_ordinary(self, name: str) -> bool:
        """Whether it is a listed part that is a word too."""
        return self.ordinary is not None and self.ordinary.fullmatch(name) is not None


def patterns_of(names: Iterable[str | None]) -> ListedNames:
    """The patterns of the people in some fields of the call list, each of which may name several."""
    everybody = [person for field in names for person in people(field)]
    parts = {part.casefold() for person in everybody for part in _parts(person) if len(part) >= SHORTEST_NAME}
    ordinary = {part for part in parts if part in common_words() or part in (*MONTHS, *WEEKDAYS)}
    short = {part for part in parts if len(part) < SHORTEST_WITHOUT_CAPITAL}
    return ListedNames(
        _any_of({form for person in everybody for form in _whole(person)}),
        _any_of(_forms(parts - ordinary - short)),
        _any_of(_forms(short - ordinary)),
        _any_of(_forms(ordinary - short)),
    )


def named_in(text: str, names: ListedNames) -> Iterator[tuple[int, int]]:
    """The spans of the names in a text, one for each part of a name; they may overlap."""
    for match in names.whole.finditer(text) if names.whole else ():
        yield from ((match.start() + part.start(), match.start() + part.end()) for part in PART.finditer(match.group()))
    for match in names.parts.finditer(text) if names.parts else ():
        yield match.span()
    for match in names.short.finditer(text) if names.short else ():
        if match.group().istitle():
            yield match.span()
    for match in names.ordinary.finditer(text) if names.ordinary else ():
        if match.group().istitle() and not _is_word(text, *match.span()):
            yield match.span()


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether a word with a capital stands as the word, and not as the name that is written like it."""
    word, before = text[start:end].casefold(), text[max(0, start - LONGEST_BEFORE) : start]
    if AFTER_A_WORD.match(text, end):
        return True
    if word in MONTHS and (BEFORE_A_MONTH.search(before) or AFTER_A_MONTH.match(text, end)):
        return True
    if word in WEEKDAYS and (BEFORE_A_WEEKDAY.search(before) or AFTER_A_WEEKDAY.match(text, end)):
        return True
    if not SENTENCE_START.search(before):
        return False
    if AFTER_A_FIRST_WORD.match(text, end):
        return True
    verb = VERB.match(text, end) if word in MODAL_VERBS else None  # "Will send it"
    return verb is not None and _is_infinitive(verb[1])


def _is_infinitive(word: str) -> bool:
    """Whether a word is a verb as it stands after "will": one to which -ing can be added."""
    return not common_words().isdisjoint((f"{word}ing", f"{word.removesuffix('e')}ing", f"{word}{word[-1]}ing"))


def _parts(name: str) -> list[str]:
    return PART.findall(ASIDE.sub(" ", name))


def _whole(name: str) -> Iterator[str]:
    """The patterns of a full name, of at least two parts: all in order, two neighbours, the first and the last.

    Initials may be left out; "Bell, Mark" is "Mark Bell" too.
    """
    last, _, first = name.partition(",")
    for order in {name, f"{first} {last}"} if first else {name}:
        parts = _parts(order)
        long = [part for part in parts if len(part) >= SHORTEST_NAME]
        if len(long) > 1:
            pairs = [*itertools.pairwise(long), (long[0], long[-1])]
            yield from (r"\.?\s+".join(map(re.escape, form)) for form in (parts, *pairs))


def _forms(parts: Collection[str]) -> set[str]:
    return {re.escape(part) for part in parts}


def _any_of(forms: Collection[str]) -> re.Pattern[str] | None:
    """A pattern of any of the forms as a whole, however written, the longest first; None without forms."""
    either = "|".join(sorted(forms, key=lambda form: (-len(form), form)))
    return re.compile(rf"\b(?:{either})\b", re.IGNORECASE) if forms else None
