"""The page of all managers for those who manage them: coach the coach; and who is observed at all."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.metrics.coaching.loop import coverage
from pipeline.pages.meetings.managers import ManagerPage
from pipeline.pages.meetings.team import House
from pipeline.pages.parts.typed_rows import rows_of
from pipeline.pages.person import PersonPage
from pipeline.tables.values import LEVELS


@dataclass(frozen=True)
class Group:
    """People of one tenure or level: how many there are, were observed, observed together, and met."""

    group: str
    n: int
    n_observed: int
    n_joint: int
    n_met: int


@dataclass(frozen=True)
class Managers:
    """The list of all managers, by whom they are managed, those not steady first; and who is observed at all."""

    groups: dict[str, list[ManagerPage]]
    by_tenure: list[Group]
    by_level: list[Group]
    today: date | None
    title: str = "Managers"


def view(pages: list[ManagerPage], house: House, people: list[PersonPage]) -> Managers:
    """The list of managers and how far people are observed."""
    groups: dict[str, list[ManagerPage]] = {}
    for page in sorted(pages, key=lambda page: (page.steady, page.title)):
        groups.setdefault(page.above or "", []).append(page)
    focus = {page.person.person: LEVELS[page.focus.level] for page in people if page.focus}
    level = pl.col("person").replace_strict(focus, default="no colour yet", return_dtype=pl.String)
    return Managers(
        groups=dict(sorted(groups.items())),
        by_tenure=_covered(house.members, "tenure"),
        by_level=_covered(house.members.with_columns(level=level), "level"),
        today=house.today.date() if house.today else None,
    )


def _covered(people: pl.DataFrame, group: str) -> list[Group]:
    return rows_of(Group, coverage(people, group))
