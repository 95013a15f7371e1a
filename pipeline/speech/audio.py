"""Audio: decode any recording that PyAV can read to float32 samples at 16 kHz, its channels kept apart."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CallError
from pipeline.speech.recordings.offset import shift_note
from pipeline.speech.recordings.sides import SILENCE_LEVEL, sides
from pipeline.speech.recordings.wav_header import in_usual_order, joined, wav_length
from pipeline.speech.recordings.wav_layout import layout_notes

if TYPE_CHECKING:
    from av import AudioCodecContext, AudioFrame, AudioResampler, AudioStream
    from av.container import InputContainer


RATE_HZ = 16_000
SHORTEST_RECORDING_S = 10.0
MOST_CHANNELS = 4  # that are kept apart; more are mixed down to one
STAMP_GAP_S = 0.1  # time stamps that jump by more are a pause in the stream, not jitter
ENCRYPTED_CODECS = ("enca", "drms", "aavd")  # of MPEG's common encryption, Apple and Audible: decoded, it is noise
EXPORT_HINT = "re-export the recording as wav, mp3, m4a, ogg, opus, flac, webm or mp4"

FORMATS = (  # FFmpeg's names of what recorders and telephone systems write; none of them names other files
    *("aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "dss", "eac3", "flac", "flv", "gsm", "ircam"),
    *("loas", "matroska", "mov", "mp3", "mpc", "mpeg", "mpegts", "mxf", "nistsphere", "ogg", "qcp", "rm", "sln", "sox"),
    *("tta", "voc", "w64", "wav", "wtv", "wv"),
)

Samples = NDArray[np.float32]


class Audio(NamedTuple):
    """One recording: `samples` is float32 (channels, n) at 16 kHz within -1 to 1, with one or two channels.

    `sample_rate_hz` and `channels` are the file's own. `notes` are sentences on where the samples differ from the
    file: truncated, mixed down.
    """

    samples: Samples
    sample_rate_hz: int
    channels: int
    duration_s: float
    notes: tuple[str, ...] = ()


def decode(path: str | Path, *, max_hours: float = 6.0) -> Audio:
    """Decode a recording packet by packet: damaged packets are skipped, a truncated file is used as far as it goes.

    A three-hour stereo recording takes 1.4 GB. Raises CallError with missing_file, unreadable_audio,
    no_audio_stream, too_short, silent or too_long.
    """
    samples, declared_s, notes, file = _read(path, max_hours=max_hours)
    duration_s = samples.shape[1] / RATE_HZ
    if duration_s == 0:
        raise CallError("unreadable_audio", f"{path}: no packet of it can be decoded; {EXPORT_HINT}")
    if duration_s < SHORTEST_RECORDING_S:
        raise CallError(
            "too_short", f"{path}: {duration_s:.1f} s of audio, at least {SHORTEST_RECORDING_S:.0f} s are needed"
        )
    if _bound(samples) < SILENCE_LEVEL:
        raise CallError("silent", f"{path}: all channels are silent; check the recorder's inputs")
    samples, said = sides(samples, path, rate_hz=RATE_HZ)
    notes = [*notes, *said]
    if len(samples) == 2 and (shifted := shift_note(samples, RATE_HZ)):
        notes.append(shifted)
    notes += layout_notes(path)
    lengths = wav_length(path)
    if lengths:  # of this format the reader hides a truncation
        declared_s = 0.0 if lengths.is_wrong else duration_s / max(lengths.written_share, 0.001)
        header_s = duration_s * (lengths.declared or 0) / max(1, lengths.held)
        if lengths.declared and lengths.is_wrong and duration_s - header_s > STAMP_GAP_S:
            notes.append(f"its header says {header_s:.1f} s, it holds {duration_s:.1f}")
    if duration_s < declared_s - max(1.0, 0.01 * declared_s):
        notes = [*notes, f"truncated: {duration_s:.1f} of {declared_s:.1f} s could be decoded"]
    return Audio(samples, *file, duration_s, tuple(notes))


def sha256(path: str | Path) -> str:
    """The hash of a recording's bytes, in hex."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CallError("missing_file", f"{path}: {error.strerror}; correct the path in the call list") from error


