"""Captions: read WebVTT, SRT and SBV with speakers in voice tags, labels, brackets or identifiers.

Sources: WebVTT, https://www.w3.org/TR/webvtt1/ (voice spans, cue identifiers, NOTE, STYLE, REGION); Zoom, Teams and
Webex write WebVTT with a label, a voice tag or a quoted name in the identifier.
"""

import html
import itertools
import json
import re
from dataclasses import dataclass, replace

from pipeline.transcripts.lines import Document, Line, count_words
from pipeline.transcripts.readers.cues import PLAIN_ID, Cue, cut, is_timing
from pipeline.transcripts.readers.labels.decide import Labels, decide
from pipeline.transcripts.readers.labels.forms import Place, clean, key
from pipeline.transcripts.readers.notices import is_notice, is_said, without_signs
from pipeline.transcripts.readers.reading import Reading
from pipeline.transcripts.readers.rolling import without_repeats
from pipeline.transcripts.readers.rows import Row, in_form, read_row

METADATA = re.compile(r'^\{.*"spokenText".*\}\s*$', re.MULTILINE)
VOICE = re.compile(r"<v(?:\.[^\s<>]{0,200})?(|\s[^<>]{0,200})>")  # bounded: no text takes its square in time
TAG = re.compile(
    r"</?(?:v|c|i|b|u|lang|ruby|rt|font|span)\b[^<>]{0,200}>|<\d[\d:.,]{0,20}>|\{\\[^{}]{0,60}\}", re.IGNORECASE
)
UNCERTAIN = ("bare", "dash", "stamped", "tab")  # forms that rows of captions often have without naming anybody
QUOTED_NAME = re.compile(r'^\d*\s*"([^"]{1,90})"\s*(?:\(\d+\))?$')  # as Webex writes identifiers
NUMBERED_NAME = re.compile(r"^\d{1,5}[\s.:-]+(\D.{0,90})$")


@dataclass(frozen=True)
class Piece:
    """A row of a cue: when its cue is shown, the voice tag before it (None without one), and the row taken apart."""

    cue: Cue
    voice: str | None
    row: Row
    tagged: bool  # whether the voice tag stands right before it


def without_metadata(text: str) -> str:
    """Captions whose cues are JSON with speaker and text, as Microsoft Graph gives those of Teams, as plain ones."""

    def spoken(row: re.Match[str]) -> str:
        try:
            cue = json.loads(row.group())
            return f"<v {cue['speakerName']}>{cue['spokenText']}</v>"
        except (ValueError, KeyError, TypeError):
            return row.group()

    return METADATA.sub(spoken, text)


def is_webvtt(document: Document) -> bool:
    """Whether the first line says WEBVTT."""
    return document.data is None and document.text.lstrip().startswith("WEBVTT")


def is_srt(document: Document) -> bool:
    """Whether the first lines hold a caption's times and the document is no JSON."""
    return document.data is None and any(is_timing(row) for row in document.text.splitlines()[:80])


def captions(document: Document) -> Reading:
    """Read captions; without a name the speaker stays the same."""
    found = cut(document.text)
    reading = Reading()
    reading.leave_out("comment", *found.comments)
    for row in found.outside:
        reading.leave_out("notice" if is_notice(row, edge=True) else "outside", row)
    pieces = [piece for cue in found.cues for piece in _pieces(cue)]
    rows = in_form([piece.row for piece in pieces], "bracket")
    pieces = [replace(piece, row=row) for piece, row in zip(pieces, rows, strict=True)]
    pieces = _with_names_above(pieces, len(found.cues))
    labels = _labels(found.cues, pieces, document.listed)
    lines = _lines(found.cues, pieces, labels, reading)
    reading.doubts, reading.guesses = labels.doubts, labels.guesses
    reading.lines, repeats = without_repeats(lines)
    reading.leave_out("repeat", *repeats)
    return reading


def _pieces(cue: Cue) -> list[Piece]:
    pieces: list[Piece] = []
    voice: str | None = None
    for row in cue.rows:
        parts = VOICE.split(row)
        for name, marked in zip([None, *parts[1::2]], parts[::2], strict=True):
            voice = html.unescape(name).strip() if name is not None else voice
            tagged = name is not None
            text = html.unescape(TAG.sub("", marked)).strip()
            if text or name is not None:
                pieces.append(Piece(cue, voice, read_row(text), tagged=tagged))
    return pieces


def _with_names_above(pieces: list[Piece], n_cues: int) -> list[Piece]:
    """Pieces in which a first row that could be a name is one, where most cues have one and few differ."""
    above = [
        at
        for at, (piece, following) in enumerate(itertools.pairwise(pieces))
        if piece.row.place and piece.row.place.kind == "bare" and piece.cue is following.cue
        if at == 0 or pieces[at - 1].cue is not piece.cue
    ]
    if 2 * len(above) < n_cues or 2 * len({pieces[at].row.text for at in above}) > len(above):
        return pieces
    named = dict.fromkeys(above, "over")
    return [
        replace(piece, row=replace(piece.row, place=replace(piece.row.place, kind=named[at])))
        if at in named and piece.row.place
        else piece
        for at, piece in enumerate(pieces)
    ]


