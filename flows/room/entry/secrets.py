"""Passphrases (argon2), one-time tokens, and the key that signs the cookies of this room."""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, Signer

from flows.room.database.connection import Database
from flows.room.database.people import Secret

MIN_LETTERS = 12
MAX_LETTERS = 500
SIGNING, ON_THE_WAY = "cookies", "sign-ins on the way"  # keys of the room
HASHER = PasswordHasher()


def refusal(passphrase: str) -> str | None:
    """Why a passphrase cannot be taken; None where it can."""
    if len(passphrase) < MIN_LETTERS:
        return f"Use at least {MIN_LETTERS} letters: four words are easy to remember."
    if len(passphrase) > MAX_LETTERS:
        return f"Use at most {MAX_LETTERS} letters."
    return None if len(set(passphrase)) > 4 else "Use more than four different letters."


def hashed(passphrase: str) -> str:
    """What is kept of a passphrase."""
    return HASHER.hash(passphrase)


def is_right(passphrase: str, kept: str | None) -> bool:
    """Whether a passphrase is the one kept; takes as long where nothing is kept."""
    try:
        return HASHER.verify(kept or _nobodys(), passphrase[:MAX_LETTERS]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """What a passphrase is compared with where nobody has the name, so that it takes as long."""
    return HASHER.hash(secrets.token_urlsafe())


def new_token() -> str:
    """A token of 256 bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def key_of(database: Database, name: str) -> str:
    """A key of this room, made when it is first asked for and kept in its database."""
    with database.begin() as session:
        kept = session.get(Secret, name)
        if kept is None:
            kept = Secret(name=name, value=new_token())
            session.add(kept)
        return kept.value


def signer(database: Database) -> Signer:
    """Signs the cookies of this room."""
    return Signer(key_of(database, SIGNING), salt="callgrade-room", digest_method=hashlib.sha256)


def unsigned(signed: str, by: Signer) -> str | None:
    """What a signed value says; None where the signature is wrong."""
    try:
        return by.unsign(signed).decode()
    except BadSignature:
        return None
