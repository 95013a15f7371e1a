"""Generated calls: the truth holds, and each way of spoiling a call does what it says."""

import shutil

import numpy as np
import pytest

from benchmarks.speech.synthetic_calls import CROSSTALK_DELAY_S, Conditions, generate_call
from benchmarks.speech.synthetic_voices import stretches
from pipeline.speech.audio import RATE_HZ

pytestmark = pytest.mark.skipif(
    not (shutil.which("flite") and shutil.which("sox")), reason="needs flite and sox (apt-get install flite sox)"
)


def speaking(call, channel):
    """Which samples of a channel the truth calls speech."""
    mask = np.zeros(call.samples.shape[1], bool)
    for turn in call.turns:
        for start_s, end_s in turn.speech if turn.channel == channel else ():
            mask[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
    return mask


def level_db(samples):
    """Root mean square of full scale, in dB."""
    return 10 * np.log10(np.square(samples, dtype=np.float64).mean())


@pytest.fixture(scope="module")
def clean():
    return generate_call(1, minutes=0.6)


def test_same_seed(clean):
    """The same seed gives the same call, bit by bit."""
    again = generate_call(1, minutes=0.6)
    assert again.turns == clean.turns
    assert np.array_equal(again.samples, clean.samples)


def test_truth(clean):
    """Each channel speaks where the truth says so, and is silent but for line noise (46 dB down) elsewhere."""
    assert {turn.side for turn in clean.turns} == {"lead", "other"}
    for channel, samples in enumerate(clean.samples):
        mask = speaking(clean, channel)
        assert level_db(samples[mask]) - level_db(samples[~mask]) > 35


def test_leakage(clean):
    """At -10 dB, what one side adds to the other's channel is that side's own voice, 10 dB down and 4 ms later."""
    leaky = generate_call(1, Conditions(leakage_db=-10), minutes=0.6)
    late = round(CROSSTALK_DELAY_S * RATE_HZ)
    added = (leaky.samples - clean.samples)[0, late:]
    source = clean.samples[1, :-late]
    slope = float(added @ source / (source @ source))
    assert 20 * np.log10(slope) == pytest.approx(-10, abs=0.1)


def test_noise(clean):
    """At 10 dB, silence is 10 dB below speech on each line."""
    noisy = generate_call(1, Conditions(snr_db=10), minutes=0.6)
    for channel in (0, 1):
        mask = speaking(clean, channel)
        ratio_db = level_db(clean.samples[channel, mask]) - level_db(noisy.samples[channel, ~mask])
        assert ratio_db == pytest.approx(10, abs=1)


def test_telephone(clean):
    """The telephone keeps length and timing and passes next to nothing above 4 kHz."""
    phone = generate_call(1, Conditions(mu_law_8k=True), minutes=0.6)
    assert phone.samples.shape == clean.samples.shape
    power = np.abs(np.fft.rfft(phone.samples[0])) ** 2
    assert power[len(power) // 2 * 21 // 20 :].sum() < 1e-4 * power.sum()
    lag = np.correlate(phone.samples[0, :80_000], clean.samples[0, 100:79_900]).argmax() - 100
    assert abs(lag) <= RATE_HZ // 1000


def test_mono(clean):
    """Both sides on one channel: their mean."""
    mono = generate_call(1, Conditions(mono=True), minutes=0.6)
    assert mono.samples.shape == (1, clean.samples.shape[1])
    np.testing.assert_allclose(mono.samples[0], clean.samples.mean(axis=0), atol=1e-6)


def test_stretches():
    """0.5 s of sound, 0.3 s of silence, 0.2 s of sound, 0.1 s of silence and 0.4 s of sound are two stretches."""
    sound = [(0.5, 1), (0.3, 0), (0.2, 1), (0.1, 0), (0.4, 1)]
    samples = np.concatenate([np.full(round(s * RATE_HZ), level, np.float32) for s, level in sound])
    assert stretches(samples) == [(0.0, 0.5), (0.8, 1.5)]
