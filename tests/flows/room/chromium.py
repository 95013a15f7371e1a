"""The room in Chromium: whose page it is, what every page has to be, and what a journey begins with."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.room.calibration.setting_up import Wish, set_up
from flows.room.entry.invitations import invite
from tests.conftest import made_once
from tests.flows.room.browsers import PASSPHRASE, PEOPLE

DESK, TELEPHONE = 1280, 390  # pixels: how wide the screen is
ELEMENTS = ["agenda", "insight"]
LOST = "net::ERR_FAILED"  # where a test takes the network away
HOSTILE = "<script>window.hacked=1</script>"
LOOK = """async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
    const seen = await axe.run(document, {runOnly: tags, resultTypes: ['violations'], preload: false});
    return seen.violations.filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]);
}"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """The text of axe-core from npm's registry; None where that cannot be reached."""
    text: str | None = made_once(tmp_path_factory, "axe", _fetched)
    return text


def _fetched(folder: Path) -> str | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
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

    def come(person_id: str, width: int = DESK) -> Any:
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
    """The page fits a desk's screen and a telephone's, runs nothing that people wrote, and axe-core finds nothing
    serious on it at the width it has."""
    page.wait_for_load_state()
    size = page.viewport_size
    folder = os.environ.get("CALLGRADE_SCREENSHOTS")
    other = DESK if size["width"] == TELEPHONE else TELEPHONE
    for width in (other, size["width"]):
        page.set_viewport_size(size | {"width": width})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{page.url} is wider than {width}"
        if folder:
            name = page.url.split("/", 3)[3].split("?")[0].replace("/", "-") or "start"
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")
    assert page.evaluate("window.hacked") is None
    if axe:
        page.evaluate(axe)
        found = page.evaluate(LOOK)
        assert found == [], f"{page.url} at {size['width']}: {found}"


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
