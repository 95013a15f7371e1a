"""Assemble: a transcript from what a reader found, held against the file, with a note on all that is not as it was.

A transcript is refused where more than MOST_LOST of its words are said by nobody, or where who speaks is not sure.
"""

import re
from dataclasses import replace
from functools import partial
from typing import Literal

from pipeline.transcripts.held import MOST_LOST, Held, held
from pipeline.transcripts.lines import JOINED_S, Document, Line, joined
from pipeline.transcripts.pace import doubts_of, words_of
from pipeline.transcripts.readers.labels.forms import key
from pipeline.transcripts.readers.notices import is_said, without_signs
from pipeline.transcripts.readers.reading import Aside, Reading, counted
from pipeline.transcripts.readers.rolling import without_copies
from pipeline.transcripts.timebase import on_one_base
from pipeline.transcripts.transcript import Note, Transcript, UnfitError, named

FEWEST_OUTSIDE = 10  # words that may stand outside of a short transcript
MOST_GUESSED = 1 / 3  # of the words, that may be given to a neighbour
COMMON_WORDS = frozenset(("the", "and", "you", "to", "of", "is", "that", "it's", "we", "have", "i", "for", "with"))
COMMON_SHARE = 0.06  # English has a quarter, German and Spanish a fiftieth
FEWEST_FOR_LANGUAGE = 50
FEWEST_NUMBERED = 6  # labels that may differ in numbers only
DITTO = '"\u201c\u201d\u2033^ '  # marks of the same as above
TWICE: dict[Aside, str] = {
    "repeat": "that captions show again",
    "copy": "that stand in the file twice, as where it was saved twice,",
}
TITLES = 3  # words of doubtful labels that are shown


def assemble(document: Document, reading: Reading, transcriber: str) -> Transcript:
    """The transcript; raises UnfitError, a clause, where it cannot be trusted."""
    reading.lines = [line for line in map(partial(_without_signs, reading), reading.lines) if is_said(line.text)]
    if not reading.lines:
        raise UnfitError("nothing is said in it")
    reading.lines, copies = without_copies(reading.lines)
    reading.leave_out("copy", *copies)
    found = held(document, reading)
    _refuse(reading, found)
    notes = [_note("transcript", text) for text in [*reading.notes, *_told(reading, found)]]
    reading.lines, said = (_as_above if document.is_table else _with_speakers)(reading.lines)
    reading.lines = joined(reading.lines)
    notes += [_note("transcript", said)] if said else []
    base = on_one_base(reading)
    transcript = named(base.lines, transcriber, [*notes, *(Note("times", text) for text in base.notes)])
    rows = transcript.utterances.select("start_s", "end_s", "speaker", "text").rows()
    doubts = [Note("times", text) for text in doubts_of([Line(*row) for row in rows])]
    if not is_english(transcript.utterances["text"].str.join(" ").item()):
        doubts.append(Note("transcript", "it does not read like English: what the classifiers learnt is English"))
    return replace(transcript, notes=(*transcript.notes, *doubts))


def _without_signs(reading: Reading, line: Line) -> Line:
    text, signs = without_signs(line.text)
    reading.leave_out("sign", *signs)
    return line._replace(text=text) if signs else line


def _note(kind: Literal["transcript", "times"], text: str) -> Note:
    """A note without halves of letters, which JSON may hold and no file can."""
    return Note(kind, text.encode("utf-8", "replace").decode())


def is_english(text: str) -> bool:
    """Whether a text has as many of the commonest English words as English has; short ones are taken to be."""
    words = [word.casefold() for word in text.split()]
    common = sum(word.strip(".,?!") in COMMON_WORDS for word in words)
    return len(words) < FEWEST_FOR_LANGUAGE or common >= COMMON_SHARE * len(words)


def _refuse(reading: Reading, found: Held) -> None:
    outside = reading.left_out("outside") + found.lost
    if outside > FEWEST_OUTSIDE and outside > MOST_LOST * (found.words + outside):
        raise UnfitError(f"{outside} of its {found.words + outside} words stand where nobody speaks them")
    if found.twice > FEWEST_OUTSIDE and found.twice > MOST_LOST * found.words:
        raise UnfitError(f"{found.twice} of its {found.words} words would be counted twice")
    if _is_told_by_numbers(reading):
        labels = ", ".join(
            f'"{label}"' for label in list(dict.fromkeys(line.speaker for line in reading.lines))[:TITLES]
        )
        raise UnfitError(f"what stands before the words differs in numbers only ({labels}): is it a time?")
    doubtful, speakers = sum(reading.doubts.values()), {line.speaker for line in reading.lines if line.speaker}
    if doubtful and (len(speakers) < 2 or doubtful > max(FEWEST_OUTSIDE, MOST_LOST * found.words)):
        labels = ", ".join(f'"{label}"' for label in list(reading.doubts)[:TITLES])
        raise UnfitError(
            f"it is not clear whether {labels} is a speaker: write the name as the call list has it, or in other words"
        )


