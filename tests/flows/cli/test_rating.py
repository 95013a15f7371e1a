"""The commands on scores: what an import says."""

import shutil
from pathlib import Path

import pytest

from flows.cli.options import Options
from flows.cli.rating import scores
from tests.workspace import RUBRICS


def test_nothing_came_in(small_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of which no row can be used teaches nothing, and the command does not say that it does; it did."""
    shutil.copytree(small_workspace, tmp_path / "w")
    (tmp_path / "scores.csv").write_text("call_id,rater,element,level\nnone,kim,agenda,red\n")
    options = Options(workspace=str(tmp_path / "w"), rubrics=RUBRICS)
    assert scores(tmp_path / "scores.csv", options=options) == 1
    said = capsys.readouterr().out
    assert "0 scores imported, 1 rows left out" in said
    assert "Nothing to learn from came in" in said
    assert "learns from them" not in said


def test_what_an_import_says(small_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns of levels that are no element are named; a rubric reworded under its version is told, and is no row that
    was left out, as it was counted."""
    shutil.copytree(small_workspace, tmp_path / "w")
    rubrics = shutil.copytree(RUBRICS, tmp_path / "rubrics")
    (tmp_path / "scores.csv").write_text("call_id,rater,insight,agneda\nw1-001,kim,red,2\nw1-002,kim,9,2\n")
    options = Options(workspace=str(tmp_path / "w"), rubrics=rubrics)
    assert scores(tmp_path / "scores.csv", options=options) == 1
    reworded = (rubrics / "discovery_call.yaml").read_text().replace("No story or", "Neither story nor")
    (rubrics / "discovery_call.yaml").write_text(reworded)
    capsys.readouterr()
    assert scores(tmp_path / "scores.csv", options=options) == 1
    said = capsys.readouterr().out
    assert "its anchors changed, but version" in said
    assert "column agneda was passed over" in said
    assert "1 scores imported, 1 rows left out" in said
