"""The gate: figures by hand, what stands in the way, and from when a label needs no review."""

import warnings

import numpy as np
import pytest

from models.learning.gate import (
    RISK,
    Gate,
    Validated,
    expected_calibration_error,
    judge,
    mean_difference,
    objections,
    sure_from,
)
from models.learning.gate import within_one as near_by

GOOD = {"qwk": 0.8, "qwk_low": 0.7, "human_qwk": 0.85, "smd": 0.05, "ece": 0.02, "words_qwk": 0.3, "exact": 0.7,
        "majority": 0.3, "apart": "people"}  # fmt: skip


def sure_of(validated: Validated) -> float:
    return sure_from(validated.levels, validated.chances, validated.given)


def judged(levels: list[int], chances: list[list[float]]) -> Validated:
    n = len(levels)
    return Validated(
        [f"c{k}" for k in range(n)],
        np.zeros(n, int),
        np.array(levels),
        np.array(chances),
        np.argmax(chances, axis=1),
        by_words=np.zeros(n, int),
        by_keywords=np.zeros(n, int),
        in_use=np.zeros(n, int),
        rubric=np.full(n, "demo_call"),
        groups=np.arange(n),
    )


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"human_qwk": 0.95}, "QWK 0.80 is more than 0.1 under the raters' 0.95"),
        ({"human_qwk": None, "qwk": 0.55}, "QWK 0.55 (from 0.70); needed 0.6 (from 0.4)"),
        ({"human_qwk": None, "qwk_low": 0.35}, "QWK 0.80 (from 0.35); needed 0.6 (from 0.4)"),
        ({"smd": 0.2}, "standardised mean difference 0.20 is over 0.15"),
        ({"ece": 0.09}, "expected calibration error 0.09 is over 0.08"),
        ({"words_qwk": 0.8}, "no better than the words alone (QWK 0.80)"),
        ({"exact": 0.3}, "no better than always saying the most frequent level (30%)"),
        ({"apart": "calls"}, "judged on people it had learnt from: too few for some to be left out"),
    ],
)
def test_each_condition(figures, reason):
    """Each condition alone keeps a model from being calibrated, and says why."""
    assert list(objections(GOOD, Gate())) == []
    assert list(objections(GOOD | figures, Gate())) == [reason]


def test_calibration_error_by_hand():
    """Sure and right is 0; always red said of calls that are green misses all three steps."""
    sure = np.eye(4)[[0, 3]]
    assert expected_calibration_error(np.array([0, 3]), sure) == 0
    assert expected_calibration_error(np.array([3, 3]), np.eye(4)[[0, 0]]) == 1.0


def test_mean_difference_by_hand():
    """Means 1 and 2, both with standard deviation 1: the difference is 1."""
    assert mean_difference(np.array([0, 2]), np.array([1, 3])) == 1.0


def test_chance_within_one():
    """Orange is given: red, orange and yellow are at most one off, 0.9 together; of red only red and orange, 0.7."""
    assert near_by(np.array([[0.2, 0.4, 0.3, 0.1], [0.4, 0.3, 0.2, 0.1]]), np.array([1, 0])) == pytest.approx(
        [0.9, 0.7]
    )


def test_sure_by_hand():
    """Of 20 calls one is two levels off where the model gave 0.97 to at most one: at a risk of 1 in 20 that one may
    happen, at two of them the mark lies above 0.97."""
    right, wrong = [0.01, 0.98, 0.01, 0.0], [0.97, 0.0, 0.0, 0.03]
    once = judged([1] * 39 + [3], [right] * 39 + [wrong])
    often = judged([1] * 37 + [3] * 3, [right] * 37 + [wrong] * 3)
    assert sure_of(once) == pytest.approx(1 - RISK)
    assert 0.97 < sure_of(often) <= 1


def test_nothing_is_printed():
    """Calls all judged well raise no warning about outcomes that never came."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sure_of(judged([0, 3] * 20, [[0.97, 0.01, 0.01, 0.01], [0.01, 0.01, 0.01, 0.97]] * 20)) <= 1


def test_judge_by_hand():
    """Two raters; levels 0, 3, 0, 3 and given 0, 3, 0, 0: 3 of 4 right, one three levels off; half are the majority."""
    sure = np.eye(4)
    ratings = np.array([[0, 0], [3, 3], [0, 0], [3, 3]], float)
    told = judge(judged([0, 3, 0, 3], sure[[0, 3, 0, 0]].tolist()), ratings)
    # kappa: observed squared gap 9/4 over expected 9 * (1/2 * 1/4 + 1/2 * 3/4) = 9/2
    assert told["qwk"] == pytest.approx(0.5)
    assert (told["exact"], told["adjacent"], told["majority"], told["human_qwk"]) == (0.75, 0.75, 0.5, 1.0)
    assert told["wins"] is None


def test_kappa_of_people_alone():
    """Two people agree on half of their two calls, two automated raters on all of theirs: the people's kappa is 0, and
    was 0.5 with that of the automated ones mixed in."""
    ratings = np.full((4, 4), np.nan)
    ratings[:2, :2] = [[0, 0], [0, 3]]  # kappa 0: one of them knows one level only
    ratings[2:, 2:] = [[0, 0], [3, 3]]
    found = judged([0, 3, 0, 3], np.eye(4)[[0, 3, 0, 3]].tolist())
    mixed = found._replace(rubric=np.array(["demo_call", "demo_call", "", ""]))
    assert judge(mixed, ratings)["human_qwk"] == pytest.approx(0.0)


def test_people_alone_are_the_raters() -> None:
    """Two people agree wholly on ten calls; that automated raters do not on ten others is not counted against them."""
    levels = [at % 4 for at in range(20)]
    people = np.repeat(np.array(levels, float)[:, None], 2, axis=1)
    ratings = np.vstack([people[:10], np.column_stack([people[10:, 0], 3 - people[10:, 1]])])
    validated = judged(levels, [[float(level == at) for at in range(4)] for level in levels])
    validated.rubric[10:] = ""
    assert judge(validated, ratings)["human_qwk"] == 1.0
    assert judge(judged(levels, validated.chances.tolist()), ratings)["human_qwk"] < 0.7
