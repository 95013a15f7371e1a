"""RTTM: speakers from a file beside a transcript that has times but names nobody.

Source: NIST Rich Transcription Time Marked, https://github.com/nryant/dscore#rttm: SPEAKER file channel onset duration
<NA> <NA> name <NA> <NA>. pyannote.audio and NVIDIA NeMo write it.
"""

from pathlib import Path
from typing import NamedTuple

from pipeline.transcripts.lines import Line, spoken
from pipeline.transcripts.readers.reading import Reading


class SpokenSpan(NamedTuple):
    """When one speaker speaks."""

    start_s: float
    end_s: float
    speaker: str


def beside(path: Path) -> Path | None:
    """The RTTM file of the same name in the folder of a transcript; None without one."""
    file = path.with_suffix(".rttm") if path.name else path
    return file if file != path and file.is_file() else None


def read_rttm(text: str) -> list[SpokenSpan]:
    """The spans in an RTTM file; other lines are left out."""
    spans = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[0] == "SPEAKER":
            start_s, length_s = float(fields[3]), float(fields[4])
            spans.append(SpokenSpan(start_s, start_s + length_s, fields[7]))
    return spans


def with_speakers(reading: Reading, spans: list[SpokenSpan]) -> Reading:
    """A reading in which nobody was named, its words or lines given to whoever speaks longest in them."""
    lines: list[Line] = []
    for line in reading.lines:
        if line.words:
            words = [word._replace(speaker=_who(word.start_s, word.end_s, spans)) for word in line.words]
            lines += spoken(words)
        else:
            lines.append(line._replace(speaker=_who(line.start_s, line.end_s, spans)))
    reading.lines = lines
    reading.notes.append("who speaks is taken from the RTTM file beside it")
    return reading


def _who(start_s: float | None, end_s: float | None, spans: list[SpokenSpan]) -> str:
    """The speaker with most of a stretch of time, in all spans, else the nearest; empty where no time is given."""
    if start_s is None or end_s is None or not spans:
        return ""
    spoken_s = dict.fromkeys((span.speaker for span in spans), 0.0)
    shared = [(min(end_s, span.end_s) - max(start_s, span.start_s), span.speaker) for span in spans]
    for seconds, speaker in shared:
        spoken_s[speaker] += max(0.0, seconds)
    return max(spoken_s, key=lambda name: spoken_s[name]) if any(spoken_s.values()) else max(shared)[1]
