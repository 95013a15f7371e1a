"""Coaching in Chromium, at a desk or on a telephone: a seller, a manager, second line and the administrator; every page
is looked at by axe-core where it is at hand."""

import time

import polars as pl
from playwright.sync_api import expect
from sqlalchemy import select

from flows.room.coaching.disputes import View, raise_dispute
from flows.room.database.coaching import Dispute, Reflection
from flows.room.database.scoring import Assignment
from flows.room.keep_scores import waiting
from flows.room.shown import labels_of
from tests.flows.room.chromium import HOSTILE, TELEPHONE, look_at, with_recording
from tests.pipeline.pages.test_in_browser import wait_for


def test_after_a_call(come, house, axe, recording):
    """The seller says first how it went, sees the machine's answer only then and disagrees; the manager settles it,
    comments, keeps the moment and agrees on a goal; the seller reads it."""
    with_recording(house, recording)
    call_id = house.store.read("calls").filter(lead_id="ann").sort("call_id")["call_id"][0]
    ann = come("ann", TELEPHONE)
    base = ann.url.rstrip("/")
    ann.goto(f"{base}/calls/{call_id}.html#agenda")
    expect(ann.locator("article.element")).to_have_count(0)
    look_at(ann, axe)
    for label in ("What went well", "What did not"):
        ann.get_by_label(label).fill(HOSTILE)
    for one in ann.locator("form[action='/say/own-view'] .pick.l2 input").all():
        one.check(force=True)
    ann.get_by_role("button", name="Show me the machine's answer").click()
    ann.wait_for_url("**said=saved**")
    expect(ann.locator("article.element")).to_have_count(7)
    look_at(ann, axe)
    element = ann.locator("article#agenda")
    element.get_by_text("I see it differently").click()
    element.locator(".pick.l3 input").check(force=True)
    element.get_by_role("textbox", name="Why").fill("Listen to the first minute " + HOSTILE)
    element.get_by_role("button", name="Put it beside").click()
    ann.wait_for_url("**said=raised**")
    assert "Not settled yet" in ann.locator("article#agenda").inner_text()
    mia = come("mia", TELEPHONE)
    mia.goto(f"{base}/disputes")
    look_at(mia, axe)
    mia.locator("article .pick.l3 input").check(force=True)
    mia.get_by_role("textbox", name="Why").fill("She is right")
    mia.get_by_role("button", name="Settle").click()
    mia.wait_for_url("**said=settled**")
    end = time.monotonic() + 60
    while waiting(house) and time.monotonic() < end:
        time.sleep(0.1)
    score = house.store.read("scores", where=(pl.col("rater") == "mia") & (pl.col("call_id") == call_id))
    assert score.select("element", "level").rows() == [("agenda", 3)]
    ann.goto(f"{base}/calls/{call_id}.html#agenda")
    assert "settled by mia" in ann.locator("article#agenda").inner_text()
    mia.goto(f"{base}/calls/{call_id}.html")
    mia.get_by_role("textbox", name="Comment").fill("Well opened " + HOSTILE)
    mia.get_by_role("button", name="Send").click()
    mia.goto(f"{base}/playlists")
    mia.get_by_label("Title").fill("Openings " + HOSTILE)
    mia.get_by_role("button", name="Make it").click()
    look_at(mia, axe)
    mia.goto(f"{base}/calls/{call_id}.html")
    mia.get_by_role("button", name="Add").click()
    mia.goto(f"{base}/playlists")
    mia.get_by_role("link", name="Openings").click()
    expect(mia.locator("audio")).to_have_count(1)
    wait_for(mia, "document.querySelector('audio').load() || true")
    mia.goto(f"{base}/people/ann.html")
    mia.get_by_text("Agree on a goal").click()
    mia.get_by_label("By when").fill("2027-01-31")
    mia.get_by_label("What to practise").fill("Name the outcome " + HOSTILE)
    mia.get_by_role("button", name="Agree", exact=True).click()
    look_at(mia, axe)
    ann.goto(base)
    assert "Well opened" in ann.locator("main").inner_text()
    look_at(ann, axe)
    ann.get_by_role("link", name="People").click()
    ann.get_by_role("link", name="Ann Lee").first.click()
    ann.get_by_role("link", name="prepare the next meeting").click()
    assert "Name the outcome" in ann.locator("main").inner_text()
    look_at(ann, axe)
    ann.goto(f"{base}/people/ann.html")
    assert "Name the outcome" in ann.locator("main").inner_text()
    assert "Self-awareness" in ann.locator("main").inner_text()
    look_at(ann, axe)
    with house.database.read() as session:
        assert len(session.scalars(select(Dispute)).all()) == len(session.scalars(select(Reflection)).all()) == 1
        assert session.scalars(select(Assignment)).first() is None


