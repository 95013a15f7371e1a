"""Redaction: replace what must not be stored, and names where asked, before a transcript is kept."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import polars as pl

from pipeline.transcripts.entities import LABELS, entities_of
from pipeline.transcripts.private.finders import FINDERS, is_asked_for
from pipeline.transcripts.private.listed_names import named_in, patterns_of
from pipeline.transcripts.transcript import SPOKEN, Transcript

REDACTION_VERSION = 3  # of what is hidden where the setting stays as it is
NAMES = "names"
ASIDE_MARK = " | "  # between a question and what is said next: no number goes on over it
IN_A_ROW_S = 8.0  # a number is said in groups, with pauses and the other side's "okay" between them


class Hidden(NamedTuple):
    """Letters of a text that are replaced by a label."""

    start: int
    end: int
    label: str


def redact(
    transcript: Transcript, kinds: Collection[str], *, listed: Iterable[str | None] = (), region: str = "US"
) -> Transcript:
    """Replace what is of one of the kinds by [email], [phone], [card], [ssn], [address], [name], [place] or
    [organisation].

    Numbers are found as written (telephones by Google's libphonenumber for the region; cards by their check digit) and
    as spelt digit by digit (a telephone in other groups too, where a cue announces it), also where a speaker goes on in
    the next utterance, and, however misheard, where the other side has just asked for them. Names are those `listed`,
    as the call list gives them, and of the transcript's speakers; others, and places and organisations, are known only
    by the trained pipeline (see `entities`).
    """
    finders = [kind for kind in FINDERS if kind in kinds]
    told = [*listed, *(speaker.name for speaker in transcript.speakers.values())]
    names = patterns_of(told if NAMES in kinds else ())

    rows = transcript.utterances.to_dicts()
    entities = entities_of([text for row in rows for text in (row["text"], _doubted(row))], kinds)
    named = _any_of([name for name in entities if not names.is_ordinary(name)])

    def hidden(text: str) -> list[Hidden]:
        spans = [Hidden(*span, f"[{kind}]") for kind in finders for span in FINDERS[kind](text, region)]
        spans += [Hidden(*name, LABELS[NAMES]) for name in named_in(text, names)]
        spans += [Hidden(*one.span(), LABELS[entities[one.group()]]) for one in (named.finditer(text) if named else ())]
        return _joined(spans)

    spans_of: dict[int, list[Hidden]] = {}
    for run in _in_a_row(rows):
        texts = [rows[number]["text"] for number in run]
        asked = [_asked(rows, number) for number in run]
        found = _each(texts, [""] * len(run), hidden)
        answers = _each(texts, asked, hidden) if any(asked) else [[] for _ in run]
        spans_of |= {number: _joined(answers[at] + found[at]) for at, number in enumerate(run)}
    for number, row in enumerate(rows):
        if spans_of[number] or hidden(_doubted(row)):
            rows[number] = row | _without(row["text"], row["words"] or [], spans_of[number])
    return replace(transcript, utterances=pl.DataFrame(rows, schema=SPOKEN))


def _doubted(row: dict[str, Any]) -> str:
    """The words of an utterance that stand in no text because they are in doubt."""
    return " ".join(str(word["text"]) for word in row["words"] or [] if word["flagged"])


def _each(texts: list[str], asked: list[str], hidden: Callable[[str], list[Hidden]]) -> list[list[Hidden]]:
    """What is hidden in each of the texts said in a row, given what was asked before it."""
    pieces = [piece for question, text in zip(asked, texts, strict=True) for piece in (question, text)]
    spans = hidden("".join(f"{piece}{' ' * (at % 2)}" for at, piece in enumerate(pieces)))
    found, at = [], 0
    for question, text in zip(asked, texts, strict=True):
        begin = at + len(question)
        end = begin + len(text)
        found.append(
            [
                Hidden(max(start, begin) - begin, min(stop, end) - begin, label)
                for start, stop, label in spans
                if start < end and stop > begin
            ]
        )
        at = end + 1
    return found


def _asked(rows: list[dict[str, Any]], number: int) -> str:
    """What the other side has just said, where it speaks of an address or number."""
    if number == 0 or not is_asked_for(question := rows[number - 1]["text"]):
        return ""
    near = rows[number]["start_s"] - rows[number - 1]["end_s"] <= IN_A_ROW_S
    return question + ASIDE_MARK if near and rows[number - 1]["speaker"] != rows[number]["speaker"] else ""


def _in_a_row(rows: list[dict[str, Any]]) -> Iterator[list[int]]:
    """The numbers of the utterances that a speaker says one after the other, at most IN_A_ROW_S apart."""
    open_runs: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        run = open_runs.get(row["speaker"])
        if run and row["start_s"] - rows[run[-1]]["end_s"] <= IN_A_ROW_S:
            run.append(number)
            continue
        if run:
            yield run
        open_runs[row["speaker"]] = [number]
    yield from open_runs.values()


def _joined(spans: list[Hidden]) -> list[Hidden]:
    """Spans in order; those that overlap are one, under the label of the longest."""
    joined: list[Hidden] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if joined and span.start < joined[-1].end:
            last = joined.pop()
            label = max(last, span, key=lambda one: one.end - one.start).label
            span = Hidden(last.start, max(last.end, span.end), label)
        joined.append(span)
    return joined


def _without(text: str, words: list[dict[str, Any]], hidden: list[Hidden]) -> dict[str, Any]:
    """Replace what is hidden in text and words. Flagged words are dropped, and all that do not follow the text."""
    pieces, at = [], 0
    for start, end, label in hidden:
        pieces += [text[at:start], label]
        at = end
    clean_words, place = [], 0
    for word in words:
        if word["flagged"]:
            continue
        spoken = str(word["text"]).strip()
        start_of = text.find(spoken, place)
        if start_of < 0:
            return {"text": "".join([*pieces, text[at:]]), "words": []}
        place = start_of + len(spoken)
        labels = [label for start, end, label in hidden if start_of < end and place > start]
        clean_words.append(word | {"text": labels[0]} if labels else word)
    return {"text": "".join([*pieces, text[at:]]), "words": clean_words}


def _any_of(forms: Collection[str]) -> re.Pattern[str] | None:
    """A pattern of any of the forms as a whole, the longest first; None without forms."""
    either = "|".join(sorted(map(re.escape, forms), key=len, reverse=True))
    return re.compile(rf"\b(?:{either})\b") if forms else None
