"""People, managers, next meetings and guides in the room: whose they are, what they show, and the goal agreed on."""

import re
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from starlette.routing import Match

from flows.publish import write_pages
from flows.room.database.coaching import Goal
from flows.room.shown import named
from pipeline.store.zone import keep_zone
from tests.flows.room.everybody import in_reach
from tests.workspace import MONDAY


def met(house, who: str) -> list[str]:
    """The ids of somebody's meetings with the manager, by time."""
    return house.store.read("calls").filter(other_id=who).sort("started_at")["call_id"].to_list()


def agree(browser, who: str, **fields: str):
    """Agree on a goal with somebody."""
    form = {"person_id": who, "about": "discovery_call/agenda", "to_level": "3", "due_on": "2027-01-31"}
    return browser.post("/goals", **form | {"practise": "Name the outcome"} | fields)


def test_every_page_of_the_report_has_a_route(house, app):
    """Whatever the report writes to disk, the room serves under the same path."""
    entry = write_pages(house.store, house.settings.rubrics)
    folder = Path(entry).parent
    paths = {f"/{path.relative_to(folder)}" for path in folder.rglob("*.html")}
    assert {"/managers.html", "/meetings/ann.html", "/managers/mia.html", "/impact.html"} <= paths
    served = {
        path
        for path in paths
        for one in app.routes
        for route in getattr(one, "original_router", app).routes
        if route.matches({"type": "http", "method": "GET", "path": path})[0] is Match.FULL
    }
    assert paths - served == set()


@pytest.mark.parametrize("who", ["ann", "mia", "dan", "eve"])
def test_every_link_of_a_page_opens(house, enter, who):
    """No page of people, managers and meetings leads to one that the reader may not open."""
    browser, opened = enter(who), set()
    for path in ("/people.html", "/managers.html", "/meetings/ann.html", "/managers/mia.html", "/guides.html"):
        answer = browser.get(path)
        if answer.status_code != 200:
            assert who == "ann", path
            continue
        links = set(re.findall(r'href="(/(?:people|managers|meetings|calls|guides)[^"#]*)', answer.text))
        assert links, path
        for link in links - opened:
            assert browser.get(link).status_code == 200, f"{who}: {path} leads to {link}"
        opened |= links


def test_people_follow_what_is_written(house, enter):
    """Who sees all sees a new name, a new list of people and a new weight on the page of people at once."""
    eve = enter("eve")
    assert "Zoe New" not in eve.get("/people.html").text
    (house.store.place / "people.csv").write_text("person,name,manager\nzoe,Zoe New,mia\n")
    assert "Zoe New" in eve.get("/people.html").text
    ann = pl.lit("Ann Long")
    named = {one: pl.when(pl.col(f"{one}_id") == "ann").then(ann).otherwise(f"{one}_name") for one in ("lead", "other")}
    anew = {f"{one}_name": name for one, name in named.items()}
    house.store.merge("calls", house.store.read("calls").with_columns(**anew))
    assert "Ann Long" in eve.get("/people.html").text
    before = eve.get("/people.html").text
    (house.store.place / "cadence.yaml").write_text("weights: {next_steps: 9}\n")
    assert eve.get("/people.html").text != before


def test_who_is_managed_today(house, enter):
    """The list of people goes before the calls: when Cy comes to Mia's team, she prepares the next meeting, of which
    she sees no call yet, and Max no longer does."""
    (house.store.place / "people.csv").write_text("person,name,manager\ncy,Cy Poe,mia\nzoe,Zoe New,mia\n")
    mia, max_ = enter("mia"), enter("max")
    assert max_.get("/meetings/cy.html").status_code == 404
    page = mia.get("/meetings/cy.html")
    assert page.status_code == 200
    assert "No meeting of the two is on record" in page.text
    theirs = {call_id for call_id in house.store.read("calls")["call_id"] if f"calls/{call_id}" in page.text}
    assert theirs <= in_reach(house, "mia")
    listed = mia.get("/managers/mia.html").text
    assert {name for name in ("Ann Lee", "Bob Ray", "Cy Poe", "Zoe New") if name in listed} == {
        "Ann Lee", "Bob Ray", "Cy Poe", "Zoe New",
    }  # fmt: skip
    assert mia.get("/people/zoe.html").status_code == 200
    assert max_.get("/people/zoe.html").status_code == 404


def test_the_manager_has_a_name(enter):
    """A person's page names the manager as the meetings on record do."""
    assert "manager Mia Fox" in enter("ann").get("/people/ann.html").text


