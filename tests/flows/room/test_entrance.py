"""Coming in: by an invitation that works once, with a passphrase, and never from another site."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from flows.room.database.columns import now
from flows.room.database.people import Invitation, Person, SignIn
from flows.room.entry.invitations import invite
from tests.flows.room.browsers import PASSPHRASE, TOKEN


@pytest.fixture
def room_database(each_database: str) -> str:
    """All of this holds on each kind of database."""
    return each_database


TWICE = {"passphrase": PASSPHRASE, "again": PASSPHRASE}


def a_link(house, person_id="ann", role="seller"):
    with house.database.begin() as session:
        return f"/invitation/{invite(session, person_id, name=person_id, role=role)}"


def test_nobody_sees_anything(client):
    """Without signing in every page leads to the entrance."""
    answer = client.get("/index.html")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Findex.html")


def test_an_invitation_works_once(client, house):
    """It sets the passphrase and signs in; a second time it is worthless."""
    link = a_link(house)
    assert client.get(link).status_code == 200
    assert client.post(link, data=TWICE).status_code == 303
    assert client.get("/").status_code == 200
    assert client.get(link).status_code == 410
    assert client.post(link, data=TWICE).status_code == 410


def test_an_expired_invitation(client, house):
    """After its week it is worthless."""
    link = a_link(house)
    with house.database.begin() as session:
        session.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    assert client.get(link).status_code == 410
    assert client.post(link, data=TWICE).status_code == 410


def test_a_wrong_or_older_invitation(client, house):
    """A guessed link is worthless, and so is one that a newer took the place of."""
    older, newer = a_link(house), a_link(house)
    for link in ("/invitation/guessed", older):
        assert client.get(link).status_code == 410
    assert client.get(newer).status_code == 200


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"passphrase": "short", "again": "short"}, "at least 12 letters"),
        ({"passphrase": "aaaaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaaaa"}, "different letters"),
        ({"passphrase": PASSPHRASE, "again": PASSPHRASE + "x"}, "differ"),
    ],
)
def test_weak_passphrases(client, house, fields, why):
    """A weak or mistyped passphrase is refused with the reason, and the link still works."""
    link = a_link(house)
    answer = client.post(link, data=fields)
    assert answer.status_code == 400
    assert why in answer.text
    assert client.post(link, data=TWICE).status_code == 303


def test_passphrases_and_tokens_are_not_kept(client, house):
    """The database holds a hash of argon2, and hashes of tokens."""
    link = a_link(house)
    client.post(link, data=TWICE)
    with house.database.read() as session:
        assert session.get(Person, "ann").passphrase_hash.startswith("$argon2id$")
        assert session.scalars(select(Invitation)).one().token_hash not in link
        assert session.scalars(select(SignIn)).one().token_hash not in client.cookies["callgrade"]


def test_sign_in_and_out(client, enter):
    """The passphrase lets in; after signing out the cookie is worthless."""
    ann = enter("ann")
    cookie = ann.client.cookies["callgrade"]
    assert ann.post("/sign-out").status_code == 303
    client.cookies.set("callgrade", cookie)
    assert client.get("/").status_code == 303
    client.cookies.clear()
    assert client.post("/sign-in", data={"name": "ann", "passphrase": PASSPHRASE}).status_code == 303
    assert client.get("/").status_code == 200


def test_the_cookie(client, house):
    """It is not for scripts, does not come from other sites, and one that was changed is worthless."""
    answer = client.post(a_link(house), data=TWICE)
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    cookie = client.cookies["callgrade"]
    changed = ("y" if cookie[0] == "x" else "x") + cookie[1:]
    client.cookies.clear()
    client.cookies.set("callgrade", changed)
    assert client.get("/").status_code == 303


def test_throttling(client, enter):
    """After five wrong passphrases the right one does not help for a while, nor does another name's failing matter."""
    enter("ann"), enter("bob")
    for _ in range(5):
        assert client.post("/sign-in", data={"name": "ann", "passphrase": "wrong"}).status_code == 401
    assert client.post("/sign-in", data={"name": "ann", "passphrase": PASSPHRASE}).status_code == 429
    assert client.post("/sign-in", data={"name": "bob", "passphrase": PASSPHRASE}).status_code == 303


