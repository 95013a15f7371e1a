"""Make docs/assessment-map.png and docs/first_screens/ from the pages of the demo: `python docs/make_pictures.py
workspace/reports`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent
WIDTH, TALLEST = 1280, 1500
SCREENS = {"desk": (1280, 800), "telephone": (390, 800)}
PAGES = (
    *("people.html", "managers.html", "week.html"),
    *("people/mark-bell.html", "calls/miller-plumbing.html", "managers/susan-cole.html", "meetings/mark-bell.html"),
    "guides/one_on_one.html",
)


def main(reports: Path) -> None:
    """Photograph the pages as a browser shows them."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium on this machine; install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        photograph_map(browser, reports)
        for screen in SCREENS:
            photograph_first(browser, reports, screen)
        browser.close()


def photograph_map(browser: Browser, reports: Path) -> None:
    """The assessment map down to the list of conversations."""
    page = browser.new_page(viewport={"width": WIDTH, "height": TALLEST}, device_scale_factor=1.5)
    page.goto((reports / "index.html").resolve().as_uri())
    end = page.evaluate("document.getElementById('calls').getBoundingClientRect().top")
    shown = {"x": 0, "y": 0, "width": WIDTH, "height": min(end, TALLEST)}
    page.screenshot(path=DOCS / "assessment-map.png", full_page=True, clip=shown)


def photograph_first(browser: Browser, reports: Path, screen: str) -> None:
    """The first screen of each page, without scrolling."""
    width, height = SCREENS[screen]
    page = browser.new_page(viewport={"width": width, "height": height})
    for name in PAGES:
        page.goto((reports / name).resolve().as_uri())
        file = DOCS / "first_screens" / f"{name.removesuffix('.html').replace('/', '-')}-{screen}.png"
        page.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("workspace/reports"))
