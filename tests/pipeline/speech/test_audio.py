"""Decoding: every format, late starts, damage, and each way a recording can be unusable."""

import hashlib
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.errors import CallError
from pipeline.speech.audio import RATE_HZ, decode, sha256
from pipeline.speech.recordings.parts import decode_parts

FORMATS = {  # name: (suffix, codec, sample format, rate)
    "wav_16_bit": ("wav", "pcm_s16le", "s16", 44_100),
    "wav_8_bit": ("wav", "pcm_u8", "u8", 8_000),
    "wav_24_bit": ("wav", "pcm_s24le", "s32", 48_000),
    "wav_32_bit": ("wav", "pcm_s32le", "s32", 16_000),
    "wav_float": ("wav", "pcm_f32le", "flt", 16_000),
    "wav_mulaw": ("wav", "pcm_mulaw", "s16", 8_000),
    "wav_alaw": ("wav", "pcm_alaw", "s16", 8_000),
    "wav_adpcm": ("wav", "adpcm_ima_wav", "s16p", 8_000),
    "wav_adpcm_ms": ("wav", "adpcm_ms", "s16", 8_000),
    "w64": ("w64", "pcm_s16le", "s16", 16_000),
    "wma": ("wma", "wmav2", "fltp", 44_100),
    "mkv": ("mkv", "aac", "fltp", 48_000),
    "mov": ("mov", "aac", "fltp", 48_000),
    "mp4": ("mp4", "aac", "fltp", 48_000),
    "mp3": ("mp3", "libmp3lame", "fltp", 44_100),
    "m4a": ("m4a", "aac", "fltp", 44_100),
    "ogg_opus": ("ogg", "libopus", "flt", 48_000),
    "flac": ("flac", "flac", "s16", 22_050),
    "webm": ("webm", "libopus", "flt", 48_000),
}


def tones(*hertz: float, seconds: float = 12.0, rate: int = RATE_HZ) -> np.ndarray:
    """One row per tone, (channels, n)."""
    t = np.arange(int(seconds * rate)) / rate
    return np.stack([0.4 * np.sin(2 * np.pi * hz * t) for hz in hertz]).astype(np.float32)


def write(path: Path, signal: np.ndarray, *, rate: int = RATE_HZ, codec: str = "pcm_s16le", form: str = "s16") -> Path:
    layout = {1: "mono", 2: "stereo", 4: "quad"}[signal.shape[0]]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout, stream.format = layout, form
        if codec.startswith("wma"):  # which cannot be opened without
            stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(signal), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        resampler = av.AudioResampler(format=form, layout=layout, rate=rate, frame_size=stream.frame_size)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            out.mux(stream.encode(piece))
    return path


