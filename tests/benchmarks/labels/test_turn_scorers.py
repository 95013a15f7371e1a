"""Scorers of turns: what is named and at which level is learnt from vectors, by call and not by turn."""

import numpy as np
import torch

from benchmarks.labels.turn_scorers import Heads, Lesson, Recurrent

CALLS, TURNS = 60, 6


def test_scores_are_chances():
    """The chance of being named is the sum of the chances of being named with each level."""
    torch.manual_seed(0)
    with torch.no_grad():
        scores = Heads(5, 3).scores(torch.randn(7, 5))
    assert scores.shape == (7, 3, 5)
    np.testing.assert_allclose(scores[..., 0], scores[..., 1:].sum(axis=-1), rtol=1e-5)


def test_network_over_turns_reads_the_turn_before():
    """A turn that raters name only after a certain other one is told from the same turn without it, in calls that were
    not learnt from; a scorer of single turns could not."""
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((CALLS, TURNS, 4)).astype(np.float32)
    vectors[:, 3, 0] = 4.0  # the turn that may be named
    led = np.arange(CALLS) % 2 == 0
    vectors[:, 2, 1] = np.where(led, 4.0, -4.0)  # what comes before it
    named = np.zeros((CALLS, TURNS, 1), bool)
    named[led, 3, 0] = True
    starts = np.arange(0, CALLS * TURNS + 1, TURNS)
    lesson = Lesson(np.ones_like(named), named, np.full(named.shape, 2, np.int64))
    lesson = Lesson(*(part.reshape(-1, 1) for part in lesson))
    seen, held = np.split(np.arange(CALLS * TURNS), [40 * TURNS])
    scores = Recurrent(vectors.reshape(-1, 4), starts).learn(seen, lesson.take(seen), judged=held)
    of_turn = scores.reshape(20, TURNS, 5)[:, 3, 0]
    assert of_turn[led[40:]].min() > of_turn[~led[40:]].max()
    assert scores[..., 3].sum() > 0.8 * scores[..., 0].sum()  # the level that all of them had
