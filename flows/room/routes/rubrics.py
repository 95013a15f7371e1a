"""Rubrics: everybody reads the anchors side by side; the enablement lead rewords them and publishes a new version."""

from pathlib import Path
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import select, update

from flows.room.calibration.rewriting import Change, preview, problems_of, publish
from flows.room.database.scoring import Rewording
from flows.room.entry import audit
from flows.room.entry.sign_in import Visitor
from flows.room.guards import NOT_HERE, Home, Posted, Seen, Who, only
from flows.room.house import House
from flows.room.render import page
from flows.room.shown import linked
from models.ratings.rubrics import RubricError
from pipeline.tables.values import LEVELS

router = APIRouter()
Text = Annotated[str, Form()]
Lead = Annotated[Visitor, Depends(only("enablement"))]


def change_of(
    element: Text, red: Text = "", orange: Text = "", yellow: Text = "", green: Text = "", means: Text = ""
) -> Change:
    """The change that a form asks for."""
    if means not in ("same", "other"):
        raise HTTPException(422, "Say whether the new wording means the same.")
    return Change(element, dict(zip(LEVELS, (red, orange, yellow, green), strict=True)), means == "same")


Asked = Annotated[Change, Depends(change_of)]


@router.get("/rubrics")
def show_all(request: Request, house: Home, _: Who) -> Response:
    """All rubrics."""
    listed = house.elements().group_by("rubric", "rubric_title", "rubric_version").len("n").sort("rubric_title")
    return page(request, "rubrics.html.jinja", title="Rubrics", rubrics=listed.to_dicts())


@router.get("/rubrics/{rubric}")
def show(request: Request, rubric: str, house: Home, visitor: Who) -> Response:
    """The anchors of a rubric side by side."""
    return _show(request, house, visitor, rubric)


@router.post("/rubrics/{rubric}/check", dependencies=[Posted])
def check(rubric: str, house: Home, _: Lead, change: Asked) -> Response:
    """What would be wrong after a change."""
    _known(house, rubric)
    return JSONResponse({"problems": problems_of(Path(house.settings.rubrics), rubric, change)})


@router.post("/rubrics/{rubric}/preview", dependencies=[Posted])
def look(request: Request, rubric: str, house: Home, visitor: Lead, seen: Seen, change: Asked) -> Response:
    """What a change would do to ten calls."""
    _known(house, rubric)
    folder = Path(house.settings.rubrics)
    problems = problems_of(folder, rubric, change)
    rows = [] if problems else preview(house, rubric, change, linked(house, seen))
    return _show(request, house, visitor, rubric, change=change, problems=problems, rows=rows, previewed=True)


@router.post("/rubrics/{rubric}/publish", dependencies=[Posted])
def bring_out(request: Request, rubric: str, house: Home, visitor: Lead, change: Asked) -> Response:
    """Publish a change as a new version; wordings that meetings proposed for it are done with."""
    _known(house, rubric)
    try:
        version = publish(Path(house.settings.rubrics), rubric, change)
    except (RubricError, ValueError) as error:
        return _show(request, house, visitor, rubric, change=change, problems=str(error).splitlines())
    with house.database.begin() as session:
        proposed = (Rewording.rubric == rubric, Rewording.element == change.element)
        session.execute(update(Rewording).where(*proposed).values(published_version=version))
        audit.note(session, visitor.person_id, "published rubric", f"{rubric} version {version}: {change.element}")
    return RedirectResponse(f"/rubrics/{rubric}?said=published#{change.element}", 303)


def _known(house: House, rubric: str) -> pl.DataFrame:
    rows = house.elements().filter(pl.col("rubric") == rubric).sort("position")
    if rows.is_empty():
        raise HTTPException(404, NOT_HERE)
    return rows


def _show(
    request: Request,
    house: House,
    visitor: Visitor,
    rubric: str,
    **tried: object,
) -> Response:
    rows = _known(house, rubric)
    wanted = select(Rewording).where(Rewording.rubric == rubric, Rewording.published_version.is_(None))
    may_edit = visitor.role == "enablement"
    with house.database.read() as session:
        proposed = list(session.scalars(wanted)) if may_edit else []
    shown = {"change": None, "problems": [], "rows": [], "previewed": False} | tried
    about = {"elements": rows.to_dicts(), "proposed": proposed, "may_edit": may_edit, "rubric": rubric}
    return page(request, "rubric.html.jinja", shown | about | {"title": rows["rubric_title"][0]})
