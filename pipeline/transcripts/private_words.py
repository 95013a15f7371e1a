"""Private words: find e-mail and street addresses, telephone, card and US social security numbers in a text.

Each finder yields the spans of what it finds, which may overlap. A text is what one speaker says in a row.
"""

import re
from collections.abc import Callable, Iterator

Spans = Iterator[tuple[int, int]]

_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|\d)"
SPELT = re.compile(rf"\b{_DIGIT}(?:[\s,.-]+{_DIGIT}){{6,}}\b", re.IGNORECASE)  # seven or more digits, one by one
BETWEEN_DIGITS = r"[\s,.-]{0,2}"  # as people pause and recognisers write it
CARD = re.compile(rf"(?<!\d)\d(?:{BETWEEN_DIGITS}\d){{12,18}}(?!\d)")
SAID_CARD = re.compile(r"\b(?:cards?|visa|mastercard|amex|american express)\b", re.IGNORECASE)
SAID_BEFORE = 60  # letters before a number that may say what it is
CARD_DIGITS = 13
SSN = re.compile(r"(?<!\d)(?!000|666|9)\d{3}([\s.-]{1,2})(?!00)\d{2}[\s.-]{1,2}(?!0000)\d{4}(?!\d)")
SAID_SSN = re.compile(r"\b(?:social(?: security)?|ssn)\b", re.IGNORECASE)
NINE = re.compile(rf"(?<!\d)\d(?:{BETWEEN_DIGITS}\d){{8}}(?!\d)")
SAID_EMAIL = re.compile(r"\be-?mails?\b", re.IGNORECASE)
SITE = re.compile(r"\b[\w-]{3,}\.(?:com|org|net|edu|gov|io|co|info|us|uk|ca|de|fr)\b", re.IGNORECASE)
_DOMAIN = r"(?:[\w-]+(?:\.| dot ))+[a-z]{2,6}\b"  # as it is written or spoken
EMAIL = re.compile(
    r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+"
    rf"|\b(?!(?:look|looked|looking|is|are|was|were|us|me|it|that|them|here|there|now)\s)"
    rf"[\w.-]+(?: (?:dot|underscore|dash) [\w-]+)* at {_DOMAIN}",
    re.IGNORECASE,
)
_ONES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\\w{3,5}teen|twenty|thirty|forty|fifty|sixty"
_NUMBER = rf"(?:\d{{1,5}}[A-Za-z]?|(?i:{_ONES}|seventy|eighty|ninety)(?:[ -](?i:{_ONES}|hundred)){{0,4}})"
_STREET = "Street|St|Avenue|Ave|Boulevard|Blvd|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Circle|Cir"
_STREET += "|Highway|Hwy|Parkway|Pkwy|Square|Trail|Crescent|Close"
_PART = r"(?:,? (?i:apartment|apt|suite|unit|floor|number|#)\.? ?#?\w+)?"
_NAME = r"[A-Z][a-z]+(?: [A-Z][a-z]+)?"
_PLACE = rf"(?:,? (?:in )?{_NAME}(?:,? (?:[A-Z]{{2}}|{_NAME}))?,? \d{{5}}(?:-\d{{4}})?)?"  # city, state and ZIP code
_TYPE = rf"(?:{_STREET}|(?i:street|avenue|road))"
_CAPITALS = rf"{_NUMBER} (?:(?:[A-Z][\w'’.]*|\d+(?:st|nd|rd|th)|of|the) ){{1,4}}{_TYPE}\b\.?"
_NO_NAME = "the|a|an|of|on|in|at|to|down|up|this|that|our|your|my|more|other|and|or|per|for|from|by|with|people|miles?"
_PLAIN = rf"\b{_NUMBER}(?: (?!(?:{_NO_NAME})\b)[a-z]+){{1,2}} (?:street|avenue|boulevard|road)\b"
STREET = re.compile(
    rf"\b(?:{_CAPITALS}|{_PLAIN}){_PART}{_PLACE}"
    r"|\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|allee|gasse|platz|weg) \d{1,4}[a-z]?\b"
)


def is_asked_for(text: str) -> bool:
    """Whether a text speaks of an address or number that may be given in answer."""
    return any(said.search(text) for said in (SAID_CARD, SAID_SSN, SAID_EMAIL))


def _emails(text: str, _region: str) -> Spans:
    yield from (match.span() for match in EMAIL.finditer(text))
    for match in SITE.finditer(text):  # "babu at acme.com" may be heard as one word
        if SAID_EMAIL.search(text, max(0, match.start() - SAID_BEFORE), match.start()):
            yield match.span()


def _phones(text: str, region: str) -> Spans:
    from phonenumbers import PhoneNumberMatcher

    plain = re.sub(r"(?<=\d)[.,]+(?=\s\d)", lambda marks: " " * len(marks.group()), text)  # pauses between groups
    yield from ((match.start, match.end) for match in PhoneNumberMatcher(plain, region))
    yield from (match.span() for match in SPELT.finditer(text) if _digits(match.group()) < CARD_DIGITS)


def _cards(text: str, _region: str) -> Spans:
    for match in CARD.finditer(text):
        named = SAID_CARD.search(text, max(0, match.start() - SAID_BEFORE), match.start())  # a digit may be misheard
        if named or _passes_luhn(re.sub(r"\D", "", match.group())):
            yield match.span()
    yield from (match.span() for match in SPELT.finditer(text) if _digits(match.group()) >= CARD_DIGITS)


def _social_security(text: str, _region: str) -> Spans:
    yield from (match.span() for match in SSN.finditer(text))
    for pattern in (NINE, SPELT):
        for match in pattern.finditer(text):
            if SAID_SSN.search(text, max(0, match.start() - SAID_BEFORE), match.start()):
                yield match.span()


def _addresses(text: str, _region: str) -> Spans:
    return (match.span() for match in STREET.finditer(text))


FINDERS: dict[str, Callable[[str, str], Spans]] = {
    "card": _cards,
    "ssn": _social_security,
    "email": _emails,
    "phone": _phones,
    "address": _addresses,
}


def _digits(spelt: str) -> int:
    more = {"double": 1, "triple": 2}
    return sum(1 + (more[word] - 1 if word in more else 0) for word in re.findall(r"[a-z]+|\d", spelt.lower()))


def _passes_luhn(digits: str) -> bool:
    """The check of card numbers (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
