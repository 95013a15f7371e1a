"""Due dates: the words that say when something is to be done, and the day they mean seen from the day of the call."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache

from pipeline.language.vocabulary import DAYS, MONTHS, ORDINALS, TENS, UNITS

GAP = r"[\s,\-]+"
FORTNIGHT_DAYS = 14
HOURS_A_DAY = 24


def _words(pattern: str) -> str:
    """A pattern in which a space is any gap between spoken words."""
    return pattern.replace(" ", GAP)


DAY = f"(?:{'|'.join(DAYS)})"
MONTH = f"(?:{'|'.join(MONTHS)})"
NUMBER = rf"(?:\d+|{'|'.join(UNITS[1:])}|(?:{'|'.join(TENS)})(?:{GAP}(?:{'|'.join(UNITS[1:10])}))?)"
CLEAR_NTH = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|(?:twenty|thirty){GAP}(?:{'|'.join(ORDINALS[:9])})|{'|'.join(ORDINALS[3:])})"
NTH = rf"(?:{CLEAR_NTH}|{'|'.join(ORDINALS[:3])})"
COUNTED = (
    "one|two|time|thing|part|floor|half|call|meeting|week|day|month|year|quarter|item|question|person|site|draft|store|"
    "round|page|step|point|version|grade|party|to last|or|and (?:fourth|fifth)|few|couple"
)
NOT_A_COUNT = rf"(?! (?:{COUNTED}|{NUMBER} \w+s\b|of (?!{MONTH})))"
PART = (
    r"(?:first thing|first half|end of day|close of (?:business|play)|lunch(?: )?time|(?:before|after|by|"
    r"at) lunch|mornings?|afternoons?|evening|night|arvo|noon|midday|lunch)"
)
CLOCK = (
    rf"(?:(?:at|by|before|about|around) )?(?:half past {NUMBER}|half {NUMBER}|quarter (?:past|to) {NUMBER}|"
    rf"{NUMBER} (?:past|to) {NUMBER}|{NUMBER}(?:(?:[:.]| )(?:thirty|fifteen|forty five|"
    rf"\d\d))?(?: )?(?:o(?: )?['’]?clock|[ap]\.?(?: )?m\b\.?)|noon|midday)"
)
AT_CLOCK = (
    rf"(?:at|by|before|about|around|no later than) (?:{CLOCK}|{NUMBER}(?! (?:days?|weeks?|of|hundred|"
    rf"thousand|percent|per|people|\w+s\b)))"
)
DATE = (
    rf"(?:(?:the )?{NTH} (?:of )?{MONTH}|\d{{1,2}} {MONTH}|{MONTH} (?:the )?(?:{NTH}|\d{{1,2}}\b|{NUMBER})|"
    rf"the {CLEAR_NTH}{NOT_A_COUNT}|{CLEAR_NTH}{NOT_A_COUNT}|\d{{4}}-\d\d-\d\d|"
    rf"\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?)"
)
SOFT_DATE = rf"(?:by|before|until|till|on|from|for) (?:the end of )?the {NTH}(?= |[.?!;,]|$){NOT_A_COUNT}"
UNIT = r"(?:minutes?|hours?|days?|weeks?|fortnights?|months?)"
SPAN = rf"(?:a couple of|a few|a|an|{NUMBER})"
FROM = (
    rf"(?:{SPAN} (?:{UNIT}) (?:from|after) (?:now|today|tomorrow|{DAY}|easter|christmas)|(?:in|"
    rf"within) {SPAN} {UNIT}(?:['’]s? time)?|{SPAN} {UNIT}['’]?s? time|week after easter|{DAY} week\b|"
    rf"(?:the )?(?:week|month|{DAY}) after next|(?:the )?day after tomorrow|a week (?:today|tomorrow|on {DAY}|{DAY}))"
)
PERIOD = (
    rf"(?:(?:the )?(?:end|start|beginning|middle|close|back end) of (?:the |this |next |today|tomorrow|"
    rf"business|play|{MONTH}|q[1-4])?(?:day|week|month|quarter|year|today|tomorrow)?|(?:this|next) (?:week|"
    rf"month|quarter|year|weekend|time)|the week of the {NTH}|the weekend|(?:week|month|quarter|year) end|"
    rf"mid (?:week|{MONTH})|(?:easter|christmas)(?= |[.?!;,]|$))"
)
WEEKDAY = rf"(?:(?:this|next|the|this coming|coming|following) )?{DAY}(?!s\b)(?: after next)?"
RELATIVE = (
    r"(?:(?:before|by|after|at) (?:lunch|noon|midday)|to-?day|to-?morrow|to-?night|"
    r"this (?:morning|afternoon|evening|arvo)|right now|right away|eod|eow|cob)"
)
HEAD = (
    rf"(?:{WEEKDAY}(?:(?: of| for)? next week|"
    rf" week\b)?(?: and {DAY}(?: next week)?)?(?: (?:the )?{NTH}(?: (?:of )?{MONTH})?|"
    rf" {MONTH} (?:the )?(?:{NTH}|\d+))?|{DATE}|{FROM}|{PERIOD}|{RELATIVE}|lunch(?: )?time today|"
    rf"mid(?: )?day)"
)
BEFORE = (
    r"(?:no later than|at the latest by|end of day|end of|close of business|first thing|before|by|until|"
    r"till|on|for|from|this|next|the)"
)
SIMPLE = (
    rf"(?:{BEFORE} ){{0,2}}(?:(?:{PART}|{CLOCK}|{NUMBER}) )?{HEAD}(?:(?: (?:on|in the|by|at|the|"
    rf"itself))? (?:{PART}|{DATE}|{AT_CLOCK}|{CLOCK}|{RELATIVE}|{DAY}))*(?: at the latest)?"
)
EVENT = (
    rf"(?:before|after|once|as soon as|by the time|when) (?:the|that|your|our|my|his|her|their|this|we|you|"
    rf"he|she|they|it|i)\b(?: [\w'’]+){{1,7}}?(?: (?:on|by) {SIMPLE})?(?=[.?!;,]|$| (?:and|so|but|then)\b)"
)

HOUR = (
    rf"(?:at|by|before|around|about) (?:\d{{1,2}}|{'|'.join(UNITS[1:13])})(?: thirty| fifteen| forty five)?"
    r"(?=[.?!;,]|$| (?:and|so|but|then|with|from)\b)"
)
HOUR_DUE = re.compile(rf"(?<![\w'’-]){_words(HOUR)}", re.IGNORECASE)
NOW_DUE = re.compile(r"\b(?:it|that|this|them|him|her|one|here|you) now\b(?! that)", re.IGNORECASE)
SAME_DAY = re.compile(r"[\s,.]*(?:that['’]?s|that is|which is|is|the|okay|fine|good|a|[\s,])*[\s,]*", re.IGNORECASE)
OTHER_DAY = re.compile(r"(?:for|from|before|until|till)\b", re.IGNORECASE)  # "by Thursday, for the week of the tenth"
CONDITION = re.compile(r"\b(?:if|unless)\b.*$", re.IGNORECASE)  # a date in it is not when something is due
DUE = re.compile(rf"(?<![\w'’-])(?:{_words(SIMPLE)}|{_words(SOFT_DATE)})(?![\w-])", re.IGNORECASE)
EVENT_DUE = re.compile(rf"(?<![\w'’-])(?:{_words(EVENT)})", re.IGNORECASE)

AFTER_DAY = (  # words after "that Monday" that do not make it a Monday loop or a Monday meeting
    r"and|or|at|in|by|on|with|then|morning|afternoon|evening|night|noon|lunch|so|but|if|when|before|after|to|for|from|of|"
    r"the|i|we|you|he|she|they|it|is|was|would|will|works|suits|could|should|next|week|please|instead|too"
)
NOT_DUE = re.compile(
    _words(
        rf"\b(?:apart from|aside from|other than|except|besides|since|last|past|every|each|"
        rf"not(?: (?:on|by|till|until))?(?: a)?|my|his|their|our|your) {DAY}\b|"
        rf"(?<!call)(?<!ring)(?<!see)(?<!tell)(?<!ask)(?<!meet)(?<!mail)(?<!text)(?<!give)(?<!show)(?<!visit)"
        rf" her {DAY}\b|"
        rf"(?:\bon )?\b(?:the|that|this) {DAY} (?:thing|stuff|matter|business)\b|"
        rf"\bthat {DAY} (?!(?:{AFTER_DAY})\b)[a-z]+\b"
    ),
    re.IGNORECASE,
)
LIMIT = re.compile(r"by|before|until|end of|no later", re.IGNORECASE)
ANY_DUE = (
    rf"\b(?:{DAY}|today|tomorrow|tonight|this (?:morning|afternoon|evening|arvo|week)|next (?:week|month|time)|"
    rf"end of (?:the )?(?:day|week|month|quarter)|in (?:a|one|two|three|\d+) (?:days?|weeks?|months?)|noon|lunchtime|"
    rf"(?:by|on|before|until|till) the {CLEAR_NTH.replace(GAP, ' ')}|{CLEAR_NTH.replace(GAP, ' ')}|"
    rf"a week from|o ?clock|first thing)\b"
)  # for plain words, where only whether there is one matters


def find_due(text: str, *, events: bool = False) -> str | None:
    """The words of a text that say when, as spoken, or null: the first with "by" or the like, or else the first.

    `events` takes "before the demo" and "by nine" too; an event that names its day is taken whole. A date within a
    condition ("if you sign by Friday") is none.
    """
    unconditional = text[: condition.start()] if (condition := CONDITION.search(text, 1)) else text
    dates = _named_with_their_day(unconditional)
    limits = [words for words in dates if LIMIT.match(words)]
    chosen = next(iter(limits or dates), None)
    event = EVENT_DUE.search(text)
    hour = HOUR_DUE.search(unconditional) if events and not chosen else None
    if hour and event and hour.start() < event.start():
        return hour.group()
    if event and (event.group().endswith(chosen) if chosen else events):
        return event.group().strip(" ,-")
    if chosen or hour:
        return chosen or (hour.group() if hour else None)
    return "now" if events and NOW_DUE.search(unconditional) else None


def find_hour(text: str) -> str | None:
    """The words of a text that name an hour alone ("by six"), or null."""
    hour = HOUR_DUE.search(text)
    return hour.group() if hour else None


def is_event(due_words: str) -> bool:
    """Whether due words say what comes first ("before you go in") and name no day."""
    return bool(EVENT_DUE.match(due_words)) and not DUE.search(due_words)


def _named_with_their_day(text: str) -> list[str]:
    """The dates of a text; of a weekday and the day of the month that stand together ("the ninth is okay, Tuesday"),
    the day of the month alone."""
    free = NOT_DUE.sub(".", text)
    dates = list(DUE.finditer(free))
    kept = [match.group().strip(" ,-") for match in dates]
    for (one, other), between in (
        ((at, at + 1), free[dates[at].end() : dates[at + 1].start()]) for at in range(len(dates) - 1)
    ):
        if SAME_DAY.fullmatch(between) and not OTHER_DAY.match(kept[other]):
            numbered = [bool(re.search(NTH, kept[at], re.IGNORECASE)) for at in (one, other)]
            if numbered != [True, True] and any(numbered):
                kept[one] = kept[other] = kept[one] if numbered[0] else kept[other]
    return kept


def _value(words: str) -> int | None:
    """The number that "twenty sixth", "26th", "nine" or "a" stands for."""
    total = 0
    for word in words.split():
        if word[0].isdigit():
            return int(re.sub(r"\D", "", word))
        if word in ("a", "an"):
            return 1
        for names, first, step in ((UNITS, 0, 1), (ORDINALS[:19], 1, 1), (TENS, 20, 10)):
            if word in names:
                total += first + names.index(word) * step
        total += {"twentieth": 20, "thirtieth": 30, "couple": 2, "few": 3}.get(word, 0)
    return total or None


def _on_day(month: int | None, number: int, *, after: date, weekday: int | None) -> date | None:
    """The first such day from `after` on, within a year; a weekday that is said too must agree, if one can."""
    days = [after + timedelta(days) for days in range(366)]
    fitting = [day for day in days if day.day == number and month in (None, day.month)]
    agreeing = [day for day in fitting[:3] if weekday is None or day.weekday() == weekday]
    return next(iter(agreeing or fitting), None)


def _end_of(unit: str, day: date, *, ahead: int) -> date | None:
    """The last (working) day of the week, month, quarter or year that is `ahead` units from that of `day`."""
    if unit == "week":
        return day + timedelta(4 - day.weekday() + 7 * (ahead + (day.weekday() > 4)))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    last = (day.month - 1) // months * months + months + months * ahead
    year, month = day.year + (last - 1) // 12, (last - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def _next_weekday(words: str, weekday: int, day: date) -> date:
    """The next such weekday after `day`; "next Friday" is the Friday of the next calendar week."""
    if re.search(rf"\bnext (?:week|{DAYS[weekday]})|\bweek$", words):
        return day + timedelta(7 - day.weekday() + weekday)
    return day + timedelta((weekday - day.weekday() - 1) % 7 + 1)


def _day_named(words: str, day: date) -> date | None:
    """The day of a weekday, a day of the month or both ("the sixteenth", "Monday June first")."""
    named = [name for name in DAYS if re.search(rf"\b{name}\b", words)]
    weekday = DAYS.index(named[0]) if named else None
    month = next((number for number, name in enumerate(MONTHS, 1) if re.search(rf"\b{name}\b", words)), None)
    numbers = [NTH.replace(GAP, " ")]
    if month:
        numbers += [rf"(?<={MONTHS[month - 1]} )\d+", rf"\d+(?= {MONTHS[month - 1]})"]
    number = re.search("|".join(numbers), words)
    if number and (value := _value(number.group())):
        if weekday is not None and f"{named[0]} before the" in words:
            limit = _on_day(month, value, after=day, weekday=None)
            return _next_weekday("", weekday, limit - timedelta(8)) if limit else None
        return _on_day(month, value, after=day, weekday=weekday)
    return _next_weekday(words, weekday, day) if weekday is not None else None


@lru_cache(maxsize=4096)
def due_date(due_words: str, day: date) -> date | None:
    """The last day that `due_words` allow, seen from `day`, the local day of the call; null where they name none.

    "This week" ends on its Friday, "by the end of the month" on its last day, "in two weeks" is 14 days on, "Thursday"
    is the next one. What our own grammar of spoken dates does not cover goes to dateparser.
    """
    words = " ".join(re.sub(r"[^\w/:]+", " ", due_words.lower().replace("-", " ")).split())
    words = re.sub(r"\bfirst (?:thing|half)\b", "", words)
    if counted := _counted_on(words, day):
        return counted
    base = day + timedelta(1) if "tomorrow" in words else day
    if span := re.search(rf"({SPAN.replace(GAP, ' ')}) (hour|day|week|fortnight|month)s?\b", words):
        count = _value(span[1]) or 1
        from_day = _next_weekday(words, DAYS.index(named[0]), day) if (named := re.findall(DAY, words)) else base
        days = {"hour": 1 / HOURS_A_DAY, "day": 1, "week": 7, "fortnight": FORTNIGHT_DAYS}.get(span[2])
        return from_day + timedelta(int(count * days)) if days else _months_on(from_day, count)
    relative = re.match(r"(?:by )?(?:today|tonight|tomorrow)\b", words)  # "today, the thirteenth at ten" is of two days
    if not relative and (named_day := _day_named(words, base)):
        return named_day
    if re.search((r"\b(?:to ?day|to ?night|to ?morrow|this (?:morning|afternoon|evening|arvo)|right (?:now|away)|now|"
r"eod|cob|business|end of (?:the )?(?:day|play)|close of play)\b"), words):  # fmt: skip
        return base
    by_hour = re.match(r"(?:by|before) ", words) and HOUR_DUE.fullmatch(due_words)
    if by_hour or re.search(r"\b(?:noon|midday|lunch ?time|lunch|o ?clock)\b", words):
        return base
    if words == "from next week":
        return _next_weekday("next week", 0, day)
    if period := re.search(
        r"\b(this|next|the|end of) (week|month|quarter|year)$|\beow\b|\b(week|month|quarter|year) end$", words
    ):
        return _end_of(period[2] or period[3] or "week", day, ahead=int("next" in words))
    if "weekend" in words:
        return day + timedelta((6 - day.weekday()) % 7 + 7 * ("next" in words))
    month = next((number for number, name in enumerate(MONTHS, 1) if re.search(rf"end of {name}\b", words)), None)
    month = month or (int(quarter[1]) * 3 if (quarter := re.search(r"end of q([1-4])", words)) else None)
    if month:
        year = day.year + (month < day.month)
        return date(year, month, monthrange(year, month)[1])
    return _parsed(due_words, day) if re.search(r"\d", words) else None


def _counted_on(words: str, day: date) -> date | None:
    """The day of "the week after next" (its last), "Monday after next", "the day after tomorrow", "a week today"."""
    if after_next := re.search(rf"\b(week|month|{DAY}) after next\b", words):
        unit = after_next[1]
        return _next_weekday("", DAYS.index(unit), day) + timedelta(7) if unit in DAYS else _end_of(unit, day, ahead=2)
    if re.search(r"\bday after tomorrow\b", words):
        return day + timedelta(2)
    if on := re.search(rf"\ba week (?:on )?(today|tomorrow|{DAY})\b", words):
        first = {"today": day, "tomorrow": day + timedelta(1)}.get(on[1])
        return (first or _next_weekday("", DAYS.index(on[1]), day)) + timedelta(7)
    return None


def _months_on(day: date, count: int) -> date:
    """The same day of the month `count` months later, or that month's last day."""
    year, month = day.year + (day.month - 1 + count) // 12, (day.month - 1 + count) % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _parsed(due_words: str, day: date) -> date | None:
    import dateparser  # half a second to import

    moment = dateparser.parse(
        due_words,
        languages=["en"],
        settings={
            "RELATIVE_BASE": datetime(day.year, day.month, day.day),
            "PREFER_DATES_FROM": "future",
            "REQUIRE_PARTS": ["day"],
        },
    )
    return moment.date() if moment else None
