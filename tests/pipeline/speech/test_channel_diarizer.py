"""Who speaks when by channel, through crosstalk, noise and music."""

import numpy as np
import pytest

from pipeline.errors import CallError
from pipeline.speech.audio import RATE_HZ, decode
from pipeline.speech.channel_diarizer import by_channel
from tests.pipeline.speech.speaking import SHARED, error_rate, frames, needs_shared, recording, sample, share, spoilt


@pytest.mark.parametrize(
    ("leakage_db", "snr_db", "most"),
    [(-60, 60, 0.01), (-20, 15, 0.03), (-15, 15, 0.04), (-10, 15, 0.05), (-10, 10, 0.07)],
)
def test_channels_survive_crosstalk_and_noise(leakage_db: float, snr_db: float, most: float) -> None:
    """Diarization error and talk ratio stay within what is promised for crosstalk and noise."""
    samples, truth = sample()
    turns = by_channel(recording(spoilt(samples, leakage_db=leakage_db, snr_db=snr_db))).turns
    assert error_rate(truth, frames(turns)) <= most
    assert share(frames(turns)) == pytest.approx(share(truth), abs=0.02)


def test_sides_of_different_loudness() -> None:
    """A side 20 dB below the other and one noisy line do not hide who speaks."""
    samples, truth = sample()
    heard = spoilt(samples, leakage_db=-15, snr_db=30) * [[1.0], [0.1]]
    heard[0] += np.random.default_rng(2).normal(size=heard.shape[1]) * 0.005
    assert error_rate(truth, frames(by_channel(recording(heard)).turns)) <= 0.05


def test_side_that_says_little_is_heard() -> None:
    """Two short answers in a monologue, under crosstalk, are found and nothing else is."""
    samples, truth = sample()
    samples, truth = samples.copy(), truth.copy()
    second = np.flatnonzero(np.diff(truth[1].astype(int)) == -1)[1] + 20  # after the second stretch
    samples[1, second * 160 :] = 0
    truth[1, second:] = False
    assert error_rate(truth, frames(by_channel(recording(spoilt(samples, leakage_db=-15, snr_db=20))).turns)) <= 0.03


def music(seconds: int) -> np.ndarray:
    """Plucked chords, two a second."""
    rng = np.random.default_rng(5)
    at = np.arange(seconds * RATE_HZ) / RATE_HZ
    played = np.zeros(len(at))
    for beat in range(seconds * 2):
        since = np.clip(at - beat / 2, 0, None)
        for hertz in rng.choice([220, 247, 262, 294, 330, 392]) * np.array([1, 1.25, 1.5, 2]):
            played += np.exp(-3 * since) * (since > 0) * np.sin(2 * np.pi * hertz * at)
    return played / np.abs(played).max()


def test_hold_music_is_nobodys_speech() -> None:
    """Twenty seconds of music on one side, which leaks into the other, are not counted as talk."""
    samples, truth = sample()
    samples, truth = samples.copy(), truth.copy()
    samples[:, 20 * RATE_HZ : 40 * RATE_HZ] = 0
    samples[1, 20 * RATE_HZ : 40 * RATE_HZ] = 0.3 * music(20)
    truth[:, 2000:4000] = False
    turns = by_channel(recording(spoilt(samples, leakage_db=-20, snr_db=30))).turns
    assert error_rate(truth, frames(turns)) <= 0.03


def test_no_speech_is_silent() -> None:
    """Noise without speech on both lines is the error `silent`, not an empty table."""
    noise = np.random.default_rng(0).normal(size=(2, 20 * RATE_HZ)) * 0.01
    with pytest.raises(CallError) as raised:
        by_channel(recording(noise))
    assert raised.value.code == "silent"


@needs_shared
def test_real_telephone_call() -> None:
    """The talk ratio of a real call is within 0.03 of its reference; faint speech is heard (9 % was missed once)."""
    lines = (SHARED / "data/call_audio/aws_auto_repairs_40.derived.rttm").read_text().splitlines()
    truth = np.zeros((2, 25_000), bool)
    for start, duration, who in [(float(line.split()[3]), float(line.split()[4]), line.split()[7]) for line in lines]:
        truth[0 if who == "agent" else 1, round(start * 100) : round((start + duration) * 100)] = True
    turns = by_channel(decode(SHARED / "data/call_audio/audio/aws_auto_repairs_40.flac")).turns
    assert share(frames(turns, 25_000)) == pytest.approx(share(truth), abs=0.03)
    assert error_rate(truth, frames(turns, 25_000)) <= 0.06