def pitch(channel: np.ndarray) -> float:
    """The strongest frequency of a channel, in Hz."""
    middle = channel[len(channel) // 4 : len(channel) // 4 * 3]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.fft.rfftfreq(len(middle), 1 / RATE_HZ)[spectrum.argmax()])


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_read_with_both_channels(name: str, tmp_path: Path) -> None:
    """Each format comes out at 16 kHz with its length and with the tone of each channel where it was."""
    suffix, codec, form, rate = FORMATS[name]
    path = write(tmp_path / f"a.{suffix}", tones(440, 1000, rate=rate), rate=rate, codec=codec, form=form)
    audio = decode(path)
    assert audio.samples.dtype == np.float32
    assert (audio.channels, audio.sample_rate_hz, audio.notes) == (2, rate, ())
    assert audio.duration_s == pytest.approx(12.0, abs=0.15)
    assert [pitch(channel) for channel in audio.samples] == pytest.approx([440, 1000], abs=2)
    assert np.sqrt((audio.samples[0] ** 2).mean()) == pytest.approx(0.4 / np.sqrt(2), rel=0.06)


def test_four_channels_are_mixed_down(tmp_path: Path) -> None:
    """More than two channels become one, and a note says so."""
    audio = decode(write(tmp_path / "a.wav", tones(300, 300, 300, 300)))
    assert audio.samples.shape == (1, 12 * RATE_HZ)
    assert audio.channels == 4
    assert audio.notes == ("4 channels mixed down to one",)


def test_audio_that_starts_late_keeps_its_time(tmp_path: Path) -> None:
    """Sound that begins 3 s into a video begins 3 s into the samples."""
    path = tmp_path / "late.mp4"
    with av.open(str(path), "w") as out:
        video, sound = out.add_stream("mpeg4", rate=10), out.add_stream("aac", rate=RATE_HZ)
        video.width = video.height = 64
        video.pix_fmt, sound.layout = "yuv420p", "mono"
        for number in range(160):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            picture.pts = number
            out.mux(video.encode(picture))
        frame = av.AudioFrame.from_ndarray(tones(500), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 3 * RATE_HZ
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE_HZ, frame_size=1024)
        for piece in resampler.resample(frame) + resampler.resample(None):
            out.mux(sound.encode(piece))
        out.mux(sound.encode(None))
        out.mux(video.encode(None))
    audio = decode(path)
    first_sound_s = np.flatnonzero(np.abs(audio.samples[0]) > 0.1)[0] / RATE_HZ
    assert first_sound_s == pytest.approx(3.0, abs=0.1)
    assert audio.duration_s == pytest.approx(15.0, abs=0.2)


def test_damaged_packets_are_skipped(tmp_path: Path) -> None:
    """Damage in the middle of an mp3 costs the damaged second or so, not the rest of the call."""
    path = write(tmp_path / "a.mp3", tones(440, seconds=60), codec="libmp3lame", form="fltp")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8_000] = np.random.default_rng(1).bytes(8_000)
    path.write_bytes(data)
    audio = decode(path)
    assert audio.duration_s > 57
    assert any("damaged packets skipped" in note for note in audio.notes)


def test_truncated_file_is_used_and_marked(tmp_path: Path) -> None:
    """Half of a wav is half of the call, and a note says how much was declared."""
    path = write(tmp_path / "a.wav", tones(440, seconds=40))
    path.write_bytes(path.read_bytes()[: 20 * RATE_HZ * 2 + 44])
    audio = decode(path)
    assert audio.duration_s == pytest.approx(20, abs=0.1)
    assert any(note.startswith("truncated: 20.0 of 40.0 s") for note in audio.notes)


def video_only(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(20):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))


BAD = {
    "missing": ("missing_file", "none.wav", Path.absolute),
    "folder": ("missing_file", "folder", Path.mkdir),
    "text": ("unreadable_audio", "text.wav", lambda path: path.write_text("not a recording\n" * 50)),
    "empty": ("unreadable_audio", "empty.wav", Path.touch),
    "noise": ("unreadable_audio", "n.mp3", lambda path: path.write_bytes(np.random.default_rng(0).bytes(50_000))),
    "header_only": ("unreadable_audio", "h.wav", lambda path: write(path, tones(440)) and cut(path, 60)),
    "cut_mp4": ("unreadable_audio", "c.m4a", lambda path: write_m4a(path) and cut(path, 30_000)),
    "drm": ("unreadable_audio", "drm.m4a", lambda path: encrypt(write_m4a(path), b"enca")),
    "drm_of_a_shop": ("unreadable_audio", "drm.m4a", lambda path: encrypt(write_m4a(path), b"drms")),
    "playlist": (
        "unreadable_audio",
        "p.m3u8",
        lambda path: path.write_text("#EXTM3U\n#EXTINF:9,\nhttp://localhost/a.ts"),
    ),
    "video": ("no_audio_stream", "video.mp4", video_only),
    "short": ("too_short", "short.wav", lambda path: write(path, tones(440, seconds=9.5))),
    "silent": ("silent", "silent.wav", lambda path: write(path, 0 * tones(440, 440))),
    "long": ("too_long", "long.wav", lambda path: write(path, tones(440, seconds=100))),
}


