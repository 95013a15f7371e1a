"""Invitations: links that let a person set a passphrase, once and for a week."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from flows.room.database.columns import now
from flows.room.database.people import ROLES, Invitation, Person, SignIn
from flows.room.entry.secrets import hashed, new_token, token_hash

VALID = timedelta(days=7)
MAX_NAME = 100


def invite(session: Session, person_id: str, *, name: str, role: str, account: str = "", by: str | None = None) -> str:
    """Let a person come in with a role and return the link's token; a new one makes earlier links worthless.

    Raises ValueError where the name or the role is none, or the account is somebody else's.
    """
    person_id, name = person_id.strip(), name.strip()
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role, only {', '.join(ROLES)}")
    if not 0 < len(person_id) <= MAX_NAME or not person_id.isprintable() or len(name) > MAX_NAME:
        raise ValueError(f"a person's id has 1 to {MAX_NAME} letters that can be printed, and so has the name")
    person = session.get(Person, person_id)
    if person is None:
        person = Person(person_id=person_id, name=name or person_id, role=role)
        session.add(person)
    else:
        person.name, person.role, person.disabled_at = name or person.name, role, None
    if account.strip():
        _give_account(session, person, account)
    session.flush()
    session.execute(delete(Invitation).where(Invitation.person_id == person_id))
    token = new_token()
    session.add(Invitation(token_hash=token_hash(token), person_id=person_id, created_by=by, expires_at=now() + VALID))
    return token


def _give_account(session: Session, person: Person, account: str) -> None:
    """Note by which account a person signs in; another than before may be bound anew."""
    account = normal_account(account)
    if not account.isprintable() or len(account) > MAX_NAME:
        raise ValueError(f"an account has 1 to {MAX_NAME} letters that can be printed")
    owner = session.scalars(select(Person.person_id).where(Person.account == account)).first()
    if owner not in (None, person.person_id):
        raise ValueError(f"{account} is the account of {owner}")
    if person.account != account:
        person.account, person.subject = account, None


def normal_account(account: str) -> str:
    """An account as it is kept: a mail address in small letters, a subject as it is."""
    account = account.strip()
    return account.lower() if "@" in account else account


def invited(session: Session, token: str) -> Person | None:
    """Whom a link invites; None where it is wrong, used or expired, or the person may not come in any more."""
    invitation = session.get(Invitation, token_hash(token))
    if invitation is None or invitation.used_at is not None or invitation.expires_at < now():
        return None
    person = session.get(Person, invitation.person_id)
    return person if person is not None and person.disabled_at is None else None


def accept(session: Session, token: str, passphrase: str) -> Person | None:
    """Set the passphrase of the person whom a link invites and use the link up; other browsers are signed out."""
    person = invited(session, token)
    invitation = session.get(Invitation, token_hash(token))
    if person is None or invitation is None:
        return None
    invitation.used_at = now()
    person.passphrase_hash = hashed(passphrase)
    session.execute(delete(SignIn).where(SignIn.person_id == person.person_id))
    return person