def test_a_manager_not_met_yet_has_a_name(house, enter):
    """Who was never met on record by their manager reads the manager's name as other meetings have it."""
    theirs = house.store.read("calls").filter(other_id="bob", interaction="one_on_one")
    house.store.merge("calls", theirs.with_columns(other_id=pl.lit("ann"), other_name=pl.lit("Ann Lee")))
    assert "Mia Fox and Bob Ray" in enter("bob").get("/meetings/bob.html").text


def test_a_moment_of_a_colleague(house, enter):
    """Who agreed to it is quoted in the guide to a colleague of another team, who cannot open the call; who did not
    agree is not quoted."""
    calls = house.store.read("calls").filter(lead_id="cy", interaction="discovery_call")["call_id"]
    ann = enter("ann")
    before = ann.get("/guides/discovery_call.html").text
    (house.store.place / "consent.yaml").write_text("cy: true\n")
    after = ann.get("/guides/discovery_call.html").text
    assert "Cy Poe" not in before
    assert "Cy Poe" in after
    assert not any(f"/calls/{call_id}" in after for call_id in calls)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_goal_is_followed(house, enter, zone):
    """The goal agreed in a one-on-one stands on the page of the next meeting, in its invitation, and on the page of the
    meeting after, with how the element went since then; reached, it stands there no longer."""
    keep_zone(house.store, zone)
    first, second = met(house, "ann")
    began = MONDAY + timedelta(days=7)
    house.store.merge("calls", house.store.read("calls").filter(call_id=first).with_columns(started_at=pl.lit(began)))
    mia, ann = enter("mia"), enter("ann")
    assert f"/people/ann.html?met={first}" in mia.get(f"/calls/{first}.html").text
    assert agree(mia, "ann", opened_in=first).status_code == 303
    calls = house.store.read("calls").filter(pl.col("lead_id") == "ann", pl.col("started_at") > began)
    labels = house.store.read("labels").filter(pl.col("element") == "agenda", pl.col("current"))
    since = labels.join(calls, on="call_id", how="semi")["expected_level"]
    assert 1 <= len(since) < 4
    page = mia.get("/meetings/ann.html").text
    assert "The goal you agreed on" in page
    assert f"Since then {since.mean():.1f} of 3 in {len(since)} conversation" in page
    assert f'followed <a href="/calls/{second}.html">' in page
    agenda = house.elements().filter(rubric="discovery_call", element="agenda")["title"].item()
    assert f"{agenda}: from " in page.split("invitation", 1)[1]
    assert "practise: Name the outcome" in page.split("invitation", 1)[1]
    assert "Agreed in this meeting" in mia.get(f"/calls/{first}.html").text
    assert "Agreed earlier and followed in this meeting" in mia.get(f"/calls/{second}.html").text
    own = ann.get("/meetings/ann.html").text
    assert "Name the outcome" in own
    assert "/goals/close" not in own
    goal_id = page.split('name="goal_id" value="')[1].split('"')[0]
    assert mia.post("/goals/close", goal_id=goal_id, came_to="reached").status_code == 303
    assert "Name the outcome" not in mia.get("/meetings/ann.html").text
    assert "reached" in mia.get("/people/ann.html").text


def test_a_goal_sent_twice(house, enter):
    """A form that is sent twice opens one goal; the first was kept as dropped, on pages and in the table. Another goal
    does take its place."""
    mia = enter("mia")
    for fields in ({}, {"practise": " Name the outcome "}, {"to_level": "2"}):
        assert agree(mia, "ann", **fields).status_code == 303
    with house.database.read() as session:
        goals = session.query(Goal).order_by(Goal.opened_at).all()
    assert [(goal.to_level, goal.came_to) for goal in goals] == [(3, "dropped"), (2, None)]


def test_a_goal_agreed_in_the_room(house, enter):
    """A goal without a meeting counts from the day on which it was opened."""
    mia = enter("mia")
    assert agree(mia, "ann").status_code == 303
    page = mia.get("/meetings/ann.html").text
    assert "No conversation since" in page
    later = house.store.read("calls").filter(lead_id="ann").tail(1)
    soon = pl.lit(named(house)["started_at"].max() + timedelta(days=3650)).dt.convert_time_zone("UTC")
    house.store.merge("calls", later.with_columns(started_at=soon))
    assert "in 1 conversation" in mia.get("/meetings/ann.html").text