def cut(path: Path, n_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:n_bytes])


def encrypt(path: Path, tag: bytes) -> None:
    """As DRM leaves it: the kind of the track says that it is encrypted."""
    path.write_bytes(path.read_bytes().replace(b"mp4a", tag))


def write_m4a(path: Path) -> Path:
    return write(path, tones(440), codec="aac", form="fltp")


@pytest.mark.parametrize("case", BAD)
def test_unusable_recording_has_its_code(case: str, tmp_path: Path) -> None:
    """Each way a recording can be unusable has its code, and one sentence that names the file."""
    code, name, make = BAD[case]
    make(tmp_path / name)
    with pytest.raises(CallError) as raised:
        decode(tmp_path / name, max_hours=0.02)
    assert raised.value.code == code
    assert str(raised.value).startswith(str(tmp_path / name))
    assert "\n" not in str(raised.value)


def test_too_long_is_seen_without_a_declared_duration(tmp_path: Path) -> None:
    """A webm from a browser declares no length: the limit holds while decoding."""
    path = write(tmp_path / "a.webm", tones(440, seconds=100, rate=48_000), rate=48_000, codec="libopus", form="flt")
    data = path.read_bytes()
    duration = data.find(b"\x44\x89\x88")  # EBML: Duration, 8 bytes follow
    assert duration > 0
    path.write_bytes(data[:duration] + b"\xec\x89" + bytes(9) + data[duration + 11 :])  # a Void element instead
    assert decode(path).duration_s == pytest.approx(100, abs=0.1)
    with pytest.raises(CallError) as raised:
        decode(path, max_hours=0.02)
    assert raised.value.code == "too_long"


def test_decoding_takes_little_more_than_the_samples(tmp_path: Path) -> None:
    """Fifteen minutes of stereo peak below 1.4 times their samples: three hours (1.38 GB) stay under 2 GB."""
    path = write(tmp_path / "a.wav", tones(440, 1000, seconds=900, rate=8_000), rate=8_000)
    code = (
        "import resource, sys, av; from pipeline.speech.audio import decode\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); audio = decode(sys.argv[1]); print((peak() - before) / audio.samples.nbytes)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)  # noqa: S603
    unit = 1 if sys.platform == "darwin" else 1024
    assert float(done.stdout) * unit < 1.4


def test_hash_is_of_the_bytes(tmp_path: Path) -> None:
    """The hash is SHA-256 of the file; a file that is not there is one call's error."""
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(CallError, match="No such file"):
        sha256(tmp_path / "b")


def wav(path: Path, signal: np.ndarray, *, riff: int | None = None, data: int | None = None, order: str = "<") -> Path:
    """A WAV file of 8 kHz by hand, with the lengths in its header as wanted and in either order of bytes."""
    samples = (signal.T * 32767).astype(f"{order}i2").tobytes()
    n = len(signal)
    form = struct.pack(f"{order}HHIIHH", 1, n, 8000, 8000 * 2 * n, 2 * n, 16)
    lengths = len(samples) + 36 if riff is None else riff, len(samples) if data is None else data
    head = (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", lengths[0]) + b"WAVEfmt "
    path.write_bytes(
        head + struct.pack(f"{order}I", 16) + form + b"data" + struct.pack(f"{order}I", lengths[1]) + samples
    )
    return path


LENGTHS = {  # what the header says of 12 s of sound in stereo at 8 kHz, 384,000 bytes
    "zero": (0, 0),
    "largest": (0xFFFFFFFF, 0xFFFFFFFF),
    "sox": (0x7FFFF024, 0x7FFFF000),
    "a_third": (128_036, 128_000),
}


@pytest.mark.parametrize("case", LENGTHS)
def test_length_in_a_wav_header_is_not_believed(case: str, tmp_path: Path) -> None:
    """Whatever the header says, all 12 s are used; a header that is wrong is told, one that does not know is not."""
    riff, data = LENGTHS[case]
    audio = decode(wav(tmp_path / "a.wav", tones(440, 1000, rate=8000), riff=riff, data=data))
    assert audio.duration_s == pytest.approx(12, abs=0.05)
    assert audio.notes == (("its header says 4.0 s, it holds 12.0",) if case == "a_third" else ())


def test_truncated_wav_is_still_told(tmp_path: Path) -> None:
    """A header that declares 20 s over 12 s of sound is a file that was cut off."""
    audio = decode(wav(tmp_path / "a.wav", tones(440, 1000, rate=8000), riff=640_036, data=640_000))
    assert audio.notes == ("truncated: 12.0 of 20.0 s could be decoded",)


def test_chunks_after_the_sound_are_no_sound(tmp_path: Path) -> None:
    """What recorders write behind the sound is not taken for more of it."""
    path = wav(tmp_path / "a.wav", tones(440, 1000, rate=8000))
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 4_000) + bytes(4_000))
    audio = decode(path)
    assert (audio.duration_s, audio.notes) == (pytest.approx(12, abs=0.05), ())


