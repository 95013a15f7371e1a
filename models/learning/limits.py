"""Limits: where a rubric says that an element is not rated above a level, because of what was found in a call."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.features.features import Features
from models.features.findings import LIMITING
from pipeline.tables.values import DECIMALS, LEVELS

REASONS = {"second_review": "a second kind of review takes {share:.0%} of what is said in reviews"}


class Limit(NamedTuple):
    """Above `at_most` no call is rated in which more than the share `over` of a finding was found."""

    finding: str
    over: float
    at_most: int

    @classmethod
    def of(cls, limit: dict[str, Any] | None) -> "Limit | None":
        """The limit of a row of the table of elements, where it has one."""
        return cls(**limit) if limit and limit["finding"] else None

    def shares(self, features: Features) -> NDArray[np.float64]:
        """How much of it was found in each call."""
        found: NDArray[np.float64] = features.findings[:, LIMITING[self.finding]].astype(np.float64).round(DECIMALS)
        return found

    def holds(self, features: Features) -> NDArray[np.bool_]:
        """The calls that it limits."""
        limited: NDArray[np.bool_] = self.shares(features) > self.over
        return limited

    def chances(self, chances: NDArray[np.float64], limited: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Calls by levels, where what was above the limit counts as at it."""
        below = chances.copy()
        below[:, self.at_most] += chances[:, self.at_most + 1 :].sum(axis=1)
        below[:, self.at_most + 1 :] = 0.0
        return np.where(limited[:, None], below, chances)

    def levels(self, levels: NDArray[np.int64], limited: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Levels, none above the limit where it holds."""
        return np.where(limited, np.minimum(levels, self.at_most), levels)

    def reason(self, share: float) -> str:
        """Why a call is not rated higher."""
        found = REASONS[self.finding].format(share=share)
        return f"{found}: by its rubric no higher than {LEVELS[self.at_most]}"
