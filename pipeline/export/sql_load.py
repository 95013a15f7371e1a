"""Loading the star schema into a database: one transaction, only rows that differ, columns added and never dropped."""

# ruff: noqa: S608  every name is quoted, values travel in staged tables and parameters
import tempfile
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from pipeline.export.data_dictionary import TABLES, meanings
from pipeline.export.star_schema import StarTable
from pipeline.location import writing

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

    indexed: bool

    def run(self, sql: str) -> int:
        """Execute a statement; how many rows it changed."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query returns."""

    def fill(self, name: str, frame: pl.DataFrame) -> None:
        """Add the rows of a frame to a table whose columns are the frame's, in its order."""


def load(database: Database, build: Build) -> pl.DataFrame:
    """Bring the database to what `build` gives, told which calls it holds: table, n_rows, n_inserted, n_updated,
    n_deleted. The caller commits, or rolls back where this raises."""
    tables = build(_known(database))
    counts = [(name, len(table.frame), *_load_table(database, name, table)) for name, table in tables.items()]
    for statement in _views():
        database.run(statement)
    if database.indexed:
        for statement in _comments(tables):
            database.run(statement)
    return pl.DataFrame(counts, schema=["table", "n_rows", "n_inserted", "n_updated", "n_deleted"], orient="row")


def _load_table(database: Database, name: str, table: StarTable) -> tuple[int, int, int]:
    """Create and fill the table, or bring it to what it should hold: rows inserted, updated and deleted."""
    frame, target, staged = table.frame, quoted(name), quoted(f"stage_{name}")
    if not _columns(database, name):
        database.run(f"CREATE TABLE {target} ({_defined(frame)})")
        database.fill(name, frame)
        _index(database, name, table)
        return len(frame), 0, 0
    _fit(database, name, frame)
    _stage(database, f"stage_{name}", frame)
    within = "TRUE"
    if table.scope is not None and table.part is not None:
        column = quoted(table.part)
        _stage(database, f"scope_{name}", table.scope)
        within = f"{target}.{column} IN (SELECT {column} FROM {quoted(f'scope_{name}')})"
    same = " AND ".join(f"{target}.{column} = {staged}.{column}" for column in map(quoted, table.key))
    columns = list(map(quoted, frame.columns))
    values = [column for column in columns if column not in map(quoted, table.key)]
    deleted = database.run(f"DELETE FROM {target} WHERE {within} AND NOT EXISTS (SELECT 1 FROM {staged} WHERE {same})")
    updated = database.run(
        f"UPDATE {target} SET {', '.join(f'{column} = {staged}.{column}' for column in values)} FROM {staged} "
        f"WHERE {same} AND ({_listed(target, values)}) IS DISTINCT FROM ({_listed(staged, values)})"
    )
    inserted = database.run(
        f"INSERT INTO {target} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM {staged} "
        f"WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same})"
    )
    return inserted, updated, deleted


def _stage(database: Database, name: str, frame: pl.DataFrame) -> None:
    """Put a frame into a temporary table."""
    database.run(f"CREATE TEMP TABLE {quoted(name)} ({_defined(frame)})")
    database.fill(name, frame)
    database.run(f"ANALYZE {quoted(name)}")


def _index(database: Database, name: str, table: StarTable) -> None:
    """Index a filled table by its key, and by what a part of it is replaced by."""
    if not database.indexed:
        return
    database.run(f"ALTER TABLE {quoted(name)} ADD PRIMARY KEY ({', '.join(map(quoted, table.key))})")
    if table.part is not None and table.part != table.key[0]:
        database.run(f"CREATE INDEX ON {quoted(name)} ({quoted(table.part)})")
    database.run(f"ANALYZE {quoted(name)}")


def _fit(database: Database, name: str, frame: pl.DataFrame) -> None:
    """Add the columns that a table lacks."""
    has = _columns(database, name)
    for column in frame.columns:
        if column not in has:
            database.run(f"ALTER TABLE {quoted(name)} ADD COLUMN {_defined(frame.select(column))}")


def _defined(frame: pl.DataFrame) -> str:
    return ", ".join(f"{quoted(column)} {TYPES[kind.base_type()]}" for column, kind in frame.schema.items())


def _columns(database: Database, name: str) -> set[str]:
    rows = database.rows(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_schema = current_schema() AND table_name = '{name}'"
    )
    return {column for (column,) in rows}


def _known(database: Database) -> pl.DataFrame | None:
    """The calls the database holds and their weeks; None where all is to be sent: before the first export, and where
    KPIs were last sent without what they are split by."""
    if not {"call_id", "week"} <= _columns(database, "dim_call") or "split" not in _columns(database, "fact_kpi"):
        return None
    rows = database.rows("SELECT call_id, week FROM dim_call")
    return pl.DataFrame(rows, schema={"call_id": pl.String, "week": pl.Date}, orient="row")


def _views() -> Iterable[str]:
    text = files("pipeline.export").joinpath("views.sql").read_text(encoding="utf-8")
    return (statement for statement in text.split(";\n") if statement.strip())


def _comments(tables: dict[str, StarTable]) -> Iterable[str]:
    """What each table and column means, as comments of the database."""
    about = meanings()
    for name, table in tables.items():
        yield f"COMMENT ON TABLE {quoted(name)} IS {_literal(TABLES[name])}"
        for column in table.frame.columns:
            if text := about.get(f"{name}.{column}"):
                yield f"COMMENT ON COLUMN {quoted(name)}.{quoted(column)} IS {_literal(text)}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _listed(table: str, columns: list[str]) -> str:
    return ", ".join(f"{table}.{column}" for column in columns)


def quoted(name: str) -> str:
    """A name as an SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


class _DuckDB:
    indexed = False  # its key indexes cost more memory than the data; loading keeps keys unique

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str) -> int:
        rows = self.connection.execute(sql).fetchall()
        return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else 0

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql).fetchall())

    def fill(self, name: str, frame: pl.DataFrame) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            frame.write_parquet(path)
            self.connection.execute(f"INSERT INTO {quoted(name)} SELECT * FROM read_parquet(?)", [str(path)])


class _PostgreSQL:
    indexed = True

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str) -> int:
        return int(self.connection.execute(sql).rowcount)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.connection.execute(sql).fetchall())

    def fill(self, name: str, frame: pl.DataFrame) -> None:
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {quoted(name)} FROM STDIN (FORMAT csv)") as copy:
            for part in frame.iter_slices(ROWS_AT_ONCE):
                storable = part.with_columns(pl.col(pl.String).str.replace_all("\0", "", literal=True))
                copy.write(storable.write_csv(include_header=False))


ROWS_AT_ONCE = 100_000


def load_duckdb(place: str, build: Build) -> pl.DataFrame:
    """Load into a DuckDB file, made if it is not there; raises ValueError where it cannot be opened."""
    import duckdb

    with writing(f"duckdb:{place}", other="target"):
        Path(place).absolute().parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(place)
    except duckdb.Error as error:
        raise ValueError(f"duckdb:{place}: cannot be opened for writing ({error}); close what has it open") from error
    with writing(f"duckdb:{place}", duckdb.Error, other="target"), connection:
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
        connection.execute("SET LOCAL work_mem = '256MB'")  # joins of millions of rows stay in memory
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        return load(_PostgreSQL(connection), build)
