"""The commands on scores: what an import says."""

import shutil
from pathlib import Path

import pytest

from flows.cli.options import Options
from flows.cli.output import report
from flows.cli.rating import agreement, scores
from models.ratings.rubrics import load_rubrics
from pipeline.store.delta import Store
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


def test_agreement_on_the_page(small_workspace: Path, tmp_path: Path) -> None:
    """What two people scored is compared on the next calibration page: too little to be learnt from, it waited for a
    training that never came, beside a count of these very scores."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "w")))
    calls = store.read("calls").filter(interaction="discovery_call")["call_id"].to_list()
    rows = [f"{call},{rater},agenda,{at % 4}" for at, call in enumerate(calls) for rater in ("kim", "lee")]
    (tmp_path / "scores.csv").write_text("\n".join(["call_id,rater,element,level", *rows]))
    options = Options(workspace=store.root, rubrics=RUBRICS)
    assert scores(tmp_path / "scores.csv", options=options) == 0
    assert report(call=calls[0], options=options) == 0
    found = store.read("agreement").filter(element="agenda", scope="people")
    assert found.select("n_calls", "alpha_ordinal").rows() == [(len(calls), 1.0)]


def test_raters_alike(small_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ann who is written as ann in another file is named in both ways: she counted as two raters without a word."""
    options = Options(workspace=str(shutil.copytree(small_workspace, tmp_path / "w")), rubrics=RUBRICS)
    for rater, others in (("ann lee", "bob"), ("Ann Lee", "cy")):
        rows = [f"w1-001,{name},agenda,1" for name in (rater, others)]
        (tmp_path / "scores.csv").write_text("\n".join(["call_id,rater,element,level", *rows]))
        assert scores(tmp_path / "scores.csv", options=options) == 0
    said = capsys.readouterr().out
    assert said.count("scores.csv: raters 'Ann Lee' and 'ann lee' count as 2 people; if they are one") == 1


def test_after_a_rewording(small_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that two people scored whole is to be scored no more, until a wording is another; where it means the same,
    it stays done and its scores stand in the plan. It was the other way round. Automated raters leave it to people."""
    shutil.copytree(small_workspace, tmp_path / "w")
    rubrics = shutil.copytree(RUBRICS, tmp_path / "rubrics")
    rubric, options = rubrics / "discovery_call.yaml", Options(workspace=str(tmp_path / "w"), rubrics=rubrics)
    elements = load_rubrics(rubrics).filter(rubric="discovery_call")
    rows = [f"w1-001,{who},{one},{level}" for who, level in (("kim", 1), ("lee", 2)) for one in elements["element"]]
    (tmp_path / "scores.csv").write_text("\n".join(["call_id,rater,element,level", *rows]))
    before = elements.filter(element="insight")["rubric_hash"][0]

    def told() -> tuple[bool, bool, bool]:
        scores(next_calls=20, options=options)
        chosen = capsys.readouterr().out
        agreement("discovery_call", options=options)
        plan = capsys.readouterr().out
        return "w1-001" in chosen, "w1-002" in chosen, "insight" in plan

    scores(tmp_path / "scores.csv", options=options)
    first = told()
    assert first == (False, True, True)
    reworded = rubric.read_text().replace("No story or insight", "Neither story nor insight")
    rubric.write_text(reworded.replace("version: 2", "version: 3"))
    assert told() == (True, True, False)
    answered = f"- id: insight\n    same_meaning_as: ['{before}']"
    rubric.write_text(rubric.read_text().replace("- id: insight", answered))
    assert told() == first
