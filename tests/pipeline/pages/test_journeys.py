"""Finding one's way in the pages: where one is, filters that stay, tiles that lead on, and a manager's questions."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.metrics.cadence import load_plan
from pipeline.pages import week
from pipeline.pages.messages import night_text
from pipeline.pages.parts.ratings import name_calls, rate
from pipeline.pages.site import write_report
from pipeline.tables import TABLES
from tests.pipeline.pages.four_calls import MONDAY, with_audio
from tests.pipeline.pages.test_in_browser import each_kind, wait_for

MAX_PX = 2500
WIDTHS = (1280, 390)


def test_no_page_is_long(visit, published):
    """Before anything is unfolded no page is higher than 2,500 px, on a desk or on a telephone; a conversation's was
    5,694 and 11,000."""
    for path in each_kind(published):
        for width in WIDTHS:
            page = visit(path, width, 900)
            assert page.evaluate("document.documentElement.scrollHeight") <= MAX_PX, f"{path.name} at {width}"


def test_first_screen_of_a_call(visit, tables, elements, tmp_path):
    """At 1280 and 390 px the first screen of a conversation holds the sentence that says how it went, and the worst
    colour with the moment that decides it; provisional is said once."""
    write_report(tables, elements, tmp_path)
    for width, height in ((1280, 900), (390, 844)):
        page = visit(tmp_path / "calls/a1.html")
        page.set_viewport_size({"width": width, "height": height})
        told = page.locator(".verdict")
        assert told.inner_text() == (
            "Discovery call with Cy Poe, 1 min: 1 of 2 elements sound, weakest in “Sets the agenda”; next, work on "
            "that from 0:05."
        )
        worst = page.locator(".element").first
        assert worst.locator("h3").inner_text().startswith("R")
        below = worst.locator("a.quote").first.bounding_box()
        assert below["y"] + below["height"] <= height
        assert page.locator("#bar").bounding_box()["width"] > width / 2
        assert page.locator("main").inner_text().lower().count("provisional") == 1


def test_one_sentence(tables, elements, tmp_path):
    """How a conversation went is told in the same words on its own page, in the lists of the map and of the person, in
    that of the night, and in the night's message."""
    run = {"run_id": "r", "flow": "nightly", "started_at": MONDAY, "ended_at": MONDAY, "host": "h", "config_hash": "c"}
    runs = pl.concat([TABLES["runs"].create_empty(), pl.DataFrame([run])], how="diagonal_relaxed")
    scored = tables["calls"].with_columns(scored_at=pl.lit(MONDAY))
    shown = {**tables, "runs": runs, "calls": scored}
    write_report(shown, elements, tmp_path)
    told = "1 of 2 elements sound, weakest in “Sets the agenda”"
    for name in ("calls/a1.html", "index.html", "people/ann.html", "week.html"):
        assert told in (tmp_path / name).read_text(), name
    rows = {name: shown.get(name, schema.create_empty()) for name, schema in TABLES.items()}
    rows["calls"] = name_calls(rows["calls"])
    view = week.view(rows, rate(rows["calls"], rows["labels"], elements), elements, load_plan())
    assert f"Ann Lee with Cy Poe: {told}" in (night_text(view) or "")


def test_current_page_is_marked(visit, tables, elements, tmp_path):
    """The menu says which page one is on; it did not."""
    write_report(tables, elements, tmp_path)
    for name, label in (("people.html", "People"), ("index.html", "Map"), ("people/ann.html", "People")):
        marked = visit(tmp_path / name).locator("nav.top [aria-current]")
        assert marked.all_inner_texts() == [label], name
    assert visit(tmp_path / "calls/a1.html").locator("nav.top [aria-current]").count() == 0


def test_filters_stay(visit, tables, elements, tmp_path):
    """The team chosen on the list of people is still chosen on the map."""
    write_report(tables, elements, tmp_path)
    page = visit(tmp_path / "people.html")
    page.locator("select[data-filter=team]").select_option("West")
    page.get_by_role("link", name="Map").click()
    page.locator("table.grid").first.wait_for()
    wait_for(page, "document.querySelector('select[data-filter=team]').value === 'West'")
    assert page.locator("table.list tbody tr:visible").count() == 1


def test_every_filter_stays(visit, published):
    """The person chosen on the map, beside kind and week, is still chosen on the page of cadence, and leaves only these
    rows on either."""
    page = visit(published / "index.html")
    kept = {select.get_attribute("data-filter") for select in page.locator("[data-filter]").all()}
    assert kept >= {"kind", "week", "person"}
    page.locator("select[data-filter=person]").select_option("Ann Lee")
    names = page.locator("table.list tbody tr:visible td:nth-child(2)").all_inner_texts()
    assert names
    assert all(name.startswith("Ann Lee") for name in names)
    page.get_by_role("link", name="Cadence").click()
    wait_for(page, "document.querySelector('select[data-filter=person]')?.value === 'Ann Lee'")
    assert set(page.locator("table.due tbody tr:visible th").all_inner_texts()) == {"Ann Lee"}


