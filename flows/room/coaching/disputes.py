"""Disputes: somebody sees a label otherwise; the manager or the enablement lead settles it."""

from dataclasses import dataclass
from typing import cast

import dataframely as dy
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.coaching import Dispute
from flows.room.database.columns import now
from flows.room.entry.reach import SETTLES, Reach
from flows.room.entry.sign_in import Visitor
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS
from pipeline.tables.wordings import in_labels_words

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
    if open_one is None:
        about = {name: label[name] for name in ("call_id", "rubric", "element")}
        open_one = Dispute(**about, raised_by=by)
        open_one.settled_why = ""
        session.add(open_one)
    _stand_on(open_one, label)
    open_one.level, open_one.why, open_one.idx = view.level, view.why.strip()[:MAX_WHY], view.idx
    open_one.raised_at = now()
    return open_one


def _stand_on(dispute: Dispute, label: dict[str, object]) -> None:
    """Let a dispute be of this label (a row of Labels): of its wording, its classifier and the level that it gave."""
    for name in ("rubric_hash", "rubric_version", "model_id"):
        setattr(dispute, name, label[name])
    machine = label.get("machine_level")
    dispute.machine_level = cast("int", label["level"] if machine is None else machine)


def may_settle(visitor: Visitor, dispute: Dispute, seen: Reach) -> bool:
    """Whether somebody may settle a dispute: a manager of the call or the enablement lead, who did not raise it."""
    return (
        visitor.role in SETTLES
        and dispute.call_id in seen.call_ids
        and dispute.raised_by != visitor.person_id
        and dispute.settled_at is None
    )


def settle(dispute: Dispute, level: int, why: str, *, by: str, label: dict[str, object] | None) -> None:
    """Say which level counts; where it is the machine's, its label is upheld.

    It is settled of the `label` that stands today (None where none does): of an earlier wording with another meaning it
    would count nowhere.
    """
    if not 0 <= level < len(LEVELS):
        raise ValueError("Choose one of the four levels.")
    if label is not None:
        _stand_on(dispute, label)
    dispute.settled_level, dispute.settled_why = level, why.strip()[:MAX_WHY]
    dispute.settled_by, dispute.settled_at = by, now()


def disputes_of(session: Session, seen: Reach, *, call_id: str | None = None) -> list[Dispute]:
    """The disputes on calls in reach, the open ones first."""
    wanted = select(Dispute).order_by(Dispute.settled_at.is_not(None), Dispute.raised_at.desc())
    if call_id is not None:
        wanted = wanted.where(Dispute.call_id == call_id)
    return [one for one in session.scalars(wanted) if one.call_id in seen.call_ids]


def overturned(labels: pl.DataFrame, overrides: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """By element how often people overturned the classifier: rubric, element, n (labels), n_disputed, n_overturned.

    What was settled of an earlier wording counts no more, unless the elements say that it means the same.
    """
    key = ["call_id", "rubric", "element", "rubric_hash"]
    both = labels.drop_nulls("level").join(
        in_labels_words(overrides, labels, elements).select(*key, by_people="level", machine="machine_level"),
        on=key,
        how="left",
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
