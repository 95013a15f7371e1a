"""The alternative annotator test: who comes nearer to the others."""

import numpy as np
import pytest

from models.ratings.alternative_annotator import stand_in


def raters(n: int, *, errors: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The true levels of n calls, and three raters who are a level off at a rate of `errors`."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 4, n)
    off = (draw.random((n, 3)) < errors) * draw.choice([-1, 1], (n, 3))
    return truth, np.clip(truth[:, None] + off, 0, 3).astype(float)


def test_better_than_each_rater():
    """The truth itself comes at least as near to the others as any rater who is often off."""
    truth, ratings = raters(120, errors=0.4)
    found = stand_in(ratings, truth)
    assert (found.wins, found.n_raters, found.may) == (1.0, 3, True)
    assert found.advantage > 0.7


def test_worse_than_raters_who_agree():
    """Against raters who always agree, levels drawn at random win nobody."""
    truth, ratings = raters(120, errors=0.0)
    found = stand_in(ratings, np.random.default_rng(1).permutation(truth))
    assert (found.wins, found.may) == (0.0, False)


def test_same_as_raters_who_agree():
    """A model that says what all raters say may stand in for each."""
    truth, ratings = raters(40, errors=0.0)
    assert stand_in(ratings, truth).wins == 1.0


def test_advantage_by_hand():
    """On 10 of 20 calls the model differs from raters who agree: it does as well on half."""
    levels = np.zeros(20)
    given = np.array([0] * 10 + [1] * 10)
    assert stand_in(np.stack([levels] * 3, axis=1), given).advantage == pytest.approx(0.5)


@pytest.mark.parametrize(("rows", "columns"), [(9, 3), (50, 2)])
def test_too_few(rows, columns):
    """Under ten calls, or with two raters, nothing can be said."""
    truth, ratings = raters(rows, errors=0.2)
    found = stand_in(ratings[:, :columns], truth)
    assert (found.wins, found.advantage, found.may) == (None, None, False)
