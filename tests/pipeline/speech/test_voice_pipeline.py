"""Vectors of voices along a recording, and what they mend of the small segmentation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pyannote.core import SlidingWindow, SlidingWindowFeature

from pipeline.speech import voice_pipeline as module
from pipeline.speech.audio import decode
from pipeline.speech.voice_diarizer import load_voices
from pipeline.speech.voice_encoder import PIECE_S
from pipeline.speech.voice_pipeline import Heard, VoicePipeline
from tests.pipeline.speech.speaking import SAMPLES

N_FRAMES, FRAME_S = 500, 0.01
FRAMES = SlidingWindow(start=0, duration=FRAME_S, step=FRAME_S)
FIRST, SECOND = np.eye(2, dtype=np.float32)


def count_of(*numbers: int) -> SlidingWindowFeature:
    """The number of speakers in each fifth of a window of 5 s."""
    return SlidingWindowFeature(np.repeat(numbers, N_FRAMES // 5).astype(np.int8)[:, None], FRAMES)


def voices_of(scores: np.ndarray, count: SlidingWindowFeature, heard: Heard) -> np.ndarray:
    """Which of two voices speaks, by frames of two windows that are alike, whose speakers are the first and second."""
    pipeline = VoicePipeline.__new__(VoicePipeline)
    vars(pipeline).update(heard=heard, segmentation=SimpleNamespace(threshold=0.4))
    windows = SlidingWindowFeature(np.stack([scores, scores]), SlidingWindow(start=0, duration=5, step=0.001))
    return pipeline.reconstruct(windows, np.array([[0, -2], [-2, 1]]), count).data


def test_two_voices_that_the_segmentation_took_for_one() -> None:
    """One speaker of a window, whose pieces are one voice in its first half and another in its second, is two."""
    scores = np.zeros((N_FRAMES, 2), np.float32)
    scores[:, 0] = 1
    starts_s = np.arange(-1, 5, 0.5)
    pieces = np.stack([FIRST if start_s + PIECE_S / 2 < 2.5 else SECOND for start_s in starts_s])
    speakers = np.stack([[FIRST, [np.nan] * 2], [[np.nan] * 2, SECOND]]).astype(np.float32)
    heard = Heard(np.array([[0.0, 5.0]]), starts_s, pieces, speakers, np.zeros((2, 2), bool))
    found = voices_of(scores, count_of(1, 1, 1, 1, 1), heard)
    assert found[:200, 0].all()
    assert not found[:200, 1].any()
    assert found[300:480, 1].all()
    assert not found[300:480, 0].any()
    brief = heard._replace(brief=np.ones((2, 2), bool))  # whose pieces are mostly of others: the whole decides
    assert voices_of(scores, count_of(1, 1, 1, 1, 1), brief)[:480, 0].all()


def test_speech_that_the_segmentation_leaves_out() -> None:
    """Two seconds of speech by the detector in which nobody was counted have a speaker; half a second has none."""
    spoken = np.array([[0.0, 3.0], [3.5, 4.0]])
    number = module._with_missed(count_of(1, 0, 0, 0, 0), spoken).data[:, 0]
    assert number[:300].all()
    assert not number[300:].any()


def test_silence_between_two_voices() -> None:
    """A pause of the detector's is silent where another voice goes on after it, and left alone where the same does."""
    spoken = np.array([[0.0, 1.0], [1.5, 3.0], [3.5, 5.0]])
    active = np.zeros((N_FRAMES, 2), np.float32)
    active[:120, 0] = active[120:, 1] = 1
    unbridged = module._unbridged(SlidingWindowFeature(active, FRAMES), spoken).data
    assert not unbridged[100:150].any()
    assert unbridged[300:350, 1].all()


def test_pieces_are_those_of_one_speaker() -> None:
    """A piece weighs as much as one speaker has more of it than the other; less than three quarters weigh nothing."""
    alone = np.zeros((N_FRAMES, 2), bool)
    alone[:160, 0] = alone[160:, 1] = True
    weights = module._weights(alone, np.array([0.0, 0.16, 0.8, 3.0]), 5.0)
    assert weights[:, 0].tolist() == pytest.approx([1, 0.8, 0, 0])
    assert weights[:, 1].tolist() == pytest.approx([0, 0, 0, 1])


def test_vector_along_a_recording_is_that_of_the_piece() -> None:
    """A piece has the vector that the encoder gives it alone, wherever in the recording it lies."""
    encoder = load_voices()._embedding.model_
    sound = torch.from_numpy(decode(SAMPLES / "david-laura.mp3").samples[0, : 16_000 * 8].copy())
    with torch.inference_mode():
        along = encoder.along(sound, [100, 300, 500])
        alone = encoder(sound[None, None, 300 * 160 : 460 * 160])
    assert along.shape == (3, 256)
    assert torch.nn.functional.cosine_similarity(along[1], alone[0], dim=0) > 0.98
