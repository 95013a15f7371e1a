"""Guards: who is asking, what they may see, and that a form comes from a page of ours.

What a person may not see is answered like what does not exist, so that ids cannot be tried.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, cast
from urllib.parse import urlsplit

import polars as pl
from fastapi import Depends, Form, Header, HTTPException, Request

from flows.room.entry import audit
from flows.room.entry.reach import Reach, reach_of
from flows.room.entry.sign_in import COOKIE, Visitor, visitor_of
from flows.room.house import House

NOT_HERE = "There is no such page, or it is not yours to see."


class SignedOutError(Exception):
    """Nobody is signed in in this browser."""


async def house_of(request: Request) -> House:
    """The house that the request came to."""
    return cast(House, request.app.state.house)


Home = Annotated[House, Depends(house_of)]


def signed_in(request: Request, house: Home) -> Visitor:
    """Who is asking; raises SignedOutError."""
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        raise SignedOutError
    with house.database.read() as session:
        visitor = visitor_of(session, cookie, house.signer)
    if visitor is None:
        raise SignedOutError
    request.state.visitor = visitor
    return visitor


Who = Annotated[Visitor, Depends(signed_in)]


def reach(visitor: Who, house: Home) -> Reach:
    """What the one who asks may see."""
    with house.database.read() as session:
        return reach_of(visitor, house.table("calls"), session)


Seen = Annotated[Reach, Depends(reach)]


def only(*roles: str) -> Callable[[Visitor], Awaitable[Visitor]]:
    """A guard that lets some roles pass."""

    async def check(visitor: Who) -> Visitor:
        if visitor.role not in roles:
            raise HTTPException(404, NOT_HERE)
        return visitor

    return check


async def ours(request: Request) -> None:
    """Refuse what another site made the browser send."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site not in (None, "same-origin", "none"):
        raise HTTPException(403, "This was sent from another site.")


async def form_of_ours(
    request: Request,
    visitor: Who,
    form_token: Annotated[str, Form()] = "",
    x_form_token: Annotated[str, Header()] = "",
) -> None:
    """Refuse a form that was not made for this browser."""
    await ours(request)
    if not hmac.compare_digest((form_token or x_form_token).encode(), visitor.form_token.encode()):
        raise HTTPException(403, "This form has lost its validity; load the page again.")


Posted = Depends(form_of_ours)


async def fields_of(request: Request) -> dict[str, str]:
    """All texts of a form, for one whose fields depend on what is asked."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(fields_of)]


def call_in_reach(call_id: str, seen: Reach, house: House) -> dict[str, object]:
    """The row of a scored call that may be seen; anything else does not exist."""
    rows = house.table("calls").filter(call_id=call_id, status="ok") if call_id in seen.call_ids else pl.DataFrame()
    if rows.is_empty():
        raise HTTPException(404, NOT_HERE)
    return rows.row(0, named=True)


def noted(house: House, visitor: Visitor, action: str, what: str = "") -> None:
    """Note in the audit log what somebody saw."""
    with house.database.begin() as session:
        audit.note(session, visitor.person_id, action, what)


def local_path(wanted: str) -> str:
    """A path of this site to go on to; the first page where it is anything else."""
    good = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if good else "/"
