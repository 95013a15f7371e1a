"""Folds: people are kept apart as far as the calls allow, groups whole, earlier folds kept to."""

import numpy as np
import polars as pl

from models.learning.folds import keep_apart, people_groups, spread_groups


def people(leads: list[str | None], others: list[str | None]) -> tuple[pl.DataFrame, list[str]]:
    calls = [f"c{n}" for n in range(len(leads))]
    return pl.DataFrame({"call_id": calls, "lead_id": leads, "other_id": others}), calls


def test_nobody_on_both_sides():
    """a-x, b-x and b-y hang together through x and b; c-z does not; a call of unknown people stands alone."""
    frame, calls = people(["a", "b", "b", "c", None], ["x", "x", "y", "z", None])
    groups = people_groups(frame, calls)
    assert len(set(groups[:3])) == 1
    assert len(set(groups)) == 3


def test_person_who_is_lead_and_other():
    """A seller in one call who is the manager of another links the two."""
    frame, calls = people(["m", "s"], ["s", "c"])
    assert len(set(people_groups(frame, calls))) == 1


def test_many_people_are_kept_apart():
    """Six pairs of their own: people on both sides are kept apart."""
    frame, calls = people([f"l{n}" for n in range(6)], [f"o{n}" for n in range(6)])
    assert keep_apart(frame, calls).what == "people"


def test_one_manager():
    """One manager meets six sellers twice each: the sellers are kept apart, six groups of two."""
    frame, calls = people(["m"] * 12, [f"s{n // 2}" for n in range(12)])
    apart = keep_apart(frame, calls)
    assert apart.what == "people of the other side"
    assert np.unique(apart.groups, return_counts=True)[1].tolist() == [2] * 6


def test_one_pair():
    """Only two people: calls alone are kept apart, and it is said so."""
    frame, calls = people(["m"] * 6, ["s"] * 6)
    apart = keep_apart(frame, calls)
    assert (apart.what, len(set(apart.groups))) == ("calls", 6)


def test_largest_first():
    """Groups of 3, 2, 1 and 1 rows fill two folds with 3 + 1 and 2 + 1."""
    groups = np.array([0, 0, 0, 1, 1, 2, 3])
    fold = spread_groups(groups, 2)
    assert np.bincount(fold).tolist() == [4, 3]
    assert [len(set(fold[groups == name])) for name in range(4)] == [1] * 4


def test_another_seed_draws_other_folds():
    """A seed gives the same folds again, another seed others; groups stay whole."""
    groups = np.repeat(np.arange(20), 2)
    drawn = [spread_groups(groups, 5, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert all(len(set(drawn[2][groups == name])) == 1 for name in range(20))


def test_earlier_folds_are_kept():
    """Rows keep the folds they had; a group that had two gets the more frequent; a new one goes where room is."""
    known = np.array([1, 1, 0, 0, 0, 1, -1, -1])
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 2])
    # group 2 had folds 0 and 1 once each: the lower; fold 0 then has 5 rows, fold 1 two, so that group 3 goes to 1
    assert spread_groups(groups, 2, known=known).tolist() == [1, 1, 0, 0, 0, 0, 1, 0]
