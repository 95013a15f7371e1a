"""Formats: recognise the format of a transcript and read it."""

import html
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import CallError, brief
from pipeline.intake.encodings import decoded
from pipeline.intake.workbooks import read_workbook
from pipeline.transcripts.assemble import assemble
from pipeline.transcripts.lines import Document, Line
from pipeline.transcripts.readers import captions, plain
from pipeline.transcripts.readers.clocks import in_brackets
from pipeline.transcripts.readers.docx import docx_text
from pipeline.transcripts.readers.json_files import engines, services, turns, whisper
from pipeline.transcripts.readers.json_files.settled import settled
from pipeline.transcripts.readers.json_files.tables import records_of
from pipeline.transcripts.readers.reading import Reading
from pipeline.transcripts.readers.rttm import beside, read_rttm, with_speakers
from pipeline.transcripts.readers.run_on import apart
from pipeline.transcripts.readers.web_page import IS_PAGE, page_text
from pipeline.transcripts.transcript import DAMAGED, Transcript, UnfitError, is_ours, ours, whole

JSON = re.compile(r"\s*(\{(?!\d)|\[\s*\{(?!\d))")  # a text may start with a time in brackets
LARGEST_BYTES = 50_000_000
READING_VERSION = 7  # of what is read in a file
FEWEST_WORDS = 10  # of a text that could be somebody's speech
MOST_KEYS = 8
CLOSED = {
    b"%PDF": "a PDF",
    b"{\\rtf": "Rich Text",
    b"\xd0\xcf\x11\xe0": "an old Word document, or a mail",
}  # by first bytes


class Reader(NamedTuple):
    """A format: whether a document is of it, and a function that reads its lines or the whole transcript."""

    fits: Callable[[Document], bool]
    read: Callable[[Document], list[Line] | Reading | Transcript]


READERS = {  # in this order, as a later one may fit what an earlier one knows better
    "callgrade": Reader(is_ours, ours),
    "webvtt": Reader(captions.is_webvtt, captions.captions),
    "srt": Reader(captions.is_srt, captions.captions),
    "azure": Reader(engines.is_azure, engines.azure),
    "seglst": Reader(engines.is_seglst, engines.seglst),
    "rev": Reader(engines.is_rev, engines.rev),
    "speechmatics": Reader(engines.is_speechmatics, engines.speechmatics),
    "elevenlabs": Reader(engines.is_elevenlabs, engines.elevenlabs),
    "aws": Reader(services.is_aws, services.aws),
    "deepgram": Reader(services.is_deepgram, services.deepgram),
    "google": Reader(services.is_google, services.google),
    "assemblyai": Reader(services.is_assemblyai, services.assemblyai),
    "whisper": Reader(whisper.is_whisper, whisper.whisper),
    "turns": Reader(turns.has_turns, turns.turns),
    "text": Reader(plain.is_plain, plain.plain),
}


def read_transcript(path: str | Path, *, listed: Sequence[str] = ()) -> Transcript:
    """Read a transcript of any format in READERS; raises CallError missing_file or unsupported_transcript.

    `listed` are the names in the call list: a label that is one of them is a speaker.
    """
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise _unsupported(path, f"larger than {LARGEST_BYTES // 1_000_000} MB")
        raw = file.read_bytes()
    except OSError as error:
        raise CallError("missing_file", f"{path}: cannot be read; check the path and its permissions") from error
    try:
        return whole(_read(raw, Document("", None, tuple(listed), str(file))))
    except UnfitError as error:
        raise _unsupported(path, str(error)) from error
    except DAMAGED as error:
        # Not what the error says: it may quote the call.
        raise _unsupported(path, f"damaged or of no known format ({type(error).__name__})") from error


def _read(raw: bytes, about: Document) -> Transcript:
    """The transcript in the bytes of a file; raises one of DAMAGED where there is none."""
    written = _text(raw, Path(about.source))
    if "\0" in written:
        raise ValueError("binary")
    written = unicodedata.normalize("NFC", written)  # an accent that stands apart is no letter of a name
    if IS_PAGE.match(written):
        written = page_text(written)
    if written.lstrip().startswith("WEBVTT"):
        written = captions.without_metadata(written)
    is_json = bool(JSON.match(written))
    written = written if is_json else apart(written, about.listed)
    document = about._replace(text=written, data=settled(_json(written)) if is_json else None)
    if document.data is None and not (captions.is_webvtt(document) or captions.is_srt(document)):
        written = in_brackets(html.unescape(written))
        document = about._replace(text=written, data=records_of(written))
    for name, reader in READERS.items():
        if reader.fits(document):
            content = reader.read(document)
            if isinstance(content, Transcript):
                return content
            reading = content if isinstance(content, Reading) else Reading(content, in_order=False)
            sidecar = beside(Path(document.source))
            if sidecar and not any(line.speaker for line in reading.lines):
                reading = with_speakers(reading, read_rttm(decoded(sidecar.read_bytes())))
            return assemble(document, reading, f"transcript:{name}")
    raise UnfitError(_described(document))


def _text(raw: bytes, path: Path) -> str:
    """The text of a file, of a workbook its first sheet with tabs; raises UnfitError where programs keep it closed."""
    for begins, kind in CLOSED.items():
        if raw.startswith(begins):
            raise UnfitError(f"it is {kind}: save its text as .docx or .txt")
    if not raw.startswith(b"PK\x03\x04"):
        return decoded(raw)
    if b"xl/workbook.xml" not in raw:
        return docx_text(raw)
    rows = read_workbook(path, None).cells.rows()
    return "\n".join("\t".join(" ".join((cell or "").split()) for cell in row) for row in rows)


def _json(written: str) -> Any:
    """The JSON of a text, or of its lines."""
    try:
        return json.loads(written)
    except ValueError:
        lines = [line for line in written.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


def _described(document: Document) -> str:
    """What a file of no known format is."""
    if document.data is not None:
        return f"a JSON {_keys(document.data)} is of no known format"
    if len(document.text.split()) < FEWEST_WORDS:
        return "nothing is said in it"
    reading = plain.plain(document)
    if reading.doubts:
        labels = ", ".join(f'"{label}"' for label in list(reading.doubts)[:3])
        return f"it names fewer than two speakers, as far as can be told ({labels} stand before a colon)"
    return 'it names no speaker: begin each line with "Name: ", or give the recording'


def _keys(data: Any) -> str:
    inner = data[0] if isinstance(data, list) and data else data
    names = [str(name) for name in inner] if isinstance(inner, dict) else []
    shown = ", ".join(brief(name)[:40] for name in names[:MOST_KEYS]) or "without keys"
    return f"{'list of objects ' if isinstance(data, list) else ''}with the keys {shown}" if names else shown


def _unsupported(path: str | Path, what: str) -> CallError:
    return CallError("unsupported_transcript", f"{path}: {what}; give one of {', '.join(READERS)}")
