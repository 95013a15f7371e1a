"""Loading the star schema into a database: one transaction, only rows that differ, columns added and never dropped."""

# ruff: noqa: S608  every name is quoted, values travel in staged tables and parameters
import tempfile
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from pipeline.star import StarTable

Build = Callable[[pl.DataFrame | None], dict[str, StarTable]]

SCHEMA = "callgrade"
LOCK = 7_240_117  # any number, the same in every export
TYPES: dict[Any, str] = {
    pl.String: "TEXT",
    pl.Int64: "BIGINT",
    pl.Float64: "FLOAT8",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMPTZ",
}


class Database(Protocol):
    """What loading needs of a connection with an open transaction."""

    keyed: bool

    def run(self, sql: str) -> int:
        """Execute a statement; how many rows it changed."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query returns."""

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        """Put a frame into a temporary table."""


def load(database: Database, build: Build) -> pl.DataFrame:
    """Bring the database to what `build` gives, told which calls it holds: table, n_rows, n_inserted, n_updated,
    n_deleted. The caller commits, or rolls back where this raises."""
    tables = build(_known(database))
    counts = [(name, len(table.frame), *_load_table(database, name, table)) for name, table in tables.items()]
    for statement in _views():
        database.run(statement)
    return pl.DataFrame(counts, schema=["table", "n_rows", "n_inserted", "n_updated", "n_deleted"], orient="row")


def _load_table(database: Database, name: str, table: StarTable) -> tuple[int, int, int]:
    frame, target, staged = table.frame, quoted(name), quoted(f"stage_{name}")
    _fit(database, name, table)
    database.stage(f"stage_{name}", frame)
    same = " AND ".join(f"{target}.{column} = {staged}.{column}" for column in map(quoted, table.key))
    columns = list(map(quoted, frame.columns))
    values = [quoted(column) for column in frame.columns if column not in table.key]
    unmatched = f"NOT EXISTS (SELECT 1 FROM {staged} WHERE {same})"
    if table.scope is not None:
        database.stage(f"scope_{name}", table.scope)
        column = quoted(table.scope.columns[0])
        unmatched += f" AND {target}.{column} IN (SELECT {column} FROM {quoted(f'scope_{name}')})"
    deleted = database.run(f"DELETE FROM {target} WHERE {unmatched}")
    updated = database.run(
        f"UPDATE {target} SET {', '.join(f'{column} = {staged}.{column}' for column in values)} FROM {staged} "
        f"WHERE {same} AND ({_listed(target, values)}) IS DISTINCT FROM ({_listed(staged, values)})"
    )
    inserted = database.run(
        f"INSERT INTO {target} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM {staged} "
        f"WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same})"
    )
    return inserted, updated, deleted


def _fit(database: Database, name: str, table: StarTable) -> None:
    """Create the table, or add the columns it lacks."""
    types = {column: TYPES[kind.base_type()] for column, kind in table.frame.schema.items()}
    defined = [f"{quoted(column)} {kind}" for column, kind in types.items()]
    key = [f"PRIMARY KEY ({', '.join(map(quoted, table.key))})"] if database.keyed else []
    database.run(f"CREATE TABLE IF NOT EXISTS {quoted(name)} ({', '.join(defined + key)})")
    has = _columns(database, name)
    for column, kind in types.items():
        if column not in has:
            database.run(f"ALTER TABLE {quoted(name)} ADD COLUMN {quoted(column)} {kind}")


def _columns(database: Database, name: str) -> set[str]:
    found = database.rows(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_schema = current_schema() AND table_name = '{name}'"
    )
    return {column for (column,) in found}


def _known(database: Database) -> pl.DataFrame | None:
    """The calls the database holds and their weeks; None before the first export."""
    if not {"call_id", "week"} <= _columns(database, "dim_call"):
        return None
    rows = database.rows("SELECT call_id, week FROM dim_call")
    return pl.DataFrame(rows, schema={"call_id": pl.String, "week": pl.Date}, orient="row")


def _views() -> Iterable[str]:
    text = files("pipeline").joinpath("sql/views.sql").read_text(encoding="utf-8")
    return (statement for statement in text.split(";\n") if statement.strip())


def _listed(table: str, columns: list[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


def quoted(name: str) -> str:
    """A name as an SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


class _DuckDB:
    keyed = False  # its key indexes cost more memory than the data; loading keeps keys unique

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str) -> int:
        found = self.connection.execute(sql).fetchall()
        return int(found[0][0]) if found and isinstance(found[0][0], int) else 0

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql).fetchall())

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            frame.write_parquet(path)
            self.connection.execute(f"CREATE TEMP TABLE {quoted(name)} AS SELECT * FROM read_parquet(?)", [str(path)])


class _PostgreSQL:
    keyed = True

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str) -> int:
        return int(self.connection.execute(sql).rowcount)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql).fetchall())

    def stage(self, name: str, frame: pl.DataFrame) -> None:
        defined = ", ".join(f"{quoted(column)} {TYPES[kind.base_type()]}" for column, kind in frame.schema.items())
        self.run(f"CREATE TEMP TABLE {quoted(name)} ({defined}) ON COMMIT DROP")
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {quoted(name)} FROM STDIN (FORMAT csv)") as copy:
            for part in frame.iter_slices(ROWS_AT_ONCE):
                storable = part.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True))
                copy.write(storable.write_csv(include_header=False))
        self.run(f"ANALYZE {quoted(name)}")


ROWS_AT_ONCE = 100_000


def load_duckdb(place: str, build: Build) -> pl.DataFrame:
    """Load into a DuckDB file, made if it is not there; raises ValueError where it cannot be opened."""
    import duckdb

    Path(place).absolute().parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(place)
    except duckdb.Error as error:
        raise ValueError(f"duckdb:{place}: cannot be opened for writing ({error}); close what has it open") from error
    with connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("BEGIN")
        counts = load(_DuckDB(connection), build)
        connection.execute("COMMIT")
    return counts


def load_postgresql(place: str, build: Build) -> pl.DataFrame:
    """Load into the schema callgrade of a PostgreSQL database; raises ValueError where it cannot be reached."""
    import psycopg

    try:
        connection = psycopg.connect(f"postgresql:{place}", client_encoding="utf8", application_name="callgrade")
    except psycopg.Error as error:
        raise ValueError(f"postgresql: cannot connect ({error}); check address, user and password") from error
    with connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [SCHEMA]).fetchall():
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"SET LOCAL search_path TO {SCHEMA}, pg_temp")
        return load(_PostgreSQL(connection), build)
