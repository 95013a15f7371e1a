"""Errors: what can be wrong with one conversation, and pieces of what people wrote shown in a sentence."""

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
