"""Forgetting reaches the room: what people said of a call goes with it, and a person with all that is theirs."""

import re
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Engine, delete, select, update
from sqlalchemy.orm import Session as Transaction

from flows.room.database.coaching import Comment, Dispute, Goal, Playlist, PlaylistMoment, Reflection
from flows.room.database.connection import FILE, open_database
from flows.room.database.people import AuditEntry, FailedAttempt, Invitation, Person, SignIn
from flows.room.database.scoring import Adjudication, Answer, Assignment, Rewording, Session, Signature, WeightVersion
from flows.room.finding.index import INDEX
from pipeline.location import is_remote
from pipeline.settings import Settings
from pipeline.store.delta import Store

OF_CALLS = (Adjudication, Assignment, Dispute, Reflection, Comment, PlaylistMoment)
FORGOTTEN = "(forgotten)"
SIGNED = (  # what a person decided or made for others
    Dispute.settled_by, Goal.opened_by, Adjudication.decided_by, Signature.person_id, Session.created_by,
    WeightVersion.proposed_by, Rewording.proposed_by, Invitation.created_by,
)  # fmt: skip


def forget_in_room(settings: Settings, store: Store, call_ids: list[str], *, person_id: str | None = None) -> int:
    """Erase what the room holds of calls, and of a person; returns how many rows went. The search index is made anew
    from what is left when somebody next searches."""
    if not settings.room_database and (is_remote(store.place) or not (store.place / FILE).is_file()):
        return 0
    database = open_database(settings, store)
    with database.begin() as session:
        removed = _of_calls(session, call_ids)
        if person_id is not None:
            removed += _of_person(session, person_id)
    if database.is_sqlite:
        _shrink(database.engine)
    database.engine.dispose()
    if not is_remote(store.place):
        (store.place / INDEX).unlink(missing_ok=True)
    return removed


def _of_calls(session: Transaction, call_ids: list[str]) -> int:
    theirs = Assignment.call_id.in_(call_ids)
    answers = delete(Answer).where(
        Answer.assignment_id.in_(session.query(Assignment.assignment_id).filter(theirs).scalar_subquery())
    )
    removed = _count(session, answers)
    removed += sum(_count(session, delete(table).where(table.call_id.in_(call_ids))) for table in OF_CALLS)
    removed += sum(_entries_about(session, f"call {call_id}") for call_id in call_ids)
    session.execute(update(Goal).where(Goal.opened_in.in_(call_ids)).values(opened_in=None))
    return removed


def _of_person(session: Transaction, person_id: str) -> int:
    """Erase what a person wrote and what is of them; what they decided for others stays, without their name."""
    mine = session.query(Assignment.assignment_id).filter(Assignment.person_id == person_id).scalar_subquery()
    gone = [
        delete(Answer).where(Answer.assignment_id.in_(mine)),
        delete(Assignment).where(Assignment.person_id == person_id),
        delete(Dispute).where(Dispute.raised_by == person_id),
        delete(Reflection).where(Reflection.person_id == person_id),
        delete(Comment).where((Comment.written_by == person_id) | (Comment.written_to == person_id)),
        delete(PlaylistMoment).where(PlaylistMoment.added_by == person_id),
        delete(Playlist).where(Playlist.made_by == person_id),
        delete(Goal).where(Goal.person_id == person_id),
        delete(SignIn).where(SignIn.person_id == person_id),
        delete(Invitation).where(Invitation.person_id == person_id),
        delete(FailedAttempt).where(FailedAttempt.key == f"name:{person_id}"),
        delete(AuditEntry).where(AuditEntry.person_id == person_id),
        delete(Person).where(Person.person_id == person_id),
    ]
    removed = sum(_count(session, statement) for statement in gone) + _entries_about(session, person_id)
    for column in SIGNED:
        session.execute(update(column.class_).where(column == person_id).values({column.key: FORGOTTEN}))
    return removed


def _entries_about(session: Transaction, name: str) -> int:
    """Erase the entries of the audit log that name a call or a person, and none of those whose name only begins so."""
    named = re.compile(rf"(?<!\S){re.escape(name)}(?![^\s:])")
    rows = session.execute(
        select(AuditEntry.entry_id, AuditEntry.what).where(AuditEntry.what.contains(name, autoescape=True))
    )
    found = [entry_id for entry_id, what in rows if named.search(what)]
    return _count(session, delete(AuditEntry).where(AuditEntry.entry_id.in_(found)))


def _count(session: Transaction, statement: Delete) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _shrink(engine: Engine) -> None:
    """Write the file anew, so that nothing of what was deleted is left in it or in its log."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