@pytest.mark.parametrize("between", [b"", b"LIST" + struct.pack("<I", 6) + b"INFO  "])
def test_sound_in_two_chunks(between: bytes, tmp_path: Path) -> None:
    """A recorder that goes on in a chunk of its own: both are read, in their order, whatever stands between them."""
    first, second = (tones(pitch, rate=8000)[:, : 8 * 8000] for pitch in (440, 1000))
    path, more = wav(tmp_path / "a.wav", first), wav(tmp_path / "b.wav", second)
    path.write_bytes(path.read_bytes() + between + more.read_bytes()[36:])
    audio = decode(path)
    assert (audio.duration_s, audio.notes) == (
        pytest.approx(16, abs=0.05),
        ("its sound is in 2 pieces, which are read one after the other",),
    )
    halves = audio.samples[0, : 7 * RATE_HZ], audio.samples[0, 9 * RATE_HZ :]
    assert [pitch(half) for half in halves] == [pytest.approx(440, abs=2), pytest.approx(1000, abs=2)]


def by_turns(*, seconds: int = 12) -> np.ndarray:
    """Two people who speak by turns of a second, (2, n) at 8 kHz."""
    spoken = tones(440, 1000, rate=8000, seconds=seconds).reshape(2, seconds, 8000)
    spoken[0, ::2], spoken[1, 1::2] = 0, 0
    return spoken.reshape(2, -1)


WRONG_LAYOUTS = {  # samples as they are written, and what is told of them
    "two_as_one": (by_turns().T.reshape(1, -1), "its header says one channel, its samples are of two by turns"),
    "one_as_two": (
        tones(440, rate=8000, seconds=24).reshape(-1, 2).T,
        "its header says two channels, its samples are of one",
    ),
}


@pytest.mark.parametrize("case", WRONG_LAYOUTS)
def test_wrong_number_of_channels_is_told(case: str, tmp_path: Path) -> None:
    """A header that says one channel over the samples of two, or two over those of one; the true header is believed."""
    samples, told = WRONG_LAYOUTS[case]
    assert decode(wav(tmp_path / "a.wav", samples)).notes == (f"{told}: check its sample rate and number of channels",)
    assert decode(wav(tmp_path / "b.wav", by_turns())).notes == ()


def test_header_that_contradicts_itself_is_told(tmp_path: Path) -> None:
    """8,000 samples a second of two channels are 32,000 bytes, not 64,000."""
    path = wav(tmp_path / "a.wav", tones(440, 1000, rate=8000))
    content = bytearray(path.read_bytes())
    content[28:32] = struct.pack("<I", 64_000)
    path.write_bytes(content)
    assert "its header contradicts itself (8000 Hz, 64000 bytes a second)" in decode(path).notes[0]


