"""Champion and challenger: the same calls, the same folds, and only who is better replaces."""

import numpy as np
import polars as pl
import pytest

from models.learning.champion import better, earns_use
from models.learning.gate import Validated


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


def validated(levels: list[int], given: list[int], in_use: list[int], *, rubrics: list[str] | None = None) -> Validated:
    """Calls that people scored, with what was learnt and what is in use."""
    n = len(levels)
    none = np.zeros(n, np.int64)
    return Validated([f"c{k}" for k in range(n)], none, np.array(levels), np.eye(4)[given], np.array(given), none, none,
                     np.array(in_use), np.array(rubrics or ["demo_call"] * n), np.arange(n))  # fmt: skip


def raters(*columns: list[int]) -> np.ndarray:
    return np.array(columns, float).T


FALSE = [1, 1, 2, 2] * 6
RANDOM = np.random.default_rng(0).integers(4, size=(2, 24)).tolist()


def test_what_agrees_more_earns_its_use():
    """Right everywhere where what is in use is right on half of the calls."""
    found = earns_use(validated(LEVELS, LEVELS, WORSE), raters(LEVELS, LEVELS), ("demo_call", "deal_review"))
    assert {rubric: verdict.better for rubric, verdict in found.items()} == {"demo_call": True, "deal_review": True}
    assert found["demo_call"].reason == "QWK 1.000 against 0.857 of the one in use on 24 calls"


@pytest.mark.parametrize(
    ("levels", "given", "in_use", "scores", "reason"),
    [
        ([2] * 24, [2] * 24, [1] * 24, [[2] * 24] * 2, "all 24 scored calls come to yellow: there is nothing"),
        (LEVELS, LEVELS, WORSE, RANDOM, "the raters agree with each other no better than chance on 24 calls"),
        (LEVELS, LEVELS, [3, 2, 1, 0] * 6, [LEVELS], "the 24 scored calls run against the scores known before"),
        (LEVELS, [0, 3, 3, 0] * 6, FALSE, [LEVELS] * 2, "nothing in the 24 scored calls tells the scores"),
        (LEVELS, WORSE, LEVELS, [LEVELS] * 2, "QWK 0.857 against 1.000 of the one in use on 24 calls"),
    ],
    ids=["constant", "raters by chance", "scale turned round", "model by chance", "worse"],
)
def test_what_does_not_earn_its_use(levels, given, in_use, scores, reason):
    """Scores that agree with nothing, and a model that agrees less with people than the one in use; each says why."""
    (verdict,) = earns_use(validated(levels, given, in_use), raters(*scores), ("demo_call",)).values()
    assert not verdict.better
    assert verdict.reason.startswith(reason)


def test_no_kind_of_meeting_loses():
    """Better on 24 demos, worse on 12 deal reviews: it serves the demos, and the reviews keep what they had."""
    kinds = ["demo_call"] * 24 + ["deal_review"] * 12
    levels, given = LEVELS + LEVELS[:12], LEVELS + WORSE[:12]
    in_use = [1, 0, 3, 2] * 6 + LEVELS[:12]
    found = earns_use(
        validated(levels, given, in_use, rubrics=kinds), raters(levels, levels), ("demo_call", "deal_review")
    )
    assert {rubric: verdict.better for rubric, verdict in found.items()} == {"demo_call": True, "deal_review": False}
    assert found["deal_review"].reason.startswith("worse on calls of deal_review: QWK 0.857 against 1.000")