def test_other_sites(client, enter, house):
    """A form without the token of this browser, or from another site, is refused."""
    adi = enter("adi")
    fields = {"person_id": "mallory", "role": "admin"}
    assert adi.client.post("/people-of-the-room", data=fields).status_code == 403
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = client.post("/sign-in", data={"name": "ann", "passphrase": "x"}, headers=headers)
        assert answer.status_code == 403
    with house.database.read() as session:
        assert session.get(Person, "mallory") is None


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_other_sites_with_the_token(enter, house, headers):
    """Even with the token of this browser a form that another site sent does nothing."""
    adi = enter("adi")
    token = TOKEN.search(adi.get("/").text)[1]
    fields = {"person_id": "mallory", "role": "admin", "form_token": token}
    assert adi.client.post("/people-of-the-room", data=fields, headers=headers).status_code == 403
    with house.database.read() as session:
        assert session.get(Person, "mallory") is None


def test_uploads(enter, house):
    """A file where a form has a text is refused, and none is kept."""
    adi = enter("adi")
    token = TOKEN.search(adi.get("/").text)[1]
    before = {path for path in house.store.place.rglob("*") if path.suffix == ".html"}
    sent = {"person_id": ("evil.html", b"<script>window.hacked=1</script>", "text/html")}
    answer = adi.client.post("/people-of-the-room", data={"form_token": token}, files=sent)
    assert answer.status_code == 422
    assert "<script>window" not in answer.text
    assert {path for path in house.store.place.rglob("*") if path.suffix == ".html"} == before


def test_names_of_the_call_list(enter):
    """Who stands in the call list is invited by the id alone, and has the name of the call list."""
    adi = enter("adi")
    assert "<b>Ann Lee</b>" in adi.post("/people-of-the-room", person_id="ann").text
    adi.post("/people-of-the-room", person_id="bob", name="Robert Ray")
    adi.post("/people-of-the-room", person_id="bob")
    assert "<b>Robert Ray</b>" in adi.get("/people-of-the-room").text


def test_names_are_no_scripts(enter):
    """What people call themselves stands on pages as text."""
    adi = enter("adi")
    adi.post("/people-of-the-room", person_id="zed", name="<script>window.hacked=1</script>")
    text = adi.get("/people-of-the-room").text
    assert "&lt;script&gt;window.hacked" in text
    assert "<script>window" not in text


def test_other_hosts(client):
    """A name of this machine that nobody declared is not answered to, so that no foreign name can be bound to it."""
    assert client.get("/sign-in", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a=b"]
)
def test_where_it_goes_on(client, enter, wanted):
    """After signing in one stays on this site, and no header can be slipped in."""
    enter("ann")
    answer = client.post("/sign-in", data={"name": "ann", "passphrase": PASSPHRASE, "next": wanted})
    assert answer.headers["location"] == "/"
    assert "a=b" not in str(answer.headers)


def test_what_a_browser_is_told(client):
    """Every answer forbids foreign scripts, frames and guesses of its kind."""
    for path in ("/sign-in", "/look/page.css", "/no/such/page"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"


def test_long_forms(client):
    """A form of more than a megabyte, and one that does not say how long it is, are refused."""
    assert client.post("/sign-in", data={"name": "a" * 1_100_000}).status_code == 413
    assert client.post("/sign-in", content=iter([b"name=a"])).status_code == 413


@pytest.mark.parametrize("path", ["/look/../app.py", "/look/%2e%2e%2fapp.py", "/look/..%5capp.py", "/look/room.sqlite"])
def test_traversal(client, path):
    """No file but the look of the pages is served."""
    assert client.get(path).status_code == 404


def test_closing(enter, house):
    """Whose way in is closed is signed out at once and cannot come back."""
    ann, adi = enter("ann"), enter("adi")
    assert ann.get("/").status_code == 200
    assert adi.post("/people-of-the-room/close", person_id="ann").status_code == 303
    assert ann.get("/").status_code == 303
    answer = ann.client.post("/sign-in", data={"name": "ann", "passphrase": PASSPHRASE})
    assert answer.status_code == 401
