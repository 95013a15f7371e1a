"""What a person is shown of the tables: calls in reach with names and links, and moments only where they may appear.

After a call its seller and its manager first say themselves how it went; the machine's answer to that call appears to
them only then. Colours in lists wait for the seller alone: a manager sees at once who needs help.
"""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.coaching import Reflection
from flows.room.entry.reach import Reach
from flows.room.entry.sign_in import Visitor
from flows.room.house import House
from pipeline.metrics.current_labels import settled
from pipeline.pages.parts.ratings import mark_pages, name_calls, rate
from pipeline.store.zone import in_zone, zone_of


@dataclass(frozen=True)
class Shown:
    """Calls in reach, the ratings of them, their labels, and the evidence that may appear."""

    calls: pl.DataFrame
    labels: pl.DataFrame
    ratings: pl.DataFrame
    evidence: pl.DataFrame


def shown_to(house: House, visitor: Visitor, seen: Reach) -> Shown:
    """What pages are made of for one person."""
    calls = linked(house, seen)
    with house.database.read() as session:
        first = withheld(session, visitor, calls)
    own = calls.filter(lead_id=visitor.person_id)["call_id"]
    labels = seen.of(labels_of(house)).filter(~pl.col("call_id").is_in(list(first.intersection(own))))
    evidence = seen.of(house.table("evidence")).filter(~pl.col("call_id").is_in(list(first)))
    return Shown(calls, labels, rate(calls, labels, house.elements()), evidence)


def linked(house: House, seen: Reach) -> pl.DataFrame:
    """The calls in reach with names and with links to the pages that may be opened."""
    named = house.once("named", house.store.version("calls"), lambda: _named(house))
    calls = seen.of(named)
    marked = mark_pages(calls, calls.filter(pl.col("status") == "ok"), pages=set())
    return marked.with_columns(person_href=pl.when(pl.col("person").is_in(list(seen.people))).then("person_href"))


def labels_of(house: House) -> pl.DataFrame:
    """The current labels, those that people settled in place of the machine's."""
    state = (house.store.version("labels"), house.store.version("overrides"))
    return house.once(
        "labels", state, lambda: settled(house.table("labels").filter("current"), house.table("overrides"))
    )


def withheld(session: Session, visitor: Visitor, calls: pl.DataFrame) -> frozenset[str]:
    """The calls of which a seller or manager has not said yet how they went."""
    asked = calls.filter(
        (pl.col("lead_id") == visitor.person_id)
        | ((pl.col("manager_id") == visitor.person_id) & pl.lit(visitor.role == "manager"))
    )
    given = set(session.scalars(select(Reflection.call_id).where(Reflection.person_id == visitor.person_id)))
    return frozenset(asked["call_id"]) - given


def _named(house: House) -> pl.DataFrame:
    """All calls with names, at the times of the workspace's zone."""
    return name_calls(in_zone(house.table("calls"), zone_of(house.store)))
