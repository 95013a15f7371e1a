"""Champion and challenger: the same calls, the same folds, and only who is better replaces."""

import numpy as np
import polars as pl

from models.learning.champion import better


def said(levels: list[int], given: list[int], *, fold: int = 0) -> pl.DataFrame:
    """Rows of a cross-validation in which `given` got all the probability."""
    rows = {
        "call_id": [f"c{n:02}" for n in range(len(levels))],
        "fold": [fold] * len(levels),
        "level": levels,
        "given": given,
    }
    chances = np.eye(4)[given]
    return pl.DataFrame(
        rows | {f"p_{color}": chances[:, k] for k, color in enumerate(("red", "orange", "yellow", "green"))}
    )


LEVELS = [0, 1, 2, 3] * 6
WORSE = [0, 0, 3, 3] * 6


def test_better_challenger_replaces():
    """A challenger that is right everywhere replaces a champion that is off by one on half of the calls."""
    found = better(said(LEVELS, LEVELS), said(LEVELS, WORSE))
    assert (found.better, found.n_calls, found.challenger) == (True, 24, 1.0)
    # champion: half of the calls one level off, mean squared gap 1/2; expected (mean over pairs) 3.5
    assert round(found.champion, 3) == round(1 - 0.5 / 3.5, 3)
    assert found.low > 0


def test_worse_and_equal_do_not():
    """Worse or as good: the champion stays."""
    assert not better(said(LEVELS, WORSE), said(LEVELS, LEVELS)).better
    assert not better(said(LEVELS, WORSE), said(LEVELS, WORSE)).better


def test_newer_medians_count():
    """The champion is held against the scores of today, not those it learnt from."""
    old = said([3] * 24, LEVELS)
    assert better(said(LEVELS, WORSE), old).champion == 1.0


def test_other_folds_cannot_be_compared():
    """Judged in other folds there is nothing to compare: the newer scores decide, and that is said."""
    found = better(said(LEVELS, WORSE), said(LEVELS, LEVELS, fold=1))
    assert found.better
    assert found.reason == "only 0 calls were judged by both, 20 are needed: the newer scores decide"
