"""Browsers of the people in tests of the room: they keep a cookie and fill in forms as a page has them."""

import re
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

PASSPHRASE = "a long passphrase of four words"  # noqa: S105  of nobody
PEOPLE = {  # role and name
    "rae": ("rater", "Rae Tan"),
    "rob": ("rater", "Rob Kay"),
    "ann": ("seller", "Ann Lee"),
    "bob": ("seller", "Bob Ray"),
    "cy": ("seller", "Cy Poe"),
    "mia": ("manager", "Mia Fox"),
    "max": ("manager", "Max Orr"),
    "dan": ("second_line", "Dan Roe"),
    "eve": ("enablement", "Eve Low"),
    "adi": ("admin", "Adi Bot"),
}
TOKEN = re.compile(r'name="form_token" value="([^"]*)"')


@dataclass
class Browser:
    """One person's browser."""

    client: TestClient
    person_id: str
    token: str = ""

    def get(self, path: str, **options: Any) -> Response:
        """Open a page."""
        return self.client.get(path, **options)

    def post(self, path: str, **fields: Any) -> Response:
        """Send a form with the token that this person's pages hold."""
        if not self.token:
            found = TOKEN.search(self.client.get("/").text)
            assert found, f"{self.person_id} is not signed in"
            self.token = found[1]
        return self.client.post(path, data={"form_token": self.token, **fields})
