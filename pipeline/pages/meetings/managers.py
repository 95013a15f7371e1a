"""The page of a manager: the own team with its next steps, the own meetings, time spent, open promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import dataframely as dy
import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.metrics.coaching import loop
from pipeline.pages.meetings.preparation import Material, Promise, path_of
from pipeline.pages.parts.loop import Loop
from pipeline.pages.parts.ratings import page_name
from pipeline.pages.parts.typed_rows import record_of, rows_by
from pipeline.pages.people import Play, play_of
from pipeline.pages.person import Element, PersonPage
from pipeline.tables.judgements import Elements

MAX_LISTED = 200  # promises on a page
OWN = ("agenda", "single_focus", "ask_vs_tell", "active_listening", "prior_actions", "next_steps")


@dataclass(frozen=True)
class Member:
    """Somebody of a manager's team: the element to work on, where that stands in the loop, and the last meeting."""

    name: str
    person_href: str | None
    prepare_href: str | None
    tenure: str
    focus: Element | None
    play: Play | None
    loop: Loop
    met_at: datetime | None
    met: bool
    n_open: int


@dataclass(frozen=True)
class Own:
    """An element of the manager's own meetings: mean level with its 95 % interval."""

    title: str
    n: int
    mean: float
    low: float | None
    high: float | None

    @property
    def level(self) -> int:
        """The colour nearest to the mean."""
        return int(self.mean + 0.5)


@dataclass(frozen=True)
class Standard:
    """How a manager coaches as a whole: see `metrics.coaching.loop.standards`."""

    n: int
    mean: float
    low: float | None
    high: float | None
    in_row: int
    steady: bool


@dataclass(frozen=True)
class ManagerPage:
    """What the page of a manager shows; hours are of the last four weeks, the planned ones by person."""

    manager: str
    href: str
    title: str
    above: str | None
    sentence: str
    members: list[Member]
    own: list[Own]
    standard: Standard | None
    hours: float
    share: float
    planned: float
    promises: list[Promise]
    n_promises: int
    n_overdue: int
    kept: tuple[int, int]
    n_seen: int
    focus: Element | None
    play: Play | None

    @property
    def not_met(self) -> list[Member]:
        """Who was not met in the interval of the plan."""
        return [member for member in self.members if not member.met]

    @property
    def steady(self) -> bool:
        """Whether the manager holds the standard steadily."""
        return self.standard is not None and self.standard.steady

    @property
    def per_person(self) -> float:
        """Hours of coaching for each person of the team."""
        return self.hours / len(self.members)


@dataclass(frozen=True)
class Sources:
    """What pages of managers are made of: those of people, next meetings, ratings, the plan and all commitments."""

    pages: list[PersonPage]
    material: Material
    ratings: pl.DataFrame
    commitments: pl.DataFrame
    utterances: pl.DataFrame
    calls: pl.DataFrame
    plan: Plan


def views(source: Sources, elements: dy.DataFrame[Elements]) -> list[ManagerPage]:
    """The page of everybody who manages somebody, in the order of their names."""
    house = source.material.house
    if house.today is None:
        return []
    figures = _figures(source, elements, house.today)
    teams = house.members.partition_by("manager", as_dict=True, maintain_order=True)
    pages = [_page(str(manager), team, source, figures) for (manager,), team in teams.items()]
    return sorted(pages, key=lambda page: page.title)


@dataclass(frozen=True)
class _Figures:
    """What is counted once for all managers, by manager."""

    own: dict[str, list[Own]]
    standard: dict[str, list[Standard]]
    time: dict[str, tuple[float, float]]
    planned: float
    kept: dict[str, tuple[int, int]]
    seen: dict[str, int]


def _figures(source: Sources, elements: dy.DataFrame[Elements], today: datetime) -> _Figures:
    met, plan = source.material.house.met, source.plan
    titles = elements.select("element", "title").unique("element", keep="first")
    own = loop.by_element(source.ratings, met, until=today).filter(pl.col("element").is_in(OWN))
    order = pl.col("element").replace_strict(dict(zip(OWN, range(len(OWN)), strict=True)))
    time = loop.hours(met, until=today)
    return _Figures(
        own=rows_by("manager", Own, own.join(titles, on="element").sort("manager", order)),
        standard=rows_by("manager", Standard, loop.standards(source.ratings, met, plan, until=today)),
        time={
            manager: (total, share) for manager, total, share in time.select("manager", "hours", "share").iter_rows()
        },
        planned=loop.planned_hours(met, plan, {kind: guide.minutes for kind, guide in source.material.guides.items()}),
        kept=_kept(source.commitments),
        seen=_seen(source),
    )


