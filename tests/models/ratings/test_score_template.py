"""The file to fill in: what is in it, and that it is read back."""

from datetime import UTC, datetime
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from models.ratings.rubrics import load_rubrics
from models.ratings.score_template import write_template
from models.ratings.scores import read_scores

ELEMENTS = load_rubrics(Path(__file__).parents[3] / "rubrics")
CALLS = pl.DataFrame(
    {"call_id": ["c1", "c2"], "interaction": ["discovery_call", "one_on_one"], "lead_name": ["Maya", None],
     "started_at": [datetime(2026, 4, 20, 10, 45, tzinfo=UTC), None]}
)  # fmt: skip
CHOSEN = pl.DataFrame({"call_id": ["c2", "c1"], "rubric": ["one_on_one", "discovery_call"]})


@pytest.mark.parametrize("name", ["to score.csv", "to score.xlsx"])
def test_filled_in_it_is_read_back(tmp_path, name):
    """The best call comes first; filled in for one call, its scores are read and the other rows are passed over."""
    path = tmp_path / name
    rows = write_template(path, CHOSEN, CALLS, ELEMENTS)
    assert rows["call_id"].unique(maintain_order=True).to_list() == ["c2", "c1"]
    assert read_scores(path, ELEMENTS, CALLS).n_empty == rows.height
    read = pl.read_csv(path, infer_schema=False) if name.endswith("csv") else pl.read_excel(path, infer_schema_length=0)
    mine = pl.col("call_id") == "c1"
    filled = read.with_columns(
        pl.when(mine).then(pl.lit("Ann")).alias("rater"), pl.when(mine).then(pl.lit("yellow")).alias("level")
    )
    again = tmp_path / f"filled {name}"
    filled.write_csv(again) if name.endswith("csv") else filled.write_excel(again)
    found = read_scores(again, ELEMENTS, CALLS)
    discovery = ELEMENTS.filter(rubric="discovery_call").height
    assert (found.scores.height, found.n_empty, found.problems) == (discovery, rows.height - discovery, [])
    assert set(found.scores["level"]) == {2}


def test_anchors_are_at_hand(tmp_path):
    """A CSV file has them on each row, a workbook in its second sheet, once per element."""
    write_template(tmp_path / "s.csv", CHOSEN, CALLS, ELEMENTS)
    write_template(tmp_path / "s.xlsx", CHOSEN, CALLS, ELEMENTS)
    agenda = ELEMENTS.filter(rubric="one_on_one").sort("position").row(0, named=True)
    assert pl.read_csv(tmp_path / "s.csv")["green"][0] == agenda["green"]
    book = fastexcel.read_excel(tmp_path / "s.xlsx")
    assert book.sheet_names == ["scores", "anchors"]
    anchors = pl.read_excel(tmp_path / "s.xlsx", sheet_name="anchors")
    assert anchors["green"][0] == agenda["green"]
    assert "green" not in pl.read_excel(tmp_path / "s.xlsx").columns


def test_scores_are_not_written_over(tmp_path):
    """A file that is there may hold a week's work."""
    path = tmp_path / "s.csv"
    path.write_text("call_id\n")
    with pytest.raises(ValueError, match="is there already"):
        write_template(path, CHOSEN, CALLS, ELEMENTS)
    with pytest.raises(ValueError, match=r"ends in \.csv or \.xlsx"):
        write_template(tmp_path / "s.doc", CHOSEN, CALLS, ELEMENTS)


def test_nothing_to_score(tmp_path):
    """Without labelled calls nothing is written."""
    with pytest.raises(ValueError, match="no labelled calls"):
        write_template(tmp_path / "s.csv", CHOSEN.clear(), CALLS, ELEMENTS)
    assert not (tmp_path / "s.csv").exists()
