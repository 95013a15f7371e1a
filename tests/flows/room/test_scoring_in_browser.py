"""Scoring in Chromium, at a desk or on a telephone: raters, the session and its meeting, rubrics reworded, weights
signed; every page is looked at by axe-core where it is at hand."""

import time

import polars as pl
from playwright.sync_api import expect
from sqlalchemy import select

from flows.room.database.scoring import Answer
from flows.room.keep_scores import waiting
from models.ratings.rubrics import load_rubrics
from pipeline.metrics.cadence import load_plan
from tests.flows.room.browsers import PEOPLE
from tests.flows.room.chromium import HOSTILE, TELEPHONE, look_at, open_session, with_recording
from tests.pipeline.pages.test_in_browser import wait_for


def test_scoring_by_keyboard(come, house, recording, axe):
    """With the keyboard alone a rater plays, points at turns, scores, notes and finishes; all is in the database and in
    the table; who comes back is where they stopped."""
    with_recording(house, recording)
    open_session(house, 2, ["rae"])
    page = come("rae")
    look_at(page, axe)
    page.get_by_role("link", name="Begin").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/score/*")
    look_at(page, axe)
    page.keyboard.press("Space")
    wait_for(page, "!document.getElementById('audio').paused")
    page.keyboard.press("Space")
    wait_for(page, "document.getElementById('audio').paused")
    page.keyboard.press("3")
    page.keyboard.press("j")
    page.keyboard.press("4")
    for key in ("n", "n", "e", "m"):
        page.keyboard.press(key)
    page.keyboard.type("a note with 1 2 3 j k in it")
    wait_for(page, "document.getElementById('state').textContent === 'saved'")
    page.wait_for_timeout(900)
    wait_for(page, "document.getElementById('state').textContent === 'saved'")
    page.keyboard.press("Escape")
    look_at(page, axe)
    page.reload()
    with house.database.read() as session:
        given = {one.element: (one.level, one.note) for one in session.scalars(select(Answer))}
    assert given == {"agenda": (2, ""), "insight": (3, "a note with 1 2 3 j k in it")}
    assert "0 of 2 open" in page.locator("#open-count").inner_text()
    first = page.url
    page.locator("body").press("Enter")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("0")
    page.keyboard.press("j")
    page.keyboard.press("2")
    wait_for(page, "document.getElementById('open-count').textContent === 'all answered'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?said=session-done")
    end = time.monotonic() + 60
    while waiting(house) and time.monotonic() < end:
        time.sleep(0.1)
    mine = house.store.read("scores", where=pl.col("rater") == "rae")
    assert sorted(mine["level"].to_list()) == [1, 2, 3]


def test_what_could_not_be_sent_is_sent_later(come, house):
    """While the network is down an answer waits in the browser and says so; when it is back, the answer arrives."""
    open_session(house, 1, ["rae"])
    page = come("rae")
    page.route("**/answer", lambda route: route.abort())  # before the page is there: afterwards it may be too late
    page.get_by_role("link", name="Begin").click()
    page.wait_for_url("**/score/*")
    wait_for(page, "document.documentElement?.classList.contains('js')")
    page.keyboard.press("2")
    wait_for(page, "document.getElementById('state').textContent.startsWith('not saved yet')")
    page.unroute("**/answer")
    wait_for(page, "document.getElementById('state').textContent === 'saved'")
    with house.database.read() as session:
        assert session.scalars(select(Answer.level)).all() == [1]


