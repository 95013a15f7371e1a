"""Who speaks when: by channel through crosstalk and noise, and with pyannote where weights are at hand."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CallError
from pipeline.settings import Settings
from pipeline.speech import diarize as module
from pipeline.speech.audio import RATE_HZ, Audio, decode
from pipeline.speech.diarize import TURNS, ChannelsAlikeError, Diarization, by_channel, diarize, load_diarizer
from pipeline.speech.pyannote_diarizer import Pyannote

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
SHARED = Path(__file__).parents[4] / "shared"
SECONDS = 60
COLLAR_S = 0.125  # to each side: pyannote.metrics' collar of 0.25
FRAMES = SECONDS * 100

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the corpora and weights of ../shared are not here")


@cache
def sample(call_id: str = "north-gate-dental") -> tuple[np.ndarray, np.ndarray]:
    """The first minutes of a sample, (2, n), and who speaks in each 10 ms frame by its script, (2, frames)."""
    lines = [json.loads(line) for line in (SAMPLES / "truth.jsonl").read_text().splitlines()]
    speech = np.zeros((2, FRAMES), bool)
    for line in lines:
        if line["call_id"] == call_id:
            for start_s, end_s in line["speech"]:
                speech[line["channel"], round(start_s * 100) : round(end_s * 100)] = True
    return decode(SAMPLES / f"{call_id}.mp3").samples[:, : SECONDS * RATE_HZ].copy(), speech


def recording(samples: np.ndarray) -> Audio:
    samples = samples.astype(np.float32)
    return Audio(samples, RATE_HZ, len(samples), samples.shape[1] / RATE_HZ)


def frames(turns: pl.DataFrame, n: int = FRAMES) -> np.ndarray:
    """Who speaks in each 10 ms frame, (2, n), for turns of S0 and S1."""
    found = np.zeros((2, n), bool)
    for speaker, start_s, end_s in turns.select("speaker", "start_s", "end_s").iter_rows():
        found[int(speaker[1:]), round(start_s * 100) : round(end_s * 100)] = True
    return found


def error_rate(truth: np.ndarray, found: np.ndarray) -> float:
    """Diarization error rate over frames: missed + false + confused speech by speech, without the collars."""
    edges = np.flatnonzero((np.diff(truth.astype(int), axis=1) != 0).any(axis=0)) + 1
    counted = np.ones(truth.shape[1], bool)
    for edge in edges:
        counted[max(0, edge - round(COLLAR_S * 100)) : edge + round(COLLAR_S * 100)] = False
    true, heard = truth[:, counted].sum(axis=0), found[:, counted].sum(axis=0)
    right = (truth & found)[:, counted].sum(axis=0)
    return float((np.maximum(true, heard) - right).sum() / true.sum())


def share(speech: np.ndarray) -> float:
    return float(speech[0].sum() / speech.sum())


def spoilt(samples: np.ndarray, *, leakage_db: float, snr_db: float) -> np.ndarray:
    """The other side 5 ms late on each channel, and white noise so far below speech."""
    heard = samples + np.roll(samples, 80, axis=1)[::-1] * 10 ** (leakage_db / 20)
    loud = np.sqrt([np.square(channel[np.abs(channel) > 0.01]).mean() for channel in samples])[:, None]
    return heard + np.random.default_rng(1).normal(size=samples.shape) * loud * 10 ** (-snr_db / 20)


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


def alike() -> dict[str, np.ndarray]:
    samples, _ = sample()
    both = samples.sum(axis=0)
    noise = np.random.default_rng(3).normal(size=(2, len(both))) * 0.001
    return {
        "copy": np.stack([both, both]),
        "quieter_copy": np.stack([both, 0.2 * both]) + noise,
        "inverted_copy": np.stack([both, -both]),
        "dead": np.stack([both, 0 * both]),
        "dead_but_noisy": np.stack([both, 0 * both]) + noise,
        "crosstalk_only": np.stack([both, 0.03 * both]) + noise / 10,
        "mono": both[None],
    }


@pytest.mark.parametrize(
    "case", ["copy", "quieter_copy", "inverted_copy", "dead", "dead_but_noisy", "crosstalk_only", "mono"]
)
def test_channels_that_are_no_sides_go_to_pyannote(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead channel, a copy or a single channel is left to pyannote, and refused where channels are insisted on."""
    audio = recording(alike()[case])
    turns = pl.DataFrame([("S0", 0.0, 1.0, None)], schema=TURNS, orient="row")
    fake = Diarization(turns, turns, "fake")
    monkeypatch.setitem(module.DIARIZERS, "pyannote", lambda **_: lambda *_, **__: fake)
    assert diarize(audio, Settings(), n_speakers=2) is fake
    with pytest.raises(ChannelsAlikeError) as raised:
        diarize(audio, Settings(diarizer="channels"))
    assert raised.value.code == "no_diarization_model"


def test_no_speech_is_silent() -> None:
    """Noise without speech on both lines is the error `silent`, not an empty table."""
    noise = np.random.default_rng(0).normal(size=(2, 20 * RATE_HZ)) * 0.01
    with pytest.raises(CallError) as raised:
        by_channel(recording(noise))
    assert raised.value.code == "silent"


