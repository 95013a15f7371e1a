"""Overrides: a settled dispute counts as a person's score, and is what pages and KPIs show from then on.

What the same person scored blindly before stays: it says how far people agree, which a level settled with the machine's
answer in view does not.
"""

import polars as pl
from sqlalchemy import select, update

from flows.room.database.coaching import Dispute
from flows.room.database.columns import now
from flows.room.house import House
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Overrides, Scores
from pipeline.tables.wordings import in_todays_words


def store_settled(house: House) -> int:
    """Store the settled disputes that the tables lack; returns how many. Storing twice changes nothing."""
    wanted = select(Dispute).where(Dispute.settled_at.is_not(None), Dispute.stored_at.is_(None))
    with house.database.read() as session:
        settled = list(session.scalars(wanted.order_by(Dispute.settled_at)))
        disputes = [_session_of(dispute_id) for dispute_id in session.scalars(select(Dispute.dispute_id))]
    if not settled:
        return 0
    rows = pl.DataFrame(
        [
            {
                "call_id": one.call_id,
                "rubric": one.rubric,
                "element": one.element,
                "rubric_hash": one.rubric_hash,
                "rubric_version": one.rubric_version,
                "rater": one.settled_by,
                "rater_kind": "person",
                "level": one.settled_level,
                "machine_level": one.machine_level,
                "model_id": one.model_id,
                "raised_by": one.raised_by,
                "settled_by": one.settled_by,
                "settled_at": one.settled_at,
                "scored_at": one.settled_at,
                "note": one.settled_why or None,
                "session": _session_of(one.dispute_id),
            }
            for one in settled
        ],
        infer_schema_length=None,
    ).with_columns(
        pl.col("note").cast(pl.String),
        color=color_of(pl.col("level")),
    )
    is_blind = pl.col("session").is_in(disputes).not_().fill_null(value=True)
    blind = house.store.read("scores", where=pl.col("rater").is_in(rows["rater"].implode()) & is_blind)
    worded = pl.concat([blind, in_todays_words(blind, house.elements())])
    scores = rows.join(worded, on=Scores.primary_key(), how="anti")
    for table, schema, frame in (("scores", Scores, scores), ("overrides", Overrides, rows)):
        latest = frame.unique(schema.primary_key(), keep="last", maintain_order=True)
        house.store.merge(table, latest.select(schema.column_names()))
    with house.database.begin() as session:
        ids = [one.dispute_id for one in settled]
        session.execute(update(Dispute).where(Dispute.dispute_id.in_(ids)).values(stored_at=now()))
    return len(settled)


def _session_of(dispute_id: str) -> str:
    """What stands as the session of a score that settled a dispute."""
    return f"dispute {dispute_id}"
