"""The commands on what leaves a workspace: the invitation to a next meeting."""

from pathlib import Path

import pytest

from flows.cli.options import Options
from flows.cli.output import prepare
from tests.workspace import RUBRICS


def test_prepare(small_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ann's next one-on-one with Mia, the kind in which they met; another kind has its own agenda; one without a rubric
    is refused with those there are."""
    options = Options(workspace=str(small_workspace), rubrics=RUBRICS)
    assert prepare("ann", options=options) == 0
    said = capsys.readouterr().out
    assert said.startswith("Manager to seller one-on-one: Mia Fox and Ann Lee (30 minutes)\nLast met ")
    assert "Agenda\n  3 min  Purpose, topics and time; the seller adds to them\n" in said
    assert prepare("ann", kind="deal_review", options=options) == 0
    assert capsys.readouterr().out.startswith("Deal review: Mia Fox and Ann Lee (45 minutes)")
    with pytest.raises(ValueError, match="no rubric 'tea', only account_review, "):
        prepare("ann", kind="tea", options=options)
