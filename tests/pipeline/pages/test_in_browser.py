"""The pages in a browser: they play, sort and filter, run nothing that people wrote, fit the screen, send nothing."""

import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.pages.site import write_report
from pipeline.store.delta import Store
from tests.pipeline.pages.four_calls import dead_links, hostile, one_of_each, with_audio


def wait_for(page: Any, condition: str) -> None:
    """Wait until an expression holds; the pages' own policy forbids playwright's way, which evaluates strings."""
    end = time.monotonic() + 60
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never came about: {condition}\n{page.content()[:3000]}"
        page.wait_for_timeout(50)


def test_quote_plays(visit, tables, elements, recording, tmp_path):
    """A click on the evidence at second 25 plays there, marks its line in the transcript, and stops at its end."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    page.locator("#next_steps a.quote").click()
    wait_for(page, "audio.currentTime > 25.2 && !audio.paused")
    assert page.locator(".line.on").get_attribute("id") == "u2"
    wait_for(page, "audio.paused")
    assert page.evaluate("audio.currentTime") == pytest.approx(28.3, abs=0.4)


def test_line_and_bar_play(visit, tables, elements, recording, tmp_path):
    """A click on a line plays it; a click on the middle of the talk bar goes to the middle; arrows move 5 s."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    page.locator("#said > summary").click()
    page.locator("#u1 .words").click()
    wait_for(page, "audio.currentTime >= 15 && audio.currentTime < 17")
    assert page.locator("#u1").get_attribute("aria-current") == "true"
    page.evaluate("audio.pause()")
    bar = page.locator("#bar").bounding_box()
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    wait_for(page, "Math.abs(audio.currentTime - 15) < 1")
    page.evaluate("audio.pause(); audio.currentTime = 10")
    page.locator("#bar").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("audio.currentTime") == pytest.approx(15, abs=0.01)
    page.keyboard.press(" ")
    wait_for(page, "!audio.paused")
    wait_for(page, "Number(document.querySelector('#bar').getAttribute('aria-valuenow')) >= 15")


def test_without_recording(visit, tables, elements, tmp_path):
    """A conversation from a transcript has no player and says so; its evidence still leads to the line."""
    write_report(tables, elements, tmp_path)
    page = visit(tmp_path / "calls/a1.html")
    assert page.locator("audio").count() == 0
    assert page.get_by_text("No recording to play").is_visible()
    page.locator("#next_steps a.quote").click()
    assert page.locator(".line.on").get_attribute("id") == "u2"


def test_filter_and_sort(visit, tables, elements, tmp_path):
    """Choosing a team leaves its rows; a click on a heading sorts by it, a second one the other way round."""
    write_report(tables, elements, tmp_path)
    page = visit(tmp_path / "index.html")
    shown = page.locator("table.grid tbody tr:visible th")
    page.locator("select[data-filter=team]").select_option("West")
    assert [name.split("\n")[0] for name in shown.all_inner_texts()] == ["Bob Ray"]
    assert page.locator("table.list tbody tr:visible").count() == 1
    page.locator("select[data-filter=team]").select_option("")
    heading = page.get_by_role("button", name="Sets the agenda")
    heading.click()  # best first: Bob's 2.0, Ann's 1.1
    assert [name.split("\n")[0] for name in shown.all_inner_texts()] == ["Bob Ray", "Ann Lee"]
    heading.click()
    assert [name.split("\n")[0] for name in shown.all_inner_texts()] == ["Ann Lee", "Bob Ray"]


