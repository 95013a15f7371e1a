"""Signing in: the passphrase, how often it may be wrong, and the cookie that a browser keeps."""

from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import Signer
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from flows.room.database.columns import now
from flows.room.database.people import FailedAttempt, Person, SignIn
from flows.room.entry.secrets import is_right, new_token, token_hash, unsigned

COOKIE = "callgrade"
STAYS = timedelta(days=14)
WITHIN = timedelta(minutes=15)
MOST_OF_A_NAME, MOST_OF_AN_ADDRESS = 5, 30  # wrong attempts in that time


@dataclass(frozen=True)
class Visitor:
    """A person who is signed in; `form_token` stands in every form of theirs."""

    person_id: str
    name: str
    role: str
    form_token: str


def may_try(session: Session, name: str, address: str) -> bool:
    """Whether so few attempts failed lately that another may be made."""
    limits = {f"name:{name[:150]}": MOST_OF_A_NAME, f"address:{address[:150]}": MOST_OF_AN_ADDRESS}
    counted = select(FailedAttempt.key, func.count()).where(FailedAttempt.failed_at > now() - WITHIN)
    failed = dict(
        session.execute(counted.where(FailedAttempt.key.in_(limits)).group_by(FailedAttempt.key)).tuples().all()
    )
    return all(failed.get(key, 0) < most for key, most in limits.items())


def note_failure(session: Session, name: str, address: str) -> None:
    """Count a failed attempt, and forget those of long ago."""
    session.execute(delete(FailedAttempt).where(FailedAttempt.failed_at < now() - WITHIN))
    session.add_all(FailedAttempt(key=key) for key in (f"name:{name[:150]}", f"address:{address[:150]}"))


def checked(session: Session, name: str, passphrase: str) -> Person | None:
    """The person whose passphrase this is; None where it is not."""
    person = session.get(Person, name)
    good = is_right(passphrase, person.passphrase_hash if person else None)
    return person if good and person is not None and person.disabled_at is None else None


def enter(session: Session, person: Person) -> str:
    """Sign a browser in; returns what its cookie is to hold, unsigned."""
    token = new_token()
    session.execute(delete(SignIn).where(SignIn.expires_at < now()))
    session.add(
        SignIn(
            token_hash=token_hash(token),
            person_id=person.person_id,
            form_token=new_token(),
            expires_at=now() + STAYS,
        )
    )
    return token


def visitor_of(session: Session, cookie: str, signer: Signer) -> Visitor | None:
    """Who the cookie's browser is signed in as; None where nobody is."""
    token = unsigned(cookie, signer)
    if token is None:
        return None
    row = session.execute(
        select(SignIn, Person).join(Person).where(SignIn.token_hash == token_hash(token), SignIn.expires_at > now())
    ).first()
    if row is None or row.Person.disabled_at is not None:
        return None
    return Visitor(row.Person.person_id, row.Person.name, row.Person.role, row.SignIn.form_token)


def leave(session: Session, cookie: str, signer: Signer) -> None:
    """Sign a browser out."""
    token = unsigned(cookie, signer)
    session.execute(delete(SignIn).where(SignIn.token_hash == token_hash(token or "")))
