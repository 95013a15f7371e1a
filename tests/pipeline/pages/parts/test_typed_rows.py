"""Rows of a frame as dataclasses: structs and lists of them too, other columns left out."""

from dataclasses import dataclass

import polars as pl

from pipeline.pages.parts.typed_rows import rows_by, rows_of


@dataclass(frozen=True)
class Leaf:
    """What lies inside."""

    name: str


@dataclass(frozen=True)
class Branch:
    """A row with a struct, a list of structs, and a list of texts."""

    n: int
    best: Leaf | None
    leaves: list[Leaf] | None
    words: list[str]


FRAME = pl.DataFrame(
    {
        "key": ["b", "a", "b"],
        "n": [1, 2, 3],
        "best": [{"name": "x", "more": 1}, None, None],
        "leaves": [[{"name": "y"}, {"name": "z"}], None, []],
        "words": [["one"], [], []],
    }
)


def test_nested() -> None:
    """A struct becomes the dataclass of its field, null stays null, and what has no field is left out."""
    assert rows_of(Branch, FRAME) == [
        Branch(1, Leaf("x"), [Leaf("y"), Leaf("z")], ["one"]),
        Branch(2, None, None, []),
        Branch(3, None, [], []),
    ]


def test_by_a_column() -> None:
    """Rows are grouped by the value of a column and keep their order."""
    assert {key: [row.n for row in rows] for key, rows in rows_by("key", Branch, FRAME).items()} == {
        "b": [1, 3],
        "a": [2],
    }
