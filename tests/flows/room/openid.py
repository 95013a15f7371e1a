"""A small OpenID Connect provider on this machine, which signs with a key of its own and can be told to lie."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "callgrade-room", "shared with the provider"


@dataclass
class SmallProvider:
    """What it says of whoever comes: `claims` go on top of right ones, `signs` is the key it signs with."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "ours"}))
    claims: dict[str, Any] = field(default_factory=dict)
    signs: RSAKey | None = None
    refuses: bool = False
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def describe(self) -> dict[str, object]:
        """Where everything is."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorize(self, request: Request) -> RedirectResponse:
        """Let somebody in without asking, and send the browser back."""
        wanted = dict(request.query_params)
        back = {"state": wanted["state"]}
        if self.refuses:
            return RedirectResponse(f"{wanted['redirect_uri']}?{urlencode({**back, 'error': 'access_denied'})}")
        code = f"code-{len(self.asked)}"
        self.asked[code] = wanted
        return RedirectResponse(f"{wanted['redirect_uri']}?{urlencode({**back, 'code': code})}")

    async def token(self, request: Request) -> dict[str, object]:
        """Give the token of a code, once, to the client that asked for it and holds the proof key."""
        form = await request.form()
        wanted = self.asked.pop(str(form.get("code")), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if wanted is None or request.headers.get("authorization") != f"Basic {basic}":
            raise HTTPException(401)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != wanted["code_challenge"]:
            raise HTTPException(400)
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "s-1",
            "iat": now,
            "exp": now + 300,
            "nonce": wanted["nonce"],
        }
        says = {name: value for name, value in (right | self.claims).items() if value is not None}
        signed = jwt.encode({"alg": "RS256", "kid": "ours"}, says, self.signs or self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}


@contextmanager
def serving(port: int) -> Iterator[SmallProvider]:
    """The provider, for as long as the block runs."""
    provider = SmallProvider(f"http://127.0.0.1:{port}")
    app = FastAPI()
    app.get("/.well-known/openid-configuration")(provider.describe)
    app.get("/keys")(lambda: {"keys": [provider.key.as_dict(private=False)]})
    app.get("/authorize", response_model=None)(provider.authorize)
    app.post("/token")(provider.token)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
