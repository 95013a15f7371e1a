"""The plan: what a workspace may say of it, and what is refused."""

from pathlib import Path

import pytest

from pipeline.metrics.cadence import load_plan, unknown_elements
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
