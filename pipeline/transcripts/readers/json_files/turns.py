"""Turns JSON: read what meeting and telephone services export as a list of turns with a speaker and a text.

The services differ in the names of keys and the unit of times only: KEYS say which they use, and docs/formats.md
where each is described. What has neither a speaker nor a text under one of them is not read.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from pipeline.transcripts.lines import Document, Line, number
from pipeline.transcripts.readers.clocks import FIELD, stamp
from pipeline.transcripts.readers.reading import Reading

TEXT = (
    "text",
    "raw_text",
    "content",
    "transcript",
    "sentence",
    "spokenText",
    "snippet",
    "utterance",
    "body",
    "message",
    "decoratedText",
    "words",
    "dialogue",
    "texte",
    "texto",
    "testo",
)
SPEAKER = (
    *(
        "speaker_name",
        "speakerName",
        "speakerDisplayName",
        "displayName",
        "display_name",
        "speaker",
        "speakerId",
        "speaker_id",
        "speaker_label",
    ),
    *(
        "participantPurpose",
        "participant_type",
        "participantType",
        "participant",
        "participant_id",
        "participantId",
        "users",
        "user",
        "username",
        "name",
    ),
    *("media_channel", "channel", "channelTag", "role", "party", "source_participant", "from"),
    *("speakerIndex", "speaker_index", "speakerTag", "speaker_tag", "who", "sprecher", "intervenant", "hablante"),
)
NAME = (
    "name",
    "display_name",
    "displayName",
    "full_name",
    "fullName",
    "speakerName",
    "username",
    "email",
    "emailAddress",
    "id",
)
ID = ("speakerId", "speaker_id", "id", "userId", "user_id", "participantId", "participant_id")
START = (
    *(
        "start",
        "start_time",
        "startTime",
        "startTimeMs",
        "startTimeSeconds",
        "startMs",
        "start_ms",
        "startOffset",
        "begin",
    ),
    *("startDateTime", "offset", "ts", "timestamp", "time", "snippet_time", "startTimestamp", "start_timestamp"),
    *("timecode", "timecode_in", "beginn", "zeit"),
)
END = (
    "end",
    "end_time",
    "endTime",
    "endTimeMs",
    "endTimeSeconds",
    "endMs",
    "end_ms",
    "endOffset",
    "end_ts",
    "endDateTime",
    "endTimestamp",
    "end_timestamp",
    "timecode_out",
    "ende",
)
DURATION = ("duration", "durationMs", "duration_ms")
INSIDE = ("sentences", "phrases", "segments", "utterances", "turns", "monologues", "lines", "messages")
MILLISECONDS = re.compile(r"(?:Ms|_ms|Millis|Milliseconds|milliseconds)$")
FRAMES = re.compile(r"(?<=:\d\d:\d\d)[:;]\d\d$")  # of pictures below a second, as video editors write them
NO_SPEECH = (  # types of lines of Dialpad, and what is written beside the talk
    *("moment", "custom_moment", "real_time_moment", "ai_question"),
    *("chat", "chat_message", "comment", "reaction"),
)
EPOCH_MS = 1e11  # Genesys counts milliseconds since 1970
DEEPEST = 12


class _Turns(NamedTuple):
    """A list of turns in a JSON: its records, each with the speaker that stands around it, and its number of words."""

    records: list[tuple[dict[str, Any], Any]]
    words: int


def has_turns(document: Document) -> bool:
    """Whether some list in it is of turns, most with a speaker."""
    return _turns(document.data) is not None


def turns(document: Document) -> Reading:
    """The turns of the longest list of them."""
    found = _turns(document.data)
    names = _names(document.data)
    reading, lines = Reading(), []
    for record, around in found.records if found else ():
        if record.get("type") in NO_SPEECH:
            reading.leave_out("notice", _text(record) or "")
            continue
        speaker = speaker_of(record)
        speaker = around if speaker is None else speaker
        first, *_, last = _words(record) * 2 or (record, record)
        start_s = _time(record, START) if _time(record, START) is not None else _time(first, START)
        end_s = _time(record, END) if _time(record, END) is not None else _time(last, END)
        length_s = _time(record, DURATION)
        if end_s is None and start_s is not None and length_s is not None:
            end_s = start_s + length_s
        shown = "" if speaker is None else str(speaker)
        lines.append(Line(start_s, end_s, names.get(shown, shown), _text(record) or ""))
    unit = 1000 if _is_in_milliseconds(document.data, lines) else 1
    reading.lines = [Line(_divided(line.start_s, unit), _divided(line.end_s, unit), *line[2:]) for line in lines]
    return reading


def _is_in_milliseconds(data: Any, lines: list[Line]) -> bool:
    """Gong's times are milliseconds; and no time in seconds since 1970 has so many digits."""
    starts = [line.start_s for line in lines if line.start_s is not None]
    return (isinstance(data, dict) and "callTranscripts" in data) or (bool(starts) and min(starts) > EPOCH_MS)


