"""Disputes: somebody sees a label otherwise; the manager or the enablement lead settles it."""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.coaching import Dispute
from flows.room.database.columns import now
from flows.room.entry.reach import SETTLES, Reach
from flows.room.entry.sign_in import Visitor
from pipeline.tables.values import LEVELS

MAX_WHY = 2000


@dataclass(frozen=True)
class View:
    """How somebody sees an element of a call: the level, why, and the turn that shows it."""

    level: int
    why: str
    idx: int | None = None


def raise_dispute(session: Session, label: dict[str, object], view: View, *, by: str) -> Dispute:
    """Put a person's view beside a label (a row of Labels); of one person's views of it the latest stands.

    Raises ValueError where no reason is given or the level is none.
    """
    if not view.why.strip():
        raise ValueError("Say why: whoever settles it will want to know.")
    if not 0 <= view.level < len(LEVELS):
        raise ValueError("Choose one of the four levels.")
    open_one = session.scalars(
        select(Dispute).where(
            Dispute.call_id == label["call_id"],
            Dispute.rubric == label["rubric"],
            Dispute.element == label["element"],
            Dispute.raised_by == by,
            Dispute.settled_at.is_(None),
        )
    ).first()
    names = ("call_id", "rubric", "element", "rubric_hash", "rubric_version", "model_id")
    machine = label.get("machine_level")
    if open_one is None:
        about = {name: label[name] for name in names}
        open_one = Dispute(**about, machine_level=label["level"] if machine is None else machine, raised_by=by)
        open_one.settled_why = ""
        session.add(open_one)
    open_one.level, open_one.why, open_one.idx = view.level, view.why.strip()[:MAX_WHY], view.idx
    open_one.raised_at = now()
    return open_one


def may_settle(visitor: Visitor, dispute: Dispute, seen: Reach) -> bool:
    """Whether somebody may settle a dispute: a manager of the call or the enablement lead, who did not raise it."""
    return (
        visitor.role in SETTLES
        and dispute.call_id in seen.call_ids
        and dispute.raised_by != visitor.person_id
        and dispute.settled_at is None
    )


def settle(dispute: Dispute, level: int, why: str, *, by: str) -> None:
    """Say which level counts; where it is the machine's, its label is upheld."""
    if not 0 <= level < len(LEVELS):
        raise ValueError("Choose one of the four levels.")
    dispute.settled_level, dispute.settled_why = level, why.strip()[:MAX_WHY]
    dispute.settled_by, dispute.settled_at = by, now()


def disputes_of(session: Session, seen: Reach, *, call_id: str | None = None) -> list[Dispute]:
    """The disputes on calls in reach, the open ones first."""
    wanted = select(Dispute).order_by(Dispute.settled_at.is_not(None), Dispute.raised_at.desc())
    if call_id is not None:
        wanted = wanted.where(Dispute.call_id == call_id)
    return [one for one in session.scalars(wanted) if one.call_id in seen.call_ids]


def overturned(labels: pl.DataFrame, overrides: pl.DataFrame) -> pl.DataFrame:
    """By element how often people overturned the classifier: rubric, element, n (labels), n_disputed, n_overturned."""
    key = ["call_id", "rubric", "element"]
    both = labels.drop_nulls("level").join(
        overrides.select(*key, by_people="level", machine="machine_level"), on=key, how="left"
    )
    return (
        both.group_by("rubric", "element")
        .agg(
            n=pl.len(),
            n_disputed=pl.col("by_people").is_not_null().sum(),
            n_overturned=(pl.col("by_people") != pl.col("machine")).sum(),
        )
        .sort("n_overturned", "rubric", "element", descending=[True, False, False])
    )
