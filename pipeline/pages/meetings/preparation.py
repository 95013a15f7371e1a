"""Preparation: the next meeting of a manager and a seller, as a page and as text for an invitation."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

import polars as pl

from pipeline.intake.guide import Guide
from pipeline.metrics.commitments import open_commitments
from pipeline.pages.meetings.team import House
from pipeline.pages.parts.ratings import page_name
from pipeline.pages.parts.typed_rows import rows_by
from pipeline.pages.person import Element, OwnMoment, PersonPage
from pipeline.tables.values import LEVELS

USUAL = "one_on_one"  # where a pair has not met yet
PAIR = ("manager", "person")
HELD = ("interaction", "started_at")
MAX_PROMISES = 8  # on a page; the text names as many


@dataclass(frozen=True)
class Promise:
    """What is still to be done: by whom, until when, and where it was said."""

    what: str
    owner: str
    due_date: date | None
    due_words: str | None
    state: str
    overdue: bool
    made_at: datetime | None
    made_href: str | None
    pair: str


@dataclass(frozen=True)
class Agreed:
    """A goal that is open: an element from a mean level to a level by a day, what to practise, the meeting in which it
    was agreed, the meetings since in which it was followed, and how the element went since then."""

    title: str
    from_level: float
    to_level: int
    due_on: date
    practise: str
    agreed_on: date
    agreed_href: str | None
    since: float | None
    n_since: int
    followed: list[tuple[date, str | None]]


@dataclass(frozen=True)
class Preparation:
    """What the page of a next meeting shows: open promises, the one goal (`agreed`, else the element in focus), a
    moment to avoid and one to repeat, and the agenda with what belongs to each item; `text` is the same for an
    invitation, without what was said in calls."""

    person: str
    title: str
    name: str
    person_href: str
    manager: str
    kind: str
    guide: Guide | None
    guide_href: str
    last: datetime | None
    promises: list[Promise]
    n_promises: int
    n_overdue: int
    focus: Element | None
    agreed: Agreed | None
    avoid: OwnMoment | None
    repeat: OwnMoment | None
    text: str = ""


@dataclass(frozen=True)
class Material:
    """What next meetings are made of: the house, the open promises of each pair, guides and titles by kind, and the
    open goals by person."""

    house: House
    promises: Mapping[str, list[Promise]]
    guides: Mapping[str, Guide]
    titles: Mapping[str, str]
    goals: Mapping[str, Agreed] = field(default_factory=dict)


class Meeting(NamedTuple):
    """With whom somebody meets next, of which kind, when they met last, and what is open between them."""

    manager: str
    kind: str
    last: datetime | None
    promises: list[Promise]


def promises_of(commitments: pl.DataFrame, calls: pl.DataFrame, today: date | None) -> dict[str, list[Promise]]:
    """The open promises of each pair (manager/seller), the earliest first, with names and pages where there are any and
    in the zone of the calls; overdue are those whose day is before `today` (null: none)."""
    names = dict(calls.select("person", "name").drop_nulls().iter_rows())
    pages = dict(calls.select("call_id", "call_href").drop_nulls().iter_rows())
    rows = open_commitments(commitments).with_columns(
        owner=pl.coalesce(pl.col("owner_id").replace(names), "owner_role"),
        made_at=pl.col("made_at").cast(calls.schema["started_at"]),
        made_href=pl.col("made_in").replace_strict(pages, default=None, return_dtype=pl.String),
        overdue=(pl.col("due_date") < pl.lit(today, pl.Date)).fill_null(value=False),
    )
    return rows_by("pair", Promise, rows.sort(pl.col("overdue"), descending=True, maintain_order=True))


def views(pages: list[PersonPage], material: Material, *, kind: str | None = None) -> dict[str, Preparation]:
    """The next meeting of each member of the house with his or her manager, by path; of the kind in which the two met
    last unless one is given."""
    page_of = {page.person.person: page for page in pages}
    last = material.house.met.sort("started_at").unique(["manager", "person"], keep="last")
    met = {(manager, person): (kind_, at) for manager, person, kind_, at in last.select(*PAIR, *HELD).iter_rows()}
    prepared = {}
    for person, manager, name in material.house.members.select("person", "manager", "manager_name").iter_rows():
        if person in page_of:
            used, at = met.get((manager, person), (USUAL, None))
            promises = material.promises.get(f"{manager}/{person}", [])
            meeting = Meeting(name, kind or used, at, promises)
            prepared[path_of(person)] = _prepared(page_of[person], meeting, material)
    return prepared


def path_of(person: str) -> str:
    """The path of the page of somebody's next meeting from the report's folder."""
    return f"meetings/{page_name(person)}"


def _prepared(page: PersonPage, meeting: Meeting, material: Material) -> Preparation:
    kind = material.titles.get(meeting.kind, meeting.kind.replace("_", " ").capitalize())
    agreed = material.goals.get(page.person.person)
    about = agreed.title if agreed else page.focus.title if page.focus else None
    avoid, repeat = (_moment(moments, about) for moments in (page.avoid, page.repeat))
    view = Preparation(
        person=page.person.person,
        title=f"{meeting.manager} and {page.person.name}",
        name=page.person.name,
        person_href=page.person.person_href,
        manager=meeting.manager,
        kind=kind,
        guide=material.guides.get(meeting.kind),
        guide_href=f"guides/{page_name(meeting.kind)}",
        last=meeting.last,
        promises=meeting.promises[:MAX_PROMISES],
        n_promises=len(meeting.promises),
        n_overdue=sum(promise.overdue for promise in meeting.promises),
        focus=page.focus,
        agreed=agreed,
        avoid=avoid,
        repeat=repeat,
    )
    return replace(view, text=_text(view))


def _text(view: Preparation) -> str:
    """The invitation: agenda with what belongs to each item, and what to bring."""
    about = {
        "promises": [_promised(one) for one in view.promises] or ["nothing is open from earlier meetings"],
        "goal": [_agreed(view.agreed)] if view.agreed else [_goal(view.focus)] if view.focus else [],
        "moments": [
            _heard(moment, how)
            for moment, how in ((view.avoid, "to do otherwise"), (view.repeat, "to repeat"))
            if moment
        ],
    }
    lines = [f"{view.kind}: {view.title}" + (f" ({view.guide.minutes} minutes)" if view.guide else "")]
    lines += [f"Last met {_day(view.last)}."] if view.last else []
    if view.guide is None:
        lines += ["", *(f"- {line}" for part in about.values() for line in part)]
    else:
        lines += ["", view.guide.purpose, "", "Agenda"]
        for item in view.guide.agenda:
            lines.append(f"{item.minutes:>3} min  {item.what}")
            lines += [f"         - {line}" for line in about.get(item.about or "", [])]
        lines += ["", "Please bring", *(f"- {one}" for one in view.guide.inputs)]
    return "\n".join([*lines, "", "Add your own points: it is your meeting."])


def _moment(moments: list[OwnMoment], about: str | None) -> OwnMoment | None:
    """The first moment of the element to work on, else the first."""
    return next(iter([*(moment for moment in moments if moment.title == about), *moments]), None)


def _promised(promise: Promise) -> str:
    due = f"by {_day(promise.due_date)}" if promise.due_date else promise.due_words or "no day"
    return f"{promise.what.rstrip('.')} ({promise.owner}, {due}{', overdue' if promise.overdue else ''})"


def _goal(focus: Element) -> str:
    if focus.level == len(LEVELS) - 1:
        return f"{focus.title}: stay green"
    return f"{focus.title}: from {LEVELS[focus.level]} to {LEVELS[focus.level + 1]}"


def _agreed(goal: Agreed) -> str:
    since = f"; since then {goal.since:.1f}" if goal.since is not None else ""
    return (
        f"{goal.title}: from {goal.from_level:.1f} to {LEVELS[goal.to_level]} by {_day(goal.due_on)}, as agreed on "
        f"{_day(goal.agreed_on)}{since}; practise: {goal.practise}"
    )


def _heard(moment: OwnMoment, how: str) -> str:
    minutes, seconds = divmod(int(moment.start_s), 60)
    of_call = f"call of {_day(moment.started_at)}" if moment.started_at else "call"
    with_whom = f" with {moment.other_name}" if moment.other_name else ""
    return f"{how}, {moment.title}: {of_call}{with_whom} at {minutes}:{seconds:02}"


def _day(when: date | None) -> str:
    return f"{when.day} {when:%b %Y}" if when else ""
