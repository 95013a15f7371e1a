"""Columns that the room's tables have in common: moments in UTC, and lists kept as JSON."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import JSON, DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.orm import mapped_column


class Utc(TypeDecorator[datetime]):
    """A moment in UTC, also where the database keeps no zone, as SQLite does."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store the moment without its zone, as UTC."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read it as UTC."""
        return value and value.replace(tzinfo=UTC)


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A name that cannot be guessed."""
    return secrets.token_urlsafe(9)


Id = Annotated[str, mapped_column(String(40), primary_key=True, default=new_id)]
Key = Annotated[str, mapped_column(String(200), primary_key=True)]
Name = Annotated[str, mapped_column(String(200))]
Indexed = Annotated[str, mapped_column(String(200), index=True)]
MaybeUnique = Annotated[str | None, mapped_column(String(200), index=True, unique=True)]
Words = Annotated[str, mapped_column(Text, default="")]
Moment = Annotated[datetime, mapped_column(Utc, default=now)]
MaybeMoment = Annotated[datetime | None, mapped_column(Utc)]
Numbers = Annotated[list[int], mapped_column(JSON, default=list)]
Names = Annotated[list[str], mapped_column(JSON, default=list)]
Levels = Annotated[dict[str, int], mapped_column(JSON, default=dict)]
Weights = Annotated[dict[str, float], mapped_column(JSON, default=dict)]
