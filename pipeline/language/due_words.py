"""Due words: the words that say when something is to be done, as spoken; `due_dates` says what day they mean."""

import re

from pipeline.language.vocabulary import DAYS, MONTHS, ORDINALS, TENS, UNITS

GAP = r"[\s,\-]+"


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
UNIT = r"(?:minutes?|hours?|(?:working |business )?days?|weeks?|fortnights?|months?)"
SPAN = rf"(?:a couple of|a few|a|an|{NUMBER})"
LOW = rf"(?:\d+|{'|'.join(UNITS[1:])})"
UP_TO = rf"(?:{LOW}(?: to| or)? (?={LOW} {UNIT}))"  # what stands before "three days" in "two or three days", "2-3 days"
WITHIN = (
    rf"the next (?:couple of|few|{UP_TO}?{NUMBER}) {UNIT}|the next (?:hour|fortnight)|half an hour|"
    rf"a (?:day|week|month) or two|{UP_TO}?{SPAN} {UNIT}(?:['’]s? time)?"
)
FROM = (
    rf"(?:{SPAN} (?:{UNIT}) (?:from|after) (?:now|today|tomorrow|{DAY}|easter|christmas)|(?:in|"
    rf"within) (?:{WITHIN})|within the hour|{SPAN} {UNIT}['’]?s? time|week after easter|"
    rf"(?:today|tomorrow|{DAY}) (?:week|fortnight)\b|(?:the )?(?:week|month|{DAY}) after next|"
    rf"(?:the )?day after tomorrow|(?:the )?(?:same|this) time (?:next week|tomorrow)|"
    rf"(?:a week|a fortnight|{NUMBER} weeks) (?:today|tomorrow|on {DAY}|{DAY}))"
)
PERIOD = (
    rf"(?:(?:the )?(?:end|start|beginning|middle|close|back end) of (?:the |the working |the business |"
    rf"this |next |today|tomorrow|business|play|{MONTH}|q[1-4])?(?:day|week|month|quarter|year|today|tomorrow)?|"
    rf"early (?:(?:this|next) (?:week|month)|{MONTH})|"
    rf"(?:this|next) (?:week|month|quarter|year|weekend|time)|the week of the {NTH}|the weekend|"
    rf"(?:week|month|quarter|year)(?:['’]s)? end|mid (?:(?:next )?week|{MONTH})|(?:easter|christmas)(?= |[.?!;,]|$))"
)
WEEKDAY = rf"(?:(?:this|next|the|this coming|coming|following) )?{DAY}(?!s\b)(?: after next)?"
NOON = r"(?:before|by|after|at) (?:lunch|noon|midday)"
AFTER_THIS = (
    r"(?:right|straight|directly|immediately) after (?:this|(?:the|our|this) (?:call|meeting|chat|session))|"
    r"(?:as )?soon as (?:we|i)(?: (?:hang up|finish|get off)|(?:['’](?:re|m)| are| am) (?:done|off|finished))"
    r"(?: here| the phone| this call)?"
)
NOW = (
    r"to-?day|to-?morrow|to-?night|this (?:morning|afternoon|evening|arvo)|right now|right away|straight ?away|"
    rf"immediately|{AFTER_THIS}|eod|eow|cob"
)
HEAD = (
    rf"(?:{WEEKDAY}(?:(?: of| for)? next week|"
    rf" (?:week|fortnight)\b)?(?: and {DAY}(?: next week)?)?"
    rf"(?: (?:the )?(?!first (?:thing|half)\b){NTH}(?: (?:of )?{MONTH})?|"
    rf" {MONTH} (?:the )?(?:{NTH}|\d+))?|{DATE}|{FROM}|{PERIOD}|{NOON}|{NOW}|lunch(?: )?time today|"
    rf"mid(?: )?day)"
)
BEFORE = (
    r"(?:no later than|at the latest by|end of day|end of|close of business|first thing|before|by|until|"
    r"till|on|for|from|this|next|the)"
)
SIMPLE = (
    rf"(?:{BEFORE} ){{0,2}}(?:(?:{PART}|{CLOCK}|{NUMBER}) )?{HEAD}(?:(?: (?:on|in the|by|at|the|"
    rf"itself))? (?:{PART}|{DATE}|{AT_CLOCK}|{CLOCK}|{NOON}|{DAY}))*(?: at the latest)?"
)
EVENT = (
    rf"(?:before|after|once|as soon as|by the time|when) (?:(?:the|that|your|our|my|his|her|their|this|we|you|"
    rf"he|she|they|it|i|(?:any|some|every)(?:body|one))\b(?:['’](?!d\b)\w+)?)"
    rf"(?: [\w'’]+){{1,7}}?(?: (?:on|by) {SIMPLE})?(?=[.?!;,]|$| (?:and|so|but|then)\b)"
)

