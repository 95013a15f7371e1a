"""Whisper JSON: read what the programs around OpenAI's Whisper write, each in its own keys.

Sources: openai-whisper, faster-whisper, whisperX (`segments` with start, end, text, words, speaker); OpenAI's API
(verbose_json, diarized_json: https://platform.openai.com/docs/api-reference/audio); whisper.cpp (`transcription` with
offsets in milliseconds: https://github.com/ggml-org/whisper.cpp, examples/cli); insanely-fast-whisper and
transformers' pipeline (`speakers` or `chunks` with `timestamp`: https://github.com/Vaibhavs10/insanely-fast-whisper).
"""

import re
from typing import Any

from pipeline.transcripts.lines import Document, Line, Word, number, spoken
from pipeline.transcripts.readers.json_files.turns import speaker_of
from pipeline.transcripts.readers.reading import Reading

IN_TEXT = re.compile(r"^\s*\(?speaker\s([\d?])\)?\s*:?\s*", re.IGNORECASE)  # as whisper.cpp marks stereo


def is_whisper(document: Document) -> bool:
    """Segments with times and text, under a key that one of the programs uses."""
    segments = _segments(document.data)
    return bool(segments) and isinstance(segments[0], dict) and "text" in segments[0] and _has_time(segments[0])


def whisper(document: Document) -> Reading:
    """Segments with words, speakers by segment or word."""
    reading, lines = Reading(), []
    for segment in _segments(document.data):
        text, speaker = str(segment["text"]).strip(), speaker_of(segment)
        marked = IN_TEXT.match(text) if speaker is None else None
        if marked:
            reading.leave_out("label", marked.group())
            text, speaker = text[marked.end() :], "" if marked[1] == "?" else f"speaker {marked[1]}"
        named = "" if speaker is None else str(speaker)
        words = [_word(word, named) for word in segment.get("words") or ()]
        if len({word.speaker for word in words}) > 1:
            lines += spoken(words)
            continue
        start_s, end_s = _times(segment)
        lines.append(Line(start_s, end_s, words[0].speaker if words else named, text, tuple(words)))
    reading.lines = lines
    return reading


def _segments(data: Any) -> list[Any]:
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        return []
    lists = [data.get(name) for name in ("segments", "transcription", "speakers", "chunks")]
    return next((found for found in lists if isinstance(found, list) and found), [])


def _has_time(segment: dict[str, Any]) -> bool:
    return _times(segment)[0] is not None or isinstance(segment.get("timestamp"), list)


def _times(segment: dict[str, Any]) -> tuple[float | None, float | None]:
    """Start and end in seconds; None where the program gives none."""
    if isinstance(offsets := segment.get("offsets"), dict):
        start, end = number(offsets.get("from")), number(offsets.get("to"))
        return (None if start is None else start / 1000), (None if end is None else end / 1000)
    if isinstance(both := segment.get("timestamp"), list):
        return number(both[0]), number(both[1]) if len(both) > 1 else None
    return number(segment.get("start")), number(segment.get("end"))


def _word(word: dict[str, Any], speaker: str) -> Word:
    written = str(word.get("word") or word.get("text") or "").strip()
    p = number(word.get("score", word.get("probability")))
    said_by = word.get("speaker")
    return Word(
        number(word.get("start")), number(word.get("end")), written, p, speaker if said_by is None else str(said_by)
    )
