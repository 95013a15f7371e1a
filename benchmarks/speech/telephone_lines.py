"""What telephone lines do to the samples: a quiet side, a narrow band, codecs, silence, comfort noise, side tone."""

from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from benchmarks.paths import SAMPLES
from pipeline.speech.audio import RATE_HZ, Samples, decode

LINE_HZ, BAND_HZ, MU = 8_000, (300, 3_400), 255
FRAMES_S = 100  # frames a second, of the truth
EDGE_S = 0.1  # of sound that is left about speech where the line is silent between words


@dataclass(frozen=True)
class TelephoneLine:
    """How one side's speech reaches the recorder; levels in dB, noise and side tone below the quiet side's speech."""

    quiet_db: float = 0.0  # how much quieter the second side is
    silent: bool = False  # digital silence between words
    codec: str = ""  # mulaw or gsm
    comfort_db: float | None = None  # noise that the exchange puts into the silence
    noise_db: float | None = None  # of the line, all the time
    side_tone_db: float | None = None  # the other side's speech in a side's own channel, below it


LINES = {
    "band alone": TelephoneLine(),
    **{f"a side {quiet_db} dB down": TelephoneLine(quiet_db=quiet_db) for quiet_db in (10, 20, 30)},
    **{f"{quiet_db} dB, µ-law": TelephoneLine(quiet_db=quiet_db, codec="mulaw") for quiet_db in (20, 30)},
    "20 dB, GSM": TelephoneLine(quiet_db=20, codec="gsm"),
    **{f"{quiet_db} dB, digital silence": TelephoneLine(quiet_db=quiet_db, silent=True) for quiet_db in (20, 30)},
    "20 dB, digital silence, µ-law": TelephoneLine(quiet_db=20, silent=True, codec="mulaw"),
    "20 dB, comfort noise": TelephoneLine(quiet_db=20, silent=True, comfort_db=-25),
    "20 dB, noise": TelephoneLine(quiet_db=20, noise_db=-25),
    "15 dB, side tone": TelephoneLine(quiet_db=15, side_tone_db=-30),
}


def sample(call_id: str, *, seconds: float) -> tuple[Samples, NDArray[np.bool_]]:
    """The beginning of a sample (2, n), and who speaks in each 10 ms of it, (2, frames)."""
    samples = decode(SAMPLES / f"{call_id}.mp3").samples[:, : round(seconds * RATE_HZ)]
    speech = np.zeros((2, samples.shape[1] * FRAMES_S // RATE_HZ), bool)
    lines = pl.read_ndjson(SAMPLES / "truth.jsonl", infer_schema_length=None).filter(call_id=call_id)
    for channel, stretches in lines.select("channel", "speech").iter_rows():
        for start_s, end_s in stretches:
            speech[channel, round(start_s * FRAMES_S) : round(end_s * FRAMES_S)] = True
    return samples, speech


def telephoned(samples: Samples, speech: NDArray[np.bool_], line: TelephoneLine) -> Samples:
    """The samples as a recorder at the exchange gets them, at 16 kHz as our decoder gives them."""
    sent = samples.astype(np.float64)
    sent[1] *= 10 ** (-line.quiet_db / 20)
    spoken = np.repeat(speech, RATE_HZ // FRAMES_S, axis=1)[:, : sent.shape[1]]
    spoken = np.pad(spoken, ((0, 0), (0, sent.shape[1] - spoken.shape[1])))
    if line.silent:
        width = 2 * round(EDGE_S * RATE_HZ) + 1
        sent *= np.stack([np.convolve(side, np.ones(width), "same") > 0.5 for side in spoken])
    if line.side_tone_db is not None:
        sent = sent + sent[::-1] * 10 ** (line.side_tone_db / 20)
    narrow = resample_poly(sent, LINE_HZ, RATE_HZ, axis=1)
    narrow = sosfiltfilt(butter(4, BAND_HZ, "bandpass", fs=LINE_HZ, output="sos"), narrow, axis=1)
    spoken = spoken[:, :: RATE_HZ // LINE_HZ][:, : narrow.shape[1]]
    quiet = min(float(np.square(side[there]).mean()) for side, there in zip(narrow, spoken, strict=True)) ** 0.5
    noise = np.random.default_rng(0).normal(size=narrow.shape) * quiet
    if line.comfort_db is not None:
        narrow += np.where(spoken, 0, noise) * 10 ** (line.comfort_db / 20)
    if line.noise_db is not None:
        narrow += noise * 10 ** (line.noise_db / 20)
    coded = _mu_law(narrow) if line.codec == "mulaw" else _gsm(narrow) if line.codec == "gsm" else narrow
    return _decoded(np.round(coded.clip(-1, 1) * 32767) / 32767)


def recall(speech: NDArray[np.bool_], turns: pl.DataFrame) -> list[float]:
    """The share of each side's speech that lies in its turns."""
    found = np.zeros_like(speech)
    for channel, start_s, end_s in turns.select("channel", "start_s", "end_s").iter_rows():
        found[channel, round(start_s * FRAMES_S) : round(end_s * FRAMES_S)] = True
    return [float((there & heard).sum() / there.sum()) for there, heard in zip(speech, found, strict=True)]


def _mu_law(narrow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Through eight bits of µ-law (the continuous law of ITU-T G.711) and back."""
    coded = np.round(np.sign(narrow) * np.log1p(MU * np.abs(narrow.clip(-1, 1))) / np.log1p(MU) * 127) / 127
    decoded: NDArray[np.float64] = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(MU)) / MU
    return decoded


def _gsm(narrow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Through AMR at 12.2 kbit/s, the full rate of mobile networks (GSM EFR), and back."""
    sides = []
    for side in narrow:
        coder: Any = av.CodecContext.create("libopencore_amrnb", "w")
        coder.sample_rate, coder.layout, coder.format, coder.bit_rate = LINE_HZ, "mono", "s16", 12_200
        frame = av.AudioFrame.from_ndarray((side.clip(-1, 1) * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate, frame.pts = LINE_HZ, 0
        fifo = av.AudioFifo()
        fifo.write(frame)
        packets = [packet for piece in [*fifo.read_many(160, partial=True), None] for packet in coder.encode(piece)]
        decoder: Any = av.CodecContext.create("amrnb", "r")
        decoder.sample_rate, decoder.layout = LINE_HZ, "mono"
        heard = [frame.to_ndarray()[0] for packet in [*packets, None] for frame in decoder.decode(packet)]
        back = np.concatenate(heard).astype(np.float64)[: len(side)]
        sides.append(np.pad(back, (0, len(side) - len(back))))
    return np.stack(sides)


def _decoded(narrow: NDArray[np.float64]) -> Samples:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(narrow, np.float32), format="fltp", layout="stereo")
    frame.sample_rate = LINE_HZ
    blocks = [block.to_ndarray() for block in [*resampler.resample(frame), *resampler.resample(None)] if block]
    return np.concatenate(blocks, axis=1).astype(np.float32)
