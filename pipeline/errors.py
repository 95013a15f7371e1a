"""Errors: what can be wrong with one conversation, how a lack of memory is told, and what is quoted in a sentence."""

import sys

LIBRARIES = {"torch": "OutOfMemoryError", "duckdb": "OutOfMemoryException"}  # and the type each raises
SHOWN = 120  # letters of what somebody wrote

ERROR_CODES = (
    "missing_file",
    "unreadable_audio",
    "no_audio_stream",
    "too_short",
    "silent",
    "too_long",
    "unsupported_transcript",
    "bad_metadata",
    "unknown_rubric",
    "duplicate_call",
    "no_diarization_model",
    "no_transcription_model",
    "one_speaker",
    "roles_unknown",
    "out_of_memory",
    "internal",
    "no_consent",
    "cancelled",
)


class CallError(Exception):
    """One conversation cannot be scored: `code` is one of ERROR_CODES, the message says what is wrong and what helps.

    Prefect may copy an error to another process, so both parts travel in `args`.
    """

    def __init__(self, code: str, message: str) -> None:
        if code not in ERROR_CODES:
            raise ValueError(f"{code!r} is no error code, only {', '.join(ERROR_CODES)}")
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


def brief(what: object) -> str:
    """The text of something on one line, cut where it is long."""
    text = " ".join(str(what).split()) or type(what).__name__
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that caused it, is of a type that says memory ran out.

    The types are Python's MemoryError, of which engines raise their own kinds, and those of LIBRARIES that are loaded.
    """
    types = [getattr(sys.modules.get(library), name, None) for library, name in LIBRARIES.items()]
    if isinstance(error, (MemoryError, *(kind for kind in types if isinstance(kind, type)))):
        return True
    return error.__cause__ is not None and is_out_of_memory(error.__cause__)
