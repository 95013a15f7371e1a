"""Playback: a small copy of a recording that every browser plays and seeks, for use inside a page."""

import io
from pathlib import Path

from pipeline.speech.audio import RATE_HZ, decode

BIT_RATE = 24_000  # bits per second: 180 kB a minute, and speech stays clear
QUICK = {"compression_level": "9"}  # a third of the time; at this rate speech sounds the same
BLOCK = 60 * RATE_HZ


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