def mono(samples: Samples) -> Samples:
    """One channel (n,) of all: their mean, or the loudest alone where they cancel each other out."""
    mean: Samples = samples.mean(axis=0) if len(samples) > 1 else samples[0]
    loudest: Samples = max(samples, key=lambda channel: float(np.square(channel).mean()))
    cancelled = np.square(mean).mean() < 0.1 * np.square(loudest).mean()
    return loudest if cancelled else mean


def _read(path: str | Path, *, max_hours: float) -> tuple[Samples, float, list[str], tuple[int, int]]:
    """Samples, declared seconds, notes, and the file's own sample rate and channels.

    Two streams of one channel each, without a picture, are the two sides of a call.
    """
    with _open(path) as container:
        streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
        two_sides = len(streams) == 2 and not container.streams.video and {s.channels for s in streams} == {1}
    first, declared_s, notes, file = _read_stream(path, 0, max_hours=max_hours)
    if not two_sides:
        return first, declared_s, notes, file
    second, also_s, more, _ = _read_stream(path, 1, max_hours=max_hours)
    longest = max(first.shape[1], second.shape[1])
    both = np.zeros((2, longest), np.float32)
    both[0, : first.shape[1]], both[1, : second.shape[1]] = first[0], second[0]
    said = [note for note in (*notes, *more) if "further audio" not in note]
    return both, max(declared_s, also_s), [*said, "two audio streams are read as two channels"], (file[0], 2)


def _read_stream(
    path: str | Path, number: int, *, max_hours: float
) -> tuple[Samples, float, list[str], tuple[int, int]]:
    import av

    longest = int(max_hours * 3600 * RATE_HZ)
    wrong = _has_wrong_length(path)
    with _open(path, whole=wrong) as container:
        stream = _audio_stream(container, path, number)
        declared_s = 0.0 if wrong else _declared_s(container, stream)
        if declared_s > max_hours * 3600:
            raise too_long(path, max_hours)
        track = _Track(stream.channels, capacity=int((declared_s + 1) * RATE_HZ) if declared_s else longest)
        # Times count from the start of the container, so that audio which begins late stays in step with the video.
        zero_s = (container.start_time or 0) / av.time_base
        try:
            for frame in _frames(container, stream, track):
                track.add(frame, zero_s, latest_s=declared_s or max_hours * 3600)
                if track.n > longest:
                    raise too_long(path, max_hours)
        except av.error.FFmpegError:
            track.damaged += 1  # the container itself breaks off; what came before is good
        notes = {
            f"{track.damaged} damaged packets skipped": track.damaged,
            f"{stream.channels} channels mixed down to one": stream.channels > MOST_CHANNELS,
            f"{len(container.streams.audio) - 1} further audio streams left out": len(container.streams.audio) > 1,
        }
        true = [note for note, holds in notes.items() if holds]
        return track.samples(), declared_s, true, (stream.sample_rate, stream.channels)


def _has_wrong_length(path: str | Path) -> bool:
    """Whether a WAV file holds more than its header says."""
    try:
        lengths = wav_length(path)
    except OSError:
        return False  # what is wrong with it shows when it is opened
    return lengths is not None and lengths.is_wrong


