"""Notices: lines that programs and not people put into a transcript, and signs for what is no word."""

import re
from functools import lru_cache

from pipeline.transcripts.readers.labels.forms import REMEMBERED
from pipeline.transcripts.readers.labels.words import SOUNDS

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s"
ANYWHERE = re.compile(
    r"[Tt]ranscri(?:pt|ption)\s(?:has\s)?(?:ended|started|begins?|stopped|paused|resumed)\b.{0,60}"
    r"|(?:[A-Z]\S*\s){1,4}(?:started|stopped|paused|resumed)\s(?:the\s|a\s|their\s)?"
    r"(?:recording|transcription|presenting|presentation|sharing.{0,20}|screen.{0,20}|video)\.?"
    r"|(?:[Ss]ubtitles|[Cc]aptions|[Ss]ubtitling|[Tt]ranscribed|[Tt]ranscription|[Cc]aptioned)\s(?:made\s|provided\s)?by\b.{0,60}"
    r"|(?i:(?:[\w&.,'-]+\s){0,6}[-|\u2013\u2014\s]{0,3}(?:strictly\s)?confidential)|\d{1,4}(?:\s?/\s?\d{1,4})?"
    r"|(?:[A-Z]\S*\s){1,4}(?:has\s)?(?:joined|left)\s(?:the\s)?(?:meeting|call|conference|conversation)\.?"
    r"|(?:Recording|Meeting|Call)\s(?:has\s)?(?:started|stopped|ended)\.?"
    r"|(?:.{0,100}\s[-|\u2013\u2014\u00b7]\s)?[Pp]age\s\d+(?:\s?(?:of|/)\s?\d+)?|Seite\s\d+(?:\s?(?:von|/)\s?\d+)?|-\s?\d{1,4}\s?-"
    r"|This\s(?:editable\s)?transcript\swas\s(?:computer|automatically|machine).{0,160}"
    r"|[-=_*~#\u2014\u2013\u2022.\s]{1,200}"
)
NARRATION = re.compile(r"[(\[][^()\[\]]{3,80}[)\]]\.?")  # a whole line in brackets: "(Paula joins the call)"
AT_THE_EDGE = re.compile(
    "|".join(
        (
            r"transcri(?:pt|ption)\s(?:of|for)\b.{0,80}",
            r"(?:this\s)?(?:editable\s)?(?:meeting\s)?transcri(?:pt|ption)\s(?:was|is|has been)\s.{0,160}",
            r".{0,120}\b(?:computer|automatically|machine|auto|ai)[ -]?generated\b.{0,120}",
            r"(?:transcribed|generated|created|exported|powered|recorded|downloaded|produced|captioned)"
            r"\s(?:by|with|from|on|at|using)\b.{0,80}",
            r"(?:recording|meeting|call|captioning)\s(?:has\s)?(?:started|stopped|ended|begins|in progress)\b.{0,60}",
            r"(?:end|start|beginning)\sof\s(?:the\s)?(?:transcript(?:ion)?|recording|meeting|call)\.?",
            r"(?:disclaimer|legal notice|notice|warning|please note|note)\b.{0,300}",
            r"(?:start|started|end|ended|begin|began)(?:\stime)?(?:\sat)?\s?:?\s?\d.{0,30}",
            r".{0,120}\b(?:this|the|your) (?:transcript|transcription|recording)\b.{0,120}",
            r".{0,80}\b(?:transcript|transcription|recording|captions|untertitel)",
            r"(?:\S+\s){1,5}(?:transkription|transcripci\u00f3n|transcri\u00e7\u00e3o|trascrizione|transcriptie)"
            r"(?:\s(?:beendet|gestartet|gestopt|gestart))?",
            r"do not distribute|confidential(?:ity)?\b.{0,80}|all rights reserved.{0,40}|(?:copyright\b|\u00a9).{0,80}",
            r"view recording\b.{0,80}",
            rf"(?:.{{0,80}}[-\u2013|,]\s)?(?:{DAY})?(?:{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}\.?\s{MONTH}\s\d{{4}}).{{0,40}}",
            r"\d{4}-\d{2}-\d{2}(?:[T ].{0,30})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?:[, ].{0,30})?",
            r"(?:meeting\s)?(?:id|title|topic|date|time|duration|length|host|organi[sz]er|subject|location|language"
            r"|file(?:name)?|attendees|participants|invited|speakers|recorded|source)\s?:\s.{0,200}",
            r"(?:attendees|participants|speakers|keywords?|transcript|transcription|transkript|summary)\s?:?",
            r"https?://\S+",
        )
    ),
    re.IGNORECASE,
)
FIRST_PERSON = re.compile(r"\b(?:I|I['\u2019](?:ll|m|ve|d)|me|my|[Tt]hanks?)\b")  # which no program writes
CLOCK_SIGN = re.compile(r"[\[(]\s?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?\s?[\])]")
TITLE = re.compile(r"\W{0,4}(?:(?:full|meeting|call|raw)\s)?transcript(?:ion)?:?", re.IGNORECASE)
BELOW = re.compile(
    r"\W{0,4}(?:(?:ai|call|meeting)\s)?"
    r"(?:summary|(?:quick\s)?recap|follow-?up\s(?:tasks|items)|meeting notes|action items"
    r"|next steps|(?:key\s)?takeaways|chapters|outline|highlights):?",
    re.IGNORECASE,
)  # over what services write below a transcript
SIGN = re.compile(r"[\[(]\s?([^\[\]()]{1,40})\s?[\])]|<([^<>]{1,30})>|\*([a-z ]{3,30})\*")
MUSIC = re.compile(r"[\u2669-\u266f\U0001f3b5\U0001f3b6]+")
ANY_SIGN = re.compile(r"[\[(<*\u2669-\u266f\U0001f3b5\U0001f3b6]")
LINKS = frozenset({"and", "in", "of", "the", "a", "s"})
MASKED = re.compile(r"\[\s?_{1,6}\s?\]")


@lru_cache(REMEMBERED)
def is_notice(row: str, *, edge: bool) -> bool:
    """Whether a whole line is a program's: who joined, a page number, and at the `edge` (before the first speaker or
    after the last) also a title, a date, or that a machine wrote it."""
    text = row.strip(" \t*_")
    at_edge = edge and AT_THE_EDGE.fullmatch(text) and not FIRST_PERSON.search(text)
    return len(text) <= 300 and bool(ANYWHERE.fullmatch(text) or at_edge)


def without_signs(text: str) -> tuple[str, list[str]]:
    """A text without signs for sounds (`[laughter]`, notes of music), and the signs; a masked word stays one word."""
    if not ANY_SIGN.search(text):
        return text, []
    signs: list[str] = []

    def drop(match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group is not None)
        words = set(re.findall(r"[a-z]+", inner.casefold()))
        if words and words <= SOUNDS | LINKS and not words <= LINKS:
            signs.append(match.group())
            return " "
        return match.group()

    kept = SIGN.sub(drop, MASKED.sub("***", text))
    signs += MUSIC.findall(kept) + CLOCK_SIGN.findall(kept)
    return " ".join(CLOCK_SIGN.sub(" ", MUSIC.sub(" ", kept)).split()), signs


def is_said(text: str) -> bool:
    """Whether a text holds a word; a masked one is one."""
    return "*" in text or any(letter.isalnum() for letter in text)
