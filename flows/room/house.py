"""The house: what every request needs, which is the workspace's tables, the database, the rubrics and the settings.

Tables that pages read as a whole stay in memory until another version of them was written.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import dataframely as dy
import polars as pl
from itsdangerous import Signer

from flows.room.calibration.answering import Wording
from flows.room.database.connection import Database, open_database
from flows.room.entry.secrets import signer
from models.ratings.rubrics import load_rubrics
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.judgements import Elements

Made = TypeVar("Made")


@dataclass
class House:
    """One workspace with its room."""

    settings: Settings
    store: Store
    database: Database
    signer: Signer
    is_secure: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: dict[str, threading.Lock] = field(default_factory=dict)
    kept: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def table(self, name: str) -> pl.DataFrame:
        """All rows of a table, from memory where it was not written since."""
        return self.once(f"table {name}", self.store.version(name), lambda: self.store.read(name))

    def recording_of(self, call_id: str) -> Path | None:
        """Where the recording of a scored call lies; None where it has none on a disk of this machine."""
        rows = self.table("calls").filter(call_id=call_id, status="ok")
        recording = str(rows["recording"].item() or "") if rows.height else ""
        return Path(recording) if recording and "://" not in recording and Path(recording).is_file() else None

    def rows_of(self, name: str, call_ids: list[str]) -> pl.DataFrame:
        """The rows of a table that are of some calls."""
        return self.store.read(name, where=pl.col("call_id").is_in(call_ids))

    def elements(self) -> dy.DataFrame[Elements]:
        """The rubrics, read again where a file changed."""
        return self.once("rubrics", self.rubric_files(), lambda: load_rubrics(Path(self.settings.rubrics)))

    def wordings(self) -> dict[tuple[str, str], Wording]:
        """The wording of each rubric's elements, without a table to look it up in."""
        names = ("rubric", "element", "rubric_hash", "rubric_version")

        def listed() -> dict[tuple[str, str], Wording]:
            rows = self.elements().select(names).iter_rows()
            return {(rubric, element): Wording(hash_, version) for rubric, element, hash_, version in rows}

        return self.once("wordings", self.rubric_files(), listed)

    def rubric_files(self) -> tuple[tuple[str, int], ...]:
        """The rubrics' files with the time at which each was written."""
        folder = Path(self.settings.rubrics)
        return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yaml")))

    def versions(self, *names: str) -> tuple[int | None, ...]:
        """The versions of tables: what was made of them holds until one is another."""
        return tuple(self.store.version(name) for name in names)

    def once(self, name: str, state: object, make: Callable[[], Made]) -> Made:
        """What `make` gives, made again only where `state` is another than it was made for; those who ask meanwhile
        wait for it."""
        with self.lock:
            turn = self.turns.setdefault(name, threading.Lock())
        with turn:
            if name not in self.kept or self.kept[name][0] != state:
                self.kept[name] = (state, make())
            return cast(Made, self.kept[name][1])

    def tables(self, *names: str) -> dict[str, pl.DataFrame]:
        """Every table by its name, those not named being empty."""
        return {name: self.table(name) if name in names else schema.create_empty() for name, schema in TABLES.items()}


def open_house(settings: Settings, *, is_secure: bool = False) -> House:
    """The house of a workspace, its database in the newest form."""
    store = Store(settings.workspace)
    database = open_database(settings, store)
    return House(settings, store, database, signer(database), is_secure)
