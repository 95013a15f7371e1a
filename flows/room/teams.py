"""Teams: who manages whom today, and what pages of people, managers and next meetings are made of for one visitor.

Whose pages may be opened follows from who manages whom today, by the list of people and all calls; what such a page
then shows comes from the calls in reach alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from flows.room.entry.reach import SEES_ALL, Reach
from flows.room.entry.sign_in import Visitor
from flows.room.house import House
from flows.room.shown import Shown, named, shown_to
from models.ratings.rubrics import load_guides
from pipeline.intake.goals import read_goals
from pipeline.intake.roster import read_roster
from pipeline.metrics.cadence import Plan, load_plan
from pipeline.metrics.coaching.loop import coaching_meetings
from pipeline.metrics.coaching.taken_up import spoken_of, taken_up
from pipeline.pages import person
from pipeline.pages.meetings.managers import Sources
from pipeline.pages.meetings.preparation import Agreed, Material, promises_of
from pipeline.pages.meetings.team import house_of, managers_of, with_met
from pipeline.pages.parts.coaching import read_consent
from pipeline.pages.parts.ratings import unjudged
from pipeline.pages.person import PersonPage
from pipeline.store.zone import today_of
from pipeline.tables import TABLES


@dataclass(frozen=True)
class Team:
    """What one visitor may see of people.

    calls: those in reach and each meeting once more as the seller's, see `with_met`
    managed: who manages whom today, of those whose next meeting the visitor may prepare
    names: of managers, as all calls and the list of people have them
    """

    shown: Shown
    calls: pl.DataFrame
    managed: Mapping[str, str]
    names: Mapping[str, str]
    plan: Plan
    roster: pl.DataFrame
    today: datetime | None


def team_of(house: House, visitor: Visitor, seen: Reach) -> Team:
    """What a visitor may see of people; the team of second line is also whom their managers manage."""
    shown, plan, roster = shown_to(house, visitor, seen), load_plan(house.store.place), read_roster(house.store.place)
    state = (*house.versions("calls"), house.rubric_files(), plan.manager_role, roster.write_json())
    everyone = house.once("managers", state, lambda: _managers(house, plan, roster))
    latest = named(house).filter(pl.col("status") == "ok")["started_at"].max()
    return Team(
        shown,
        with_met(shown.calls, house.elements(), plan.manager_role),
        _in_reach(visitor, dict(everyone.select("person", "manager").iter_rows())),
        dict(everyone.select("manager", "manager_name").iter_rows()),
        plan,
        roster,
        latest if isinstance(latest, datetime) else None,
    )


def pages_of(house: House, team: Team, people: Collection[str], *, exchange: bool = False) -> list[PersonPage]:
    """The pages of some people, also of those of the visitor's team who are only listed; with `exchange` their moments
    have the lines before and after."""
    shown, elements = team.shown, house.elements()
    utterances = house.rows_of("utterances", _calls_of(team, people)) if exchange else None
    grey = unjudged(shown.calls, shown.labels, elements)
    noted = pl.concat([house.table("taken_up"), read_goals(house.store.place)])
    noted = noted.filter(pl.col("person_id").is_in(list(people)))
    met = coaching_meetings(team.calls, team.plan)
    state = (*house.versions("utterances", "calls"), house.rubric_files(), *team.plan.coaching)
    spoken = house.once("spoken", state, lambda: _spoken(house, team.plan))
    source = person.Ratings(
        team.calls, shown.ratings, shown.evidence, grey, house.table("scores"), utterances,
        noted=noted, taken=taken_up(noted, spoken, met),
    )  # fmt: skip
    consented = read_consent(house.store.place)
    pages = list(person.views(source, elements, sorted(people), plan=team.plan, consented=consented))
    listed = team.roster.filter(pl.col("person").is_in([one for one in people if one in team.managed]))
    return [page for page in pages if page.person.person_href] + person.listed_only(listed, pages)


def pages_of_all(house: House, visitor: Visitor, seen: Reach, team: Team) -> list[PersonPage]:
    """The pages of everybody whom a visitor may see; for those who see all they are kept until something changes."""
    people = seen.people - {visitor.person_id} if seen.sees_all else seen.people
    wanted = people | team.managed.keys()
    if not team.shown.is_all:
        return pages_of(house, team, wanted)
    goals, consented = read_goals(house.store.place).write_json(), read_consent(house.store.place)
    written = (team.plan.model_dump_json(), team.roster.write_json(), goals, *consented)
    tables = ("calls", "labels", "overrides", "evidence", "scores", "taken_up", "utterances")
    state = (*house.versions(*tables), house.rubric_files(), written)
    return house.once("people", state, lambda: pages_of(house, team, wanted))


def material_of(
    house: House, team: Team, *, speaking: pl.DataFrame | None = None, goals: Mapping[str, Agreed] | None = None
) -> Material:
    """What next meetings are made of; `speaking` says who was there of those who neither led nor were met."""
    there = TABLES["utterances"].create_empty() if speaking is None else speaking
    built = house_of(team.calls, there, team.roster, team.plan, until=team.today)
    pairs = list(team.managed.items())
    theirs = pl.DataFrame(pairs, schema={"person": pl.String, "manager": pl.String}, orient="row")
    members = built.members.join(theirs, on=["person", "manager"], how="semi", maintain_order="left").with_columns(
        manager_name=pl.col("manager").replace(team.names)
    )
    titles = dict(house.elements().select("rubric", "rubric_title").unique().iter_rows())
    promises = promises_of(commitments_of(house, team), team.calls, today_of(house.store))
    guides = house.once("guides", house.rubric_files(), lambda: load_guides(house.settings.rubrics))
    return Material(replace(built, members=members), promises, guides, titles, goals or {})


def commitments_of(house: House, team: Team) -> pl.DataFrame:
    """The promises of the pairs in reach that were made, or first spoken of, in a call in reach."""
    pairs = [f"{manager}/{person_id}" for person_id, manager in team.managed.items()]
    first = pl.coalesce("made_in", pl.col("history").list.first().struct.field("call_id"))
    there = first.is_in(team.shown.calls["call_id"].to_list())
    return house.table("commitments").filter(pl.col("pair").is_in(pairs), there)


def sources_of(house: House, team: Team, pages: list[PersonPage]) -> Sources:
    """What the pages of managers are made of, beside those of people."""
    speaking = house.once("speaking", house.store.version("utterances"), lambda: _speaking(house))
    material = material_of(house, team, speaking=speaking)
    led = team.calls.filter("led")
    return Sources(pages, material, team.shown.ratings, commitments_of(house, team), speaking, led, team.plan)


def _managers(house: House, plan: Plan, roster: pl.DataFrame) -> pl.DataFrame:
    calls = with_met(named(house), house.elements(), plan.manager_role)
    return managers_of(calls.filter(pl.col("status") == "ok"), roster)


def _in_reach(visitor: Visitor, managed: Mapping[str, str]) -> dict[str, str]:
    """Who manages whom, of those that a visitor may prepare a meeting of."""
    me = visitor.person_id
    if visitor.role in SEES_ALL:
        return dict(managed)
    if visitor.role == "seller":
        return {me: managed[me]} if me in managed else {}
    mine = {me} | {one for one, manager in managed.items() if manager == me and visitor.role == "second_line"}
    return {one: manager for one, manager in managed.items() if manager in mine}


def _calls_of(team: Team, people: Collection[str]) -> list[str]:
    return team.calls.filter(pl.col("person").is_in(list(people)))["call_id"].unique().to_list()


def _spoken(house: House, plan: Plan) -> pl.DataFrame:
    """What all coaching meetings speak of."""
    held = coaching_meetings(house.table("calls"), plan)["call_id"]
    return spoken_of(house.rows_of("utterances", held.to_list()), held, house.elements())


def _speaking(house: House) -> pl.DataFrame:
    return house.store.read("utterances").select("call_id", "person_id").drop_nulls().unique()
