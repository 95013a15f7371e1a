"""The room's database: SQLite in the workspace or PostgreSQL, brought to the newest form before it is used."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from pipeline.location import is_remote
from pipeline.settings import Settings
from pipeline.store.delta import Store

FILE = "room.sqlite"
MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_S = 20  # how long a writer waits for another
CONNECTIONS = 20  # at a time


def address(settings: Settings, store: Store) -> str:
    """The database's address: the setting, else a file of the workspace; raises ValueError where there can be none."""
    if settings.room_database:
        return settings.room_database.replace("postgresql://", "postgresql+psycopg://", 1)
    if is_remote(store.place):
        raise ValueError("room: a workspace in object storage needs the setting room_database (postgresql://...)")
    return f"sqlite:///{store.place / FILE}"


class Database:
    """The room's database, open for as long as the process runs."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        # SQLite lets those who wait for each other starve; a lock does not
        self._turn: AbstractContextManager[object] = Lock() if self.is_sqlite else nullcontext()
        options: dict[str, Any] = {"timeout": BUSY_S} if self.is_sqlite else {}
        self.engine = create_engine(
            url, connect_args=options, pool_size=CONNECTIONS, max_overflow=CONNECTIONS, pool_pre_ping=not self.is_sqlite
        )
        if self.is_sqlite:
            _make_durable(self.engine)
        self._reader = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = sessionmaker(self.engine.execution_options(writes=True), expire_on_commit=False)

    def upgrade(self) -> None:
        """Bring the tables to their newest form."""
        with self.engine.execution_options(writes=True).begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that writes: all that happens in the block is kept, or nothing is."""
        with self._turn, self._writer.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One state of the database to look at."""
        with self._reader() as session:
            yield session


def open_database(settings: Settings, store: Store) -> Database:
    """The database of a workspace, in its newest form."""
    database = Database(address(settings, store))
    database.upgrade()
    return database


def _make_durable(engine: Engine) -> None:
    """Write ahead and wait for the disk, so that what was acknowledged is there after a crash; readers never wait.

    A transaction that writes begins by taking the lock, as one that upgrades midway would fail.
    """

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by the line below, not by the driver
        for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {line}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
