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
from pipeline.pages.parts.ratings import name_calls, rate
from pipeline.pages.parts.usual import beside_usual
from pipeline.store.zone import in_zone, zone_of


@dataclass(frozen=True)
class Shown:
    """Calls in reach, the ratings of them, their labels, and the evidence that may appear; `is_all` where that is all
    that the workspace has."""

    is_all: bool
    calls: pl.DataFrame
    labels: pl.DataFrame
    ratings: pl.DataFrame
    evidence: pl.DataFrame


def shown_to(house: House, visitor: Visitor, seen: Reach) -> Shown:
    """What pages are made of for one person."""
    calls = linked(house, seen)
    with house.database.read() as session:
        first = withheld(session, visitor, calls)
    own = first.intersection(calls.filter(lead_id=visitor.person_id)["call_id"])
    labels, ratings = (seen.without(own).of(frame) for frame in (labels_of(house), ratings_of(house)))
    return Shown(
        is_all=seen.sees_all and not (first or seen.blind),
        calls=calls,
        labels=labels,
        ratings=ratings.with_columns(_person_href(seen)),
        evidence=seen.without(first).of(house.table("evidence")),
    )


def ratings_of(house: House) -> pl.DataFrame:
    """The ratings of all calls, with links to every page."""
    state = (*house.versions("calls", "labels", "overrides"), house.rubric_files())
    return house.once("ratings", state, lambda: rate(named(house), labels_of(house), house.elements()))


def measures_of(house: House) -> pl.DataFrame:
    """The measures of all calls beside what is usual in their team."""
    state = house.versions("calls", "measures")
    return house.once("usual", state, lambda: beside_usual(house.store.read("measures"), named(house)))


def named(house: House) -> pl.DataFrame:
    """All calls with names, at the times of the workspace's zone."""
    zone = zone_of(house.store)
    state = (*house.versions("calls"), zone)
    return house.once("named", state, lambda: name_calls(in_zone(house.table("calls"), zone)))


def linked(house: House, seen: Reach) -> pl.DataFrame:
    """The calls in reach with names and with links to the pages that may be opened."""
    is_scored = pl.col("status") == "ok"
    has_page = pl.when(is_scored.any().over("person")).then("person_href").alias("person_href")
    pages = pl.when(is_scored).then("call_href").alias("call_href")
    return seen.of(named(house)).with_columns(pages, has_page).with_columns(_person_href(seen))


def _person_href(seen: Reach) -> pl.Expr:
    return pl.when(pl.col("person").is_in(list(seen.people))).then("person_href").alias("person_href")


def labels_of(house: House) -> pl.DataFrame:
    """The current labels, those that people settled in place of the machine's."""
    state = (*house.versions("labels", "overrides"), house.rubric_files())
    return house.once("labels", state, lambda: _settled(house))


def _settled(house: House) -> pl.DataFrame:
    return settled(house.table("labels").filter("current"), house.table("overrides"), house.elements())


def withheld(session: Session, visitor: Visitor, calls: pl.DataFrame) -> frozenset[str]:
    """The calls of which a seller or manager has not said yet how they went."""
    asked = calls.filter(
        (pl.col("lead_id") == visitor.person_id)
        | ((pl.col("manager_id") == visitor.person_id) & pl.lit(visitor.role == "manager"))
    )
    given = set(session.scalars(select(Reflection.call_id).where(Reflection.person_id == visitor.person_id)))
    return frozenset(asked["call_id"]) - given
