"""Beside a label: why the measure next to it says otherwise, where it does.

A label weighs what its anchors say, with the whole conversation in view; a measure counts one thing. Both may be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pipeline.tables.values import LEVELS

SOUND = len(LEVELS) // 2  # yellow and better


class Judged(Protocol):
    """An element with its level, which is null where it is not judged."""

    @property
    def element(self) -> str:
        """Its name in the rubric."""

    @property
    def level(self) -> int | None:
        """Its colour, 0 red to 3 green."""


class Measured(Protocol):
    """A row of the table of measures."""

    @property
    def measure(self) -> str:
        """Its name."""

    @property
    def role(self) -> str:
        """Whose it is."""

    @property
    def value(self) -> float | None:
        """What it is, null where there is none."""


class Between(NamedTuple):
    """Values from `low` to `high`, both among them."""

    low: float
    high: float

    def has(self, value: float) -> bool:
        """Whether a value is one of them."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Contradiction:
    """A level and a value of a measure that do not seem to go together, and why they may."""

    element: str
    measure: str
    role: str
    levels: Between
    values: Between
    why: str


POOR, GOOD = Between(0, SOUND - 1), Between(SOUND, len(LEVELS) - 1)
NO, YES = Between(0, 0), Between(1, 1)
CONTRADICTIONS = (
    Contradiction(
        "single_focus", "purposes_mixed", "all", GOOD, YES,
        "Two kinds of review each take over a fifth of the time by the words used; the label weighs whether the talk "
        "comes back to its purpose. Look at the stretches before you rely on either.",
    ),
    Contradiction(
        "single_focus", "purposes_mixed", "all", Between(0, 0), NO,
        "No second kind of review takes a fifth of the time by the words used; the label counts jumps between "
        "subjects, short ones too.",
    ),
    Contradiction(
        "agenda", "agenda_present", "all", POOR, YES,
        "An agenda was found; the label asks besides that it is worked out, timed or agreed with the other side.",
    ),
    Contradiction(
        "agenda", "agenda_present", "all", GOOD, NO,
        "No sentence that states an agenda was found in the opening; the label reads the opening as a whole.",
    ),
    Contradiction(
        "next_steps", "next_step_present", "all", POOR, YES,
        "A dated or specific step stands at the close; the label asks besides that each has an owner and that the "
        "other side agrees.",
    ),
    Contradiction(
        "next_steps", "next_step_present", "all", GOOD, NO,
        "No step was found that is dated or specific and stands at the close; the label reads the close as a whole.",
    ),
    Contradiction(
        "ask_vs_tell", "ask_vs_tell", "lead", GOOD, Between(0, 0.2),
        "Fewer than one in five of these sentences asks; the label weighs what is asked and who thinks the problem "
        "through, not how many sentences.",
    ),
    Contradiction(
        "ask_vs_tell", "ask_vs_tell", "lead", POOR, Between(0.6, 1),
        "Most of these sentences ask; the label weighs besides whether the questions open anything and who decides.",
    ),
    Contradiction(
        "active_listening", "reflection_rate", "lead", GOOD, NO,
        "No sentence was found that gives back what the other said; the label also weighs questions that build on the "
        "answer.",
    ),
    Contradiction(
        "prior_actions", "prior_actions_reviewed", "all", GOOD, NO,
        "No review of an earlier action was found by its words; the label reads the opening as a whole.",
    ),
    Contradiction(
        "feedback_seeking", "feedback_sought", "lead", GOOD, NO,
        "No question how the conversation was has been found by its words; the label reads the close as a whole.",
    ),
)  # fmt: skip


def contradicted(elements: Sequence[Judged], measures: Sequence[Measured]) -> dict[str, str]:
    """The sentence to stand beside each element whose level and measure do not seem to go together, by element."""
    values = {(row.measure, row.role): row.value for row in measures}
    levels = {one.element: one.level for one in elements}
    said: dict[str, str] = {}
    for one in CONTRADICTIONS:
        level, value = levels.get(one.element), values.get((one.measure, one.role))
        if level is not None and value is not None and one.levels.has(level) and one.values.has(value):
            said.setdefault(one.element, one.why)
    return said
