"""The plan: what a workspace may say of it, and what is refused."""

from pathlib import Path

import pytest

from pipeline.intake.kinds import all_kinds
from pipeline.metrics.cadence import load_plan, meeting_kinds, unknown_elements, write_plan
from tests.pipeline.metrics.kpi_rows import ELEMENTS, PLAN


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("takeover_share: 2", "takeover_share"),
        ("tempo: fast", "tempo"),
        ("meetings: {one_on_one: {every_weeks: 1, minutes: [60, 30]}}", "meetings.one_on_one.minutes"),
        ("- a list", "part: value"),
        ("{", "not YAML"),
    ],
)
def test_wrong_plan(tmp_path: Path, written: str, complaint: str) -> None:
    """A plan that cannot be used is refused with the file and what is wrong."""
    (tmp_path / "cadence.yaml").write_text(written)
    with pytest.raises(ValueError, match=complaint) as error:
        load_plan(tmp_path)
    assert "cadence.yaml" in str(error.value)


def test_plan_is_written_once(tmp_path: Path) -> None:
    """The first run writes the plan with its comments, which changes nothing; what a person writes stays."""
    write_plan(tmp_path)
    written = (tmp_path / "cadence.yaml").read_text(encoding="utf-8")
    assert "# meetings:" in written
    assert load_plan(tmp_path) == PLAN
    own = written.replace("# small_n: 5", "small_n: 9")
    (tmp_path / "cadence.yaml").write_text(own)
    write_plan(tmp_path)
    assert load_plan(tmp_path).small_n == 9


def test_own_kind_of_meeting(tmp_path: Path) -> None:
    """A kind without a rubric takes one line of cadence.yaml: call lists may name it, and it is a manager's meeting."""
    (tmp_path / "cadence.yaml").write_text("unjudged: {standup: Stand-up}")
    plan = load_plan(tmp_path)
    assert "standup" in all_kinds(ELEMENTS["rubric"], plan.unjudged)
    assert "standup" in meeting_kinds(ELEMENTS, plan)


def test_own_plan(tmp_path: Path) -> None:
    """A part in the workspace replaces the default's; the others stay; a misspelt element is found."""
    (tmp_path / "cadence.yaml").write_text("small_n: 9\ndecisive: {discovery_call: [agenda, nextsteps]}")
    plan = load_plan(tmp_path)
    assert (plan.small_n, plan.decisive, plan.meetings) == (
        9,
        {"discovery_call": ("agenda", "nextsteps")},
        PLAN.meetings,
    )
    assert unknown_elements(plan, ELEMENTS) == ["discovery_call.nextsteps"]
    assert unknown_elements(PLAN, ELEMENTS) == []