def test_filters_stay_where_nothing_can_be_kept(visit, published):
    """A browser that keeps nothing for pages from disk leads on with the choice in the address; what was cleared is
    cleared after the page is loaded again."""
    page = visit(published / "index.html")
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('none'); } })")
    page.reload()
    page.locator("select[data-filter=person]").select_option("Ann Lee")
    page.get_by_role("link", name="Cadence").click()
    wait_for(page, "document.querySelector('select[data-filter=person]')?.value === 'Ann Lee'")
    assert set(page.locator("table.due tbody tr:visible th").all_inner_texts()) == {"Ann Lee"}
    page.locator("select[data-filter=person]").select_option("")
    page.reload()
    assert page.locator("select[data-filter=person]").input_value() == ""


def test_filter_by_manager(visit, tables, elements, tmp_path):
    """The manager chosen on the map leaves that manager's people and their conversations, there and on the list of
    people; so does a person."""
    manager = (
        pl.when(pl.col("lead_id") == "ann").then(pl.lit("mia")).when(pl.col("lead_id") == "bob").then(pl.lit("max"))
    )
    write_report({**tables, "calls": tables["calls"].with_columns(manager_id=manager)}, elements, tmp_path)
    page = visit(tmp_path / "index.html")
    page.locator("select[data-filter=manager]").select_option("max")
    assert page.locator("table.list tbody tr:visible").count() == 1
    assert page.locator("table.grid tbody tr:visible th").all_inner_texts()[0].startswith("Bob Ray")
    page.get_by_role("link", name="People").click()
    wait_for(page, "document.querySelector('select[data-filter=manager]')?.value === 'max'")
    assert page.locator("tbody tr:visible").count() == 1
    page.locator("select[data-filter=manager]").select_option("")
    page.locator("select[data-filter=person]").select_option("Ann Lee")
    assert [row.split("\n")[0] for row in page.locator("tbody tr:visible").all_inner_texts()] == ["Ann Lee"]


def test_figures_of_a_telephone_say_what_they_are(visit, published):
    """Where a list has no headings on a telephone, each bare figure has its name before it; a desk has the headings."""
    page = visit(published / "managers.html")
    page.set_viewport_size({"width": 390, "height": 844})
    said = "node => getComputedStyle(node, '::before').content"
    cells = page.locator("table.people td.num")
    assert [cell.evaluate(said) for cell in cells.all()[:4]] == [
        f'"{name} "' for name in ("Met as planned", "Hours a person", "Promises open", "Sat in")
    ]
    assert page.locator("table.agree thead").first.is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    assert cells.first.evaluate(said) == "none"
    assert page.locator("table.people thead").first.is_visible()


def test_long_calls_fold_on_a_telephone(visit, published):
    """Of a conversation with many elements a telephone shows the four worst and folds the others behind their colours;
    a desk shows all."""
    for path in sorted((published / "calls").glob("*.html")):
        page = visit(path)
        n = page.locator(".judged .element:not(.grey)").count()
        if n > 5:
            break
    assert n > 5
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    fold = page.locator(".judged .more")
    assert page.locator(".judged .element:not(.grey):visible").count() == 4
    assert fold.locator("summary .chip").count() == n - 4
    fold.locator("summary").first.click()
    assert page.locator(".judged .element:not(.grey):visible").count() == n
    page.set_viewport_size({"width": 1280, "height": 900})
    page.reload()
    assert page.locator(".judged .element:not(.grey):visible").count() == n


