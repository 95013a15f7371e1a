"""The audit log: who saw and changed what, and when."""

from sqlalchemy.orm import Session

from flows.room.database.people import AuditEntry

MAX_WORDS = 500


def note(session: Session, person_id: str, action: str, what: str = "") -> None:
    """Note that a person did something; `what` names things by their ids and holds nothing that was said."""
    session.add(AuditEntry(person_id=person_id, action=action, what=what[:MAX_WORDS]))
