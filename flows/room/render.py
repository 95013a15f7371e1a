"""Rendering: the room's pages and those of the report, in one look, from templates that escape every value."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from flows.room.entry.sign_in import Visitor
from pipeline.pages import html

OWN = Path(__file__).with_name("templates")
STYLES = {"page.css": html.TEMPLATES / "page.css", "room.css": OWN / "room.css"}
ICONS = {"icon.svg": OWN / "icon.svg"}
SCRIPTS = {"page.js": html.TEMPLATES / "page.js", "room.js": OWN / "room.js", "score.js": OWN / "score.js"}


@cache
def _templates() -> jinja2.Environment:
    """The room's templates come before those of the report, which so stand in the room's frame."""
    return html.environment(OWN, html.TEMPLATES)


def page(
    request: Request, template: str, shown: Mapping[str, Any] | None = None, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """A page of the room for whoever is signed in, of what it is to show."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    path = request.url.path
    shared = {
        "visitor": visitor,
        "has_provider": request.app.state.provider is not None,
        "root": "/",
        "stamp": "",
        "here": path,
        "said": request.query_params.get("said", ""),
    }
    return HTMLResponse(
        _templates().get_template(template).render(shared | dict(shown or {}) | values), status_code=status
    )
