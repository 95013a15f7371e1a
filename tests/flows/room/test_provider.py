"""Sign-in by OpenID Connect: whom the provider names comes in if they were invited, and nobody by a token that lies."""

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from flows.room.app import create_app
from flows.room.database.people import Person
from flows.room.entry.invitations import invite
from flows.room.entry.provider import Provider
from tests.flows.room.openid import CLIENT, SECRET, SmallProvider, serving

ANN = {"sub": "s-ann", "email": "Ann.Lee@example.org", "email_verified": True}


@pytest.fixture
def provider(unused_port: int) -> Iterator[SmallProvider]:
    """A provider that says that Ann is there."""
    with serving(unused_port) as started:
        started.claims = dict(ANN)
        yield started


@pytest.fixture
def room(house, provider) -> Iterator[TestClient]:
    """A browser of a room whose house has the provider; Ann is invited by her address."""
    named = {"openid_issuer": provider.issuer, "openid_client": CLIENT, "openid_secret": SECRET}
    with house.database.begin() as session:
        invite(session, "ann", name="Ann Lee", role="seller", account="ann.lee@example.org")
    app = create_app(replace(house, settings=house.settings.model_copy(update=named)), hosts=("testserver",))
    with TestClient(app, follow_redirects=False) as opened:
        yield opened


def sent_back(room: TestClient, wanted: str = "/") -> str:
    """Where the provider sends the browser that asks to sign in."""
    asked = room.get("/sign-in/provider", params={"next": wanted})
    assert asked.status_code == 302, asked.text
    return httpx.get(asked.headers["location"]).headers["location"]


def test_an_invited_person(room, house):
    """She comes in by her address, goes on to where she wanted to be, and from then on is known by her subject."""
    answer = room.get(sent_back(room, "/playlists"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/playlists")
    assert "Good to see you, Ann Lee" in room.get("/").text
    with house.database.read() as session:
        assert session.get(Person, "ann").subject == "s-ann"


def test_known_by_subject(room, provider, house):
    """Once bound, another account with her address does not come in, and she does with another address."""
    room.get(sent_back(room))
    room.cookies.clear()
    provider.claims["sub"] = "s-mallory"
    assert "Nobody has invited ann.lee@example.org" in room.get(sent_back(room)).text
    provider.claims = {**ANN, "email": "ann@new.example.org"}
    assert room.get(sent_back(room)).status_code == 303


def test_invited_by_subject(room, provider, house):
    """Where the provider vouches for no address, the administrator notes the subject."""
    with house.database.begin() as session:
        invite(session, "bob", name="Bob Ray", role="seller", account="s-bob")
    provider.claims = {"sub": "s-bob"}
    assert room.get(sent_back(room)).status_code == 303
    assert "Bob Ray" in room.get("/").text


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "s-x", "email": "x@example.org", "email_verified": True},
        {**ANN, "email_verified": False},
        {**ANN, "email_verified": None},
        {**ANN, "email": "ann.lee@example.org.evil.example"},
        {**ANN, "email": "<script>window.hacked=1</script>"},
    ],
)
def test_nobody_else(room, provider, claims):
    """Who was not invited, or whose address the provider does not vouch for, is told so and is not signed in."""
    provider.claims = claims
    answer = room.get(sent_back(room))
    assert answer.status_code == 401
    assert "Nobody has invited" in answer.text
    assert "<script>window" not in answer.text
    assert room.get("/").status_code == 303


def test_a_closed_way_in(room, house):
    """Whose way in was closed does not come in by the provider either."""
    with house.database.begin() as session:
        session.get(Person, "ann").disabled_at = session.get(Person, "ann").created_at
    assert room.get(sent_back(room)).status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 3600},
        {"sub": None},
    ],
)
def test_tokens_that_lie(room, provider, lie):
    """A token of another sign-in, client, provider or time, or of nobody, signs nobody in."""
    provider.claims |= lie
    answer = room.get(sent_back(room))
    assert answer.status_code == 401
    assert "sign-in service" in answer.text
    assert room.get("/").status_code == 303


def test_another_key(room, provider):
    """A token that another key signed is not valid."""
    provider.signs = RSAKey.generate_key(2048, {"kid": "ours"})
    assert "answer is not valid" in room.get(sent_back(room)).text
    assert room.get("/").status_code == 303


def test_another_browser(room):
    """What was begun in one browser does not sign another in, and comes back once only."""
    back = sent_back(room)
    elsewhere = TestClient(room.app, follow_redirects=False)
    answer = elsewhere.get(back)
    assert answer.status_code == 401
    assert "not begun in this browser" in answer.text
    assert room.get(back).status_code == 303
    assert room.get(back).status_code == 401


def test_refused_there(room, provider):
    """Who declines at the provider is told so in a sentence."""
    provider.refuses = True
    answer = room.get(sent_back(room))
    assert answer.status_code == 401
    assert "did not let you in" in answer.text


def test_a_provider_that_is_away(house, unused_port):
    """Where nothing answers, the passphrase still does; a page says so."""
    named = {"openid_issuer": f"http://127.0.0.1:{unused_port}", "openid_client": CLIENT}
    app = create_app(replace(house, settings=house.settings.model_copy(update=named)), hosts=("testserver",))
    with TestClient(app) as opened:
        assert "organisation" in opened.get("/sign-in").text
        answer = opened.get("/sign-in/provider")
    assert answer.status_code == 401
    assert "cannot be reached" in answer.text


def test_another_issuer(room, provider):
    """A provider that calls itself otherwise than it was set up is not believed."""
    provider.issuer += "/other"
    assert "not the one that was set up" in room.get("/sign-in/provider").text


def test_where_it_goes_on(room):
    """After it one stays on this site."""
    assert room.get(sent_back(room, "//evil.example")).headers["location"] == "/"


def test_without_a_provider(client):
    """A house without one offers none."""
    assert client.get("/sign-in/provider").status_code == 404
    assert "organisation" not in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ({"openid_issuer": "http://login.example.org", "openid_client": "c"}, "https"),
        ({"openid_issuer": "https://login.example.org"}, "needs openid_client"),
    ],
)
def test_settings_that_will_not_do(house, named, why):
    """An issuer without TLS, or without a client's name, is refused before the room opens."""
    with pytest.raises(ValueError, match=why):
        Provider(house.settings.model_copy(update=named))


def test_an_account_is_one_persons(room, enter):
    """The administrator is told that an account is somebody else's, and notes a free one."""
    adi = enter("adi")
    taken = adi.post("/people-of-the-room", person_id="bob", account="ANN.LEE@example.org")
    assert taken.status_code == 400
    assert "is the account of ann" in taken.text
    assert adi.post("/people-of-the-room", person_id="bob", account="bob@example.org").status_code == 200
    assert "bob@example.org" in adi.get("/people-of-the-room").text