HOUR = (
    rf"(?:at|by|before|around|about) (?:\d{{1,2}}|{'|'.join(UNITS[1:13])})(?: thirty| fifteen| forty five)?"
    r"(?:(?: )?[ap]\.?m\b\.?)?(?=[.?!;,]|$| (?:and|so|but|then|with|from)\b)"
)
HOUR_DUE = re.compile(rf"(?<![\w'’-]){_words(HOUR)}", re.IGNORECASE)
NOW_DUE = re.compile(r"\b(?:it|that|this|them|him|her|one|here|you) now\b(?! that)", re.IGNORECASE)
SAME_DAY = re.compile(r"[\s,.]*(?:that['’]?s|that is|which is|is|the|okay|fine|good|a|[\s,])*[\s,]*", re.IGNORECASE)
TODAY = re.compile(_words(NOW), re.IGNORECASE)
RECURRING = re.compile(_words(rf"{DAY} (?:mornings|afternoons|evenings|nights)\b"), re.IGNORECASE)
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
        rf"(?<!with)(?<!to)(?<!call)(?<!ring)(?<!see)(?<!tell)(?<!ask)(?<!meet)(?<!mail)(?<!text)(?<!give)(?<!show)(?<!visit)"
        rf" her {DAY}\b(?! (?:at|by|before|after|morning|afternoon|evening|noon|first thing)\b)|"
        rf"(?:\bon )?\b(?:the|that|this) {DAY} (?:thing|stuff|matter|business)\b|"
        rf"\bthat {DAY} (?!(?:{AFTER_DAY})\b)[a-z]+\b|"
        rf"\bfor {DAY}['’]s [a-z]+\b|\bon an? {DAY}\b|"
        rf"\babout (?:{DAY}|the {NTH})\b|\bask(?: \w+){{1,3}} for (?:{DAY}|the {NTH})\b|"
        rf"\b{NUMBER} in {NUMBER} {UNIT}|"
        rf"\b(?:move|push|shift|slide)[sd]?(?: \w+){{1,4}} (?:in)?to (?:the |this |next )*(?:month|quarter|year)\b"
    ),
    re.IGNORECASE,
)
REGULAR = re.compile(  # "on our Monday call" is on Monday
    _words(rf"\bon (?:our|my|your|the) ({DAY}) (?:call|meeting|catch up|session|review|one (?:to|on) one)\b"),
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
    the day of the month alone; of a date that is spoken of today ("I'll tell him the ninth today"), today; of one that
    comes back every week ("block Friday mornings, today"), the other."""
    free = NOT_DUE.sub(".", REGULAR.sub(r"on \1", text))
    dates = list(DUE.finditer(free))
    dates = [match for match in dates if not RECURRING.search(match.group())] or dates
    kept = [match.group().strip(" ,-") for match in dates]
    for (one, other), between in (
        ((at, at + 1), free[dates[at].end() : dates[at + 1].start()]) for at in range(len(dates) - 1)
    ):
        if not between.strip() and TODAY.fullmatch(kept[other]):
            kept[one] = kept[other]
        elif SAME_DAY.fullmatch(between) and not OTHER_DAY.match(kept[other]):
            numbered = [bool(re.search(NTH, kept[at], re.IGNORECASE)) for at in (one, other)]
            if numbered != [True, True] and any(numbered):
                kept[one] = kept[other] = kept[one] if numbered[0] else kept[other]
    return kept