def test_other_order_of_bytes(tmp_path: Path) -> None:
    """RIFX holds the same tones."""
    audio = decode(wav(tmp_path / "a.wav", tones(440, 1000, rate=8000), order=">"))
    assert [pitch(channel) for channel in audio.samples] == [pytest.approx(440, abs=2), pytest.approx(1000, abs=2)]


def test_long_wav_format(tmp_path: Path) -> None:
    """RF64 keeps its length in a chunk of its own."""
    path = tmp_path / "a.wav"
    with av.open(str(path), "w", format="wav", options={"rf64": "always"}) as out:
        stream = out.add_stream("pcm_s16le", rate=RATE_HZ)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((tones(440) * 32767).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        for piece in (frame, None):
            out.mux(stream.encode(piece))
    assert path.read_bytes()[:4] == b"RF64"
    assert (decode(path).duration_s, decode(path).notes) == (pytest.approx(12, abs=0.05), ())


def test_one_side_that_was_not_recorded(tmp_path: Path) -> None:
    """A silent channel of two is an error that says which."""
    signal = tones(440, 1000)
    signal[1] = 0
    with pytest.raises(CallError, match="the right channel is silent") as raised:
        decode(write(tmp_path / "a.wav", signal))
    assert raised.value.code == "one_speaker"


def test_mono_saved_as_stereo(tmp_path: Path) -> None:
    """Two channels with the same sound, one of them quieter, are one channel; the note says so."""
    signal = np.vstack([tones(440), 0.5 * tones(440)])
    audio = decode(write(tmp_path / "a.wav", signal))
    assert len(audio.samples) == 1
    assert audio.notes == ("both channels hold the same sound (mono saved as stereo), and are read as one",)


def test_silent_channel_of_three_is_left_out(tmp_path: Path) -> None:
    """The two channels that hold sound stay apart, wherever the silent one stands."""
    signal = np.vstack([np.zeros((1, 96_000), np.float32), tones(440, 1000, rate=8000)])
    audio = decode(wav(tmp_path / "a.wav", signal))
    assert [pitch(channel) for channel in audio.samples] == [pytest.approx(440, abs=2), pytest.approx(1000, abs=2)]
    assert audio.notes == ("silent channel 1 of 3 left out",)


def test_many_channels_are_mixed_down(tmp_path: Path) -> None:
    """Eight channels, which once ended the process, are one."""
    path = wav(tmp_path / "a.wav", tones(*range(400, 1_200, 100), rate=8000))
    program = f"from pipeline.speech.audio import decode; print(decode({str(path)!r}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  ours
    assert "8 channels mixed down to one" in ran.stdout


def test_codec_without_letters(tmp_path: Path) -> None:
    """G.722 in a WAV file has a tag that is no text: it is read all the same."""
    path = write(tmp_path / "a.wav", tones(440), codec="g722")
    assert pitch(decode(path).samples[0]) == pytest.approx(440, abs=2)


def test_zeros_behind_the_sound_are_no_sound(tmp_path: Path) -> None:
    """What a recorder took from the disk and did not use is not silence of the call."""
    path = wav(tmp_path / "a.wav", tones(440, 1000, rate=8000))
    path.write_bytes(path.read_bytes() + bytes(384_000))
    audio = decode(path)
    assert (audio.duration_s, audio.notes) == (pytest.approx(12, abs=0.05), ())


@pytest.mark.parametrize(("silent", "told"), [((0, 25), "up to 24 s"), ((30, 60), "from 31 s on"), ((20, 50), "")])
def test_side_that_is_dead_for_a_while(silent: tuple[int, int], told: str, tmp_path: Path) -> None:
    """A channel that is dead at the beginning or the end is told with the moment; a pause in the middle is one."""
    signal = tones(440, 1000, seconds=60, rate=8000)
    signal[1, silent[0] * 8000 : silent[1] * 8000] = 0
    notes = " ".join(decode(wav(tmp_path / "a.wav", signal)).notes)
    assert ("the right channel is dead" in notes) == bool(told)
    assert told in notes


def test_two_streams_are_two_sides(tmp_path: Path) -> None:
    """Each side in a stream of its own: both are read, and the one that begins 3 s late stays 3 s late."""
    path = tmp_path / "a.mka"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") for _ in range(2)]
        for stream, hz, late_s in zip(streams, (440, 1000), (0, 3), strict=True):
            frame = av.AudioFrame.from_ndarray((tones(hz) * 32767).astype(np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, late_s * RATE_HZ
            for piece in (frame, None):
                out.mux(stream.encode(piece))
    audio = decode(path)
    assert "two audio streams are read as two channels" in audio.notes
    assert [pitch(channel) for channel in audio.samples] == [pytest.approx(440, abs=2), pytest.approx(1000, abs=2)]
    assert np.flatnonzero(audio.samples[1])[0] / RATE_HZ == pytest.approx(3, abs=0.1)


def test_amr(tmp_path: Path) -> None:
    """What older telephones record."""
    audio = decode(write(tmp_path / "a.amr", tones(440, rate=8000), rate=8000, codec="libopencore_amrnb", form="s16"))
    assert pitch(audio.samples[0]) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("name", ["second.gsm", "second.wav"])
def test_gsm(name: str, tmp_path: Path) -> None:
    """GSM as telephone systems write it, bare and in WAV: a second of a tone, twelve times over."""
    content = (Path(__file__).parent / "audio" / name).read_bytes()
    at = content.find(b"data") + 8 if name.endswith("wav") else 0
    blocks = content[at : at + len(content[at:]) // 65 * 65] if at else content  # of 65 bytes in WAV
    (tmp_path / name).write_bytes(content[:at] + blocks * 12)
    audio = decode(tmp_path / name)
    assert audio.duration_s == pytest.approx(12, abs=0.1)
    assert pitch(audio.samples[0]) == pytest.approx(440, abs=2)


def turns_of_two(*, late_s: float) -> np.ndarray:
    """Two who take thirty turns of 1 to 6 s at 8 kHz, the second recorded so much late."""
    rng, rate, at_s = np.random.default_rng(1), 8000, 0.0
    both = rng.normal(0, 1e-4, (2, 200 * rate)).astype(np.float32)
    for turn, length_s in enumerate(rng.uniform(1, 6, 30)):
        begin, n = int((at_s + (late_s if turn % 2 else 0)) * rate), int(length_s * rate)
        both[turn % 2, begin : begin + n] += rng.normal(0, 0.1, n).astype(np.float32)
        at_s += length_s + 0.2
    return both


def test_side_that_begins_late_is_told(tmp_path: Path) -> None:
    """Where both would talk at once for as long as the shift, a note says by how much; right turns have no note."""
    late = decode(wav(tmp_path / "a.wav", turns_of_two(late_s=1.5)))
    assert "the right channel seems to be about 1." in " ".join(late.notes)
    assert decode(wav(tmp_path / "b.wav", turns_of_two(late_s=0))).notes == ()


def test_parts_follow_each_other(tmp_path: Path) -> None:
    """Two recordings of one call are 24 s; the second's tones stand after the first's, and the note says from when."""
    first = write(tmp_path / "a.wav", tones(440, 1000))
    second = write(tmp_path / "b.wav", tones(600, 1200))
    audio = decode_parts([first, second])
    assert (audio.duration_s, audio.samples.shape[0]) == (pytest.approx(24, abs=0.05), 2)
    middle = audio.samples.shape[1] // 2
    assert pitch(audio.samples[0, :middle]) == pytest.approx(440, abs=2)
    assert pitch(audio.samples[1, middle:]) == pytest.approx(1200, abs=2)
    assert audio.notes == ("part 2 begins at 12 s, right after the part before",)