def test_unknown_engine_is_named() -> None:
    """A diarizer that does not exist is refused with those that do."""
    with pytest.raises(ValueError, match="best: no diarizer of that name, only auto, channels, pyannote"):
        load_diarizer("best", Settings())


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


HUB = ("accept its conditions at https://hf.co/nobody/no-such-pipeline", "HF_TOKEN", "CALLGRADE_DIARIZATION_MODEL")
FOLDER = ("set CALLGRADE_DIARIZATION_MODEL to a folder with a config.yaml",)


@pytest.mark.parametrize(
    ("model", "steps"), [("nobody/no-such-pipeline", HUB), ("{}/empty", FOLDER), ("{}/gone", FOLDER)]
)
def test_missing_weights_say_what_to_do(model: str, steps: tuple[str, ...], tmp_path: Path) -> None:
    """Without weights the call fails with the steps that help, at once and without asking a hub when offline; whoever
    named a folder is not sent to the hub."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(CallError) as raised:
        load_diarizer("pyannote", Settings(diarization_model=model.format(tmp_path), offline=True))
    assert raised.value.code == "no_diarization_model"
    assert all(step in str(raised.value) for step in steps)
    assert ("hf.co" in str(raised.value)) == (steps is HUB)


@needs_shared
def test_pyannote_on_a_real_phone_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real weights tell the two voices of a mono call apart, also where they overlap, and words get exclusive turns."""
    weights = SHARED / "models" / "pyannote-local"
    monkeypatch.syspath_prepend(str(weights))
    engine = load_diarizer("pyannote", Settings(diarization_model=str(weights), device="cpu"))
    found = engine(decode(SHARED / "data/call_audio/audio/pyannote_phone_sample.flac"), n_speakers=2)
    assert found.diarizer == "pyannote:pyannote-local"
    assert found.turns["speaker"].unique().sort().to_list() == ["S0", "S1"]
    assert found.turns["speaker"][0] == "S0"  # numbered as they begin to speak
    truth = np.zeros((2, 3000), bool)
    names: dict[str, int] = {}
    for line in (SHARED / "data/call_audio/pyannote_phone_sample.rttm").read_text().splitlines():
        start, duration, who = float(line.split()[3]), float(line.split()[4]), line.split()[7]
        truth[names.setdefault(who, len(names)), round(start * 100) : round((start + duration) * 100)] = True
    heard = frames(found.turns, 3000)
    assert min(error_rate(truth, heard), error_rate(truth, heard[::-1])) < 0.1
    alone = found.exclusive.sort("start_s")
    assert (alone["start_s"].shift(-1) - alone["end_s"]).drop_nulls().min() >= -1e-6


@needs_shared
def test_number_of_speakers_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three voices are found where the call list names two people."""
    weights = SHARED / "models" / "pyannote-local"
    monkeypatch.syspath_prepend(str(weights))
    engine = load_diarizer("pyannote", Settings(diarization_model=str(weights), device="cpu"))
    found = engine(decode(SHARED / "data/call_audio/audio/falcon_test.flac"), n_speakers=2)
    assert found.turns["speaker"].n_unique() == 3


def annotated(*rows: tuple[float, float, str]) -> SimpleNamespace:
    """What a pyannote pipeline gives."""
    from pyannote.core import Annotation, Segment

    found = Annotation()
    for number, (start_s, end_s, label) in enumerate(rows):
        found[Segment(start_s, end_s), number] = label
    return SimpleNamespace(speaker_diarization=found, exclusive_speaker_diarization=found)


def engine_over(pipeline: Callable[..., SimpleNamespace]) -> Pyannote:
    """The engine with another pipeline than one of the hub."""
    import torch

    engine = Pyannote.__new__(Pyannote)
    engine.diarizer, engine.device, engine.pipeline, engine.batch = "fake", torch.device("cpu"), pipeline, 32
    return engine


def test_turns_end_with_the_recording() -> None:
    """What the last window finds beyond the end of the recording is cut off: it made utterances that end too early."""
    found = annotated((1.0, 4.0, "b"), (4.2, 6.0, "b"), (9.0, 10.4, "a"), (10.1, 10.5, "b"))
    turns = engine_over(lambda *_, **__: found)(recording(np.ones((1, 10 * RATE_HZ))), n_speakers=2).turns
    assert turns.rows() == [("S0", 1.0, 6.0, None), ("S1", 9.0, 10.0, None)]  # the pause of 0.2 s is closed


def test_batches_shrink_until_they_fit() -> None:
    """What does not fit is tried in halved batches, which later recordings keep; one window is the least."""
    import torch

    tried = []

    class Pipeline:
        most = 8

        def __call__(self, *_: object, **__: object) -> SimpleNamespace:
            tried.append((self.segmentation_batch_size, self.embedding_batch_size))
            if self.embedding_batch_size > self.most:
                raise torch.OutOfMemoryError
            return annotated((1.0, 4.0, "a"))

    engine = engine_over(Pipeline())
    engine(recording(np.ones((1, 10 * RATE_HZ))))
    assert tried == [(32, 32), (16, 16), (8, 8)]
    engine(recording(np.ones((1, 10 * RATE_HZ))))
    assert tried[3:] == [(8, 8)]
    engine.pipeline.most = 0
    with pytest.raises(CallError) as raised:
        engine(recording(np.ones((1, 10 * RATE_HZ))))
    assert raised.value.code == "out_of_memory"
