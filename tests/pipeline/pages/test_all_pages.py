"""Every page of a house with managers, a list of people, a goal, a campaign and a role-play: each opens, fits and is
short, on a desk and on a telephone."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.metrics.coaching.campaign import Campaign
from pipeline.pages.site import Context, write_report
from pipeline.tables import TABLES
from pipeline.tables.coaching import TakenUp
from tests.pipeline.pages.four_calls import MONDAY, dead_links
from tests.pipeline.pages.meetings.test_managers import Tables, coached  # noqa: F401  a fixture

SIZES = {1280: 900, 390: 844}
MAX_PX = 2500
ANSWERS = {  # of each kind of page: where its answer is, which the first screen shows
    "people.html": ".verdict a",
    "managers.html": ".verdict",
    "index.html": ".facts",
    "week.html": "h1",
    "cadence.html": "h1",
    "impact.html": "h1",
    "guides.html": "h1",
    "calibration.html": "#todo",
    "runs.html": "h1",
    "people/": ".verdict",
    "managers/": ".verdict",
    "meetings/": ".verdict",
    "guides/": ".verdict",
    "calls/": ".verdict",
}


@pytest.fixture
def whole_house(coached: tuple[Tables, pl.DataFrame, Context], tmp_path: Path) -> Path:  # noqa: F811
    """The pages of that house: Ann has a goal and played a_play with a colleague, East has a campaign, Kim and Dan are
    only listed."""
    tables, elements, context = coached
    play = {"call_id": pl.lit("a_play"), "interaction": pl.lit("practice_discovery_call")}
    of_a2 = {name: rows.filter(call_id="a2") for name, rows in tables.items() if "call_id" in rows.columns}
    for name in ("calls", "labels", "evidence", "utterances"):
        known = {column: value for column, value in play.items() if column in tables[name].columns}
        tables[name] = pl.concat([tables[name], of_a2[name].with_columns(**known)])
    goal = {"how": "goal", "item_id": "g", "person_id": "ann", "rubric": "discovery_call", "element": "agenda"}
    noted = pl.DataFrame([goal | {"at": MONDAY + timedelta(days=8)}])
    tables["taken_up"] = pl.concat([TakenUp.create_empty(), noted], how="diagonal_relaxed")
    campaign = Campaign(rubric="discovery_call", element="agenda", team="East", start=date(2026, 3, 9))
    named = Context(guides=context.guides, roster=context.roster, campaigns=[campaign])
    write_report({**tables, "runs": TABLES["runs"].create_empty()}, elements, tmp_path / "reports", context=named)
    return tmp_path / "reports"


def test_every_page(visit: Callable[[Path, int, int], Any], whole_house: Path) -> None:
    """No page is missing, scrolls sideways or is longer than 2,500 px before it is unfolded, and each shows what it
    answers on its first screen, on a desk and on a telephone."""
    pages = sorted(whole_house.rglob("*.html"))
    kinds = {folder if (folder := f"{path.parent.name}/") in ANSWERS else path.name for path in pages}
    assert kinds == set(ANSWERS)
    for path in pages:
        for width, height in SIZES.items():
            page = visit(path, width, height)
            high, wide = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
            assert (high <= MAX_PX, wide <= width) == (True, True), f"{path.name}: {high} px high, {wide} of {width}"
            answer = ANSWERS.get(f"{path.parent.name}/") or ANSWERS[path.name]
            box = page.locator(answer).first.bounding_box()
            assert box is not None, path.name
            assert box["y"] + box["height"] <= height, f"{path.name} at {width}"
    assert dead_links(whole_house) == []


def test_what_newer_pages_say(visit: Callable[[Path], Any], whole_house: Path) -> None:
    """Ann's goal stands on her page, on that of her manager the loop with what coached means, on impact both goal and
    campaign; a role-play stands apart; of whom nothing is recorded the page says so."""
    ann = visit(whole_house / "people/ann.html")
    assert "goal since 10 Mar 2026" in ann.locator("[aria-labelledby=helped]").inner_text()
    assert ann.get_by_role("heading", name="practised").count() == 1
    mia = visit(whole_house / "managers/mia.html")
    mia.get_by_text("What “coached” means").click()
    assert mia.get_by_text("a goal was agreed, a comment stands at a moment").is_visible()
    assert visit(whole_house / "managers.html").locator("#observed").is_visible()
    impact = visit(whole_house / "impact.html")
    assert [row.split("\n")[0] for row in impact.locator(".people tbody tr").all_inner_texts()] == [
        "Sets the agenda", "Ann Lee\tSets the agenda",
    ]  # fmt: skip
    assert "No conversation is on record yet" in visit(whole_house / "people/kim.html").locator("main").inner_text()
    assert "a_play" not in visit(whole_house / "week.html").content()
