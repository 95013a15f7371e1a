"""The store: a workspace's Delta tables, written by merge on their keys, and its content-addressed transcripts."""

import errno
import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import dataframely as dy
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pipeline.errors import CallError
from pipeline.location import PARTIAL, StoreError, is_remote, place, reached, table_options, write_whole
from pipeline.tables import TABLES
from pipeline.transcripts.transcript import Transcript, from_json

ATTEMPTS = 12
REPLACING = {"schema_mode": "overwrite"}
FORGETTING = {"delta.logRetentionDuration": "interval 0 days"}  # the log holds least and greatest values of columns
REMEMBERING = {"delta.logRetentionDuration": "interval 30 days"}
MANY_FILES = 30  # of a table, beside large ones: they are put together
SMALL_BYTES = 20_000_000
READING_H = 12  # nobody reads an old version of a table for longer
LATEST = 10  # commits: tidying up makes up to five in a row
UNCHANGING = ("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES")  # operations that leave rows as they are
SPEECH = ".json"
PARTIAL_S = 3600.0
FULL = (errno.ENOSPC, errno.EDQUOT)
LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)
OS_ERROR = r"(?:os error|code:) (\d+)"  # as the Delta library writes it
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Store:
    """One workspace: `tables/<name>`, `speech/`, `models/`, `reports/` under a folder or object-store prefix."""

    def __init__(self, workspace: str) -> None:
        self.place = place(workspace)
        self.root = str(self.place).rstrip("/")

    def exists(self) -> bool:
        """Whether anything was ever stored here."""
        with reached(self.root):
            return (self.place / "tables").exists()

    def probe(self) -> None:
        """Find out, before much work is done, whether the workspace can be written; raises StoreError where not."""
        path = self.place / ".probe"
        with _explained(self.root):
            write_whole(path, b"?")
            path.unlink(missing_ok=True)

    def folder(self, name: str) -> Path:
        """A folder of the workspace, such as models or reports, made if need be."""
        folder = self.place / name
        with _explained(self.root):
            if not is_remote(folder):  # object storage has none
                folder.mkdir(parents=True, exist_ok=True)
        return folder

    def read(self, table: str, *, where: pl.Expr | None = None) -> pl.DataFrame:
        """The rows of a table (those for which `where` holds); empty with the right columns if never written."""
        try:
            frame = pl.scan_delta(self._table(table))
        except TableNotFoundError:
            return TABLES[table].create_empty()
        return (frame if where is None else frame.filter(where)).collect()

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
        with _explained(self.root):
            _retried(lambda: self._write(table, rows))

    def erase(self, table: str, **values: list[str]) -> int:
        """Remove the rows in which a column has one of its values, from the table and its history; returns how many."""
        within = (f"{column} IN ({', '.join(map(_quoted, chosen))})" for column, chosen in values.items() if chosen)
        predicate = " OR ".join(within)
        if not predicate or not self._is_written(table):
            return 0
        with _explained(self.root):
            found = self._table(table).delete(predicate)
            self.drop_history(table)
        return int(found["num_deleted_rows"])

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

    def speeches(self, content: str) -> list[Transcript]:
        """All stored transcripts of a recording that are sound, by whatever engine."""
        found = [self._sound(path) for path in self._speeches(content) if path.suffix == SPEECH]
        return [transcript for transcript in found if transcript is not None]

    def erase_speech(self, contents: list[str]) -> int:
        """Remove all transcripts of these recordings; returns how many there were."""
        found = [path for content in contents for path in self._speeches(content)]
        for path in found:
            path.unlink()
        return len(found)

    def _speeches(self, content: str) -> list[Path]:
        return list((self.place / "speech" / content[:2]).glob(f"{content}-*"))

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

        with _explained(self.root):
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
        told = table_options(self.root)
        rows.write_delta(self._uri(table), mode="overwrite", delta_write_options=REPLACING, storage_options=told)

    def _uri(self, table: str) -> str:
        return f"{self.root}/tables/{table}"

    def lists_speech(self, named: list[tuple[str, str]]) -> list[bool]:
        """Which transcripts, by recording and engine, are there and end as one does; quick, for the many that nobody is
        about to read."""
        paths = [self._speech(content, fingerprint) for content, fingerprint in named]
        if not is_remote(self.place):
            return [_ends(path) for path in paths]
        there = {path.name for path in (self.place / "speech").glob(f"*/*{SPEECH}")}  # each was put there whole
        return [path.name in there for path in paths]

    def read_speech(self, content: str, fingerprint: str) -> Transcript | None:
        """The stored transcript of a recording by an engine; None if there is none, or a damaged one."""
        return self._sound(self._speech(content, fingerprint))

    def write_speech(self, content: str, fingerprint: str, transcript: Transcript, *, again: bool = False) -> None:
        """Store a transcript whole or not at all; a sound one that is there stays as it is, unless `again`."""
        path = self._speech(content, fingerprint)
        if not again and self._sound(path) is not None:
            return
        try:
            with _explained(self.root):
                write_whole(path, transcript.to_json().encode())
        except StoreError as error:
            raise CallError("internal", str(error)) from error

    def drop_partial(self) -> None:
        """Remove what killed runs left half-written; what is younger than PARTIAL_S may be in the making."""
        if is_remote(self.place):
            return
        for path in (self.place / "speech").glob(f"*/*{PARTIAL}"):
            with suppress(FileNotFoundError):
                if abs(time.time() - path.stat().st_mtime) > PARTIAL_S:
                    path.unlink()

    def _speech(self, content: str, fingerprint: str) -> Path:
        return self.place / "speech" / content[:2] / f"{content}-{fingerprint}{SPEECH}"

    def _sound(self, path: Path) -> Transcript | None:
        """A transcript as it was written; None where there is none, or one that a disk or a crash damaged."""
        try:
            return from_json(path.read_text(encoding="utf-8"), source=str(path))
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        except CallError as error:
            log.warning("%s: is damaged and will be made again (%s)", path, error.code)
            return None


def _validated(schema: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """The schema's columns, checked and in its order, then the `x_` columns of a call list."""
    extra = [column for column in frame.columns if column.startswith("x_")]
    rows = schema.validate(frame, cast=True)
    return pl.concat([rows, frame.select(extra)], how="horizontal") if extra else rows


def _ends(transcript: Path) -> bool:
    try:
        with transcript.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"}"
    except OSError:
        return False


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def _explained(root: str) -> Iterator[None]:
    """Say in a sentence that a disk is full or may not be written to, whoever found out, or storage not be reached."""
    try:
        with reached(root):
            yield
    except (OSError, DeltaError) as error:
        found = re.search(OS_ERROR, str(error))
        number = getattr(error, "errno", None) or (int(found[1]) if found else None)
        if number in FULL:
            said = "no space is left on its disk; free some and run again, what is done stays done"
        elif number in LOCKED:
            said = f"cannot be written to ({os.strerror(number).lower()}); name another --workspace or allow writing"
        else:
            raise
        raise StoreError(f"{root}: {said}") from error


def _retried(commit: Callable[[], Result]) -> Result:
    """Run a commit again when another writer came first; the last failure is raised."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return commit()
        except CommitFailedError:
            time.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 6)))  # noqa: S311  jitter, not a secret
    return commit()
