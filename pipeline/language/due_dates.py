"""Due dates: the day that due words mean, seen from the day of the call."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache

from pipeline.language.due_words import AFTER_THIS, DAY, GAP, HOUR_DUE, MONTH, NTH, NUMBER, SPAN, UP_TO
from pipeline.language.vocabulary import DAYS, MONTHS, ORDINALS, TENS, UNITS

DAYS_OF = {"hour": 1 / 24, "day": 1, "week": 7, "fortnight": 14}
DAY_OF_THE_CALL = (  # in plain words
    r"\b(?:to ?day|to ?night|to ?morrow|this (?:morning|afternoon|evening|arvo)|right (?:now|away)|now|eod|cob|"
    rf"business|end of (?:the )?(?:working )?(?:day|play)|close of play|{AFTER_THIS}|straight ?away|immediately)\b"
).replace("['’]", " ")
WORKING_DAYS = 5  # days of a week on which people work
MIDDLE_DAY = 15  # day of the month that its middle is
SPAN_OF_TIME = rf"({SPAN.replace(GAP, ' ')}) (working |business )?(hour|day|week|fortnight|month)s?\b"
SAID_OTHERWISE = (  # ways to name a span of time, and the plain one
    (rf"\b{UP_TO}", ""),
    (r"\ba (day|week|month) or two\b", r"two \1s"),
    (r"\bthe next (?=couple|few|fortnight|hour)|\bwithin the (?=hour)", "a "),
)


def _value(words: str) -> int | None:
    """The number that "twenty sixth", "26th", "nine", "a" or "a couple of" stands for."""
    if words in ("a", "an"):
        return 1
    total = 0
    for word in words.split():
        if word[0].isdigit():
            return int(re.sub(r"\D", "", word))
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
    base = day + timedelta(1) if "tomorrow" in words else day
    if counted := _counted_on(words, day) or _end_of_span(words, base):
        return counted
    relative = re.match(r"(?:by )?(?:today|tonight|tomorrow)\b", words)  # "today, the thirteenth at ten" is of two days
    if not relative and (named_day := _day_named(words, base)):
        return named_day
    if re.search(DAY_OF_THE_CALL, words):
        return base
    if named_part := _in_part_of_period(words, day):
        return named_part
    by_hour = re.match(r"(?:by|before) ", words) and HOUR_DUE.fullmatch(due_words)
    if by_hour or re.search(r"\b(?:noon|midday|lunch ?time|lunch|o ?clock)\b", words):
        return base
    if words == "from next week":
        return _next_weekday("next week", 0, day)
    if period := re.search(
        r"\b(this|next|the|end of) (week|month|quarter|year)$|\beow\b|\b(week|month|quarter|year)(?: s)? end$", words
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
    """The day of "the week after next" (its last), "Monday after next", "the day after tomorrow", "two weeks today",
    "today week", "Tuesday fortnight", "this time next week" and "before the quarter closes"."""
    if after_next := re.search(rf"\b(week|month|{DAY}) after next\b", words):
        unit = after_next[1]
        return _next_weekday("", DAYS.index(unit), day) + timedelta(7) if unit in DAYS else _end_of(unit, day, ahead=2)
    if re.search(r"\bday after tomorrow\b", words):
        return day + timedelta(2)
    if on := re.search(rf"\b(a|{NUMBER.replace(GAP, ' ')}) (week|fortnight)s? (?:on )?(today|tomorrow|{DAY})\b", words):
        first = {"today": day, "tomorrow": day + timedelta(1)}.get(on[3])
        ahead = (_value(on[1]) or 1) * DAYS_OF[on[2]]
        return (first or _next_weekday("", DAYS.index(on[3]), day)) + timedelta(ahead)
    if on := re.search(r"\b(today|tomorrow) (week|fortnight)\b", words):
        return day + timedelta((on[1] == "tomorrow") + DAYS_OF[on[2]])
    if on := re.search(rf"\b({DAY}) fortnight\b", words):
        return _next_weekday("", DAYS.index(on[1]), day) + timedelta(DAYS_OF["fortnight"])
    if re.search(r"\b(?:same|this) time next week\b", words):
        return day + timedelta(DAYS_OF["week"])
    if over := re.search(r"\bbefore the (week|month|quarter|year) (?:s out|is out|closes|ends|is over)\b", words):
        return _end_of(over[1], day, ahead=0)
    return None


def _end_of_span(words: str, base: date) -> date | None:
    """The day some hours, days, weeks or months after `base`, or after the day that they are counted from ("two weeks
    from Thursday"); null where there is no span, or where a day is named too and the span is of days or hours."""
    for said, plainly in SAID_OTHERWISE:
        words = re.sub(said, plainly, words)
    if not (span := re.search(SPAN_OF_TIME, words)):
        return None
    count, unit = _value(span[1]) or 1, span[3]
    if counted_from := re.search(rf"\b(?:from|after) ({DAY})\b", words):
        base = _next_weekday(words, DAYS.index(counted_from[1]), base)
    if span[2]:
        return _working_days_on(base, count)
    end = base + timedelta(int(count * DAYS_OF[unit])) if unit in DAYS_OF else _months_on(base, count)
    named = None if counted_from else re.search(DAY, words)
    if named and unit in ("week", "fortnight"):
        return end + timedelta(DAYS.index(named[0]) - end.weekday())
    return None if named and unit in ("day", "hour") else end


def _in_part_of_period(words: str, day: date) -> date | None:
    """The first day, or the middle, of a week or a month ("start of next week", "mid June") that is not over."""
    if not (
        said := re.search(
            rf"\b(start|beginning|early|middle|mid) (?:of )?(this |the |next )?(week|month|{MONTH})\b", words
        )
    ):
        return None
    middle, ahead, name = said[1].startswith("mid"), said[2] == "next ", said[3]
    if name == "week":
        found = day - timedelta(day.weekday()) + timedelta(7 * ahead + 2 * middle)
        return found if found >= day else found + timedelta(7)
    number = MIDDLE_DAY if middle else 1
    if name == "month":
        first = _months_on(day.replace(day=1), int(ahead))
        found = first.replace(day=number)
        return found if found >= day else _months_on(found, 1)
    return _on_day(MONTHS.index(name) + 1, number, after=day, weekday=None)


def _working_days_on(day: date, count: int) -> date:
    """The day `count` working days later."""
    for _ in range(count):
        day += timedelta(1)
        while day.weekday() >= WORKING_DAYS:
            day += timedelta(1)
    return day


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