def _labels(cues: list[Cue], pieces: list[Piece], listed: tuple[str, ...]) -> Labels:
    """The speakers of the file: voice tags; without them labels, and without these identifiers."""
    voices = [Place("voice", piece.voice, piece.row.text) for piece in pieces if piece.voice is not None]
    spoken = " ".join(_said(piece.row) for piece in pieces)
    places = [piece.row.place for piece in pieces if piece.row.place and piece.row.place.kind not in UNCERTAIN]
    if voices:
        known = {name.casefold() for name in listed} | {key(place.label) for place in voices}
        return decide([*voices, *(place for place in places if key(place.label) in known)], spoken, listed)
    labels = decide(places, spoken, listed)
    names = [Place("id", name, " ".join(cue.rows)) for cue in cues if (name := _id_name(cue))]
    ids = decide(names, spoken, listed)
    if len(ids.names) > 1 and len(labels.names) < 2:
        return replace(ids, doubts=labels.doubts)
    return labels


def _said(row: Row) -> str:
    return row.place.said if row.place and row.place.kind == "colon" else row.text


def _id_name(cue: Cue) -> str:
    """What could be a name in the identifier of a cue."""
    quoted = QUOTED_NAME.match(cue.name) or NUMBERED_NAME.match(cue.name)
    name = quoted[1] if quoted else cue.name
    return clean(name) if any(letter.isalpha() for letter in name) and len(name.split()) <= 8 else ""


def _lines(cues: list[Cue], pieces: list[Piece], labels: Labels, reading: Reading) -> list[Line]:
    """The lines of all cues: a cue's time is shared out by words where several speak in it."""
    by_id = labels.kinds == {"id"}
    for cue in cues:
        if not (by_id and _id_name(cue)):
            reading.leave_out("time" if PLAIN_ID.match(cue.name) else "outside", cue.name)
    lines: list[Line] = []
    speaker, current = "", None
    said: list[tuple[str, list[str]]] = []
    for piece in [*pieces, None]:
        if piece is None or piece.cue is not current:
            lines += _shared_out(current, said) if current else []
            if piece is None:
                break
            current, said = piece.cue, []
            if by_id and _id_name(current):
                speaker = labels.name("id", _id_name(current)) or speaker
                reading.leave_out("label", _id_name(current))
                reading.leave_rest(current.name, _id_name(current))
        if piece.tagged:
            reading.leave_out("label", piece.voice or "")
        name, text = _who(piece, labels, reading, first=bool(labels.names) and not speaker)
        speaker = speaker if name is None else name
        text, signs = without_signs(text)
        reading.leave_out("sign", *signs)
        if not said or said[-1][0] != speaker:
            said.append((speaker, []))
        if is_said(text):
            said[-1][1].append(text)
    return lines


def _who(piece: Piece, labels: Labels, reading: Reading, *, first: bool) -> tuple[str | None, str]:
    """Who is named in a row of a cue, and what is said in it; the `first` rows of those who have names are above them,
    as "[Auto-generated transcript]" is."""
    row, place = piece.row, piece.row.place
    voice = None
    if piece.voice is not None:
        voice = labels.name("voice", piece.voice) or clean(piece.voice)
    name = labels.name(place.kind, place.label) if place else None
    beside = row.only_time or (is_notice(row.raw, edge=first) and not row.raw.strip().isdigit())
    if name is None and beside:
        reading.leave_out("time" if row.only_time else "notice", row.raw)
        return voice, ""
    if place is None or name is None:
        text = row.whole or row.text  # the time is the cue's: "10:30 works for me" is said
        reading.leave_rest(row.raw, text)
        return voice, text
    reading.leave_out("label", place.label)
    reading.leave_rest(row.raw, place.label, place.said)
    return voice or name, place.said


def _shared_out(cue: Cue, said: list[tuple[str, list[str]]]) -> list[Line]:
    """The lines of one cue, each as long as its share of the words."""
    texts = [(speaker, " ".join(parts)) for speaker, parts in said if parts]
    total = sum(count_words(text) for _, text in texts) or 1
    lines, at_s = [], cue.start_s
    for number, (speaker, text) in enumerate(texts, start=1):
        length_s = (cue.end_s - cue.start_s) * count_words(text) / total
        end_s = cue.end_s if number == len(texts) else at_s + length_s
        lines.append(Line(at_s, end_s, speaker, text))
        at_s = end_s
    return lines
