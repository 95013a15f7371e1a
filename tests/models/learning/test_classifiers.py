"""Ordinal classifiers: they order, calibrate, keep groups apart and repeat themselves."""

import numpy as np
import pytest
from sklearn.base import clone

from models.learning.classifiers import CLASSIFIERS, AnchorOdds, OrdinalRidge
from models.learning.folds import spread_groups


def signal(n: int = 200, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Levels 0 to 3 in turn; one column follows them, five are noise."""
    draw = np.random.default_rng(1)
    levels = np.arange(n) % 4
    rows = draw.standard_normal((n, 6))
    rows[:, 0] = levels + noise * draw.standard_normal(n)
    return rows, levels


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_is_an_estimator(name):
    """Every classifier can be cloned with its parameters, as scikit-learn asks."""
    made = CLASSIFIERS[name]()
    assert clone(made).get_params() == made.get_params()


def test_learns_order():
    """A clear signal among noise is found, and probabilities sum to 1."""
    rows, levels = signal()
    fitted = OrdinalRidge(penalty=0.1).fit(rows[:100], levels[:100])
    chances = fitted.predict_proba(rows[100:])
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert (chances >= 0).all()
    assert (fitted.predict(rows[100:]) == levels[100:]).mean() > 0.8


def test_noise_is_not_believed():
    """From noise alone no level becomes much more probable than its share."""
    rows, levels = signal(noise=100.0)
    rows[:, 0] = np.random.default_rng(2).standard_normal(len(rows))
    assert OrdinalRidge().fit(rows, levels).predict_proba(rows).max() < 0.6


def test_missing_level():
    """Levels that no call has still get a probability; three of four are enough to learn."""
    rows, levels = signal(120)
    kept = levels > 0
    chances = OrdinalRidge().fit(rows[kept], levels[kept]).predict_proba(rows[kept])
    assert chances.shape[1] == 4
    assert np.isfinite(chances).all()


def test_levels_as_often_as_scored():
    """Where the most probable level is nearly always the middle one, each is given as often as it was scored: of 200
    calls 30, 140 and 30. The fourth, never scored, is never given, not even far outside."""
    rows, _ = signal(200)
    levels = np.repeat([0, 1, 2], [30, 140, 30])
    rows[:, 0] = levels + np.random.default_rng(3).standard_normal(200)
    fitted = OrdinalRidge().fit(rows, levels)
    assert fitted.as_often_
    assert abs(np.bincount(fitted.predict(rows)) - [30, 140, 30]).max() <= 15
    assert fitted.predict(100 * rows).max() == 2


def test_constant_columns():
    """A column that never changes says nothing and breaks nothing."""
    rows, levels = signal(80)
    rows[:, 3] = 7.0
    fitted = OrdinalRidge().fit(rows, levels)
    assert fitted.coef_[3] == 0


def test_block_without_trust():
    """A block trusted with 0 has no say."""
    rows, levels = signal(80)
    fitted = OrdinalRidge(blocks=((1, 0.0), (5, 1.0))).fit(rows, levels)
    moved = rows.copy()
    moved[:, 0] += 100
    np.testing.assert_allclose(fitted.predict_proba(rows), fitted.predict_proba(moved))


def test_repeats_itself():
    """The same data gives the same bits."""
    rows, levels = signal()
    first, second = (OrdinalRidge().fit(rows, levels).predict_proba(rows) for _ in range(2))
    assert np.array_equal(first, second)


def test_groups_stay_whole():
    """Groups of 3, 2, 2, 1 fill two folds evenly, none split."""
    groups = np.array([5, 5, 5, 1, 1, 2, 2, 9])
    fold = spread_groups(groups, 2)
    assert np.bincount(fold).tolist() == [4, 4]
    assert all(len(set(fold[groups == group])) == 1 for group in set(groups))


def test_anchors_prefer_the_nearest():
    """The level whose anchor is nearest is the most probable; without a difference all are alike."""
    chances = AnchorOdds(first=1).fit().predict_proba(np.array([[9.0, 0.1, 0.1, 0.6, 0.2], [9, 0.3, 0.3, 0.3, 0.3]]))
    assert chances[0].argmax() == 2
    np.testing.assert_allclose(chances[1], 0.25)
