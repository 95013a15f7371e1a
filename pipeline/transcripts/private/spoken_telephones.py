"""Spoken telephones: find telephone numbers said in any grouping, in digits or number words, where a cue stands before.

"oh seven seven double oh, nine hundred, one four two" and "0161 496 0000" say nothing by themselves that money, years
or counts could not say: the words before them do ("my mobile is", "call me on"). A number said in pairs alone
("twelve thirty, forty two sixty") is not found, since times and counts are said so.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

CUE_BEFORE = 60  # letters before a number that may say that it is a telephone's
CUE = re.compile(
    r"\b(?:(?:mobiles?|cells?|cell ?phone)(?! (?:app|apps|site|sites|sales|revenue|users?|visits|visitors|orders"
    r"|traffic|web|website|version|team|market|devices?|games?|plans?|contracts?)\b)"
    r"|direct (?:line|dial)|(?:my|his|her|their|your) (?:(?:phone|telephone|work|office|home|direct|new|best) )?number"
    r"|number (?:to|(?:I|we) (?:can|should|could)) (?:call|ring|reach|text)"
    r"|(?:call|ring|reach|phone|text|get|try) (?:me|him|her|us|them) (?:on|at))\b",
    re.IGNORECASE,
)
OTHER = re.compile(  # what a number may be that is said after the cue
    r"\b(?:cards?|visa|mastercard|amex|social|ssn|account|order|invoice|reference|policy|serial|budget|revenue|sales)\b",
    re.IGNORECASE,
)
ONES = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONE = rf"(?:{'|'.join(ONES)})"
TOKEN = re.compile(  # one group as it is said
    rf"(?P<figures>\d+)|(?P<repeated>double|triple)[ -](?:{_ONE}|\d)\b|(?P<hundreds>{_ONE}[ -]hundred)"
    rf"|(?P<pair>(?:{'|'.join(TENS)})(?:[ -](?!zero|oh){_ONE})?|{'|'.join(TEENS)})|(?P<one>{_ONE})",
    re.IGNORECASE,
)
_TOKEN = re.sub(r"\?P<\w+>", "?:", TOKEN.pattern)
NUMBER = re.compile(rf"(?<![\w$€£.])[+(]?\b(?:{_TOKEN})\b(?:[\s,.()-]{{1,3}}\b(?:{_TOKEN})\b){{0,30}}", re.IGNORECASE)
AMOUNT = re.compile(  # what is counted or paid
    r"[\s-]*(?:%|(?:percent|per cent|hundred|thousand|million|billion|dollars|pounds|euros|users|people|units|k)\b)",
    re.IGNORECASE,
)
_THOUSANDS = r"[1-9]\d{0,2}(?:[ ,.]\d{3})+"  # 12 500 000
_TIME = r"(?:[01]?\d|2[0-3])[ .](?:00|15|30|45)"
_DECIMAL = r"\d{1,3}\.\d{1,2}"
AMOUNTS = [re.compile(rf"{one}(?:[, ]{{1,2}}{one})*") for one in (_THOUSANDS, _TIME, _DECIMAL)]
DATE = re.compile(r"\d{1,2}[ .-]\d{1,2}[ .-](?:19|20)\d\d|(?:19|20)\d\d[ .-]\d\d[ .-]\d\d")
NEXT_SENTENCE = re.compile(r"\.\s+(?=[A-Z])")
FEWEST_OF_A_SENTENCE = 10  # digits from which a number is not taken to go on in the next sentence
FEWEST_DIGITS = 7
FEWEST_IN_ONE = 10  # digits in a row without a 0 before them, below which they may be an amount
FEWEST_SINGLE = 3  # digits said one by one in a number said in words


class Said(NamedTuple):
    """A group of digits as it is said."""

    kind: str  # of TOKEN
    digits: int
    text: str


def telephones_in(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the telephone numbers in a text that a cue announces."""
    for match in NUMBER.finditer(text):
        if not is_announced(text[max(0, match.start() - CUE_BEFORE) : match.start()]):
            continue
        number = _own(match.group(), counted=AMOUNT.match(text, match.end()) is not None)
        if _is_telephone(number):
            yield match.start(), match.start() + len(number)


def is_announced(before: str) -> bool:
    """Whether the last thing that words announce is a telephone number."""
    cues = list(CUE.finditer(before))
    return bool(cues) and OTHER.search(before, cues[-1].end()) is None


def _own(number: str, *, counted: bool) -> str:
    """A number without what is counted after it ("5 people"), and without the next sentence where it is long enough."""
    said = list(TOKEN.finditer(number))
    if counted:
        number = number[: said[-2].end()] if len(said) > 1 else ""
    for sentence in NEXT_SENTENCE.finditer(number):
        first = number[: sentence.start()]
        if sum(_said(token).digits for token in TOKEN.finditer(first)) >= FEWEST_OF_A_SENTENCE:
            return first
    return number


def _is_telephone(number: str) -> bool:
    """Whether a number in digits or words, after a cue, is a telephone's and not an amount, a list or a date."""
    said = [_said(token) for token in TOKEN.finditer(number)]
    if sum(group.digits for group in said) < FEWEST_DIGITS:
        return False
    if any(group.kind != "figures" for group in said) and not said[0].text.startswith("0"):
        return sum(group.digits == 1 or group.kind == "repeated" for group in said) >= FEWEST_SINGLE
    if any(amounts.fullmatch(number) for amounts in AMOUNTS) or DATE.match(number):
        return False
    if said[0].text.startswith("0") or number.startswith("+") or said[0].digits >= FEWEST_IN_ONE:
        return True
    return len(said) > 1 and not _is_list(said, number)


def _is_list(said: list[Said], number: str) -> bool:
    """Whether figures are amounts one after the other: "10, 20, 30, 40" or "1200, 1500"."""
    alike = len({group.digits for group in said}) == 1 and said[0].digits > 1 and "," in number
    return alike or all(group.text.endswith("0") for group in said) or all(group.digits > 3 for group in said)


def _said(token: re.Match[str]) -> Said:
    kind, text = str(token.lastgroup), token.group().lower()
    lengths = {"figures": len(text), "repeated": 3 if text.startswith("triple") else 2, "hundreds": 3, "pair": 2}
    return Said(kind, lengths.get(kind, 1), text)
