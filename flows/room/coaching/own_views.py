"""After the call: what went well and what did not, and a level of one's own for each element, before the machine's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.coaching import SEATS, Reflection
from flows.room.database.columns import now
from pipeline.tables.values import LEVELS

MAX_WORDS = 4000
SEAT_OF = {"lead_id": SEATS[0], "manager_id": SEATS[1]}


@dataclass(frozen=True)
class OwnView:
    """What somebody says of a call: what to repeat, what to avoid, a level for each element."""

    repeat: str
    avoid: str
    levels: dict[str, int]


class Awareness(NamedTuple):
    """How near a person's own levels are to the manager's and to the machine's: mean distances in levels over `n`
    elements of calls that both judged, and how much higher (+) or lower (-) the own ones are. Null where there is none.
    """

    n_manager: int
    off_manager: float | None
    above_manager: float | None
    n_machine: int
    off_machine: float | None
    above_machine: float | None


class SideBySide(NamedTuple):
    """The mean level, 0 to 3, that each gives a call; null where the manager or the machine gives none."""

    held_at: datetime
    own: float
    manager: float | None
    machine: float | None


def seat_of(call: Mapping[str, object], person_id: str) -> str | None:
    """Whether somebody answers for a call as the seller (`self`) or as the manager; None where neither."""
    return next((seat for column, seat in SEAT_OF.items() if call[column] == person_id), None)


def give(session: Session, call_id: str, view: OwnView, *, person_id: str, seat: str) -> None:
    """Keep what somebody says of a call, once: what was said before the machine's answer was seen stands.

    Raises ValueError where an answer is missing or given already.
    """
    if not view.repeat.strip() or not view.avoid.strip() or not view.levels:
        raise ValueError("Answer both questions and choose a level for each element.")
    if session.get(Reflection, (call_id, person_id)) is not None:
        raise ValueError("You have answered for this call.")
    session.add(
        Reflection(
            call_id=call_id,
            person_id=person_id,
            seat=seat,
            repeat=view.repeat.strip()[:MAX_WORDS],
            avoid=view.avoid.strip()[:MAX_WORDS],
            levels={name: level for name, level in view.levels.items() if 0 <= level < len(LEVELS)},
            given_at=now(),
        )
    )


def views_of(session: Session, call_ids: list[str]) -> list[Reflection]:
    """What was said of some calls."""
    return list(
        session.scalars(select(Reflection).where(Reflection.call_id.in_(call_ids)).order_by(Reflection.given_at))
    )


def awareness(views: list[Reflection], labels: pl.DataFrame) -> Awareness:
    """How near the own levels in `views` (of one person's calls) are to the manager's and to `labels`."""
    own = {(view.call_id, name): level for view in views if view.seat == "self" for name, level in view.levels.items()}
    theirs = {
        (view.call_id, name): level for view in views if view.seat == "manager" for name, level in view.levels.items()
    }
    said = labels.drop_nulls("level").select("call_id", "element", pl.coalesce("machine_level", "level"))
    machine = {(call_id, element): level for call_id, element, level in said.iter_rows()}
    return Awareness(*_distance(own, theirs), *_distance(own, machine))


def over_time(views: list[Reflection], labels: pl.DataFrame, calls: pl.DataFrame) -> list[SideBySide]:
    """The mean level of each of a person's calls as they, their manager and the machine (`labels`) see it, by time; of
    the calls of which they said themselves how they went."""
    said = labels.drop_nulls("level").select("call_id", level=pl.coalesce("machine_level", "level"))
    machine = dict(said.group_by("call_id").agg(pl.col("level").mean()).iter_rows())
    by_seat = {(view.call_id, view.seat): fmean(view.levels.values()) for view in views if view.levels}
    held = calls.sort("started_at").drop_nulls("started_at").select("call_id", "started_at")
    return [
        SideBySide(at, by_seat[call_id, "self"], by_seat.get((call_id, "manager")), machine.get(call_id))
        for call_id, at in held.iter_rows()
        if (call_id, "self") in by_seat
    ]


def _distance(
    own: Mapping[tuple[str, str], int], other: Mapping[tuple[str, str], int]
) -> tuple[int, float | None, float | None]:
    gaps = [level - other[key] for key, level in own.items() if key in other]
    if not gaps:
        return 0, None, None
    return len(gaps), sum(map(abs, gaps)) / len(gaps), sum(gaps) / len(gaps)