def test_next_and_previous(visit, tables, elements, tmp_path):
    """From a person's call to the next and the previous; the first has none before it."""
    write_report(tables, elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    assert page.locator("a[rel=prev]").count() == 0
    page.locator("a[rel=next]").click()
    assert page.url.endswith("a2.html")
    page.locator("a[rel=prev]").click()
    assert page.url.endswith("a1.html")


def test_tile_leads_to_its_calls(visit, published):
    """A tile of the week leads to the map's list of that week's conversations, as many as the tile says."""
    page = visit(published / "week.html")
    said = page.locator("#quality_index p a").inner_text()
    page.locator("#quality_index p a").click()
    button = page.locator("[aria-labelledby=calls] .rows:visible")
    if button.count():
        button.click()
    assert f"{page.locator('[aria-labelledby=calls] tbody tr:visible').count()} conversations" == said


def test_space_after_a_click(visit, tables, elements, recording, tmp_path):
    """After a click on a quote the space bar stops the recording; it scrolled the page."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    page.locator("#next_steps a.quote").click()
    wait_for(page, "!audio.paused")
    page.keyboard.press(" ")
    wait_for(page, "audio.paused")
    assert page.evaluate("scrollY") == 0


def test_quote_stays_on_a_telephone(visit, tables, elements, recording, tmp_path):
    """A quote that plays on a telephone leaves the page where it is; it jumped to the transcript."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    page.set_viewport_size({"width": 390, "height": 844})
    quote = page.locator("#next_steps a.quote")
    quote.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    quote.click()
    wait_for(page, "!audio.paused")
    assert page.evaluate("scrollY") == before


def test_tables_on_a_telephone(visit, published):
    """A table wider than the screen says that it scrolls; scrolled, its first column stays, takes a third of the screen
    at most and lets nothing through; no word is broken."""
    page = visit(published / "index.html")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("dispatchEvent(new Event('resize'))")
    box = page.locator(".map .scroll").first
    assert "scroll sideways" in box.evaluate("node => getComputedStyle(node, '::before').content")
    box.scroll_into_view_if_needed()
    box.evaluate("node => { node.scrollLeft = 150 }")
    page.locator(".grid tbody th.who").first.scroll_into_view_if_needed()
    who = page.locator(".grid tbody th.who").first.bounding_box()
    assert 0 <= who["x"] <= 20
    assert who["width"] <= 390 / 3
    hit = "([x, y]) => document.elementFromPoint(x, y).closest('th')?.className"
    assert page.evaluate(hit, [who["x"] + who["width"] / 2, who["y"] + who["height"] / 2]) == "who"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("dispatchEvent(new Event('resize'))")
    assert page.locator(".scroll.more").count() == 0
    assert broken_words(visit(published / "index.html"), 390) == []


def broken_words(page: Any, width: int) -> list[str]:
    """Words of headings and facts that stand on two lines."""
    page.set_viewport_size({"width": width, "height": 844})
    return page.evaluate("""() => [...document.querySelectorAll(".fact span, .grid thead th .sort")].flatMap((node) => {
        const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), broken = [];
        while (text.nextNode()) for (const word of text.currentNode.data.matchAll(/[A-Za-z]+/g)) {
          const range = new Range(); range.setStart(text.currentNode, word.index);
          range.setEnd(text.currentNode, word.index + word[0].length);
          if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
        }
        return broken; })""")


# a page of the menu, the clicks from there (two at most), what answers, and a pattern that the answer fits
QUESTIONS = {
    "who needs me most this week, on what, and what do I play them?": (
        "people.html", [".verdict a"], ".line.on", r"\d+:\d\d",
    ),
    "what should this person work on?": ("people.html", ["tbody td a >> nth=0"], "#focus", r"^[ROYG]\s"),
    "what do I bring to the next meeting?": (
        "managers.html", ["tbody a >> nth=0", "text=Prepare >> nth=0"], "pre.invitation",
        r"(?s)Agenda.*\d+ min.*Please bring",
    ),
    "who was not met?": ("managers.html", ["tbody a >> nth=0"], ".fact >> nth=3", r"(?i)not met as planned\s+\d"),
    "how much do I coach, against the plan?": (
        "managers.html", ["tbody a >> nth=0"], ".fact >> nth=0", r"h a person, [\d.]+ planned; \d+ % of the week",
    ),
    "how good are my own meetings?": (
        "managers.html", ["tbody a >> nth=0"], ".bands li >> nth=0", r"[\d.]+ to [\d.]+, \d+ meetings",
    ),
    "what was promised and is overdue?": (
        "managers.html", ["tbody a >> nth=0"], ".owed li >> nth=0", r"promised \d+ \w+ 2026",
    ),
    "did coaching help?": (
        "people.html", ["tbody a:has-text('Ann Lee')"], "[aria-labelledby=helped] li",
        r"(?s)goal since \d+ \w+ 2026: (yes|no|too few weeks to tell).* before, .* since",
    ),
    "who is next with whom, and for what?": (
        "managers.html", ["tbody a >> nth=0"], "tbody td:has-text('next,') >> nth=0",
        r"(?s)(assessed|met after|coached|measured again) \d+ \w+ 2026.*next, (manager|seller): ",
    ),
    "who is best at it?": ("index.html", [".gold a >> nth=0"], "h1", r"\w+ \w+"),
    "which calls are behind that figure?": ("week.html", ["#quality_index p a"], "#calls", "Conversations"),
    "how did the last call go?": (
        "week.html", ["[aria-labelledby=night] tbody a >> nth=0"], ".verdict", "elements sound|green throughout",
    ),
    "can I trust the colours?": ("index.html", ["nav.top >> text=Calibration"], "#todo", r"\w"),
}  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("question", QUESTIONS)
def test_answered_in_two_clicks(visit: Any, published: Path, question: str, width: int) -> None:
    """Each question of a manager is answered within two clicks of a page in the menu, on a desk and on a telephone; on
    the latter what is folded may take one more."""
    start, clicks, answer, pattern = QUESTIONS[question]
    assert len(clicks) <= 2
    page = visit(published / start, width, 900)
    for click in clicks:
        page.locator(click).first.click()
    found = page.locator(answer).first
    if width == 390 and not found.is_visible():
        page.locator("details.fold:not([open])", has=page.locator(answer)).locator("summary").first.click()
    found.wait_for(state="visible", timeout=60_000)
    assert re.search(pattern, found.inner_text()), found.inner_text()
