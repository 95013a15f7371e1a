"""From a scored workspace to a first session, step by step as docs/room.md has it, by the commands and pages named."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from flows.room.database.scoring import Assignment, Session
from flows.room.demo import RATERS, invite_everybody
from flows.room.house import open_house
from flows.room.open import Door
from pipeline.settings import load_settings
from tests.flows.room.browsers import PASSPHRASE, TOKEN
from tests.workspace import RUBRICS

ROOT = Path(__file__).parents[3]
LINK = re.compile(r"http://[\w.:]+/invitation/[\w-]+")
MINUTES = 5


class Person:
    """Somebody with a browser, who fills in forms as a page has them."""

    def __init__(self, link: str) -> None:
        self.base = link.split("/invitation/")[0]
        self.browser = httpx.Client(base_url=self.base, follow_redirects=True, timeout=60)
        assert self.browser.get(link).status_code == 200
        self.browser.post(link, data={"passphrase": PASSPHRASE, "again": PASSPHRASE}).raise_for_status()

    def see(self, path: str) -> str:
        """The text of a page."""
        return self.browser.get(path).raise_for_status().text

    def send(self, path: str, **fields: object) -> httpx.Response:
        """Send a form."""
        token = TOKEN.search(self.see("/"))[1]
        return self.browser.post(path, data={"form_token": token, **fields}).raise_for_status()

    def invite(self, person_id: str, role: str) -> str:
        """The link for somebody, as the page shows it."""
        return LINK.search(self.send("/people-of-the-room", person_id=person_id, name=person_id, role=role).text)[0]


@pytest.fixture
def opened(small_workspace: Path, tmp_path: Path, unused_port: int):
    """`callgrade room` on a scored workspace, and the link that it prints."""
    workspace = shutil.copytree(small_workspace, tmp_path / "w")
    where = ["--workspace", str(workspace), "--rubrics", str(RUBRICS), "--port", str(unused_port)]
    command = [sys.executable, "-u", "-m", "flows", "room", *where]
    room = subprocess.Popen(  # noqa: S603  our own command
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"COLUMNS": "200"}
    )
    link = next(found[0] for line in room.stdout if (found := LINK.search(line)))
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            httpx.get(link.split("/invitation/")[0] + "/sign-in")
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    yield link
    room.terminate()
    room.wait()


def test_the_first_session(opened):
    """The administrator comes in by the printed link and invites; the lead opens a session; two raters score it; the
    result shows where they differ. The room's part of it takes far less than five minutes."""
    began = time.monotonic()
    admin = Person(opened)
    links = {who: admin.invite(who, role) for who, role in (("lead", "enablement"), ("one", "rater"), ("two", "rater"))}
    people = {who: Person(link) for who, link in links.items()}
    form = people["lead"].see("/sessions/new?rubric=discovery_call&n=2")
    ticked = re.findall(r'name="calls" value="([^"]+)" checked', form)
    assert len(ticked) == 2
    fields = {"rubric": "discovery_call", "title": "First", "elements": ["agenda"], "calls": ticked}
    page = people["lead"].send("/sessions", raters=["one", "two"], **fields)
    session = re.search(r"/sessions/([\w-]+)", str(page.url))[1]
    for who, level in (("one", "1"), ("two", "2")):
        while found := re.search(r'href="(/score/[\w-]+)"', people[who].see("/")):
            people[who].send(f"{found[1]}/answer", element="agenda", level=level)
            people[who].send(f"{found[1]}/finish")
    people["lead"].send(f"/sessions/{session}/state", state="discussing")
    assert "2 elements of calls" in people["one"].see(f"/sessions/{session}/result")
    assert time.monotonic() - began < 60 * MINUTES


def test_the_demo_opens_one(small_workspace, tmp_path):
    """`callgrade demo --room` opens a session once and prints a link for each who is to try it."""
    workspace = shutil.copytree(small_workspace, tmp_path / "w")
    settings = load_settings(workspace=str(workspace), rubrics=RUBRICS)
    for _ in range(2):
        links = invite_everybody(settings, Door())
    assert len({link for _, link in links}) == len(links) == 6
    house = open_house(settings)
    with house.database.read() as session:
        assert len(session.scalars(select(Session)).all()) == 1
        assert set(session.scalars(select(Assignment.person_id))) == set(RATERS)
    house.database.engine.dispose()