def _open(path: str | Path, *, whole: bool = False) -> "InputContainer":
    """Open a recording, and only that file: no playlist may lead to another file or to the network.

    A WAV file is read as a `whole` where its header is wrong.
    """
    import av

    length = {"ignore_length": "1"} if whole else {}
    try:
        return av.open(
            in_usual_order(path) or joined(path) or str(path),
            "r",
            options={"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS), **length},
            metadata_errors="replace",
        )
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise CallError("missing_file", f"{path}: no such file; correct the path in the call list") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise CallError(
            "unreadable_audio", f"{path}: this is not a recording that can be read; {EXPORT_HINT}"
        ) from error


def _audio_stream(container: "InputContainer", path: str | Path, number: int) -> "AudioStream":
    if not container.streams.audio:
        raise CallError("no_audio_stream", f"{path}: there is no audio in this file; export it with sound")
    stream = container.streams.audio[number]
    codec = stream.codec_context
    if codec is None or _tag(codec) in ENCRYPTED_CODECS or not stream.sample_rate or not stream.channels:
        raise CallError(
            "unreadable_audio", f"{path}: its audio is encrypted (DRM) or in a codec that is not known; {EXPORT_HINT}"
        )
    return stream


def _tag(codec: "AudioCodecContext") -> str:
    """The four letters that a container gives a codec; empty where they are none, as those of G.722 in WAV."""
    try:
        return codec.codec_tag
    except UnicodeDecodeError:
        return ""


def _declared_s(container: "InputContainer", stream: "AudioStream") -> float:
    import av

    if stream.duration and stream.time_base:
        return max(0.0, float(stream.duration * stream.time_base))
    return max(0.0, float(container.duration or 0) / int(av.time_base))


def too_long(path: str | Path, max_hours: float) -> CallError:
    """The error of a recording that is longer than is wanted."""
    return CallError(
        "too_long", f"{path}: longer than {max_hours:g} h; split it, or raise max_hours (CALLGRADE_MAX_HOURS)"
    )


def _bound(samples: Samples) -> float:
    """Clip all samples to -1 to 1, in place and by blocks to save memory; returns half the largest range of a block."""
    largest = 0.0
    for at in range(0, samples.shape[1], 60 * RATE_HZ):
        block = samples[:, at : at + 60 * RATE_HZ]
        np.nan_to_num(block, copy=False)
        np.clip(block, -1.0, 1.0, out=block)
        largest = max(largest, float(np.ptp(block, axis=1).max()) / 2)
    return largest


def _frames(container: "InputContainer", stream: "AudioStream", track: "_Track") -> Iterator["AudioFrame"]:
    import av

    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except (av.error.InvalidDataError, av.error.EOFError):
            track.damaged += 1


def _samples(frame: "AudioFrame") -> Samples:
    """A resampled frame's samples, (channels, n): they are float32, one after the other where there are many."""
    samples: Samples = frame.to_ndarray().astype(np.float32, copy=False)
    return samples if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels).T


class _Track:
    """A buffer of resampled frames, each at the time of its stamp; it is allocated once if the length is declared."""

    def __init__(self, channels: int, *, capacity: int) -> None:
        self.rows = channels if channels <= MOST_CHANNELS else 1
        self.buffer: Samples = np.empty((self.rows, capacity), np.float32)  # pages count once they are written
        self.n = 0
        self.damaged = 0
        self.resampler: AudioResampler | None = None
        self.shape: tuple[str, str, int] | None = None
        self.in_s = 0.0  # seconds of the stream that have gone into the resampler or were filled in

    def add(self, frame: "AudioFrame", zero_s: float, *, latest_s: float) -> None:
        """Append a frame; silence fills the gap where the stream pauses or starts late."""
        import av

        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        ahead_s = frame.time - zero_s - self.in_s if frame.time is not None else 0.0
        believable = self.in_s + ahead_s <= latest_s + 1
        if self.resampler is None or shape != self.shape or (ahead_s > STAMP_GAP_S and believable):
            self.flush()
            # One second a frame: fewer, larger blocks take half the time.
            # PyAV ends the process on eight channels or more whose samples stand apart.
            form = "fltp" if frame.layout.nb_channels <= MOST_CHANNELS else "flt"
            self.resampler = av.AudioResampler(form, frame.layout.name, RATE_HZ, frame_size=RATE_HZ)
            self.shape = shape
            if ahead_s > STAMP_GAP_S and believable:
                self._put(np.zeros((self.rows, round(ahead_s * RATE_HZ)), np.float32))
                self.in_s += ahead_s
        self.in_s += frame.samples / frame.sample_rate
        frame.pts = None  # after a damaged packet stamps may run backwards, which the resampler takes amiss
        for resampled in self.resampler.resample(frame):
            self._put(_samples(resampled))

    def flush(self) -> None:
        """Append what the resampler still holds."""
        for resampled in self.resampler.resample(None) if self.resampler else ():
            if resampled is not None:
                self._put(_samples(resampled))
        self.resampler = None

    def samples(self) -> Samples:
        """All that was added, (rows, n)."""
        self.flush()
        return self.buffer[:, : self.n]

    def _put(self, block: Samples) -> None:
        if block.shape[0] != self.rows:  # many channels, or a stream that changes its mind
            block = np.broadcast_to(block.mean(axis=0, keepdims=True), (self.rows, block.shape[1]))
        end = self.n + block.shape[1]
        if end > self.buffer.shape[1]:
            grown = np.empty((self.rows, max(end, int(1.5 * self.buffer.shape[1]))), np.float32)
            grown[:, : self.n] = self.buffer[:, : self.n]
            self.buffer = grown
        self.buffer[:, self.n : end] = block
        self.n = end
