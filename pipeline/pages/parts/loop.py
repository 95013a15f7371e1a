"""The loop of coaching as pages show it: observed, assessed, met after, coached, measured again."""

from dataclasses import dataclass
from datetime import datetime

NEXT = {
    "not observed": "seller: record a conversation",
    "observed": "manager: judge it",
    "assessed": "manager: meet on it",
    "met after": "manager: set a goal",
    "coached": "seller: the next conversation",
    "measured again": "manager: keep or set a goal",
}
HOW = {"goal": "a goal was agreed", "comment": "a comment was written", "meeting": "their meeting spoke of it"}


@dataclass(frozen=True)
class Loop:
    """Where an element stands between observing and measuring again: see `pipeline.metrics.coaching.loop.states`."""

    state: str
    assessed_at: datetime | None = None
    met_at: datetime | None = None
    coached_at: datetime | None = None
    how: str | None = None
    measured_at: datetime | None = None
    before: float | None = None
    after: float | None = None
    n_after: int = 0

    @property
    def at(self) -> datetime | None:
        """Since when it is so."""
        times = {"assessed": self.assessed_at, "met after": self.met_at, "coached": self.coached_at}
        return times.get(self.state, self.measured_at)

    @property
    def next(self) -> str:
        """Who does what next."""
        return NEXT[self.state]

    @property
    def evidence(self) -> str:
        """By what it is known to be coached; empty where it is not."""
        return HOW[self.how] if self.how else ""