def test_a_session_from_end_to_end(come, house, axe):
    """The lead opens a session in the browser, two raters score, the meeting revises and decides."""
    raters = {name: come(name, TELEPHONE) for name in ("rae", "rob")}
    eve = come("eve")
    eve.goto(eve.url.rstrip("/") + "/sessions/new?rubric=discovery_call&n=1")
    look_at(eve, axe)
    for name in ("rae", "rob"):
        eve.get_by_role("checkbox", name=PEOPLE[name][1]).check()
    for one in eve.locator("input[name=elements]").all()[2:]:
        one.uncheck()
    eve.get_by_role("button", name="Open the session").click()
    look_at(eve, axe)
    levels = {"rae": ("1", "2"), "rob": ("4", "2")}
    for name, page in raters.items():
        page.reload()
        page.get_by_role("link", name="Begin").click()
        page.wait_for_url("**/score/*")
        wait_for(page, "document.documentElement?.classList.contains('js')")
        for key in levels[name]:
            page.keyboard.press(key)
            page.locator(".point").first.click()
            page.keyboard.press("j")
        wait_for(page, "document.getElementById('open-count').textContent === 'all answered'")
        page.get_by_role("button", name="Finish this call").click()
        page.wait_for_url("**/?said=session-done")
    eve.on("dialog", lambda dialog: dialog.accept())
    eve.get_by_role("button", name="Open the discussion").click()
    look_at(eve, axe)
    rae = raters["rae"]
    rae.reload()
    rae.get_by_role("link", name="See the result").click()
    look_at(rae, axe)
    rae.get_by_role("link", name="Go through them one by one").click()
    look_at(rae, axe)
    rae.locator("#mine + form .pick.l2 input").check(force=True)
    rae.get_by_role("button", name="Keep it").click()
    eve.get_by_role("link", name="Go through them one by one").click()
    eve.get_by_text("The anchor is at fault").click()
    eve.get_by_label("New wording").fill("Nothing of the kind " + HOSTILE)
    eve.get_by_label("No: calls are scored anew").check()
    eve.get_by_role("button", name="Propose it").click()
    eve.locator("#decide + form .pick.l2 input").check(force=True)
    eve.get_by_role("button", name="Record it and go on").click()
    look_at(eve, axe)
    eve.get_by_role("link", name="Result").first.click()
    assert "decided" in eve.locator("main").inner_text()
    eve.get_by_text("After the discussion").first.wait_for()
    look_at(eve, axe)


def test_a_rubric_is_reworded(come, house, axe):
    """The enablement lead types a new wording, is told at once what is wrong with it, sees ten calls' colours now and
    then, and publishes; a rater reads the anchors and cannot change them."""
    eve = come("eve")
    base = eve.url.rstrip("/")
    eve.goto(f"{base}/rubrics")
    look_at(eve, axe)
    eve.get_by_role("link", name="Discovery call").click()
    eve.wait_for_url("**/rubrics/discovery_call")
    look_at(eve, axe)
    form = eve.locator("section#insight form")
    red = form.locator("textarea[name=red]")
    red.fill(" ")
    wait_for(eve, "document.querySelector('section#insight .lacks').textContent.includes('Write each anchor')")
    red.fill("Nothing new is told " + HOSTILE)
    wait_for(eve, "document.querySelector('section#insight .lacks').textContent === ''")
    form.get_by_label("means something else").check()
    form.get_by_role("button", name="What would change").click()
    rows = eve.locator("section#insight tbody tr")
    expect(rows).to_have_count(10)
    assert "provisional" in rows.first.inner_text()
    look_at(eve, axe)
    eve.locator("section#insight").get_by_role("button", name="Publish as a new version").click()
    eve.wait_for_url("**said=published**")
    look_at(eve, axe)
    known = load_rubrics(house.settings.rubrics).filter(rubric="discovery_call", element="insight").row(0, named=True)
    assert known["red"] == "Nothing new is told " + HOSTILE
    rae = come("rae")
    rae.goto(f"{base}/rubrics/discovery_call")
    assert "Nothing new is told" in rae.locator("section#insight").inner_text()
    expect(rae.locator("textarea")).to_have_count(0)
    look_at(rae, axe)


def test_weights_are_signed_by_all_sides(come, house, axe):
    """The enablement lead proposes what counts, each side signs, and with the fourth signature it is in use."""
    eve = come("eve", TELEPHONE)
    base = eve.url.rstrip("/")
    eve.goto(f"{base}/weights")
    eve.locator("input[name='weight agenda']").fill("2")
    eve.get_by_label("Why").fill("It is what we coach " + HOSTILE)
    eve.get_by_role("button", name="Propose").click()
    eve.wait_for_url("**said=saved**")
    look_at(eve, axe)
    pages = {"eve": eve} | {who: come(who, TELEPHONE) for who in ("mia", "dan", "adi")}
    for page in pages.values():
        page.goto(f"{base}/weights")
        page.get_by_role("button", name="Sign for").click()
        page.wait_for_url("**said=signed**")
    look_at(pages["adi"], axe)
    assert "in use since" in pages["adi"].locator("main").inner_text()
    assert load_plan(house.store.place).weights == {"agenda": 2}
