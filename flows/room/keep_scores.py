"""Scores flow into the workspace's table at once: the database says which answers are still to be stored there.

An answer is acknowledged when the database has it. A thread then merges it into `scores` (or `repeats`, where the rater
scored the call before), and notes the version that was stored. What either side failed at is tried again: merging twice
changes nothing. Only blind answers are stored, for what was said in a discussion is not a rater's own any more.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import polars as pl
from sqlalchemy import bindparam, select, update

from flows.room.database.coaching import Dispute
from flows.room.database.scoring import Answer, Assignment, Session
from flows.room.decisions import store_decided
from flows.room.house import House
from flows.room.overrides import store_settled
from flows.room.taken_up import store_taken_up
from models.ratings.scores import ScoreFile, set_apart
from pipeline.tables import TABLES
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Repeats, Scores

AT_ONCE = 500
TOGETHER_S = 1.0  # for which answers are gathered, as each writing of the table costs as much as many answers
AGAIN_S = 5.0  # until what failed is tried again
KEY = ["call_id", "rubric", "element", "rater"]
log = logging.getLogger("callgrade")


class Given(NamedTuple):
    """An answer as the table of scores has it, and what the database notes of it."""

    answer_id: str
    version: int
    kind: str
    call_id: str
    rubric: str
    element: str
    rubric_hash: str
    rater: str
    rubric_version: int
    level: int | None
    note: str | None
    session: str
    scored_at: datetime
    turns: str


class Keeper:
    """Stores answers as they come, in a thread of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._come = threading.Event()
        self._over = threading.Event()

    def wake(self) -> None:
        """Say that there is something to store."""
        self._come.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Store for as long as the block runs, and what is left at its end."""
        self._come.set()
        thread = threading.Thread(target=self._run, name="keep-scores", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._come.set()
            thread.join(timeout=60)

    def _run(self) -> None:
        while True:
            self._come.wait()
            self._over.wait(TOGETHER_S)
            self._come.clear()
            try:
                while store_answers(self.house):
                    pass
                store_settled(self.house)
                store_decided(self.house)
                store_taken_up(self.house)
            except Exception:  # whatever failed is tried again; what was answered is safe in the database
                log.exception("scores wait in the room's database and are stored later")
                self._over.wait(AGAIN_S)
                self._come.set()
            if self._over.is_set():
                return


def store_answers(house: House) -> int:
    """Store what the table of scores does not have yet; returns how many answers that were."""
    given = _unstored(house)
    if not given:
        return 0
    scored = [one for one in given if one.level is not None]
    if scored:
        frame = _frame(scored)
        first = Scores.validate(frame.filter(pl.col("kind") == "first").select(Scores.column_names()), cast=True)
        again = frame.filter(pl.col("kind") == "again").select(Repeats.column_names())
        raters = frame["rater"].unique().to_list()
        stored = house.store.read("scores", where=pl.col("rater").is_in(raters))
        apart = set_apart(ScoreFile(first, Repeats.validate(again, cast=True), [], 0), stored, house.elements())
        house.store.merge("scores", apart.scores)
        if apart.repeats.height:
            house.store.merge("repeats", apart.repeats)
    pointed = _pointed(given)
    if pointed.height:
        house.store.merge("pointed", pointed)
    for one in given:
        if one.level is None:  # was taken back
            scope = {name: [str(getattr(one, name))] for name in (*KEY, "session")}
            for table in ("scores", "repeats"):
                if not house.store.read(
                    table, where=pl.all_horizontal(pl.col(n) == v[0] for n, v in scope.items())
                ).is_empty():
                    house.store.replace(table, TABLES[table].create_empty(), **scope)
    noted = (
        update(Answer)
        .where(Answer.answer_id == bindparam("of"), Answer.stored_version < bindparam("stored"))
        .values(stored_version=bindparam("stored"))
    )
    with house.database.begin() as session:
        session.connection().execute(noted, [{"of": one.answer_id, "stored": one.version} for one in given])
    return len(given)


def waiting(house: House) -> int:
    """How many answers and settled disputes are still to be stored."""
    with house.database.read() as session:
        disputes = session.scalars(
            select(Dispute.dispute_id).where(Dispute.settled_at.is_not(None), Dispute.stored_at.is_(None))
        )
        return len(_unstored(house)) + len(list(disputes))


def _unstored(house: House) -> list[Given]:
    """The oldest answers that the table lacks."""
    columns = (Answer, Assignment.kind, Assignment.call_id, Assignment.person_id, Session.rubric, Session.title)
    wanted = (
        select(*columns, Session.session_id)
        .join(Assignment, Assignment.assignment_id == Answer.assignment_id)
        .join(Session, Session.session_id == Assignment.session_id)
        .where(Answer.version != Answer.stored_version, Answer.round == 1, Assignment.kind != "practice")
        .order_by(Answer.given_at)
        .limit(AT_ONCE)
    )
    with house.database.read() as session:
        return [
            Given(
                answer_id=row.Answer.answer_id,
                version=row.Answer.version,
                kind=row.kind,
                call_id=row.call_id,
                rubric=row.rubric,
                element=row.Answer.element,
                rubric_hash=row.Answer.rubric_hash,
                rater=row.person_id,
                rubric_version=row.Answer.rubric_version,
                level=row.Answer.level,
                note=row.Answer.note or None,
                session=f"{row.title} ({row.session_id})" + (" again" if row.kind == "again" else ""),
                scored_at=row.Answer.given_at,
                turns=" ".join(map(str, row.Answer.turns)),
            )
            for row in session.execute(wanted)
        ]


def _pointed(given: list[Given]) -> pl.DataFrame:
    """Where raters pointed, the first time that they had the call."""
    schema = TABLES["pointed"]
    rows = [[getattr(one, name) for name in schema.column_names()] for one in given if one.kind == "first"]
    return pl.DataFrame(rows, schema=schema.column_names(), orient="row").cast(pl.String)


def _frame(given: list[Given]) -> pl.DataFrame:
    """The answers with the columns of Scores and `kind`."""
    rows = pl.DataFrame(given, schema=list(Given._fields), orient="row", infer_schema_length=None)
    return rows.with_columns(
        pl.lit("person").alias("rater_kind"),
        pl.col("level").cast(pl.Int64),
        color_of(pl.col("level")).alias("color"),
        pl.col("note").cast(pl.String),
    )
