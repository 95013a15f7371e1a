"""Why the measure beside a label says otherwise."""

from dataclasses import dataclass

import pytest

from pipeline.metrics.measures import MEASURES
from pipeline.pages.parts.beside import CONTRADICTIONS, contradicted


@dataclass(frozen=True)
class Element:
    """An element with its level."""

    element: str
    level: int | None


@dataclass(frozen=True)
class Row:
    """A measure of a role."""

    measure: str
    role: str
    value: float | None


@pytest.mark.parametrize(
    ("level", "mixed", "begins"),
    [(3, 1.0, "Two kinds of review"), (0, 0.0, "No second kind"), (3, 0.0, None), (1, 1.0, None), (3, None, None)],
)
def test_focus_beside_the_mix_of_purposes(level: int, mixed: float | None, begins: str | None) -> None:
    """Green beside mixed purposes is explained, and red beside one; nothing is said where both agree."""
    said = contradicted([Element("single_focus", level)], [Row("purposes_mixed", "all", mixed)])
    assert (said == {}) if begins is None else said["single_focus"].startswith(begins)


def test_not_judged_is_not_contradicted() -> None:
    """Without a level there is nothing to explain."""
    assert contradicted([Element("agenda", None)], [Row("agenda_present", "all", 1.0)]) == {}


def test_asking_counted_and_judged() -> None:
    """A share of asks of .61 beside orange is explained, .59 is not."""
    rows = [[Row("ask_vs_tell", "lead", share)] for share in (0.61, 0.59)]
    said = [contradicted([Element("ask_vs_tell", 1)], row) for row in rows]
    assert ["ask_vs_tell" in one for one in said] == [True, False]


def test_measures_exist() -> None:
    """Every measure that is compared is one that is computed, for that role."""
    assert {(one.measure, one.role) for one in CONTRADICTIONS} <= {
        (name, role) for name, definition in MEASURES.items() for role in definition.roles
    }
