"""HTML: a page from a template and what it shows, stamped, written whole, readable by its owner alone."""

import base64
import hashlib
import re
from datetime import date
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipeline.location import write_whole

TEMPLATES = Path(__file__).parent / "templates"
HEAD_BYTES = 4096  # of a page, which may hold an hour of sound
STAMP = re.compile(r'<meta name="callgrade" content="(\w+)">')


def write_page(path: Path, template: str, view: object, *, stamp: str, root: str) -> None:
    """Render a page and put it in place whole.

    `view` is a dataclass whose fields the template reads; `root` leads from the page to the report's folder.
    """
    here = f"{path.parent.name}/" if root else path.name
    html = _templates().get_template(template).render(vars(view), stamp=stamp, root=root, here=here)
    write_whole(path, html.encode())


def stamp_of(path: Path) -> str | None:
    """The stamp that a page was written with; it stands in the page's first lines."""
    try:
        with path.open(buffering=HEAD_BYTES, encoding="utf-8") as page:
            stamp = STAMP.search(page.read(400))
    except (OSError, UnicodeDecodeError):
        return None
    return stamp[1] if stamp else None


def digest(text: str) -> str:
    """A short hash of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def look() -> str:
    """All templates, styles, scripts and code that shape a page: when they change, pages are written again."""
    files = [*sorted(TEMPLATES.iterdir()), *sorted(Path(__file__).parent.rglob("*.py"))]
    return digest("".join(path.read_text("utf-8") for path in files if path.is_file()))


@cache
def _templates() -> jinja2.Environment:
    return environment(TEMPLATES)


def environment(*folders: Path) -> jinja2.Environment:
    """Templates of some folders, those of the first before others of the same name; they escape every value, as names
    and speech come from outside."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(inline=_inline, allow=_allow)
    templates.filters.update(clock=_clock, day=_day, percent=_percent)
    return templates


def _inline(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704  our own file, nothing from outside


def _allow(name: str) -> Markup:
    """The hash by which a page's policy lets this one style or script of ours run, and no other."""
    digits = base64.b64encode(hashlib.sha256(_inline(name).encode()).digest()).decode()
    return Markup(f"'sha256-{digits}'")  # noqa: S704  letters of base64


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _day(when: date | None) -> str:
    return f"{when.day} {when:%b %Y}" if when else ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