def _page(manager: str, team: pl.DataFrame, source: Sources, figures: _Figures) -> ManagerPage:
    material = source.material
    page_of = {page.person.person: page for page in source.pages}
    members = [_member(row, page_of.get(row["person"]), material) for row in team.iter_rows(named=True)]
    of_pairs = [listed for pair, listed in material.promises.items() if pair.startswith(f"{manager}/")]
    promises = [one for listed in of_pairs for one in listed]
    total, share = figures.time.get(manager, (0.0, 0.0))
    page = page_of.get(manager)
    return ManagerPage(
        manager=manager,
        href=path_of_manager(manager),
        title=page.person.name if page else team["manager_name"][0],
        above=material.house.above.get(manager),
        sentence=_sentence(members, total, figures.planned * len(members), promises),
        members=sorted(members, key=_need),
        own=figures.own.get(manager, []),
        standard=next(iter(figures.standard.get(manager, [])), None),
        hours=total,
        share=share,
        planned=figures.planned,
        promises=sorted(promises, key=lambda one: (not one.overdue, one.due_date or date.max))[:MAX_LISTED],
        n_promises=len(promises),
        n_overdue=sum(one.overdue for one in promises),
        kept=figures.kept.get(manager, (0, 0)),
        n_seen=figures.seen.get(manager, 0),
        focus=page.focus if page else None,
        play=play_of(page) if page else None,
    )


def path_of_manager(manager: str) -> str:
    """The path of a manager's page from the report's folder."""
    return f"managers/{page_name(manager)}"


def _member(row: Mapping[str, object], page: PersonPage | None, material: Material) -> Member:
    focus = page.focus if page else None
    known = focus.loop if focus and row["observed"] else None
    about = {
        "person_href": page.person.person_href if page else None,
        "prepare_href": path_of(str(row["person"])) if page else None,
        "focus": focus,
        "play": play_of(page) if page else None,
        "loop": known or Loop("observed" if row["observed"] else "not observed"),
        "n_open": len(material.promises.get(f"{row['manager']}/{row['person']}", [])),
    }
    return record_of(Member, {**row, **about})


def _sentence(members: list[Member], hours: float, planned: float, promises: list[Promise]) -> str:
    """How the team is looked after, and whom to meet next."""
    parts = [f"{sum(one.met for one in members)} of {len(members)} met as planned"]
    parts.append(
        f"{hours:.1f} of {planned:.1f} planned hours of coaching in four weeks" if planned else "no coaching yet"
    )
    overdue = sum(one.overdue for one in promises)
    parts.append(f"{len(promises)} promises open" + (f", {overdue} overdue" if overdue else ""))
    first = min(members, key=_need)
    on = f" on “{first.focus.title}”" if first.focus else ""
    return f"{'; '.join(parts)}. Meet {first.name} next{on}."


def _need(member: Member) -> tuple[bool, float, str]:
    """Those not met as planned first, of these who would gain most."""
    return member.met, -member.focus.worth if member.focus else 0.0, member.name


def _kept(commitments: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """By manager how many promises of his or her pairs were done, of those of which is known what became of them."""
    done, known = pl.col("state") == "done", pl.col("state").is_in(["done", "partly", "missed"])
    counted = commitments.group_by(manager=pl.col("pair").str.split("/").list.first()).agg(done.sum(), n=known.sum())
    return {manager: (kept, n) for manager, kept, n in counted.iter_rows()}


def _seen(source: Sources) -> dict[str, int]:
    """By manager how many of the own meetings the manager above joined; who speaks there is told by person_id."""
    speaking = source.utterances.select("call_id", manager_id="person_id").drop_nulls().unique()
    joined = source.calls.join(source.material.house.met.select("call_id"), on="call_id", how="semi")
    joined = joined.join(speaking, on=["call_id", "manager_id"], how="semi")
    return dict(joined.group_by("lead_id").len().iter_rows())
