"""Evidence: the ridge over utterances, folds left out exactly, and pooling by hand."""

import numpy as np
import pytest

from models.features.features import Features
from models.learning import evidence


def world(n_calls: int = 12, length: int = 5) -> Features:
    """Calls of which utterance 2 carries the only signal: column 0 is 1 there, column 1 is the call's level."""
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((n_calls * length, 8)).astype(np.float32) * 0.1
    rows[2::length, 0] += 1
    rows[2::length, 1] += np.arange(n_calls) % 4
    calls = [f"c{number:02}" for number in range(n_calls)]
    return Features(
        calls=calls,
        idx=np.tile(np.arange(length), n_calls),
        starts=np.arange(n_calls + 1) * length,
        utterances=rows,
        trust=np.ones(8, np.float32),
        groups=np.ones((n_calls * length, 1), np.float32),
        pooled=8,
        shares=np.zeros((n_calls, 1), np.float32),
        findings=np.zeros((n_calls, 0), np.float32),
        findings_widths=(),
    )


def taught(features: Features) -> np.ndarray:
    levels = {call: number % 4 for number, call in enumerate(features.calls)}
    return evidence.targets(features, levels, {(call, 2) for call in features.calls})


def test_targets():
    """Pointed-at utterances are 1 in the first column and in their level's."""
    wanted = taught(world())
    assert wanted[2].tolist() == [1, 1, 0, 0, 0]
    assert wanted[5 + 2].tolist() == [1, 0, 1, 0, 0]
    assert wanted[3].tolist() == [0] * 5


def test_targets_without_pointing():
    """A call of which nothing is pointed at teaches with its five utterances, a fifth each."""
    features = world(2)
    wanted = evidence.targets(features, {"c00": 3, "c01": 0}, {("c01", 2)})
    np.testing.assert_allclose(wanted[:5, 0], 0.2)
    np.testing.assert_allclose(wanted[:5, 4], 0.2)


def test_points_at_the_signal(monkeypatch):
    """On calls left out, the utterance with the signal scores highest."""
    monkeypatch.setattr(evidence, "STIFFNESS", 1.0)
    features = world()
    fold = np.arange(12) % 3
    solver = evidence.Solver(features, fold)
    scores = evidence.score(features, solver.solve(solver.products(taught(features)), frozenset({0})))
    held = scores[:, 0].reshape(12, 5)[fold == 0]
    assert (held.argmax(axis=1) == 2).all()


def test_leaving_out_is_exact(monkeypatch):
    """Leaving a fold out gives the ridge of the other folds: not a row of it is used."""
    monkeypatch.setattr(evidence, "STIFFNESS", 1.0)
    features = world()
    fold = np.arange(12) % 3
    wanted = taught(features)
    solver = evidence.Solver(features, fold)
    before = solver.solve(solver.products(wanted), frozenset({0}))
    changed = wanted.copy()
    changed[np.repeat(fold, 5) == 0] = 99
    after = solver.solve(solver.products(changed), frozenset({0}))
    assert np.array_equal(before, after)


def test_noise_by_hand():
    """Two utterances whose columns move by (1, 0) and (1, 2): mean products 1, 1 and 2."""
    written = world(1, 2)._replace(utterances=np.array([[3, 0], [1, 1]], np.float32))
    heard = written._replace(utterances=np.array([[2, 0], [0, -1]], np.float32))
    assert evidence.noise_of(written, heard).tolist() == [[1, 1], [1, 2]]


def test_what_is_misheard_is_doubted():
    """Noise is as many further utterances that only mishearing tells apart, of which nothing is to be said: the weight
    of the column that it moves falls, fold by fold."""
    features = world()
    fold, wanted = np.arange(12) % 3, taught(features)
    noise = np.zeros((8, 8), np.float32)
    noise[0, 0] = 0.25
    solver = evidence.Solver(features, fold, noise=noise)
    solved = solver.solve(solver.products(wanted), frozenset({0}))
    rows = np.hstack([features.utterances * solver.scale, np.full((60, 1), 3)])[np.repeat(fold, 5) != 0]
    moved = np.zeros((len(rows), 9))
    moved[:, 0] = 0.5 * solver.scale[0] * np.sqrt(evidence.HEARING)
    left = rows.T @ rows + moved.T @ moved + evidence.STIFFNESS * np.eye(9)
    by_hand = np.linalg.solve(left, rows.T @ wanted[np.repeat(fold, 5) != 0])
    np.testing.assert_allclose(solved[:-1], by_hand[:-1] * solver.scale[:, None], rtol=1e-3, atol=1e-6)
    trusting = evidence.Solver(features, fold)
    plain = trusting.solve(trusting.products(wanted), frozenset({0}))
    assert abs(solved[0, 0]) < 0.9 * abs(plain[0, 0])


def test_noise_of_columns_not_looked_at():
    """Noise may be of more columns than an element looks at."""
    features, fold = world(), np.arange(12) % 3
    wide = np.diag(np.arange(10)).astype(np.float32)
    solved = [
        solver.solve(solver.products(taught(features)))
        for solver in (evidence.Solver(features, fold, noise=noise) for noise in (wide, wide[:8, :8]))
    ]
    assert np.array_equal(*solved)


def test_pool_by_hand():
    """Two calls of two and one utterances: strongest, mean of three (absent ones count 0), sums."""
    scores = np.array([[1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0.5, 0, 0.5, 0, 0]], np.float32)
    pooled = evidence.pool(evidence.pad(scores, np.array([0, 2, 3])))
    assert pooled.shape == (2, evidence.POOLED)
    strongest, mean, sums = pooled[0, 4:9], pooled[0, 9:14], pooled[0, 15:]
    assert strongest.tolist() == [1, 1, 0, 0, 1]
    assert mean.tolist() == pytest.approx([1 / 3, 1 / 3, 0, 0, 1 / 3])
    assert sums.tolist() == [1, 1, 0, 0, 1]
    assert pooled[0, 14] == pytest.approx(3, abs=1e-3)  # the utterance pointed at most says green
    assert pooled[1, 14] == pytest.approx(0.5)


def test_pool_ignores_absent():
    """Padding is never counted, whatever it holds."""
    scores = np.array([[1, 0, 0, 0, 1], [0.5, 0, 0.5, 0, 0]], np.float32)
    padded = evidence.pad(scores, np.array([0, 1, 2]))
    spoilt = padded._replace(scores=np.where(padded.there[:, :, None], padded.scores, 50))
    np.testing.assert_array_equal(evidence.pool(padded), evidence.pool(spoilt))


def test_last_columns_are_for_some_only():
    """What was learnt without the last columns scores utterances that have them as if they had not."""
    features = world()._replace(own=3)
    less = features.without_own()
    solver = evidence.Solver(less, np.arange(12) % 3)
    weights = solver.solve(solver.products(taught(less)))
    assert len(weights) == 8 - 3 + 1
    np.testing.assert_array_equal(evidence.score(features, weights), evidence.score(less, weights))