def test_the_administrator(come, house, axe):
    """The administrator invites somebody whose name is a script, and reads who did what."""
    adi = come("adi")
    base = adi.url.rstrip("/")
    adi.goto(f"{base}/people-of-the-room")
    look_at(adi, axe)
    adi.get_by_label("Id", exact=True).fill("zed")
    adi.get_by_label("Name", exact=True).fill(HOSTILE)
    adi.get_by_role("button", name="Make a link").click()
    assert "/invitation/" in adi.locator("code.link").inner_text()
    look_at(adi, axe)
    adi.goto(f"{base}/audit")
    assert "zed as rater" in adi.locator("main").inner_text()
    look_at(adi, axe)


def test_the_report_live(come, house, axe):
    """The report's pages are served in the room's frame and fit the screen."""
    eve = come("eve")
    base = eve.url.rstrip("/")
    reports = ("index.html", "week.html", "cadence.html", "impact.html", "calibration.html", "runs.html")
    teams = ("people.html", "people/ann.html", "managers.html", "managers/mia.html", "meetings/ann.html")
    for path in (*reports, *teams, "guides.html", "guides/discovery_call.html"):
        eve.goto(f"{base}/{path}")
        assert eve.get_by_role("button", name="Sign out").is_visible()
        look_at(eve, axe)


def test_search_and_topics(come, house, axe, recording):
    """The manager finds what was said and hears it where it was said; topics stand beside."""
    with_recording(house, recording)
    mia = come("mia", TELEPHONE)
    base = mia.url.rstrip("/")
    mia.goto(f"{base}/search")
    look_at(mia, axe)
    mia.get_by_label("Words").fill("mark")
    mia.locator("select[name=person]").select_option("ann")
    mia.get_by_role("button", name="Search").click()
    hits = mia.locator("ol.hits li")
    hits.first.wait_for()
    assert "mark" in hits.first.locator("mark").first.inner_text().lower()
    look_at(mia, axe)
    call = hits.first.get_by_role("link").get_attribute("href").split("#")[0]
    hits.first.get_by_role("link").click()
    mia.wait_for_url(f"**{call}#u*")
    expect(mia.locator("audio")).to_have_count(1)
    mia.goto(f"{base}/search?q=zirconium")
    assert "Nothing was said like that" in mia.locator("main").inner_text()
    mia.goto(f"{base}/topics")
    look_at(mia, axe)


def test_the_second_line(come, house, axe):
    """The managers' manager sees both teams and their people, settles what a seller disputes, and nothing of the
    administration."""
    with house.database.begin() as session:
        call_id = house.table("calls").filter(lead_id="ann").sort("call_id")["call_id"][0]
        label = labels_of(house).filter(call_id=call_id, element="agenda").row(0, named=True)
        raise_dispute(session, label, View((label["level"] + 1) % 4, "listen " + HOSTILE), by="ann")
    dan = come("dan")
    base = dan.url.rstrip("/")
    look_at(dan, axe)
    dan.goto(f"{base}/index.html")
    assert {"Ann Lee", "Cy Poe"} <= set(dan.locator("main th.who a").all_text_contents())
    look_at(dan, axe)
    dan.goto(f"{base}/people/ann.html")
    look_at(dan, axe)
    dan.goto(f"{base}/disputes")
    dan.locator("article .pick.l2 input").check(force=True)
    dan.get_by_role("button", name="Settle").click()
    dan.wait_for_url("**said=settled**")
    look_at(dan, axe)
    assert dan.get_by_role("link", name="Audit").count() == 0
    with house.database.read() as session:
        assert session.scalars(select(Dispute.settled_by)).all() == ["dan"]
