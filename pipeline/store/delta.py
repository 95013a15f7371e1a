"""The store: a workspace's Delta tables, written by merge on their keys; its transcripts are in `Store.speech`."""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import dataframely as dy
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pipeline.location import is_remote, place, reached, table_options, write_whole, writing
from pipeline.store.earlier import upgraded
from pipeline.store.speech import SpeechStore
from pipeline.tables import TABLES

MAX_ATTEMPTS = 12
REPLACING = {"schema_mode": "overwrite"}
FORGETTING = {"delta.logRetentionDuration": "interval 0 days"}  # the log holds least and greatest values of columns
REMEMBERING = {"delta.logRetentionDuration": "interval 30 days"}
MANY_FILES = 30  # of a table, beside large ones: they are put together
SMALL_BYTES = 20_000_000
READING_H = 12  # nobody reads an old version of a table for longer
LATEST = 10  # commits: tidying up makes up to five in a row
UNCHANGING = ("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES")  # operations that leave rows as they are
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Store:
    """One workspace: `tables/<name>`, `speech/`, `models/`, `reports/` under a folder or object-store prefix."""

    def __init__(self, workspace: str) -> None:
        self.place = place(workspace)
        self.root = str(self.place).rstrip("/")
        self.speech = SpeechStore(self.place)

    def exists(self) -> bool:
        """Whether anything was ever stored here."""
        with reached(self.root):
            return (self.place / "tables").exists()

    def probe(self) -> None:
        """Find out, before much work is done, whether the workspace can be written; raises StoreError where not."""
        path = self.place / ".probe"
        with writing(self.root, DeltaError):
            write_whole(path, b"?")
            path.unlink(missing_ok=True)

    def folder(self, name: str) -> Path:
        """A folder of the workspace, such as models or reports, made if need be."""
        folder = self.place / name
        with writing(self.root, DeltaError):
            if not is_remote(folder):  # object storage has none
                folder.mkdir(parents=True, exist_ok=True)
        return folder

    def read(self, table: str, *, where: pl.Expr | None = None) -> pl.DataFrame:
        """The rows of a table (those for which `where` holds); empty with the right columns if never written."""
        try:
            stored = pl.scan_delta(self._table(table))
        except TableNotFoundError:
            return TABLES[table].create_empty()
        rows = upgraded(table, stored, TABLES[table].column_names())
        return (rows if where is None else rows.filter(where)).collect()

    def version(self, table: str) -> int | None:
        """A number that changes whenever the table is written; None where it never was."""
        try:
            return self._table(table).version()
        except TableNotFoundError:
            return None

    def changed_at(self, table: str) -> datetime | None:
        """When the rows of a table last changed; None where it was never written."""
        try:
            known = self._table(table).history(LATEST)
        except TableNotFoundError:
            return None
        last = next((commit for commit in known if commit["operation"] not in UNCHANGING), known[-1])
        return datetime.fromtimestamp(last["timestamp"] / 1000, UTC)

    def merge(self, table: str, frame: pl.DataFrame) -> None:
        """Validate rows and insert or update them by the table's key; raises dataframely's ValidationError."""
        self._merge(table, frame, stale=None)

    def replace(self, table: str, frame: pl.DataFrame, **scope: list[str]) -> None:
        """Make `frame` all that the table holds where each column of `scope` has one of its values, in one commit."""
        within = (f"target.{column} IN ({', '.join(map(_quoted, values))})" for column, values in scope.items())
        self._merge(table, frame, stale=" AND ".join(within) if all(scope.values()) else None)

    def overwrite(self, table: str, frame: pl.DataFrame) -> None:
        """Make `frame` all that the table holds, in one commit: for tables that are computed as a whole."""
        rows = _validated(TABLES[table], frame)
        with writing(self.root, DeltaError):
            _retried(lambda: self._write(table, rows))

    def erase(self, table: str, **values: list[str]) -> int:
        """Remove the rows in which a column has one of its values, from the table and its history; returns how many."""
        within = (f"{column} IN ({', '.join(map(_quoted, chosen))})" for column, chosen in values.items() if chosen)
        predicate = " OR ".join(within)
        if not predicate or not self._is_written(table):
            return 0
        with writing(self.root, DeltaError):
            deleted = self._table(table).delete(predicate)
            self.drop_history(table)
        return int(deleted["num_deleted_rows"])

    def drop_history(self, table: str) -> None:
        """Remove every file that holds what the table no longer does. Nothing else may write to it meanwhile."""
        if not self._is_written(table):
            return
        self._table(table).alter.set_table_properties(FORGETTING)
        kept = self._table(table)
        kept.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        kept.create_checkpoint()
        kept.cleanup_metadata()
        kept.alter.set_table_properties(REMEMBERING)

    def compact(self, table: str) -> None:
        """Put a table's small files together and drop those that no reader is at any more, where many have come to lie
        there. Safe beside readers and writers: where another writes to it, that is left to another night."""
        folder = self.place / "tables" / table
        lying = sum(1 for _ in folder.glob("*.parquet"))
        if lying <= MANY_FILES:
            return
        kept = self._table(table)
        sizes = pl.DataFrame(kept.get_add_actions(flatten=True))["size_bytes"]
        if lying - (sizes > SMALL_BYTES).sum() <= MANY_FILES:
            return
        try:
            kept.optimize.compact()
            kept.vacuum(retention_hours=READING_H, enforce_retention_duration=False, dry_run=False, full=True)
            kept.create_checkpoint()
            kept.cleanup_metadata()
        except CommitFailedError:
            log.info("%s: is being written to, and is not compacted tonight", table)

    def _merge(self, table: str, frame: pl.DataFrame, *, stale: str | None) -> None:
        rows = _validated(TABLES[table], frame)
        if rows.is_empty() and stale is None:
            return
        on = " AND ".join(f"target.{column} = source.{column}" for column in TABLES[table].primary_key())

        def commit() -> None:
            merge = (
                self._open(table)
                .merge(rows, predicate=on, source_alias="source", target_alias="target", merge_schema=True)
                .when_matched_update_all()
                .when_not_matched_insert_all()
            )
            (merge if stale is None else merge.when_not_matched_by_source_delete(stale)).execute()

        with writing(self.root, DeltaError):
            _retried(commit)

    def _open(self, table: str) -> DeltaTable:
        try:
            return self._table(table)
        except TableNotFoundError:
            empty = TABLES[table].create_empty()
            empty.write_delta(self._uri(table), mode="ignore", storage_options=table_options(self.root))
            return self._table(table)

    def _table(self, table: str) -> DeltaTable:
        return DeltaTable(self._uri(table), storage_options=table_options(self.root))

    def _is_written(self, table: str) -> bool:
        return bool(DeltaTable.is_deltatable(self._uri(table), storage_options=table_options(self.root)))

    def _write(self, table: str, rows: pl.DataFrame) -> None:
        options = table_options(self.root)
        rows.write_delta(self._uri(table), mode="overwrite", delta_write_options=REPLACING, storage_options=options)

    def _uri(self, table: str) -> str:
        return f"{self.root}/tables/{table}"


def _validated(schema: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """The schema's columns, checked and in its order, then the `x_` columns of a call list."""
    extra = [column for column in frame.columns if column.startswith("x_")]
    rows = schema.validate(frame, cast=True)
    return pl.concat([rows, frame.select(extra)], how="horizontal") if extra else rows


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _retried(commit: Callable[[], Result]) -> Result:
    """Run a commit again when another writer came first; the last failure is raised."""
    for attempt in range(MAX_ATTEMPTS - 1):
        try:
            return commit()
        except CommitFailedError:
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 6)))  # noqa: S311  jitter, not a secret
    return commit()
