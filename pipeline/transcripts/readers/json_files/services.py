"""Service JSON: read transcripts of AWS, Deepgram, AssemblyAI and Google.

Sources: https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html and call-analytics-output;
https://developers.deepgram.com/docs/pre-recorded-audio; https://www.assemblyai.com/docs/api-reference/transcripts;
https://cloud.google.com/speech-to-text/docs/reference/rest.
"""

from typing import Any

from pipeline.transcripts.lines import Document, Line, Word, number, spoken
from pipeline.transcripts.transcript import UnfitError

LONGEST_WORD = 200  # letters, with its punctuation


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
    """Words of Deepgram; the speaker is the channel where there are several, and nobody where none was told apart."""
    channels = document.data["results"]["channels"]
    lines: list[Line] = []
    for at, result in enumerate(channels):
        channel = at if len(channels) > 1 else None
        spoken_words = result["alternatives"][0].get("words") or ()
        several = channel is None or len({word.get("speaker") for word in spoken_words}) > 1
        words = [
            Word(
                number(word["start"]),
                number(word["end"]),
                word.get("punctuated_word") or word["word"],
                number(word.get("confidence")),
                _called(channel, word.get("speaker") if several else None),
            )
            for word in spoken_words
        ]
        lines += spoken(words) or _paragraphs(result["alternatives"][0], channel)
    lines = lines or [
        Line(number(turn["start"]), number(turn["end"]), _called(None, turn.get("speaker")), turn["transcript"])
        for turn in document.data["results"].get("utterances") or ()
    ]
    return sorted(lines, key=lambda line: line.start_s or 0.0)


def _paragraphs(best: dict[str, Any], channel: int | None) -> list[Line]:
    """Sentences of Deepgram's paragraphs, where it gives no words."""
    lines = []
    for paragraph in (best.get("paragraphs") or {}).get("paragraphs") or ():
        name = _called(channel, paragraph.get("speaker") if channel is None else None)
        lines += [
            Line(number(sentence.get("start")), number(sentence.get("end")), name, sentence["text"])
            for sentence in paragraph["sentences"]
        ]
    return lines


def _called(channel: int | None, speaker: int | None) -> str:
    """What Deepgram's speaker of a channel is called here; empty where neither is known."""
    known = (("channel", channel), ("speaker", speaker))
    return " ".join(f"{what} {at}" for what, at in known if at is not None)


def is_assemblyai(document: Document) -> bool:
    """Words or utterances in milliseconds, beside the status of the job."""
    data = document.data
    return isinstance(data, dict) and "status" in data and bool(data.get("utterances") or data.get("words"))


def assemblyai(document: Document) -> list[Line]:
    """Utterances of AssemblyAI, or its words where speakers were not asked for; its times are milliseconds."""
    lines: list[Line] = []
    whole: dict[str, Any] = {"words": document.data.get("words") or ()}
    for turn in document.data.get("utterances") or (whole,):
        words = [
            Word(
                word["start"] / 1000,
                word["end"] / 1000,
                word["text"],
                number(word.get("confidence")),
                str(turn.get("channel") or turn.get("speaker") or word.get("channel") or word.get("speaker") or ""),
            )
            for word in turn.get("words") or ()
        ]
        lines += spoken(words) or [
            Line(turn["start"] / 1000, turn["end"] / 1000, str(turn.get("speaker") or ""), turn["text"])
        ]
    return sorted(lines, key=lambda line: line.start_s or 0.0)


def is_google(document: Document) -> bool:
    """Results with alternatives, also within the answer of a long-running operation."""
    results = _google_results(document.data)
    return isinstance(results, list) and bool(results) and isinstance(results[0], dict) and "alternatives" in results[0]


def google(document: Document) -> list[Line]:
    """Words of Google Speech-to-Text (v1 and v2); where speakers were asked for, the last result holds them all."""
    words: list[Word] = []
    results = _google_results(document.data)
    by_channel = len({_either(result, "channelTag", "channel_tag") for result in results} - {None}) > 1
    for result in results:
        channel = _either(result, "channelTag", "channel_tag")
        for word in (result.get("alternatives") or [{}])[0].get("words") or ():
            tag = _either(word, "speakerLabel", "speaker_label", "speakerTag", "speaker_tag") or ""
            start = _either(word, "startTime", "startOffset", "start_time", "start_offset")
            end = _either(word, "endTime", "endOffset", "end_time", "end_offset")
            speaker = f"channel {channel}" if channel and (by_channel or not tag) else str(tag)
            p = number(word.get("confidence")) or None
            words.append(Word(_google_s(start) or 0.0, _google_s(end), word["word"], p, speaker))
    if not words:
        raise UnfitError("its words have no times: ask for enableWordTimeOffsets")
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
