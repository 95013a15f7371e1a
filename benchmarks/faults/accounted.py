"""Accounted: how many words of a text file are neither in an utterance of what was read nor in a note's number.

It counts by itself, by other means than the readers: all runs of letters outside of tags and timing lines. Words of
speakers' names, numbers, and the words by which times are written may be missing from speech.
"""

import html
import re
from collections import Counter

from pipeline.transcripts.transcript import Transcript

WORD = re.compile(r"[^\W\d_]{2,}")
TIMING_LINE = re.compile(  # with an identifier of one word and a number above it
    r"(?:^\S{0,60}\d\S{0,60}[ \t]*\r?\n)?^.{0,30}\d:\d\d.{0,40}(?:-->|->|=>|\u2192).*$|^\d[\d:.]+,\d[\d:.]+\s*$",
    re.MULTILINE,
)
TAG = re.compile(r"<(?!v[\s.])[^<>\n]{0,220}>|\{\\[^{}]{0,60}\}", re.IGNORECASE)
OF_TIMES = {  # and of marks beside names
    *("hours", "hour", "hrs", "hr", "minutes", "minute", "mins", "min", "seconds", "second", "secs", "sec", "am", "pm"),
    *("at", "to", "and", "webvtt", "presentation", "screen", "share", "guest", "external", "host", "unverified"),
}
NUMBER = re.compile(r"\d+")


def unaccounted(text: str, transcript: Transcript) -> int:
    """Words of the file that are missing from speech, beyond those that the notes tell of."""
    written = _words(html.unescape(TAG.sub(" ", TIMING_LINE.sub(" ", text))))
    said = _words(" ".join(transcript.utterances["text"]))
    names = set(_words(" ".join(known.name or "" for known in transcript.speakers.values())))
    missing = Counter({word: n for word, n in (written - said).items() if word not in names | OF_TIMES})
    told = sum(int(number) for note in transcript.notes for number in NUMBER.findall(note.text))
    return max(0, missing.total() - told)


def _words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))
