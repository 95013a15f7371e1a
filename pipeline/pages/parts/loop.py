"""The loop of coaching as pages show it: observed, assessed, coached, measured again."""

from dataclasses import dataclass
from datetime import datetime

NEXT = {
    "not observed": "seller: record a conversation",
    "observed": "manager: judge it",
    "assessed": "manager: meet on it",
    "coached": "seller: the next conversation",
    "measured again": "manager: keep or set a goal",
}


@dataclass(frozen=True)
class Loop:
    """Where an element stands between observing and measuring again: see `pipeline.metrics.coaching.loop.states`."""

    state: str
    assessed_at: datetime | None = None
    coached_at: datetime | None = None
    measured_at: datetime | None = None
    before: float | None = None
    after: float | None = None
    n_after: int = 0

    @property
    def at(self) -> datetime | None:
        """Since when it is so."""
        return {"assessed": self.assessed_at, "coached": self.coached_at}.get(self.state, self.measured_at)

    @property
    def next(self) -> str:
        """Who does what next."""
        return NEXT[self.state]
