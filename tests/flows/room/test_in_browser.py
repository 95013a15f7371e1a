"""The journeys of the room in Chromium, on a desk and a telephone: two raters, a seller, a manager, an enablement
lead and the administrator; every page is looked at by axe-core where it is at hand."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select

from flows.room.calibration.setting_up import Wish, set_up
from flows.room.coaching.disputes import View, raise_dispute
from flows.room.database.coaching import Dispute, Reflection
from flows.room.database.scoring import Answer, Assignment
from flows.room.entry.invitations import invite
from flows.room.keep_scores import waiting
from flows.room.shown import labels_of
from models.ratings.rubrics import load_rubrics
from pipeline.metrics.cadence import load_plan
from tests.flows.room.browsers import PASSPHRASE, PEOPLE
from tests.pipeline.pages.test_in_browser import wait_for

WIDTHS = (1280, 390)
ELEMENTS = ["agenda", "insight"]
LOST = "net::ERR_FAILED"  # where a test takes the network away
HOSTILE = "<script>window.hacked=1</script>"


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """The text of axe-core from npm's registry; None where that cannot be reached."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--prefix", str(folder), "--no-save", "--ignore-scripts", "axe-core@4.11"]
    try:
        subprocess.run(command, capture_output=True, timeout=60, check=True)  # noqa: S603  our own command
    except (subprocess.SubprocessError, OSError):
        return None
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def come(browser, served, house) -> Iterator[Any]:
    """Lets one of PEOPLE come in by an invitation, and returns their page; at the end no error may have come up and
    nothing may have been asked of another host."""
    trouble: list[str] = []
    contexts = []

    def come(person_id: str, width: int = 1280) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 844})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "console",
            lambda said: trouble.append(said.text) if said.type == "error" and LOST not in said.text else None,
        )
        page.on("request", lambda sent: trouble.append(sent.url) if not sent.url.startswith(served) else None)
        role, name = PEOPLE[person_id]
        with house.database.begin() as session:
            token = invite(session, person_id, name=name, role=role)
        page.goto(f"{served}/invitation/{token}")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_label("The same again").fill(PASSPHRASE)
        page.get_by_role("button", name="Come in").click()
        return page

    yield come
    for context in contexts:
        context.close()
    assert [one for one in trouble if LOST not in one] == []


