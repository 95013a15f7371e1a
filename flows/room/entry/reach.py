"""What each role may see of calls: a person's own, a team's, the teams of a manager's managers, or all.

It is told from the call list alone: who leads a call, who it is held with, and who managed the lead at that time. A
call that somebody is still to score blindly is out of reach until they have, so that nothing gives the answer away.
"""

from dataclasses import dataclass, field, replace

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.scoring import Assignment
from flows.room.database.scoring import Session as Calibration
from flows.room.entry.sign_in import Visitor

SEES_ALL = ("enablement", "admin")
SETTLES = ("manager", "second_line", "enablement")  # disputes


@dataclass(frozen=True)
class Reach:
    """What a person may see: whole conversations (`call_ids`), and people's pages (`people`)."""

    sees_all: bool
    call_ids: frozenset[str]
    people: frozenset[str]
    blind: frozenset[str] = field(default_factory=frozenset)

    def without(self, call_ids: frozenset[str]) -> "Reach":
        """The same without some calls."""
        return replace(self, call_ids=self.call_ids - call_ids)

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of a table that are of calls in reach."""
        return frame.filter(pl.col("call_id").is_in(list(self.call_ids)))


def reach_of(visitor: Visitor, calls: pl.DataFrame, session: Session) -> Reach:
    """What a visitor may see of `calls`."""
    blind = _blind(visitor.person_id, session)
    own = pl.any_horizontal(pl.col("lead_id", "other_id").eq_missing(visitor.person_id))
    if visitor.role in SEES_ALL:
        chosen = calls
    elif visitor.role == "second_line":
        managers = calls.filter(pl.col("manager_id") == visitor.person_id)["lead_id"].drop_nulls().unique()
        chosen = calls.filter(pl.col("manager_id").is_in([visitor.person_id, *managers]))
    elif visitor.role == "manager":
        chosen = calls.filter(pl.col("manager_id") == visitor.person_id)
    else:
        chosen = calls.clear()
    own_calls = calls.filter(own & pl.lit(visitor.role != "rater"))
    seen = frozenset([*chosen["call_id"], *own_calls["call_id"]]) - blind
    people = frozenset(chosen["lead_id"].drop_nulls()) | ({visitor.person_id} if visitor.role != "rater" else set())
    return Reach(visitor.role in SEES_ALL, seen, people, blind)


def _blind(person_id: str, session: Session) -> frozenset[str]:
    """The calls that a person is to score in a session whose answers are still blind, and has not finished."""
    rows = session.execute(
        select(Assignment.call_id)
        .join(Calibration)
        .where(
            Assignment.person_id == person_id,
            Assignment.finished_at.is_(None),
            Calibration.state == "scoring",
        )
    )
    return frozenset(call_id for (call_id,) in rows)