def test_walk_by_links(visit, tables, elements, recording, tmp_path):
    """From the map to a person, to a moment of theirs, and back: each a click away, the moment's line marked."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    page = visit(tmp_path / "index.html")
    page.locator("table.grid tbody th").get_by_role("link", name="Ann Lee").click()
    assert page.locator("h1").inner_text() == "Ann Lee"
    page.locator(".pair a.quote[href*='a1.html']", has_text="Three topics").click()
    assert page.locator("h1").inner_text() == "Ann Lee with Cy Poe"
    wait_for(page, "document.querySelector('.line.on')?.id === 'u0' && audio.currentTime === 5")
    page.get_by_role("link", name="Calibration").click()
    assert page.locator("h1").inner_text() == "Calibration"


def test_hostile_text_in_a_browser(visit, tables, elements, tmp_path):
    """Nothing that was said or named runs, on a page of any kind."""
    write_report(hostile(tables), elements, tmp_path)
    for path in one_of_each(tmp_path):
        assert visit(path).evaluate("window.hacked") is None


def test_fits_the_screen(visit, tables, elements, recording, tmp_path):
    """No page of any kind scrolls sideways, on a telephone or on a desk."""
    write_report(with_audio(tables, recording), elements, tmp_path)
    for path in one_of_each(tmp_path):
        page = visit(path)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"


def each_kind(folder: Path) -> list[Path]:
    """Every kind of page, of the busiest person and the first conversation."""
    own = ("people/ann.html", "managers/mia.html", "meetings/ann.html", "guides/one_on_one.html")
    return [*one_of_each(folder)[:-2], *(folder / of for of in own), min((folder / "calls").iterdir())]


def test_every_page_works(visit, published):
    """Each kind of page is under 3 MB, runs nothing that people wrote, fits a telephone and a desk, and prints without
    its controls; no request goes out and no error comes up."""
    for path in each_kind(published):
        assert path.stat().st_size < 3_000_000
        page = visit(path)
        assert page.evaluate("window.hacked") is None
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
        page.emulate_media(media="print")
        assert page.locator("h1").is_visible()
        assert not page.locator("nav .pages").is_visible()
        assert page.pdf().startswith(b"%PDF")
        page.emulate_media(media="screen")
    assert dead_links(published) == []


def test_colours_have_letters(visit, published):
    """Whatever has one of the four colours says so in a letter, and a meeting held or not has a mark of its own."""
    for path in each_kind(published):
        page = visit(path)
        for level, letter in enumerate("ROYG"):
            for text in page.locator(f".chip.l{level}, td.l{level}").all_text_contents():
                assert text.strip().startswith(letter), f"{path}: {text!r}"
    page = visit(published / "cadence.html")
    assert {text[0] for text in page.locator("td.yes").all_inner_texts()} == {"●"}
    assert {text[0] for text in page.locator("td.no").all_inner_texts()} == {"○"}


def test_the_week_in_a_browser(visit, published, small_workspace):
    """The first tile is the KPI table's figure of the latest week; a conversation of the last night is a click away."""
    page = visit(published / "week.html")
    kpis = Store(str(small_workspace)).read("kpis").filter(level_of="org", interaction="all", kpi="quality_index")
    latest = kpis.sort("week").to_dicts()[-1]
    assert page.locator("#quality_index .value b").inner_text() == f"{latest['value']:.0f}"
    assert f"{latest['n_calls']} conversations" in page.locator("#quality_index").inner_text()
    page.locator("[aria-labelledby=night] tbody a").first.click()
    assert page.locator("#transcript").is_visible()


def test_cadence_by_keyboard(visit, published):
    """The keyboard alone reaches a heading and sorts by it: sellers with the most meetings kept come first."""
    page = visit(published / "cadence.html")
    table = page.locator("table.due").first
    table.get_by_role("button", name="Kept").focus()
    page.keyboard.press("Enter")
    kept = [float(cell.get_attribute("data-v")) for cell in table.locator("tbody td.num").all()]
    assert kept == sorted(kept, reverse=True)
    assert len(kept) == 3
    page.keyboard.press("Enter")
    assert [float(cell.get_attribute("data-v")) for cell in table.locator("tbody td.num").all()] == sorted(kept)


def test_focus_in_a_browser(visit, published):
    """Ann's page says what to work on, two moments of each kind at most, and of colleagues only Bob's, who agreed."""
    page = visit(published / "people/ann.html")
    assert page.locator("section.focus h2").is_visible()
    for kind in page.locator(".pair > div").all():
        assert 1 <= kind.locator("q").count() <= 2
    others = page.locator("section.focus .moments p").all_inner_texts()
    assert all("Bob Ray" in text for text in others)
    page.locator(".pair a.quote").first.click()
    assert page.locator(".line.on").count() == 1