def look_at(page: Any, axe: str | None) -> None:
    """The page fits its screen, runs nothing that people wrote, and axe-core finds nothing serious on it."""
    page.wait_for_load_state()
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} at {width}"
    assert page.evaluate("window.hacked") is None
    folder = os.environ.get("CALLGRADE_SCREENSHOTS")
    if folder:
        name = page.url.split("/", 3)[3].split("?")[0].replace("/", "-") or "start"
        page.screenshot(path=Path(folder) / f"{name}-{width}.png")
    if axe:
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
        bad = [
            (one["id"], [node["html"][:200] for node in one["nodes"]][:3])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert bad == [], f"{page.url} at {width}"


def with_recording(house, recording: Path) -> None:
    """All calls get a recording."""
    calls = house.store.read("calls").with_columns(recording=pl.lit(str(recording)))
    house.store.merge("calls", calls)


def open_session(house, n: int, raters: list[str]) -> tuple[str, list[str]]:
    """A session on the first discovery calls."""
    calls = house.store.read("calls").filter(interaction="discovery_call").sort("call_id")["call_id"].head(n).to_list()
    with house.database.begin() as session:
        wish = Wish("Of May", "discovery_call", ELEMENTS, calls, raters)
        return set_up(session, wish, by="eve", practice=[]).session_id, calls


@pytest.mark.parametrize("width", WIDTHS)
def test_scoring_by_keyboard(come, house, recording, axe, width):
    """With the keyboard alone a rater plays, points at turns, scores, notes and finishes; all is in the database and in
    the table; who comes back is where they stopped."""
    with_recording(house, recording)
    open_session(house, 2, ["rae"])
    page = come("rae", width)
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
    end = time.monotonic() + 30
    while waiting(house) and time.monotonic() < end:
        time.sleep(0.1)
    mine = house.store.read("scores", where=pl.col("rater") == "rae")
    assert sorted(mine["level"].to_list()) == [1, 2, 3]


def test_what_could_not_be_sent_is_sent_later(come, house):
    """While the network is down an answer waits in the browser and says so; when it is back, the answer arrives."""
    open_session(house, 1, ["rae"])
    page = come("rae")
    page.get_by_role("link", name="Begin").click()
    wait_for(page, "document.documentElement.classList.contains('js')")
    page.route("**/answer", lambda route: route.abort())
    page.keyboard.press("2")
    wait_for(page, "document.getElementById('state').textContent.startsWith('not saved yet')")
    page.unroute("**/answer")
    wait_for(page, "document.getElementById('state').textContent === 'saved'")
    with house.database.read() as session:
        assert session.scalars(select(Answer.level)).all() == [1]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_session_from_end_to_end(come, house, axe, width):
    """The lead opens a session in the browser, two raters score, the meeting revises and decides."""
    raters = {name: come(name, width) for name in ("rae", "rob")}
    eve = come("eve", width)
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
        wait_for(page, "document.documentElement.classList.contains('js')")
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
    assert eve.get_by_text("After the discussion").count() >= 1
    look_at(eve, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_after_a_call(come, house, axe, recording, width):
    """The seller says first how it went, sees the machine's answer only then and disagrees; the manager settles it,
    comments, keeps the moment and agrees on a goal; the seller reads it."""
    with_recording(house, recording)
    call_id = house.store.read("calls").filter(lead_id="ann").sort("call_id")["call_id"][0]
    ann = come("ann", width)
    base = ann.url.rstrip("/")
    ann.goto(f"{base}/calls/{call_id}.html")
    assert ann.locator("article.element").count() == 0
    look_at(ann, axe)
    for label in ("What went well", "What did not"):
        ann.get_by_label(label).fill(HOSTILE)
    for one in ann.locator("form[action='/say/own-view'] .pick.l2 input").all():
        one.check(force=True)
    ann.get_by_role("button", name="Show me the machine's answer").click()
    ann.wait_for_url("**said=saved**")
    assert ann.locator("article.element").count() == 7
    look_at(ann, axe)
    element = ann.locator("article#agenda")
    element.get_by_text("I see it differently").click()
    element.locator(".pick.l3 input").check(force=True)
    element.get_by_role("textbox", name="Why").fill("Listen to the first minute " + HOSTILE)
    element.get_by_role("button", name="Put it beside").click()
    ann.wait_for_url("**said=raised**")
    assert "Not settled yet" in ann.locator("article#agenda").inner_text()
    mia = come("mia", width)
    mia.goto(f"{base}/disputes")
    look_at(mia, axe)
    mia.locator("article .pick.l3 input").check(force=True)
    mia.get_by_role("textbox", name="Why").fill("She is right")
    mia.get_by_role("button", name="Settle").click()
    mia.wait_for_url("**said=settled**")
    end = time.monotonic() + 30
    while waiting(house) and time.monotonic() < end:
        time.sleep(0.1)
    score = house.store.read("scores", where=(pl.col("rater") == "mia") & (pl.col("call_id") == call_id))
    assert score.select("element", "level").rows() == [("agenda", 3)]
    ann.goto(f"{base}/calls/{call_id}.html")
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
    assert mia.locator("audio").count() == 1
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
    ann.goto(f"{base}/people/ann.html")
    assert "Name the outcome" in ann.locator("main").inner_text()
    assert "Self-awareness" in ann.locator("main").inner_text()
    look_at(ann, axe)
    with house.database.read() as session:
        assert len(session.scalars(select(Dispute)).all()) == len(session.scalars(select(Reflection)).all()) == 1
        assert session.scalars(select(Assignment)).first() is None


@pytest.mark.parametrize("width", WIDTHS)
def test_the_administrator(come, house, axe, width):
    """The administrator invites somebody whose name is a script, and reads who did what."""
    adi = come("adi", width)
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


@pytest.mark.parametrize("width", WIDTHS)
def test_the_report_live(come, house, axe, width):
    """The report's pages are served in the room's frame and fit the screen."""
    eve = come("eve", width)
    base = eve.url.rstrip("/")
    for path in ("index.html", "week.html", "cadence.html", "calibration.html", "runs.html", "people/ann.html"):
        eve.goto(f"{base}/{path}")
        assert eve.get_by_role("button", name="Sign out").is_visible()
        look_at(eve, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_rubric_is_reworded(come, house, axe, width):
    """The enablement lead types a new wording, is told at once what is wrong with it, sees ten calls' colours now and
    then, and publishes; a rater reads the anchors and cannot change them."""
    eve = come("eve", width)
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
    assert rows.count() == 10
    assert "provisional" in rows.first.inner_text()
    look_at(eve, axe)
    eve.locator("section#insight").get_by_role("button", name="Publish as a new version").click()
    eve.wait_for_url("**said=published**")
    look_at(eve, axe)
    known = load_rubrics(house.settings.rubrics).filter(rubric="discovery_call", element="insight").row(0, named=True)
    assert known["red"] == "Nothing new is told " + HOSTILE
    rae = come("rae", width)
    rae.goto(f"{base}/rubrics/discovery_call")
    assert "Nothing new is told" in rae.locator("section#insight").inner_text()
    assert rae.locator("textarea").count() == 0
    look_at(rae, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_weights_are_signed_by_all_sides(come, house, axe, width):
    """The enablement lead proposes what counts, each side signs, and with the fourth signature it is in use."""
    eve = come("eve", width)
    base = eve.url.rstrip("/")
    eve.goto(f"{base}/weights")
    eve.locator("input[name='weight agenda']").fill("2")
    eve.get_by_label("Why").fill("It is what we coach " + HOSTILE)
    eve.get_by_role("button", name="Propose").click()
    eve.wait_for_url("**said=saved**")
    look_at(eve, axe)
    pages = {"eve": eve} | {who: come(who, width) for who in ("mia", "dan", "adi")}
    for page in pages.values():
        page.goto(f"{base}/weights")
        page.get_by_role("button", name="Sign for").click()
        page.wait_for_url("**said=signed**")
    look_at(pages["adi"], axe)
    assert "in use since" in pages["adi"].locator("main").inner_text()
    assert load_plan(house.store.place).weights == {"agenda": 2}


@pytest.mark.parametrize("width", WIDTHS)
def test_search_and_topics(come, house, axe, recording, width):
    """The manager finds what was said and hears it where it was said; topics stand beside."""
    with_recording(house, recording)
    mia = come("mia", width)
    base = mia.url.rstrip("/")
    mia.goto(f"{base}/search")
    look_at(mia, axe)
    mia.get_by_label("Words").fill("mark")
    mia.locator("select[name=person]").select_option("ann")
    mia.get_by_role("button", name="Search").click()
    hits = mia.locator("ol.hits li")
    assert hits.count() >= 1
    assert "mark" in hits.first.locator("mark").first.inner_text().lower()
    look_at(mia, axe)
    call = hits.first.get_by_role("link").get_attribute("href").split("#")[0]
    hits.first.get_by_role("link").click()
    mia.wait_for_url(f"**{call}#u*")
    assert mia.locator("audio").count() == 1
    mia.goto(f"{base}/search?q=zirconium")
    assert "Nothing was said like that" in mia.locator("main").inner_text()
    mia.goto(f"{base}/topics")
    look_at(mia, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_second_line(come, house, axe, width):
    """The managers' manager sees both teams and their people, settles what a seller disputes, and nothing of the
    administration."""
    with house.database.begin() as session:
        call_id = house.table("calls").filter(lead_id="ann").sort("call_id")["call_id"][0]
        label = labels_of(house).filter(call_id=call_id, element="agenda").row(0, named=True)
        raise_dispute(session, label, View((label["level"] + 1) % 4, "listen " + HOSTILE), by="ann")
    dan = come("dan", width)
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
