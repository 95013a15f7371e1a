"""Finders: find e-mail and street addresses, telephone, card and US social security numbers in a text.

Each finder yields the spans of what it finds, which may overlap. A text is what one speaker says in a row.
"""

import re
from collections.abc import Callable, Iterator

from pipeline.transcripts.private.spoken_telephones import is_announced, telephones_in
from pipeline.transcripts.readers.labels.judge import common_words

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
_ONES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\\w{3,5}teen|twenty|thirty|forty|fifty|sixty"
_COUNT = rf"(?:\d+|zero|oh|double|triple|hundred|{_ONES}|seventy|eighty|ninety)"
SAID_EMAIL = re.compile(r"\be-?mails?\b", re.IGNORECASE)
SITE = re.compile(r"\b[\w-]{3,}\.(?:com|org|net|edu|gov|io|co|info|us|uk|ca|de|fr)\b", re.IGNORECASE)
_DOMAIN = r"(?:[\w-]+(?:\.| dot ))+[a-z]{2,6}\b"  # as it is written or spoken
MAIL_HOST = re.compile(r"gmail|hotmail|icloud|yahoo|outlook", re.IGNORECASE)
COMPANY_TOO = re.compile(r"yahoo|outlook", re.IGNORECASE)  # "74 at Yahoo" may be people
EMAIL = re.compile(
    r"[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+"
    rf"|\b(?!(?:look|looked|looking|is|are|was|were|us|me|it|that|them|here|there|now)\s)"
    rf"(?P<first>[\w.-]{{1,64}})(?P<more>(?: (?:dot|underscore|dash) [\w-]+|[ -]{_COUNT}(?![\w.])){{0,12}})"
    rf" at (?:{_DOMAIN}|(?P<host>{MAIL_HOST.pattern})\b)",
    re.IGNORECASE,
)
DOT = re.compile(r" (?:dot|underscore|dash) ", re.IGNORECASE)
DOTTED = re.compile(r"[^\W\d]\w*[._][^\W\d]\w*")  # "a.patel"
WITH_DIGITS = re.compile(r"([^\W\d]{3,})\d+")  # "patel74"
ENDS_A_SITE = re.compile(r"(?:\.| dot )(?:com|net|org|io|js)$", re.IGNORECASE)
_NUMBER = rf"(?:\d{{1,5}}[A-Za-z]?|(?i:{_ONES}|seventy|eighty|ninety)(?:[ -](?i:{_ONES}|hundred)){{0,4}})"
_STREET = "Street|St|Avenue|Ave|Boulevard|Blvd|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Circle|Cir"
_STREET += "|Highway|Hwy|Parkway|Pkwy|Square|Trail|Crescent|Close|Gardens|Mews|Grove"
_STREET += "|(?<!Front )(?<!Back )(?<!Top )(?<!Header )Row"
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
POSTCODE = re.compile(  # of the United Kingdom; but not a computer's "M1 8GB"
    r"(?<![\w-])(?!M\d \d[GT]B\b)[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}(?![\w-])"
)
PO_BOX = re.compile(
    rf"\b(?:p\.? ?o\.? ?|post office )box(?: number| no\.?)?,? #?(?:\d+|{_COUNT})(?:[ -](?:\d+|{_COUNT}))*\b",
    re.IGNORECASE,
)


def is_asked_for(text: str) -> bool:
    """Whether a text speaks of an address or number that may be given in answer."""
    return any(said.search(text) for said in (SAID_CARD, SAID_SSN, SAID_EMAIL)) or is_announced(text)


def _emails(text: str, _region: str) -> Spans:
    for match in EMAIL.finditer(text):
        first, more = match["first"], match["more"]
        begin = match.start()
        if first and more and not DOT.match(more) and first.lower() in common_words():
            begin += len(first) + 1  # "have" in "I have seventy four at acme.com"
            first = ""
        if match["host"] is None or _is_address_at(first, more, host=match["host"]):
            yield begin, match.end()
    for match in SITE.finditer(text):  # "babu at acme.com" may be heard as one word
        if SAID_EMAIL.search(text, max(0, match.start() - SAID_BEFORE), match.start()):
            yield match.span()


def _is_address_at(first: str, more: str, *, host: str) -> bool:
    """Whether what stands before "at gmail" is the start of an address, and no people or figures at a company."""
    if not first or ENDS_A_SITE.search(first + more):
        return False
    if DOT.search(more) or DOTTED.fullmatch(first):
        return True
    digits = WITH_DIGITS.fullmatch(first)
    if digits:
        return digits[1].lower() not in common_words()
    return bool(more) and not COMPANY_TOO.fullmatch(host)


def _phones(text: str, region: str) -> Spans:
    from phonenumbers import PhoneNumberMatcher

    plain = re.sub(r"(?<=\d)[.,]+(?=\s\d)", lambda marks: " " * len(marks.group()), text)  # pauses between groups
    yield from ((match.start, match.end) for match in PhoneNumberMatcher(plain, region))
    yield from (match.span() for match in SPELT.finditer(text) if _digits(match.group()) < CARD_DIGITS)
    yield from telephones_in(text)


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
    return (match.span() for pattern in (STREET, POSTCODE, PO_BOX) for match in pattern.finditer(text))


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
