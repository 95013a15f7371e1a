"""Coming in and leaving: invitations, the passphrase, signing out; and the files of the pages' look."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse

from flows.room.entry import audit, sign_in
from flows.room.entry.invitations import accept, invited
from flows.room.entry.provider import Provider, ProviderError, person_of
from flows.room.entry.secrets import refusal
from flows.room.guards import NOT_HERE, Home, Posted, Who, local_path, ours
from flows.room.house import House
from flows.room.render import ICONS, SCRIPTS, STYLES, page

router = APIRouter()
Text = Annotated[str, Form()]
TOO_OFTEN = "Too many attempts failed; wait a quarter of an hour."
USED_UP = "This link is wrong, was used already or has expired. Ask for a new one."


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002  the word that links have
    """The page that asks for name and passphrase."""
    return page(request, "sign_in.html.jinja", next=local_path(next), why="", name="")


@router.post("/sign-in", dependencies=[Depends(ours)])
def come_in(request: Request, house: Home, name: Text = "", passphrase: Text = "", next: Text = "/") -> Response:  # noqa: A002
    """Sign this browser in, unless too many attempts failed."""
    address = request.client.host if request.client else ""
    with house.database.begin() as session:
        free = sign_in.may_try(session, name, address)
    person = None
    if free:
        with house.database.read() as session:
            person = sign_in.checked(session, name, passphrase)
    if person is None:
        with house.database.begin() as session:
            if free:
                sign_in.note_failure(session, name, address)
                audit.note(session, name[:100], "sign-in failed")
        why = "Name or passphrase is wrong." if free else TOO_OFTEN
        values = {"next": local_path(next), "why": why, "name": name}
        return page(request, "sign_in.html.jinja", values, status=401 if free else 429)
    with house.database.begin() as session:
        cookie = sign_in.enter(session, person)
        audit.note(session, person.person_id, "signed in")
    return _with_cookie(RedirectResponse(local_path(next), 303), house, cookie)


@router.get("/sign-in/provider")
async def ask_provider(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Go to the house's OpenID Connect provider."""
    provider = _provider(request)
    request.session["next"] = local_path(next)
    try:
        return await provider.ask(request, str(request.url_for("come_back")))
    except ProviderError as error:
        return _refused(request, str(error))


@router.get("/sign-in/back")
async def come_back(request: Request, house: Home) -> Response:
    """Sign in whom the provider names, if they were invited."""
    provider = _provider(request)
    wanted = local_path(request.session.pop("next", "/"))
    try:
        claims = await provider.answer(request)
        cookie = await run_in_threadpool(_enter_by, house, claims)
    except ProviderError as error:
        return _refused(request, str(error))
    return _with_cookie(RedirectResponse(wanted, 303), house, cookie)


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise HTTPException(404, NOT_HERE)
    return provider


def _enter_by(house: House, claims: dict[str, object]) -> str:
    with house.database.begin() as session:
        person = person_of(session, claims)
        audit.note(session, person.person_id, "signed in", "by the provider")
        return sign_in.enter(session, person)


def _refused(request: Request, why: str) -> Response:
    return page(request, "sign_in.html.jinja", {"next": "/", "why": why, "name": ""}, status=401)


@router.post("/sign-out", dependencies=[Posted])
def go(request: Request, house: Home, visitor: Who) -> Response:
    """Sign this browser out."""
    with house.database.begin() as session:
        sign_in.leave(session, request.cookies.get(sign_in.COOKIE, ""), house.signer)
        audit.note(session, visitor.person_id, "signed out")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(sign_in.COOKIE)
    return answer


@router.get("/invitation/{token}")
def welcome(request: Request, token: str, house: Home) -> Response:
    """The page of an invitation, on which its person sets a passphrase."""
    with house.database.read() as session:
        person = invited(session, token)
    if person is None:
        return page(request, "error.html.jinja", status=410, why=USED_UP)
    return page(request, "welcome.html.jinja", person=person, token=token, why="")


@router.post("/invitation/{token}", dependencies=[Depends(ours)])
def set_passphrase(request: Request, token: str, house: Home, passphrase: Text = "", again: Text = "") -> Response:
    """Set the passphrase and sign in; the link is used up."""
    why = refusal(passphrase) or (None if passphrase == again else "The two passphrases differ.")
    if why is not None:
        with house.database.read() as session:
            person = invited(session, token)
        if person is not None:
            return page(request, "welcome.html.jinja", status=400, person=person, token=token, why=why)
    with house.database.begin() as session:
        person = accept(session, token, passphrase) if why is None else None
        if person is None:
            return page(request, "error.html.jinja", status=410, why=USED_UP)
        cookie = sign_in.enter(session, person)
        audit.note(session, person.person_id, "accepted invitation")
    return _with_cookie(RedirectResponse("/", 303), house, cookie)


@router.get("/look/{name}")
def look(name: str) -> Response:
    """A style or script of the pages."""
    known = STYLES | SCRIPTS | ICONS
    if name not in known:
        raise HTTPException(404, NOT_HERE)
    kind = "text/css" if name in STYLES else "text/javascript" if name in SCRIPTS else "image/svg+xml"
    return FileResponse(known[name], media_type=kind, headers={"Cache-Control": "no-cache"})


def _with_cookie(answer: Response, house: House, token: str) -> Response:
    """The answer with a signed cookie that scripts cannot read and other sites cannot have sent."""
    answer.set_cookie(
        sign_in.COOKIE,
        house.signer.sign(token).decode(),
        max_age=int(sign_in.STAYS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=house.is_secure,
    )
    return answer
