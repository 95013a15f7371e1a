"""Decision trees added up: what gradient boosting learnt, as numbers in a JSON file, read without scikit-learn."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


class Tree(NamedTuple):
    """The nodes of one tree: where the column `feature` is at most `threshold`, one goes on `left`, else `right`.

    A leaf has feature -1 and adds its value to the log odds.
    """

    feature: Ints
    threshold: Doubles
    left: Ints
    right: Ints
    value: Doubles


class Trees(NamedTuple):
    """Trees whose leaves are added to `base`, the log odds that any row begins with; `columns` are the names."""

    columns: tuple[str, ...]
    base: float
    trees: tuple[Tree, ...]

    def probabilities(self, rows: Doubles) -> Doubles:
        """The probability of yes for each row of the columns."""
        odds = np.full(len(rows), self.base)
        every = np.arange(len(rows))
        for tree in self.trees:
            node = np.zeros(len(rows), np.int64)
            while (inner := tree.feature[node] >= 0).any():
                below = rows[every, np.maximum(tree.feature[node], 0)] <= tree.threshold[node]
                node = np.where(inner, np.where(below, tree.left[node], tree.right[node]), node)
            odds += tree.value[node]
        return np.asarray(1 / (1 + np.exp(-odds)), np.float64)


def read_trees(path: Path) -> Trees:
    """The trees of a file that `write_trees` wrote."""
    stored = json.loads(path.read_text())
    trees = tuple(
        Tree(
            np.array(tree["feature"], np.int64),
            np.array(tree["threshold"], np.float64),
            np.array(tree["left"], np.int64),
            np.array(tree["right"], np.int64),
            np.array(tree["value"], np.float64),
        )
        for tree in stored["trees"]
    )
    return Trees(tuple(stored["columns"]), stored["base"], trees)


def write_trees(trees: Trees, path: Path) -> None:
    """Store trees as JSON, one tree a line."""
    rows = [{name: part.tolist() for name, part in tree._asdict().items()} for tree in trees.trees]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    path.write_text(f'{{"columns": {json.dumps(trees.columns)}, "base": {trees.base}, "trees": [\n{lines}\n]}}\n')
