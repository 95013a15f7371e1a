"""The room's database, SQLite or PostgreSQL: migrations give what the models say; it may go and come back."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import OperationalError

from flows.room.database.people import Base


@pytest.fixture
def room_database(each_database: str) -> str:
    """All of this holds on each kind of database."""
    return each_database


def test_migrations_give_what_the_models_say(house):
    """Alembic finds no difference between the tables that the migrations made and the models."""
    with house.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_database_that_is_away(client, enter, house, monkeypatch):
    """While it does not answer, a page says so with a status on which browsers try again, and nobody is signed out."""
    ann = enter("ann")

    def gone() -> None:
        raise OperationalError("SELECT", {}, OSError("gone"))

    with monkeypatch.context() as away:
        away.setattr(house.database, "read", gone)
        answer = ann.get("/")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert ann.get("/").status_code == 200


def test_what_a_database_cannot_keep(enter):
    """The sign of number 0, which PostgreSQL keeps nowhere, is refused in a sentence wherever it stands."""
    adi = enter("adi")
    for answer in (
        adi.post("/people-of-the-room", person_id="zed", name="a\0b"),
        adi.client.post("/people-of-the-room", files={"name": (None, "a\0b")}),
        adi.get("/audit?person=a%00b"),
        adi.get("/calls/a%00b"),
    ):
        assert answer.status_code == 422
        assert "no text has" in answer.text
