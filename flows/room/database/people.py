"""Tables of who may come in: people, invitations, signed-in browsers, failed attempts, the audit log."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flows.room.database.columns import Id, Indexed, Key, MaybeMoment, MaybeUnique, Moment, Name, Words

ROLES = ("rater", "seller", "manager", "second_line", "enablement", "admin")


class Base(DeclarativeBase):
    """All tables of the room."""


class Person(Base):
    """One row per person who was invited; `person_id` is that of the call list for those who stand in it.

    `account` is the mail address or the subject by which an OpenID Connect provider knows them, and `subject` the one
    that signed in by it first: from then on nobody else does.
    """

    __tablename__ = "people"
    person_id: Mapped[Key]
    name: Mapped[Words]
    role: Mapped[Name]
    passphrase_hash: Mapped[str | None]
    account: Mapped[MaybeUnique]
    subject: Mapped[MaybeUnique]
    created_at: Mapped[Moment]
    disabled_at: Mapped[MaybeMoment]


class Invitation(Base):
    """One row per link that lets a person set a passphrase, once and until it expires; only its hash is kept."""

    __tablename__ = "invitations"
    token_hash: Mapped[Key]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.person_id", ondelete="CASCADE"))
    created_by: Mapped[str | None]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[MaybeMoment]


class SignIn(Base):
    """One row per browser that is signed in; only the hash of what its cookie holds is kept."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[Key]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.person_id", ondelete="CASCADE"))
    form_token: Mapped[Words]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]


class FailedAttempt(Base):
    """One row per failed attempt to come in, by the name given and by the address it came from."""

    __tablename__ = "failed_attempts"
    attempt_id: Mapped[Id]
    key: Mapped[Indexed]
    failed_at: Mapped[Moment]


class AuditEntry(Base):
    """One row per thing that somebody saw or changed."""

    __tablename__ = "audit_log"
    entry_id: Mapped[Id]
    at: Mapped[Moment]
    person_id: Mapped[Indexed]
    action: Mapped[Name]
    what: Mapped[Words]


class Secret(Base):
    """One row per key of the room itself, such as the one that signs cookies."""

    __tablename__ = "secrets"
    name: Mapped[Key]
    value: Mapped[Words]
