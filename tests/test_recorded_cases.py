"""Cases 10 and 11: recordings whose header lies about their length, and recordings with one side.

Each is written from a sample, to the bit of the situation it was seen in.
"""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import CallError
from pipeline.speech.audio import decode

SOUND = Path(__file__).parents[1] / "data" / "samples" / "miller-plumbing.mp3"
RATE_HZ, WHOLE_S, PART_S = 8000, 100, 40
BELIEVED = {  # what the header says of the bytes that follow
    "ff.wav": 0xFFFFFFFF,
    "header0.wav": 0,
    "sox7f.wav": 0x7FFFF000,
}


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """The two sides of 100 s of a call (n, 2), 16 bit."""
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE_HZ)
    with av.open(str(SOUND)) as file:
        parts = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    blocks = [part.to_ndarray().reshape(-1, 2) for part in parts]
    return np.concatenate(blocks).astype("<i2")[: WHOLE_S * RATE_HZ]


def write(path: Path, samples: np.ndarray, said: int | None = None) -> Path:
    """A WAV whose header says `said` bytes, else as many as there are."""
    channels = samples.shape[1]
    n = samples.nbytes if said is None else said
    riff = min(n + 36, 0xFFFFFFFF) if n else 0
    about = struct.pack("<HHIIHH", 1, channels, RATE_HZ, RATE_HZ * channels * 2, channels * 2, 16)
    head = b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + struct.pack("<I", 16) + about
    path.write_bytes(head + b"data" + struct.pack("<I", n) + samples.astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(("name", "said"), BELIEVED.items())
def test_lengths_that_say_nothing(sound: np.ndarray, tmp_path: Path, name: str, said: int) -> None:
    """All of it is used, and nothing is told: the header of a stream cannot know how long it will be."""
    found = decode(write(tmp_path / name, sound[: PART_S * RATE_HZ], said))
    assert (found.samples.shape[0], round(found.duration_s), found.notes) == (2, PART_S, ())


def test_a_header_that_says_less(sound: np.ndarray, tmp_path: Path) -> None:
    """30 of 100 s by its header: 100 are used, and the note says so."""
    found = decode(write(tmp_path / "header30s.wav", sound, 30 * RATE_HZ * 4))
    assert round(found.duration_s) == WHOLE_S
    assert found.notes == ("its header says 30.0 s, it holds 100.0",)


def test_mono_saved_as_stereo(sound: np.ndarray, tmp_path: Path) -> None:
    """Both channels alike are one, which voices are told apart in: never a side each."""
    both = sound[: PART_S * RATE_HZ].mean(axis=1).astype("<i2")
    found = decode(write(tmp_path / "copied.wav", np.stack([both, both], axis=1)))
    assert found.samples.shape[0] == 1
    assert "mono saved as stereo" in found.notes[0]


def test_one_side_not_recorded(sound: np.ndarray, tmp_path: Path) -> None:
    """The error says which side is missing."""
    part = sound[: PART_S * RATE_HZ].copy()
    part[:, 1] = 0
    with pytest.raises(CallError, match="the right channel is silent") as raised:
        decode(write(tmp_path / "dead.wav", part))
    assert raised.value.code == "one_speaker"


def test_a_third_silent_channel(sound: np.ndarray, tmp_path: Path) -> None:
    """It is left out; the two good ones stay a side each."""
    part = sound[: PART_S * RATE_HZ]
    three = np.concatenate([part, np.zeros((len(part), 1), "<i2")], axis=1)
    found = decode(write(tmp_path / "swapped3.wav", three))
    assert found.samples.shape[0] == 2
    assert found.notes == ("silent channel 3 of 3 left out",)
