"""The application: its routes, what every answer carries, and errors as pages."""

import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException as PlainError
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from flows.room.entry.provider import Provider
from flows.room.entry.secrets import ON_THE_WAY, key_of
from flows.room.finding.index import make_index
from flows.room.guards import NOT_HERE, SignedOutError
from flows.room.house import House
from flows.room.keep_scores import Keeper
from flows.room.render import page
from flows.room.routes import ROUTERS
from flows.room.shown import ratings_of
from pipeline.errors import brief
from pipeline.location import is_remote

MOST_BYTES = 1_000_000  # of a form
SIGNS_IN_WITHIN_S = 600  # at the provider
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
log = logging.getLogger("callgrade")
Next = Callable[[Request], Awaitable[Response]]


def create_app(house: House, *, hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")) -> FastAPI:
    """The room of a house; it answers requests to `hosts` only."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_storing)
    app.state.house = house
    app.state.provider = Provider(house.settings) if house.settings.openid_issuer else None
    for router in ROUTERS:
        app.include_router(router)
    app.middleware("http")(_guarded)
    if app.state.provider is not None:  # what is to come back from it waits in a cookie
        app.add_middleware(
            SessionMiddleware,
            secret_key=key_of(house.database, ON_THE_WAY),
            session_cookie="callgrade-on-the-way",
            max_age=SIGNS_IN_WITHIN_S,
            path="/sign-in",
            https_only=house.is_secure,
        )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_exception_handler(SignedOutError, _to_sign_in)
    app.add_exception_handler(RequestValidationError, _told)
    app.add_exception_handler(PlainError, _told)
    app.add_exception_handler(OperationalError, _away)
    return app


@asynccontextmanager
async def _storing(app: FastAPI) -> AsyncIterator[None]:
    """Store what people score for as long as the room is open; what was left by the last time comes first."""
    app.state.keeper = Keeper(app.state.house)
    threading.Thread(target=_prepare, args=(app.state.house,), daemon=True).start()
    with app.state.keeper.running():
        yield


def _prepare(house: House) -> None:
    """Make what the first visitor would wait for."""
    ratings_of(house)
    if not is_remote(house.store.place):
        make_index(house)


async def _guarded(request: Request, answer: Next) -> Response:
    """Refuse forms that are too long and what no database keeps, and let every answer say what a browser may do."""
    length = request.headers.get("content-length", "0" if request.method in ("GET", "HEAD") else "")
    if not length.isdigit() or int(length) > MOST_BYTES:
        response: Response = page(request, "error.html.jinja", status=413, why="This is longer than any form here.")
    elif "\0" in request.url.path or b"%00" in request.scope["query_string"] or await _has_nul(request):
        response = page(request, "error.html.jinja", status=422, why="There is a sign in this that no text has.")
    else:
        response = await answer(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app.state.house.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


async def _has_nul(request: Request) -> bool:
    """Whether a form holds the sign of number 0, which PostgreSQL refuses."""
    body = await request.body()
    return b"%00" in body or b"\0" in body


async def _to_sign_in(request: Request, _error: Exception) -> Response:
    """Ask for the passphrase, and go on to where the reader wanted to be."""
    if request.method != "GET":
        return page(request, "error.html.jinja", status=401, why="You are signed out; sign in and try again.")
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)


async def _away(request: Request, error: Exception) -> Response:
    """The database does not answer: say so, so that the browser tries again."""
    log.warning("the room's database does not answer: %s", brief(str(error)))
    why = "The room's database does not answer just now. Try again in a moment; scores are sent again by themselves."
    return page(request, "error.html.jinja", status=503, why=why)


async def _told(request: Request, error: Exception) -> Response:
    """Say in a sentence why there is no such page."""
    if not isinstance(error, PlainError):
        return page(request, "error.html.jinja", status=422, why="Something in this form is missing or cannot be so.")
    why = str(error.detail) if isinstance(error, HTTPException) else NOT_HERE  # the router's own is Starlette's
    return page(request, "error.html.jinja", status=error.status_code, why=why)
