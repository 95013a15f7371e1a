"""Service JSON: read transcripts of recognisers and speech services (whisperX, AWS, Deepgram, AssemblyAI, Google)."""

from typing import Any

from pipeline.transcripts.lines import Document, Line, Word, joined, number, spoken

LONGEST_WORD = 200  # letters, with its punctuation


def is_whisper(document: Document) -> bool:
    """Segments with times and text, in a list or under "segments"."""
    segments = document.data.get("segments") if isinstance(document.data, dict) else document.data
    if not isinstance(segments, list) or not segments or not isinstance(segments[0], dict):
        return False
    return {"start", "text"} <= set(segments[0])


def whisper(document: Document) -> list[Line]:
    """What faster-whisper and whisperX write: segments with words, speakers by segment or word."""
    lines: list[Line] = []
    for segment in document.data["segments"] if isinstance(document.data, dict) else document.data:
        speaker = str(segment.get("speaker") or "")
        words = [
            Word(
                number(word.get("start")),
                number(word.get("end")),
                str(word.get("word") or word.get("text") or "").strip(),
                number(word.get("score", word.get("probability"))),
                str(word.get("speaker") or speaker),
            )
            for word in segment.get("words") or ()
        ]
        if len({word.speaker for word in words}) > 1:
            lines += spoken(words)
        else:
            spoken_by = words[0].speaker if words else speaker
            start_s, end_s = number(segment["start"]), number(segment.get("end"))
            lines.append(Line(start_s, end_s, spoken_by, str(segment["text"]).strip(), tuple(words)))
    return joined(lines)


def is_aws(document: Document) -> bool:
    """A job of AWS Transcribe, or a conversation of its Call Analytics."""
    if not isinstance(document.data, dict):
        return False
    results = document.data.get("results")
    return (isinstance(results, dict) and "items" in results) or "Transcript" in document.data


def aws(document: Document) -> list[Line]:
    """Items of AWS Transcribe with speakers from the item, the speaker labels or the channel; or Call Analytics."""
    if "Transcript" in document.data:
        return [
            Line(
                turn["BeginOffsetMillis"] / 1000,
                turn["EndOffsetMillis"] / 1000,
                turn["ParticipantRole"],
                turn["Content"],
            )
            for turn in document.data["Transcript"]
        ]
    results = document.data["results"]
    labels = {
        item["start_time"]: item.get("speaker_label", segment["speaker_label"])
        for segment in (results.get("speaker_labels") or {}).get("segments", ())
        for item in segment["items"]
    }
    channels = (results.get("channel_labels") or {}).get("channels")
    sources = [(channel["channel_label"], channel["items"]) for channel in channels or ()] or [("", results["items"])]
    lines: list[Line] = []
    for channel, items in sources:
        words: list[Word] = []
        for item in items:
            best = item["alternatives"][0]
            if item["type"] == "punctuation":
                if words and len(words[-1].text) < LONGEST_WORD:
                    words[-1] = words[-1]._replace(text=words[-1].text + best["content"])
                continue
            speaker = channel or item.get("speaker_label") or labels.get(item["start_time"], "")
            start_s, end_s = number(item["start_time"]), number(item["end_time"])
            words.append(Word(start_s, end_s, best["content"], number(best.get("confidence")), speaker))
        lines += spoken(words)
    return sorted(lines, key=lambda line: line.start_s or 0.0)


def is_deepgram(document: Document) -> bool:
    """Results by channel."""
    results = document.data.get("results") if isinstance(document.data, dict) else None
    return isinstance(results, dict) and "channels" in results


def deepgram(document: Document) -> list[Line]:
    """Words of Deepgram; the speaker is the channel where there are several."""
    channels = document.data["results"]["channels"]
    lines: list[Line] = []
    for channel, result in enumerate(channels):
        words = [
            Word(
                number(word["start"]),
                number(word["end"]),
                word.get("punctuated_word") or word["word"],
                number(word.get("confidence")),
                f"channel {channel}" if len(channels) > 1 else f"speaker {word.get('speaker', 0)}",
            )
            for word in result["alternatives"][0].get("words") or ()
        ]
        lines += spoken(words)
    return sorted(lines, key=lambda line: line.start_s or 0.0)


def is_assemblyai(document: Document) -> bool:
    """Words or utterances in milliseconds, beside the status of the job."""
    data = document.data
    return isinstance(data, dict) and "status" in data and bool(data.get("utterances") or data.get("words"))


def assemblyai(document: Document) -> list[Line]:
    """Utterances of AssemblyAI, or its words where speakers were not asked for; its times are milliseconds."""
    whole: dict[str, Any] = {"words": document.data.get("words") or (), "speaker": "A"}
    words = [
        Word(
            word["start"] / 1000,
            word["end"] / 1000,
            word["text"],
            number(word.get("confidence")),
            str(word.get("channel") or word.get("speaker") or utterance.get("speaker") or "A"),
        )
        for utterance in document.data.get("utterances") or (whole,)
        for word in utterance["words"]
    ]
    return sorted(spoken(words), key=lambda line: line.start_s or 0.0)


def is_google(document: Document) -> bool:
    """Results with alternatives, also within the answer of a long-running operation."""
    results = _google_results(document.data)
    return isinstance(results, list) and bool(results) and isinstance(results[0], dict) and "alternatives" in results[0]


def google(document: Document) -> list[Line]:
    """Words of Google Speech-to-Text (v1 and v2); where speakers were asked for, the last result holds them all."""
    words: list[Word] = []
    for result in _google_results(document.data):
        channel = _either(result, "channelTag", "channel_tag")
        for word in (result.get("alternatives") or [{}])[0].get("words") or ():
            tag = _either(word, "speakerLabel", "speaker_label", "speakerTag", "speaker_tag") or ""
            start = _either(word, "startTime", "startOffset", "start_time", "start_offset")
            end = _either(word, "endTime", "endOffset", "end_time", "end_offset")
            speaker = f"channel {channel}" if channel else str(tag)
            p = number(word.get("confidence")) or None
            words.append(Word(_google_s(start) or 0.0, _google_s(end), word["word"], p, speaker))
    if not words:
        raise ValueError("no words with times: ask for enableWordTimeOffsets")
    named = [word for word in words if word.speaker]
    return sorted(spoken(named or words), key=lambda line: line.start_s or 0.0)


def _google_results(data: Any) -> Any:
    outer = data.get("response", data) if isinstance(data, dict) else {}
    return outer.get("results") if isinstance(outer, dict) else None


def _google_s(time: Any) -> float | None:
    """Seconds of "1.400s", {"seconds": "1", "nanos": 400000000} or a number."""
    if isinstance(time, dict):
        return float(time.get("seconds") or 0) + float(time.get("nanos") or 0) / 1e9
    return number(time.removesuffix("s") if isinstance(time, str) else time)


def _either(record: dict[str, Any], *names: str) -> Any:
    return next((record[name] for name in names if record.get(name)), None)