def _is_told_by_numbers(reading: Reading) -> bool:
    """Whether nearly every line has a label of its own, most of them alike but for numbers, as unread times are."""
    labels = [line.speaker for line in reading.lines if line.speaker]
    known = set(labels)
    stems = {re.sub(r"[\W\d_]+", " ", label).strip() for label in known}
    return len(known) >= FEWEST_NUMBERED and 1.5 * len(known) > len(labels) and 2 * len(stems) <= len(known)


def _told(reading: Reading, found: Held) -> list[str]:
    """Sentences on what of the file is in no utterance, with numbers."""
    told = []
    if outside := reading.left_out("outside") + found.lost:
        told.append(f"{outside} words stand where nobody speaks them and are left out")
    if notices := len(reading.asides.get("notice", ())):
        words = reading.left_out("notice")
        told.append(f"{notices} line{'s' * (notices > 1)} of the program that wrote it ({words} words) left out")
    if comments := sum(counted(text).total() for text in reading.asides.get("comment", ()) if text != "WEBVTT"):
        told.append(f"{comments} words of comments and styles left out")
    if signs := len(reading.asides.get("sign", ())):
        told.append(f"{signs} sign{'s' * (signs > 1)} for sounds left out")
    told += [f"{n} words {how} are counted once" for kind, how in TWICE.items() if (n := reading.left_out(kind))]
    speakers = {key(line.speaker) for line in reading.lines}
    if silent := [label for label in reading.asides.get("label", ()) if key(label) not in speakers]:
        words = sum(counted(label).total() for label in silent)
        told.append(f"{words} words name a speaker who says nothing")
    if found.twice:
        told.append(f"{found.twice} words may be counted twice")
    told += [
        f"{words} words under {place.strip('.')} are not speech and left out" for place, words in found.beside.items()
    ]
    if reading.doubts:
        labels = ", ".join(f'"{label}"' for label in list(reading.doubts)[:TITLES])
        told.append(f"{labels} before a colon is taken for speech, not for a speaker")
    if reading.guesses:
        guesses = ", ".join(f'"{label}" ({words} words)' for label, words in list(reading.guesses.items())[:TITLES])
        told.append(f"{guesses} is taken for a speaker: if it is none, name everybody in the call list")
    return told


def _as_above(lines: list[Line]) -> tuple[list[Line], str]:
    """Lines of nobody in a table given to who is named above, as where cells are merged or left empty."""
    names = [line.speaker.strip(DITTO) for line in lines]
    given = words_of([line for line, name in zip(lines, names, strict=True) if not name])
    named: list[Line] = []
    above = next(filter(None, names), "")
    for line, name in zip(lines, names, strict=True):
        above = line.speaker if name else above
        named.append(line._replace(speaker=above))
    return named, f"{given} words in rows without a speaker are given to who is named above" if given and above else ""


def _with_speakers(lines: list[Line]) -> tuple[list[Line], str]:
    """Lines of nobody given to who speaks next to them: after a question to the next, else to the nearer in time."""
    nobody = [at for at, line in enumerate(lines) if not line.speaker]
    words = words_of(lines)
    given = words_of([lines[at] for at in nobody])
    if not nobody or len(nobody) == len(lines):
        return lines, ""
    if given > MOST_GUESSED * words:
        raise UnfitError(f"{given} of its {words} words have no speaker")
    settled: list[Line] = []
    speakers = list(dict.fromkeys(line.speaker for line in lines if line.speaker))
    for at, line in enumerate(lines):
        last = settled[-1] if settled else None
        following = next((other for other in lines[at + 1 :] if other.speaker), None)
        others = [name for name in speakers if name not in {near.speaker for near in (last, following) if near}]
        settled.append(line if line.speaker else line._replace(speaker=_neighbour(last, line, following, others)))
    off = f"; shares of talk may be off by up to {given / words:.0%}"
    return settled, f"{given} words without a speaker are given to who speaks next to them{off}"


def _neighbour(last: Line | None, line: Line, following: Line | None, others: list[str]) -> str:
    """Who says a line of nobody; with a pause to one of two speakers on every side it has, the other."""
    pauses = [_gap_s(last, line)] if last else []
    pauses += [_gap_s(line, following)] if following else []
    if len(others) == 1 and min(pauses) > JOINED_S:
        return others[0]
    if last is None or following is None:
        return (last or following or line).speaker
    if last.text.rstrip().endswith("?"):
        return following.speaker
    return last.speaker if pauses[0] <= pauses[1] else following.speaker


def _gap_s(line: Line, following: Line) -> float:
    """The pause between two lines; 0 where times are not given."""
    return following.start_s - line.end_s if line.end_s is not None and following.start_s is not None else 0.0
