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
        "in_use": [0] * len(levels),
        "rubric_scored": ["demo_call"] * len(levels),
        "person": list(range(len(levels))),
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


def test_judged_anew_where_no_calls_are_shared():
    """Judged in other folds there is nothing to compare: the one in use is judged on the same calls anew, and a newer
    model that is worse than it stays out. It came into use before, whatever its scores were."""
    worse = said(LEVELS, WORSE).with_columns(in_use=pl.col("level"))
    found = better(worse, said(LEVELS, LEVELS, fold=1))
    assert not found.better
    assert found.reason == "QWK 0.857 against 1.000 of the one in use on 24 calls"


def test_only_calls_that_people_scored_count():
    """On 24 calls of the reference the new model is right, on 24 that people scored it is worse: it stays out."""
    automated = said(LEVELS, LEVELS).with_columns(rubric_scored=pl.lit(""), call_id="r" + pl.col("call_id"))
    both = pl.concat([automated, said(LEVELS, WORSE).with_columns(in_use=pl.col("level"))])
    assert not better(both, automated.clear()).better
