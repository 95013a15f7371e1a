"""Playback: a small copy of a recording that every browser plays and seeks, for use inside a page."""

import base64
import io
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CallError
from pipeline.pages.html import digest
from pipeline.speech.audio import RATE_HZ, decode

BIT_RATE = 24_000  # bits per second: 180 kB a minute, and speech stays clear
QUICK = {"compression_level": "9"}  # a third of the time; at this rate speech sounds the same
BLOCK = 60 * RATE_HZ
KEPT = re.compile(r'data-source="(\w+)" src="(data:audio/mpeg;base64,[\w+/=]+)"')

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Audio:
    """The playable copy of the recording as a data URI, with what it was made from; or why there is none."""

    src: str = ""
    source: str = ""
    why: str = ""


def encode_playback(recording: Path, *, span: tuple[float, float] | None = None) -> bytes:
    """The recording, or its seconds from and to, as a mono MP3, decoded as for recognition so that seconds mean the
    same in both.

    Raises CallError where the recording is gone or cannot be read.
    """
    import av

    samples = decode(recording, max_hours=24).samples
    if span is not None:
        samples = samples[:, int(span[0] * RATE_HZ) : int(span[1] * RATE_HZ)]
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp3") as target:
        stream = target.add_stream("libmp3lame", rate=RATE_HZ, layout="mono", bit_rate=BIT_RATE, options=QUICK)
        for at in range(0, samples.shape[1], BLOCK):
            mono = samples[:, at : at + BLOCK].mean(axis=0, keepdims=True)
            frame = av.AudioFrame.from_ndarray(mono, format="fltp", layout="mono")
            frame.sample_rate = RATE_HZ
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return sink.getvalue()


def file_state(recording: str | None) -> str:
    """Size and time of a recording, so that its page follows when it changes or goes away."""
    if not recording:
        return "none"
    try:
        state = Path(recording).stat()
    except (OSError, ValueError):
        return "none"
    return f"{state.st_size}-{state.st_mtime_ns}"


def audio_of(recording: str | None, page: Path) -> Audio:
    """The playable copy as a data URI, taken from the page's last writing if the recording is the same."""
    if not recording:
        return Audio(why="It came as a transcript, without a recording.")
    source = digest(recording + file_state(recording))
    kept = KEPT.search(page.read_text("utf-8")) if page.exists() else None
    if kept and kept[1] == source:
        return Audio(kept[2], source)
    try:
        sound = encode_playback(Path(recording))
    except CallError as error:
        log.warning("no player on the page: %s", error)
        return Audio(why=f"The recording {recording} is not there any more or cannot be read.")
    return Audio("data:audio/mpeg;base64," + base64.b64encode(sound).decode(), source)
