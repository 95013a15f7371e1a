"""What counts: stakeholders agree on the weight of each element and sign; when all have signed it is put to use."""

from typing import Annotated

import yaml
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction

from flows.room.database.columns import now
from flows.room.database.scoring import STAKEHOLDERS, Signature, WeightVersion
from flows.room.entry import audit
from flows.room.guards import NOT_HERE, Fields, Home, Posted, Who, only
from flows.room.house import House
from flows.room.render import page
from pipeline.location import is_remote, write_whole
from pipeline.metrics.cadence import OWN, load_plan

router = APIRouter(dependencies=[Depends(only("manager", "second_line", "enablement", "admin"))])
Text = Annotated[str, Form()]
SIGNS_AS = {"enablement": "enablement", "admin": "operations", "second_line": "leadership", "manager": "managers"}
MOST = 10.0


@router.get("/weights")
def show(request: Request, house: Home, visitor: Who) -> Response:
    """All versions, who signed which, and the form of a new one."""
    with house.database.read() as session:
        versions = list(session.scalars(select(WeightVersion).order_by(WeightVersion.number.desc())))
        signed: dict[str, list[Signature]] = {}
        for one in session.scalars(select(Signature)):
            signed.setdefault(one.version_id, []).append(one)
    listed = house.elements().select("element", "title").unique("element", keep="first").sort("title")
    return page(
        request,
        "weights.html.jinja",
        title="What counts",
        versions=versions,
        signed=signed,
        stakeholders=STAKEHOLDERS,
        seat=SIGNS_AS[visitor.role],
        elements=listed.to_dicts(),
        now_in_use=load_plan(house.store.place).weights,
    )


@router.post("/weights", dependencies=[Posted])
def propose(house: Home, visitor: Who, form: Fields) -> Response:
    """Propose a version; 0 says that an element does not count."""
    if visitor.role != "enablement":
        raise HTTPException(404, NOT_HERE)
    known = set(house.elements()["element"])
    try:
        weights = {name: float(form.get(f"weight {name}", "1")) for name in sorted(known)}
    except ValueError as error:
        raise HTTPException(422, "A weight is a number from 0 to 10.") from error
    if not all(0 <= weight <= MOST for weight in weights.values()):
        raise HTTPException(422, "A weight is a number from 0 to 10.")
    with house.database.begin() as session:
        number = (session.scalar(select(func.max(WeightVersion.number))) or 0) + 1
        changed = {name: weight for name, weight in weights.items() if weight != 1}
        session.add(
            WeightVersion(number=number, weights=changed, why=form.get("why", "")[:1000], proposed_by=visitor.person_id)
        )
        audit.note(session, visitor.person_id, "proposed weights", f"version {number}")
    return RedirectResponse("/weights?said=saved", 303)


@router.post("/weights/sign", dependencies=[Posted])
def sign(house: Home, visitor: Who, version_id: Text) -> Response:
    """Sign the newest version for one's side; with the last signature its weights are put to use."""
    with house.database.begin() as session:
        version = session.get(WeightVersion, version_id)
        newest = session.scalar(select(func.max(WeightVersion.number)))
        if version is None or version.number != newest:
            raise HTTPException(404, NOT_HERE)
        key = (version_id, SIGNS_AS[visitor.role])
        if session.get(Signature, key) is None:
            session.add(Signature(version_id=key[0], stakeholder=key[1], person_id=visitor.person_id, signed_at=now()))
            audit.note(session, visitor.person_id, "signed weights", f"version {version.number} for {key[1]}")
        session.flush()
        if version.in_use_since is None and _signed_by(session, version_id) == set(STAKEHOLDERS):
            _put_to_use(house, version.weights)
            version.in_use_since = now()
    return RedirectResponse("/weights?said=signed", 303)


def _signed_by(session: Transaction, version_id: str) -> set[str]:
    return set(session.scalars(select(Signature.stakeholder).where(Signature.version_id == version_id)))


def _put_to_use(house: House, weights: dict[str, float]) -> None:
    """Write the weights into the workspace's plan, all else in it left as it is."""
    path = house.store.place / OWN
    if is_remote(house.store.place):
        raise HTTPException(422, "The plan of a workspace in object storage is changed there.")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    new = yaml.safe_dump({"weights": weights}, default_flow_style=None)
    node = yaml.compose(text, Loader=yaml.SafeLoader) if text.strip() else None
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "weights":
            text = text[: key.start_mark.index] + new.rstrip("\n") + text[value.end_mark.index :]
            break
    else:
        text = f"{text.rstrip()}\n{new}".lstrip()
    write_whole(path, text.encode())
