"""Simulated customers: their standards by hand, their raters' noise, and which calls they take."""

import numpy as np
import pytest

from benchmarks.calibration.customers import SCENARIOS, Scored, draw_customer, noise_for, rate
from models.ratings.agreement import qwk


def scored(levels: list[int], *, groups: list[int] | None = None) -> Scored:
    n = len(levels)
    clause = np.arange(n) % 2 == 0
    return Scored("agenda", "demo_call", [f"c{k:03}" for k in range(n)], np.array(levels),
                  np.array(groups or range(n)), np.full(n, "demo_call"), clause, "even")  # fmt: skip


def test_standards_by_hand():
    """One level stricter red stays red; without the clause (odd calls) a green is yellow and nothing else changes."""
    element = scored([0, 1, 2, 3, 3, 0])
    assert element.standard("shipped").tolist() == [0, 1, 2, 3, 3, 0]
    assert element.standard("stricter").tolist() == [0, 0, 1, 2, 2, 0]
    assert element.standard("clause").tolist() == [0, 1, 2, 2, 3, 0]


@pytest.mark.parametrize("agreement", [0.9, 0.5])
def test_raters_agree_as_asked(agreement):
    """Two raters with the noise of an agreement agree by it, on levels one stricter as well."""
    levels = np.maximum(np.arange(4000) % 4 - 1, 0)
    draw = np.random.default_rng(5)
    sd = noise_for(levels, agreement)
    first, second = np.clip(np.rint(levels + sd * draw.standard_normal((2, len(levels)))), 0, 3)
    assert qwk(first, second) == pytest.approx(agreement, abs=0.03)


def test_random_and_careless_raters():
    """Random raters agree neither with the levels nor with each other; of two careful and one careless the last agrees
    far less."""
    levels = np.arange(2000) % 4
    random, mixed = (rate(levels, SCENARIOS[name], np.random.default_rng(0)) for name in ("d", "e"))
    assert max(abs(qwk(levels, scores)) for scores in random.T) < 0.1
    assert [qwk(levels, scores) > 0.9 for scores in mixed.T] == [True, True, False]
    assert qwk(levels, mixed[:, 2]) < 0.4


def test_customer_takes_whole_groups():
    """Of 45 training calls a customer takes 25 at most, people kept whole, and leaves the reference 20."""
    element = scored([0, 1, 2] * 20, groups=[k // 4 for k in range(60)])
    training = np.arange(4, 49)
    customer = draw_customer(element, training, np.random.default_rng(0))
    assert 20 <= len(customer) <= 25
    assert set(customer) <= set(training)
    left = np.setdiff1d(training, customer)
    assert not set(element.groups[customer]) & set(element.groups[left])
