"""The store: a workspace's Delta tables, written by merge on their keys, and its content-addressed transcripts."""

import errno
import logging
import os
import random
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import dataframely as dy
import fsspec
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pipeline.calls import CallError
from pipeline.tables import TABLES
from pipeline.transcripts import Transcript, from_json

ATTEMPTS = 12
REPLACING = {"schema_mode": "overwrite"}
FORGETTING = {"delta.logRetentionDuration": "interval 0 days"}  # the log holds least and greatest values of columns
REMEMBERING = {"delta.logRetentionDuration": "interval 30 days"}
SPEECH = ".json"
PARTIAL_S = 3600.0
FULL = (errno.ENOSPC, errno.EDQUOT)
LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)
OS_ERROR = r"(?:os error|code:) (\d+)"  # as the Delta library writes it
Result = TypeVar("Result")
log = logging.getLogger(__name__)


class StoreError(OSError):
    """The workspace cannot be written: one sentence on why and what would help."""


class Store:
    """One workspace: `tables/<name>`, `speech/`, `models/`, `reports/` under a folder or object-store prefix."""

    def __init__(self, workspace: str) -> None:
        self.root = workspace.rstrip("/") if "://" in workspace else str(Path(workspace).absolute())
        self.files, self.path = fsspec.core.url_to_fs(self.root)

    def exists(self) -> bool:
        """Whether anything was ever stored here."""
        return bool(self.files.exists(f"{self.path}/tables"))

    def probe(self) -> None:
        """Find out, before much work is done, whether the workspace can be written; raises StoreError where not."""
        path = f"{self.path}/.{uuid.uuid4().hex}.partial"
        with _explained(self.root):
            self.files.makedirs(self.path, exist_ok=True)
            self.files.pipe_file(path, b"?")
            self.files.rm(path)

    def folder(self, name: str) -> Path:
        """A local folder of the workspace, such as models or reports, made if need be."""
        folder = Path(self.path) / name
        with _explained(self.root):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def read(self, table: str, *, where: pl.Expr | None = None) -> pl.DataFrame:
        """The rows of a table (those for which `where` holds); empty with the right columns if never written."""
        try:
            frame = pl.scan_delta(DeltaTable(self._uri(table)))
        except TableNotFoundError:
            return TABLES[table].create_empty()
        return (frame if where is None else frame.filter(where)).collect()

    def changed_at(self, table: str) -> datetime | None:
        """When a table was last written; None where it never was."""
        try:
            (last,) = DeltaTable(self._uri(table)).history(1)
        except TableNotFoundError:
            return None
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
            _retried(lambda: rows.write_delta(self._uri(table), mode="overwrite", delta_write_options=REPLACING))

    def erase(self, table: str, **values: list[str]) -> int:
        """Remove the rows in which a column has one of its values, from the table and its history; returns how many."""
        within = (f"{column} IN ({', '.join(map(_quoted, chosen))})" for column, chosen in values.items() if chosen)
        predicate = " OR ".join(within)
        if not predicate or not DeltaTable.is_deltatable(self._uri(table)):
            return 0
        with _explained(self.root):
            found = DeltaTable(self._uri(table)).delete(predicate)
            self.drop_history(table)
        return int(found["num_deleted_rows"])

    def drop_history(self, table: str) -> None:
        """Remove every file that holds what the table no longer does. Nothing else may write to it meanwhile."""
        if not DeltaTable.is_deltatable(self._uri(table)):
            return
        DeltaTable(self._uri(table)).alter.set_table_properties(FORGETTING)
        kept = DeltaTable(self._uri(table))
        kept.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        kept.create_checkpoint()
        kept.cleanup_metadata()
        kept.alter.set_table_properties(REMEMBERING)

    def speeches(self, content: str) -> list[Transcript]:
        """All stored transcripts of a recording that are sound, by whatever engine."""
        found = [self._sound(path) for path in self._speeches(content) if path.endswith(SPEECH)]
        return [transcript for transcript in found if transcript is not None]

    def erase_speech(self, contents: list[str]) -> int:
        """Remove all transcripts of these recordings; returns how many there were."""
        found = [path for content in contents for path in self._speeches(content)]
        for path in found:
            self.files.rm(path)
        return len(found)

    def _speeches(self, content: str) -> list[str]:
        return [str(path) for path in self.files.glob(f"{self.path}/speech/{content[:2]}/{content}-*")]

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
            return DeltaTable(self._uri(table))
        except TableNotFoundError:
            TABLES[table].create_empty().write_delta(self._uri(table), mode="ignore")
            return DeltaTable(self._uri(table))

    def _uri(self, table: str) -> str:
        return f"{self.root}/tables/{table}"

    def lists_speech(self, content: str, fingerprint: str) -> bool:
        """Whether a transcript is there that ends as one does; quick, for the many that nobody is about to read."""
        try:
            return bytes(self.files.tail(self._speech(content, fingerprint), 1)) == b"}"
        except FileNotFoundError:
            return False

    def read_speech(self, content: str, fingerprint: str) -> Transcript | None:
        """The stored transcript of a recording by an engine; None if there is none, or a damaged one."""
        return self._sound(self._speech(content, fingerprint))

    def write_speech(self, content: str, fingerprint: str, transcript: Transcript, *, again: bool = False) -> None:
        """Store a transcript whole or not at all; a sound one that is there stays as it is, unless `again`."""
        path = self._speech(content, fingerprint)
        if not again and self._sound(path) is not None:
            return
        partial = f"{path}.{uuid.uuid4().hex}.partial"
        try:
            with _explained(self.root):
                self.files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
                self.files.pipe_file(partial, transcript.to_json().encode())
                self.files.mv(partial, path)
        except StoreError as error:
            with suppress(OSError):
                self.files.rm(partial)
            raise CallError("internal", str(error)) from error

    def drop_partial(self) -> None:
        """Remove what killed runs left half-written; what is younger than PARTIAL_S may be in the making."""
        for path in self.files.glob(f"{self.path}/speech/*/*.partial"):
            with suppress(FileNotFoundError):
                if abs((datetime.now(UTC) - self.files.modified(path)).total_seconds()) > PARTIAL_S:
                    self.files.rm(path)

    def _speech(self, content: str, fingerprint: str) -> str:
        return f"{self.path}/speech/{content[:2]}/{content}-{fingerprint}{SPEECH}"

    def _sound(self, path: str) -> Transcript | None:
        """A transcript as it was written; None where there is none, or one that a disk or a crash damaged."""
        try:
            return from_json(self.files.cat_file(path).decode(), source=path)
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


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def _explained(root: str) -> Iterator[None]:
    """Say in a sentence that a disk is full or may not be written to, whoever found out."""
    try:
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