def _divided(seconds: float | None, unit: int) -> float | None:
    return None if seconds is None else seconds / unit


def _turns(data: Any) -> _Turns | None:
    """The list of turns with most words, in which nearly every turn has a speaker."""
    best: _Turns | None = None
    for records in _lists(data):
        texts = [text for record, _ in records if (text := _text(record))]
        known = sum(speaker_of(record) is not None or around is not None for record, around in records)
        words = sum(len(text.split()) for text in texts)
        if len(texts) >= 0.5 * len(records) and 2 * known >= len(records) and words > (best.words if best else 0):
            best = _Turns([pair for pair in records if _text(pair[0])], words)
    return best


def _lists(data: Any) -> Iterator[list[tuple[dict[str, Any], Any]]]:
    """Every list of records in a JSON, those of one key of neighbours joined, with the speaker around them."""
    stack: list[tuple[Any, int]] = [(data, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > DEEPEST:
            continue
        if isinstance(value, dict):
            stack += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            records = [record for record in value if isinstance(record, dict)]
            if records and len(records) == len(value):
                yield [(record, None) for record in records]
                for key in INSIDE:
                    inner = [
                        (part, speaker_of(record))
                        for record in records
                        if isinstance(record.get(key), list)
                        for part in record[key]
                        if isinstance(part, dict)
                    ]
                    if inner:
                        yield inner
            stack += [(inner, depth + 1) for inner in value]


def _text(record: dict[str, Any]) -> str | None:
    text = next((record[key] for key in TEXT if isinstance(record.get(key), str) and record[key].strip()), None)
    return text or " ".join(str(word["text"]).strip() for word in _words(record)) or None


def _words(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The words of a turn that holds them one by one, as Recall's do."""
    words = record.get("words")
    one_by_one = isinstance(words, list) and all(isinstance(word, dict) and "text" in word for word in words)
    return words if one_by_one and isinstance(words, list) else []


def speaker_of(record: dict[str, Any]) -> Any:
    """A speaker's name or number; None where the record has none."""
    for key in SPEAKER:
        value = record.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = next((value[name] for name in NAME if isinstance(value.get(name), str | int)), None)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return f"channel {value}" if "hannel" in key else value
    return None


def _names(data: Any) -> dict[str, str]:
    """Names by identifier, from any list of people in the JSON."""
    names: dict[str, str] = {}
    stack: list[tuple[Any, int]] = [(data, 0)]
    while stack:
        value, depth = stack.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        stack += [(part, depth + 1) for part in inner if depth < DEEPEST]
        if isinstance(value, dict) and not _text(value):
            shown = next(
                (value[key] for key in NAME[:-1] if isinstance(value.get(key), str) and value[key].strip()), None
            )
            names |= {str(value[key]): shown for key in ID if shown and isinstance(value.get(key), str | int)}
    return names


def _time(record: dict[str, Any], keys: tuple[str, ...]) -> float | None:
    for key in keys:
        value = record.get(key)
        if isinstance(value, dict):
            key, value = next(((name, part) for name, part in value.items() if number(part) is not None), (key, None))
        if isinstance(value, list):
            value = value[0] if value else None
        seconds = _seconds(value)
        if seconds is not None:
            return seconds / 1000 if MILLISECONDS.search(key) and number(value) is not None else seconds
    return None


def _seconds(value: Any) -> float | None:
    """Seconds of a number, a clock (00:01:02.5) or a date and time."""
    if value is None or isinstance(value, bool):
        return None
    if (amount := number(value)) is not None:
        return amount
    text = FRAMES.sub("", re.sub(r"(?<=\d),(?=\d+$)", ".", str(value).strip()))
    if (amount := number(text.removesuffix("s"))) is not None:
        return amount
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        pass
    found = stamp(text) if re.fullmatch(FIELD, text) else None
    return found.seconds if found else None
