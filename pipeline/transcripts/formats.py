"""Formats: recognise the format of a transcript and read it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CallError
from pipeline.transcripts import captions as text
from pipeline.transcripts import service_json as services
from pipeline.transcripts.lines import Document, Line
from pipeline.transcripts.transcript import DAMAGED, Transcript, UnfitError, is_ours, named, ours, whole

JSON = re.compile(r"\s*(\{|\[\s*\{)")  # a text may start with a time in brackets
LARGEST_BYTES = 50_000_000


class Reader(NamedTuple):
    """A format: whether a document is of it, and a function that reads its lines or the whole transcript."""

    fits: Callable[[Document], bool]
    read: Callable[[Document], list[Line] | Transcript]


READERS = {  # in this order, as a later one may fit what an earlier one knows better
    "callgrade": Reader(is_ours, ours),
    "webvtt": Reader(text.is_webvtt, text.captions),
    "srt": Reader(text.is_srt, text.captions),
    "whisper": Reader(services.is_whisper, services.whisper),
    "aws": Reader(services.is_aws, services.aws),
    "deepgram": Reader(services.is_deepgram, services.deepgram),
    "google": Reader(services.is_google, services.google),
    "assemblyai": Reader(services.is_assemblyai, services.assemblyai),
    "text": Reader(text.is_plain, text.plain),
}


def read_transcript(path: str | Path) -> Transcript:
    """Read a transcript of any format in READERS; raises CallError missing_file or unsupported_transcript."""
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise _unsupported(path, f"larger than {LARGEST_BYTES // 1_000_000} MB")
        raw = file.read_bytes()
    except OSError as error:
        raise CallError("missing_file", f"{path}: cannot be read; check the path and its permissions") from error
    try:
        return whole(_read(raw))
    except UnfitError as error:
        raise _unsupported(path, str(error)) from error
    except DAMAGED as error:
        # Not what the error says: it may quote the call.
        raise _unsupported(path, f"damaged or of no known format ({type(error).__name__})") from error


def _read(raw: bytes) -> Transcript:
    """The transcript in the bytes of a file; raises one of DAMAGED where there is none."""
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    written = raw.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\0" in written:
        raise ValueError("binary")
    document = Document(written, json.loads(written) if JSON.match(written) else None)
    for name, reader in READERS.items():
        if reader.fits(document):
            content = reader.read(document)
            return content if isinstance(content, Transcript) else named(content, f"transcript:{name}")
    raise ValueError("no known format")


def _unsupported(path: str | Path, what: str) -> CallError:
    return CallError("unsupported_transcript", f"{path}: {what}; give one of {', '.join(READERS)}")
