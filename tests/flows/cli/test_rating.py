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
