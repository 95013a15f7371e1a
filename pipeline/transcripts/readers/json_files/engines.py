"""Engine JSON: read transcripts of Azure, Speechmatics, ElevenLabs, Rev and NVIDIA's engines.

Sources: Azure batch and fast transcription, https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get;
Speechmatics json-v2, https://docs.speechmatics.com/speech-to-text/batch/output; ElevenLabs Scribe,
https://elevenlabs.io/docs/api-reference/speech-to-text/convert; Rev AI, https://docs.rev.ai/api/asynchronous/transcripts;
SegLST, as NVIDIA NeMo's multi-speaker recognisers and MeetEval write it, https://github.com/fgnt/meeteval.
"""

import re
from typing import Any

from pipeline.transcripts.lines import Document, Line, Word, number, spoken
from pipeline.transcripts.readers.reading import Reading

TICKS_PER_S = 1e7
ISO_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")
LONGEST_WORD = 200  # letters, with its punctuation


def is_azure(document: Document) -> bool:
    """Phrases of a batch or of fast transcription."""
    data = document.data
    return isinstance(data, dict) and any(isinstance(data.get(name), list) for name in ("recognizedPhrases", "phrases"))


def azure(document: Document) -> list[Line]:
    """Phrases with their best reading; the speaker is the one told apart, else the channel."""
    phrases = document.data.get("recognizedPhrases") or document.data["phrases"]
    channels = {phrase.get("channel") for phrase in phrases}
    lines = []
    for phrase in phrases:
        best = (phrase.get("nBest") or [phrase])[0]
        text = best.get("display") or best.get("text") or best.get("lexical") or ""
        start_s, length_s = _azure_s(phrase, "offset"), _azure_s(phrase, "duration")
        speaker = phrase.get("speaker")
        name = f"speaker {speaker}" if speaker is not None else ""
        if len(channels) > 1:
            name = f"channel {phrase.get('channel')}" + (f" {name}" if speaker is not None else "")
        words = [_azure_word(word, name) for word in best.get("displayWords") or best.get("words") or ()]
        end_s = start_s + length_s if start_s is not None and length_s is not None else None
        lines.append(Line(start_s, end_s, name, str(text), tuple(words)))
    return sorted(lines, key=lambda line: line.start_s or 0.0)


def _azure_word(word: dict[str, Any], speaker: str) -> Word:
    start_s, length_s = _azure_s(word, "offset"), _azure_s(word, "duration")
    end_s = start_s + length_s if start_s is not None and length_s is not None else None
    text = str(word.get("displayText") or word.get("word") or word.get("text") or "")
    return Word(start_s, end_s, text, number(word.get("confidence")), speaker)


def _azure_s(record: dict[str, Any], name: str) -> float | None:
    """Seconds of a time that is given in ticks, milliseconds, or as a duration such as PT1M2.5S."""
    for key, unit in ((f"{name}InTicks", TICKS_PER_S), (f"{name}Milliseconds", 1e3)):
        if (amount := number(record.get(key))) is not None:
            return amount / unit
    written = ISO_DURATION.fullmatch(str(record.get(name) or ""))
    if not written:
        return None
    hours, minutes, seconds = (float(part or 0) for part in written.groups())
    return hours * 3600 + minutes * 60 + seconds


def is_speechmatics(document: Document) -> bool:
    """Words and marks, each with alternatives that have content."""
    results = document.data.get("results") if isinstance(document.data, dict) else None
    if not isinstance(results, list) or not results or not isinstance(results[0], dict):
        return False
    best = (results[0].get("alternatives") or [{}])[0]
    return isinstance(best, dict) and "content" in best and "type" in results[0]


def speechmatics(document: Document) -> list[Line]:
    """Words of Speechmatics with their marks; the speaker is the one told apart, else the channel."""
    words: list[Word] = []
    for result in document.data["results"]:
        best = result["alternatives"][0]
        if result["type"] == "punctuation" and words and len(words[-1].text) < LONGEST_WORD:
            words[-1] = words[-1]._replace(text=words[-1].text + best["content"])
            continue
        speaker = str(best.get("speaker") or result.get("channel") or "")
        name = "" if speaker == "UU" else speaker  # unknown, as Speechmatics writes it
        times = number(result.get("start_time")), number(result.get("end_time"))
        words.append(Word(*times, str(best["content"]), number(best.get("confidence")), name))
    return sorted(spoken(words), key=lambda line: line.start_s or 0.0)


def is_elevenlabs(document: Document) -> bool:
    """Words and the spaces between them, of one file or of each channel."""
    return any(_elevenlabs_words(part) for part in _elevenlabs_parts(document.data))


def elevenlabs(document: Document) -> list[Line]:
    """Words of ElevenLabs Scribe; the speaker is the one told apart, else the channel."""
    lines: list[Line] = []
    parts = _elevenlabs_parts(document.data)
    for part in parts:
        channel = part.get("channel_index")
        words = []
        for word in _elevenlabs_words(part):
            if word.get("type") in ("spacing", "audio_event"):
                continue
            speaker = f"channel {channel}" if len(parts) > 1 else str(word.get("speaker_id") or "")
            words.append(
                Word(number(word.get("start")), number(word.get("end")), str(word["text"]).strip(), None, speaker)
            )
        lines += spoken(words)
    return sorted(lines, key=lambda line: line.start_s or 0.0)


def _elevenlabs_parts(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, dict):
        return []
    parts = data.get("transcripts")
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else [data]


def _elevenlabs_words(part: dict[str, Any]) -> list[dict[str, Any]]:
    words = part.get("words")
    ours = isinstance(words, list) and bool(words) and isinstance(words[0], dict) and {"text", "type"} <= set(words[0])
    return words if ours and isinstance(words, list) else []


def is_rev(document: Document) -> bool:
    """Monologues of elements."""
    data = document.data
    return isinstance(data, dict) and isinstance(data.get("monologues"), list)


def rev(document: Document) -> list[Line]:
    """Monologues of Rev with the speaker's name where it is given."""
    names = {str(known.get("id")): known.get("name") for known in document.data.get("speakers") or ()}
    words: list[Word] = []
    for monologue in document.data["monologues"]:
        speaker = str(monologue.get("speaker", ""))
        name = str(monologue.get("speaker_name") or names.get(speaker) or f"Speaker {speaker}")
        for element in monologue.get("elements") or ():
            if element.get("type") == "text":
                p = number(element.get("confidence"))
                words.append(Word(number(element.get("ts")), number(element.get("end_ts")), element["value"], p, name))
            elif element["value"].strip() and words and len(words[-1].text) < LONGEST_WORD:
                words[-1] = words[-1]._replace(text=words[-1].text + element["value"].strip())
    return sorted(spoken(words), key=lambda line: line.start_s or 0.0)


def is_seglst(document: Document) -> bool:
    """A list of segments whose words are one text."""
    data = document.data
    first = data[0] if isinstance(data, list) and data else None
    return isinstance(first, dict) and isinstance(first.get("words"), str) and "speaker" in first


def seglst(document: Document) -> Reading:
    """Segments with speaker, start_time, end_time and words."""
    return Reading(
        [
            Line(number(part.get("start_time")), number(part.get("end_time")), str(part["speaker"]), part["words"])
            for part in document.data
        ],
        in_order=False,
    )
