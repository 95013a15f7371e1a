"""WAV header: how many bytes of sound a file really holds, whatever its header says.

Recorders that were cut off, or that write to a pipe, leave lengths of 0, the largest number, or the length of the last
time they looked; RIFX is RIFF with the other order of bytes, RF64 and BW64 keep the length in a chunk of their own.
"""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

STREAMED = 0x7FF00000  # lengths from here on are written by programs that do not know them
LONGEST_HEADER = 1 << 20
PCM_KINDS = (1, 0xFFFE)  # whole numbers, as formats name them
WIDE = (b"RF64", b"BW64")


class WavLength(NamedTuple):
    """Bytes of sound that a WAV file declares (None where it does not know), and that follow its header."""

    declared: int | None
    held: int

    @property
    def is_wrong(self) -> bool:
        """Whether there is sound beyond what is declared, or the header does not say."""
        return self.declared is None or self.held > self.declared

    @property
    def written_share(self) -> float:
        """The share of the declared sound that the file has."""
        return 1.0 if not self.declared else min(1.0, self.held / self.declared)


def wav_length(path: str | Path) -> WavLength | None:
    """The lengths of a WAV file; None where it is none or has no chunk of sound."""
    with Path(path).open("rb") as file:
        pieces = [length for name, _, length in wav_chunks(file) if name == b"data"]
        if len(pieces) > 1:
            return WavLength(sum(pieces), sum(pieces))
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(12)
        if head[:4] not in (b"RIFF", b"RIFX", *WIDE) or head[8:12] != b"WAVE":
            return None
        order = ">" if head[:4] == b"RIFX" else "<"
        declared: int | None = None
        at = 12
        while at + 8 <= min(size, LONGEST_HEADER):
            file.seek(at)
            name, length = struct.unpack(f"{order}4sI", file.read(8))
            if name == b"ds64":
                declared = struct.unpack("<QQ", file.read(16).ljust(16, b"\0"))[1]
            if name == b"data":
                known = declared if head[:4] in WIDE else length
                return _sound(file, at + 8, known, size, order)
            at += 8 + length + length % 2
    return None


def joined(path: str | Path) -> io.BytesIO | None:
    """A WAV file whose sound is in several chunks with all of it in one; None where it is in one already.

    FFmpeg reads the first chunk alone.
    """
    with Path(path).open("rb") as file:
        chunks = list(wav_chunks(file))
        parts = [(start, length) for name, start, length in chunks if name == b"data"]
        form = next(((start, length) for name, start, length in chunks if name == b"fmt "), None)
        if len(parts) < 2 or form is None:
            return None
        kept = []
        for start, length in (form, *parts):
            file.seek(start)
            kept.append(file.read(length))
    about, sound = kept[0], b"".join(kept[1:])
    head = b"WAVEfmt " + struct.pack("<I", len(about)) + about + b"data" + struct.pack("<I", len(sound))
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(head) + len(sound)) + head + sound)


def wav_chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and length of each chunk of a RIFF file, to the first whose name or length cannot be true."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if not _is_name(name) or at + 8 + length > size:
            return
        yield name, at + 8, length
        at += 8 + length + length % 2


def _is_name(name: bytes) -> bool:
    return all(32 <= letter < 127 for letter in name)


def _sound(file: BinaryIO, start: int, declared: int | None, size: int, order: str) -> WavLength:
    """What is declared, and what is there: all that follows, unless it is other chunks or nothing but zeros.

    Recorders that take their space before they record leave zeros behind the sound.
    """
    if not declared or (declared >= STREAMED and start + declared > size):
        return WavLength(None, size - start)
    end = start + declared + declared % 2
    if end >= size:
        return WavLength(declared, size - start)
    file.seek(end)
    name, length = struct.unpack(f"{order}4sI", file.read(8).ljust(8, b"\0"))
    is_chunk = _is_name(name) and end + 8 + length <= size + 1 and name != b"data"
    is_all = is_chunk or size - end < 8 or _is_blank(file, end)
    return WavLength(declared, declared if is_all else size - start)


def _is_blank(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return not any(any(block) for block in iter(lambda: file.read(LONGEST_HEADER), b""))


def in_usual_order(path: str | Path) -> io.BytesIO | None:
    """A RIFX file as RIFF, its lengths those of the sound that is there; None where it is none or not of whole numbers.

    FFmpeg reads the header of RIFX, but takes its samples for those of RIFF.
    """
    with Path(path).open("rb") as file:
        if file.read(4) != b"RIFX":
            return None
        content = file.read()
    form, sound = content.find(b"fmt "), content.find(b"data")
    if form < 0 or sound < form or len(content) < form + 24:
        return None
    fields = struct.unpack(">HHIIHH", content[form + 8 : form + 24])
    width = fields[5] // 8
    if width not in (1, 2, 3, 4) or fields[0] not in PCM_KINDS:
        return None
    samples = np.frombuffer(content[sound + 8 :], np.uint8)
    swapped = samples[: len(samples) // width * width].reshape(-1, width)[:, ::-1].tobytes()
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, *fields) + b"data" + struct.pack("<I", len(swapped))
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(head) + len(swapped)) + head + swapped)
