"""The alternative annotator test: who comes nearer to the others."""

import numpy as np
import pytest
from scipy.stats import wilcoxon

from models.ratings.alternative_annotator import _signed_ranks, stand_in


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


@pytest.mark.parametrize("seed", range(5))
def test_signed_ranks(seed: int) -> None:
    """The exact chance, as SciPy finds it by trying every set of signs."""
    draw = np.random.default_rng(seed)
    numbers = draw.choice([-1.2, -0.2, 0.8], 11, p=[0.3, 0.4, 0.3])
    assert _signed_ranks(numbers) == pytest.approx(wilcoxon(numbers, alternative="less").pvalue)


def test_signed_ranks_by_hand() -> None:
    """Of four ways to set the signs of ranks 1 and 2, two come to 1 or less: chance 1/2."""
    assert _signed_ranks(np.array([0.3, -0.7])) == pytest.approx(0.5)
