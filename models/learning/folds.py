"""Folds: who is kept apart when a classifier is judged on calls that it has not learnt from."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

FOLDS = 5
MOST = 0.4  # share of the calls that one group may have: more, and a fold would leave too little to learn from


class Apart(NamedTuple):
    """A number per call, the same for calls that must not be on both sides, and what is thereby kept apart."""

    groups: NDArray[np.int64]
    what: str


def keep_apart(people: pl.DataFrame, calls: list[str]) -> Apart:
    """Keep people apart as far as the calls allow: on both sides, else the other side's alone, else only the calls.

    Where one manager leads every conversation, nobody could be kept apart on both sides.
    """
    for what, sides in (("people", ("lead_id", "other_id")), ("people of the other side", ("other_id",))):
        groups = people_groups(people, calls, sides)
        counts = np.bincount(groups)
        if (counts > 0).sum() >= FOLDS and counts.max() <= MOST * len(calls):
            return Apart(groups, what)
    return Apart(np.arange(len(calls)), "calls")


def people_groups(
    people: pl.DataFrame, calls: list[str], sides: tuple[str, ...] = ("lead_id", "other_id")
) -> NDArray[np.int64]:
    """A number per call, the same for all calls that are linked by a person on one of `sides`."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    known = pl.DataFrame({"call_id": calls}).join(people, on="call_id", how="left", maintain_order="left")
    own = pl.format("call {}", "call_id")
    ends = known.select(first=pl.col(sides[0]).fill_null(own), last=pl.col(sides[-1]).fill_null(own))
    names = {name: number for number, name in enumerate(ends.unpivot()["value"].unique().sort())}
    pairs = ends.select(pl.all().replace_strict(names, return_dtype=pl.Int64)).to_numpy()
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(names), len(names)))
    component = connected_components(links, directed=False)[1]
    return np.asarray(component[pairs[:, 0]], np.int64)


def spread_groups(
    groups: NDArray[np.int64], folds: int = FOLDS, *, seed: int = 0, known: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """A fold for each row, groups kept whole: the largest first, each into the fold that is emptiest.

    A `seed` other than 0 draws the order of the groups instead. `known` has the fold a row must have, -1 where that is
    open; a group gets the one most of its rows must have.
    """
    names, counts = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names)) if seed else np.argsort(-counts, kind="stable")
    filled = np.zeros(folds)
    fold_of: dict[int, int] = {}
    if known is not None:
        for name in names:
            given = known[(groups == name) & (known >= 0)]
            if len(given):
                fold_of[name] = int(np.bincount(given).argmax())
                filled[fold_of[name]] += (groups == name).sum()
    for at in order:
        if names[at] not in fold_of:
            fold_of[names[at]] = int(filled.argmin())
            filled[fold_of[names[at]]] += counts[at]
    return np.array([fold_of[name] for name in groups], np.int64)
