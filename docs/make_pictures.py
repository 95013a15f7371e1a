"""Make docs/assessment-map.png from the pages of a workspace: `python docs/make_pictures.py workspace/reports`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, TALLEST = 1280, 1500


def main(reports: Path) -> None:
    """Photograph the assessment map as a browser shows it, down to the list of conversations."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium on this machine; install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": TALLEST}, device_scale_factor=1.5)
        page.goto((reports / "index.html").resolve().as_uri())
        end = page.evaluate("document.getElementById('calls').getBoundingClientRect().top")
        shown = {"x": 0, "y": 0, "width": WIDTH, "height": min(end, TALLEST)}
        page.screenshot(path=Path(__file__).with_name("assessment-map.png"), full_page=True, clip=shown)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("workspace/reports"))
