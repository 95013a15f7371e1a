"""Loading the star schema into a database: one transaction, only rows that differ, columns added and never dropped."""

# ruff: noqa: S608  every name is quoted, values travel in staged tables and parameters
import tempfile
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from pipeline.export.data_dictionary import TABLES, meanings
from pipeline.export.keys import DIMENSIONS
from pipeline.export.star_schema import KEYS, KNOWN, StarTable
from pipeline.location import writing

Build = Callable[[pl.DataFrame | None], dict[str, StarTable]]

SCHEMA = "callgrade"
INVOKER_SINCE = 150_000  # version of PostgreSQL
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
    n_deleted. Facts are filled after dimensions and emptied before them. The caller commits, or rolls back where this
    raises."""
    tables = build(_known(database))
    had = [name for name in reversed(tables) if _columns(database, name)]
    changed = {name: _put(database, name, table) for name, table in tables.items()}
    deleted = {name: _delete(database, name, tables[name]) for name in had}
    if database.indexed:
        for statement in [*_missing_references(database, tables), *_comments(tables)]:
            database.run(statement)
    for statement in _views():
        database.run(statement)
    if database.indexed:
        _let_readers_see_their_own(database)
    counts = [(name, len(table.frame), *changed[name], deleted.get(name, 0)) for name, table in tables.items()]
    return pl.DataFrame(counts, schema=["table", "n_rows", "n_inserted", "n_updated", "n_deleted"], orient="row")


def _put(database: Database, name: str, table: StarTable) -> tuple[int, int]:
    """Create and fill the table, or insert and update what differs: how many rows. Where it stood under another key, it
    is filled anew."""
    frame, target, staged = table.frame, quoted(name), quoted(f"stage_{name}")
    has = _columns(database, name)
    if not has:
        database.run(f"CREATE TABLE {target} ({_defined(frame)})")
        database.fill(name, frame)
        _index(database, name, table)
        return len(frame), 0
    is_rekeyed = any(has.get(column) != _is_text(frame, column) for column in table.key)
    if is_rekeyed:
        if database.indexed:
            database.run(f"ALTER TABLE {target} DROP CONSTRAINT IF EXISTS {quoted(f'{name}_pkey')}")
        database.run(f"DELETE FROM {target}")
    _fit(database, name, frame, has)
    _stage(database, f"stage_{name}", frame)
    columns = list(map(quoted, frame.columns))
    values = [column for column in columns if column not in map(quoted, table.key)]
    same = _same(name, table)
    updated = database.run(
        f"UPDATE {target} SET {', '.join(f'{column} = {staged}.{column}' for column in values)} FROM {staged} "
        f"WHERE {same} AND ({_listed(target, values)}) IS DISTINCT FROM ({_listed(staged, values)})"
    )
    inserted = database.run(
        f"INSERT INTO {target} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM {staged} "
        f"WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same})"
    )
    if is_rekeyed:
        _index(database, name, table)
    return inserted, updated


def _delete(database: Database, name: str, table: StarTable) -> int:
    """Delete what the table should not hold: how many rows."""
    target, staged, scope = quoted(name), quoted(f"stage_{name}"), quoted(f"scope_{name}")
    within = "TRUE"
    if table.scope is not None and table.part is not None:
        column = quoted(table.part)
        _stage(database, f"scope_{name}", table.scope)
        within = f"{target}.{column} IN (SELECT {column} FROM {scope})"
    return database.run(
        f"DELETE FROM {target} WHERE {within} AND NOT EXISTS (SELECT 1 FROM {staged} WHERE {_same(name, table)})"
    )


def _same(name: str, table: StarTable) -> str:
    """The condition that a row and a staged one have one key."""
    target, staged = quoted(name), quoted(f"stage_{name}")
    return " AND ".join(f"{target}.{column} = {staged}.{column}" for column in map(quoted, table.key))


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


def _fit(database: Database, name: str, frame: pl.DataFrame, has: dict[str, bool]) -> None:
    """Add the columns that a table lacks; one of ours that held text and holds numbers now is made anew."""
    for column in frame.columns:
        if column in has and has[column] != _is_text(frame, column):
            database.run(f"ALTER TABLE {quoted(name)} DROP COLUMN {quoted(column)}")
        if has.get(column) != _is_text(frame, column):
            database.run(f"ALTER TABLE {quoted(name)} ADD COLUMN {_defined(frame.select(column))}")


def _is_text(frame: pl.DataFrame, column: str) -> bool:
    return frame.schema[column] == pl.String


def _defined(frame: pl.DataFrame) -> str:
    return ", ".join(f"{quoted(column)} {TYPES[kind.base_type()]}" for column, kind in frame.schema.items())


def _columns(database: Database, name: str) -> dict[str, bool]:
    """The columns of a table, and whether each holds text."""
    rows = database.rows(
        "SELECT column_name, lower(data_type) IN ('text', 'varchar') FROM information_schema.columns "
        f"WHERE table_schema = current_schema() AND table_name = '{name}'"
    )
    return dict(rows)


def _known(database: Database) -> pl.DataFrame | None:
    """What the database holds of each call's keys, and when a label of it was settled; None where all is to be sent:
    before the first export, and after one of an earlier version."""
    has = _columns(database, "dim_call")
    keyed = all("element_key" in _columns(database, name) for name in ("fact_kpi", "fact_override"))
    if not has.keys() >= KEYS.keys() or has["person_key"] or not keyed:
        return None
    second = "CAST(floor(extract(epoch FROM max(settled_at))) AS BIGINT) AS settled_s"
    settled = f"SELECT call_id, {second} FROM fact_override GROUP BY call_id"
    rows = database.rows(f"SELECT {', '.join(KNOWN)} FROM dim_call LEFT JOIN ({settled}) s USING (call_id)")
    return pl.DataFrame(rows, schema=KNOWN, orient="row")


def _missing_references(database: Database, tables: dict[str, StarTable]) -> Iterable[str]:
    """A foreign key for each key of a dimension that a table has: a fact goes with its conversation, and loses a key
    whose row is gone."""
    has = {name for (name,) in database.rows("SELECT conname FROM pg_constraint WHERE contype = 'f'")}
    for name, table in tables.items():
        for column, dimension in DIMENSIONS.items():
            if dimension != name and column in table.frame.columns and (called := f"{name}_{column}_fkey") not in has:
                gone = "CASCADE" if column == "call_id" else "SET NULL"
                yield (
                    f"ALTER TABLE {quoted(name)} ADD CONSTRAINT {quoted(called)} FOREIGN KEY ({quoted(column)}) "
                    f"REFERENCES {quoted(dimension)} ON DELETE {gone}"
                )


def _let_readers_see_their_own(database: Database) -> None:
    """Let views follow the policies of who reads, not of who exports (PostgreSQL 15 and later can)."""
    ((version,),) = database.rows("SHOW server_version_num")
    names = database.rows("SELECT viewname FROM pg_views WHERE schemaname = current_schema() AND viewname LIKE 'v\\_%'")
    for (name,) in names if int(version) >= INVOKER_SINCE else []:
        database.run(f"ALTER VIEW {quoted(name)} SET (security_invoker = true)")


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
