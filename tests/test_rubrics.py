"""Every rubric file of the project."""

from pathlib import Path

import polars as pl
import pytest

from models.ratings.rubrics import check_rubrics, load_rubrics
from pipeline.tables.values import LEVELS

RUBRICS = Path(__file__).parents[1] / "rubrics"
NAMES = sorted(path.stem for path in RUBRICS.glob("*.yaml") if path.name != "common.yaml")


def test_no_problems():
    """The shipped rubrics are valid."""
    assert check_rubrics(RUBRICS) == []


@pytest.mark.parametrize("name", NAMES)
def test_rubric(name):
    """A rubric judges four to ten elements, each with four different anchors in full sentences."""
    rows = load_rubrics(RUBRICS).filter(rubric=name)
    assert 4 <= rows.height <= 10
    anchors = rows.select(LEVELS).unpivot()["value"]
    assert anchors.n_unique() == rows.height * 4
    assert anchors.str.ends_with(".").all()


def test_shared_elements_read_alike():
    """An element's anchors are the same in every rubric that names it: its scores can be pooled."""
    kinds = load_rubrics(RUBRICS).group_by("element").agg(pl.struct(LEVELS).n_unique().alias("n"))
    assert kinds["n"].to_list() == [1] * kinds.height
