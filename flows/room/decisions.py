"""Decisions: the level on which a meeting agreed is what classifiers learn from, whatever raters gave before."""

import polars as pl
from sqlalchemy import func, select, update

from flows.room.database.columns import now
from flows.room.database.scoring import Adjudication, Answer, Assignment, Session
from flows.room.house import House
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Scores
from pipeline.tables.values import MEETING


def store_decided(house: House) -> int:
    """Store the decisions that the table of scores lacks, by the wording that the session scored by; returns how many.
    Storing twice changes nothing; of two on the same call the later counts."""
    version = func.max(Answer.rubric_version).label("rubric_version")
    wanted = (
        select(Adjudication, Session.rubric, Session.title, Answer.rubric_hash, version)
        .join(Session, Session.session_id == Adjudication.session_id)
        .join(Assignment, (Assignment.session_id == Session.session_id) & (Assignment.call_id == Adjudication.call_id))
        .join(Answer, (Answer.assignment_id == Assignment.assignment_id) & (Answer.element == Adjudication.element))
        .where(Adjudication.stored_at.is_(None), Assignment.kind == "first", Answer.round == 1)
        .group_by(*Adjudication.__table__.columns, Session.rubric, Session.title, Answer.rubric_hash)
        .order_by(Adjudication.decided_at)
    )
    with house.database.read() as session:
        found = list(session.execute(wanted))
    if not found:
        return 0
    rows = [
        {
            "call_id": one.Adjudication.call_id,
            "rubric": one.rubric,
            "element": one.Adjudication.element,
            "rubric_hash": one.rubric_hash,
            "rater": f"({MEETING})",
            "rater_kind": MEETING,
            "rubric_version": one.rubric_version,
            "level": one.Adjudication.level,
            "note": one.Adjudication.note or None,
            "session": f"{one.title} ({one.Adjudication.session_id})",
            "scored_at": one.Adjudication.decided_at,
        }
        for one in found
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("note").cast(pl.String), color=color_of(pl.col("level"))
    )
    latest = frame.unique(Scores.primary_key(), keep="last", maintain_order=True)
    house.store.merge("scores", latest.select(Scores.column_names()))
    with house.database.begin() as session:
        for one in found:
            made = one.Adjudication
            same = (Adjudication.session_id == made.session_id, Adjudication.call_id == made.call_id)
            unchanged = (Adjudication.element == made.element, Adjudication.decided_at == made.decided_at)
            session.execute(update(Adjudication).where(*same, *unchanged).values(stored_at=now()))
    return len(found)
