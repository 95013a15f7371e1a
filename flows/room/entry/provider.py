"""Sign-in by an OpenID Connect provider, for people who were invited: whom its answer names.

authlib makes and checks state, nonce, the proof key and the token's signature, issuer, audience and time.
"""

import ipaddress
import logging
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from fastapi import Request, Response
from joserfc.errors import JoseError
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.room.database.people import Person
from flows.room.entry.invitations import normal_account
from pipeline.settings import Settings

WAITS_S = 10  # for the provider
DISCOVERY = "/.well-known/openid-configuration"
log = logging.getLogger("callgrade")


class ProviderError(Exception):
    """Nobody was signed in; says why to the one who tried."""


class Provider:
    """The provider of a house, which is asked over and over."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.openid_issuer.rstrip("/")
        if not settings.openid_client:
            raise ValueError("room: openid_issuer needs openid_client, the name that the provider knows the room by")
        if not self.issuer.startswith("https://") and not _is_local(self.issuer):
            raise ValueError(f"room: openid_issuer {self.issuer} is not reached by TLS; write https://")
        registry = OAuth()
        self._app: StarletteOAuth2App = registry.register(
            "provider",
            client_id=settings.openid_client,
            client_secret=settings.openid_secret or None,
            server_metadata_url=self.issuer + DISCOVERY,
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": WAITS_S},
        )

    async def ask(self, request: Request, back: str) -> Response:
        """Send the browser to the provider, which sends it to `back`; raises ProviderError."""
        try:
            described = await self._app.load_server_metadata()
            if str(described.get("issuer", "")).rstrip("/") != self.issuer:
                raise ProviderError("The sign-in service is not the one that was set up; tell the administrator.")
            redirect: Response = await self._app.authorize_redirect(request, back)
        except (httpx2.HTTPError, ValueError, RuntimeError) as error:
            raise _unreached(error) from error
        return redirect

    async def answer(self, request: Request) -> dict[str, object]:
        """The claims with which the provider sent the browser back; raises ProviderError."""
        try:
            token = await self._app.authorize_access_token(request)
        except MismatchingStateError as error:
            raise ProviderError("This sign-in was not begun in this browser, or long ago; begin again.") from error
        except OAuthError as error:
            log.warning("the sign-in service refused: %s", error.error)
            raise ProviderError("The sign-in service did not let you in.") from error
        except (AuthlibBaseError, JoseError) as error:
            log.warning("the sign-in service gave a token that is not valid: %s", type(error).__name__)
            raise ProviderError("The sign-in service's answer is not valid; begin again.") from error
        except (httpx2.HTTPError, ValueError, RuntimeError) as error:
            raise _unreached(error) from error
        claims: dict[str, object] = dict(token.get("userinfo") or {})
        if not claims.get("sub"):
            raise ProviderError("The sign-in service did not say who you are; tell the administrator.")
        return claims


def person_of(session: Session, claims: dict[str, object]) -> Person:
    """The invited person whom a provider's claims name: by the subject that came before, else by the subject or the
    mail address that the administrator noted, which the provider must vouch for. Raises ProviderError."""
    subject, mail = str(claims["sub"]), normal_account(str(claims.get("email") or ""))
    person = session.scalars(select(Person).where(Person.subject == subject)).first()
    if person is None:
        named = [subject, *([mail] if mail and claims.get("email_verified") is True else [])]
        wanted = select(Person).where(Person.account.in_(named), Person.subject.is_(None))
        person = session.scalars(wanted).first()
    if person is None or person.disabled_at is not None:
        who = mail if mail.isprintable() and mail else "this account"
        raise ProviderError(f"Nobody has invited {who[:100]}; ask the administrator of this room.")
    person.subject = subject
    return person


def _unreached(error: Exception) -> ProviderError:
    log.warning("the sign-in service cannot be reached: %s", type(error).__name__)
    return ProviderError("The sign-in service cannot be reached; try again, or sign in with your passphrase.")


def _is_local(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
