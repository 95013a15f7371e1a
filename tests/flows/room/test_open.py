"""The door: on this machine without more, beyond it only with TLS or a proxy; and the first link."""

import re
import socket

import pytest

from flows.room.database.people import Person
from flows.room.entry.invitations import accept
from flows.room.house import House
from flows.room.open import Door, first_link, invitation, probe
from tests.flows.room.browsers import PASSPHRASE


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_on_this_machine(host: str) -> None:
    """Loopback needs nothing."""
    door = Door(host=host)
    assert (door.is_local, door.is_secure) == (True, False)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"host": "0.0.0.0"}, "would travel openly"),  # noqa: S104
        ({"host": "room.example.org", "name": "room.example.org"}, "would travel openly"),
        ({"host": "192.168.0.2", "proxy": "127.0.0.1"}, "give --name"),
        ({"proxy": "127.0.0.1"}, "give --name"),
        ({"tls_certificate": "made"}, "go together"),
        ({"tls_certificate": "made", "tls_key": "lost"}, "is not there"),
    ],
)
def test_beyond_it(given: dict[str, str], why: str, tmp_path) -> None:
    """Without TLS or a declared proxy it does not open, and says what is lacking."""
    (tmp_path / "made").touch()
    paths = {name: tmp_path / value for name, value in given.items() if name.startswith("tls")}
    with pytest.raises(ValueError, match=why):
        Door(**given | paths)


def test_the_address(tmp_path) -> None:
    """Links have the name under which browsers reach it, and its port where no proxy stands before it."""
    both = {"tls_certificate": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem"}
    for path in both.values():
        path.touch()
    assert Door().url == "http://127.0.0.1:8350"
    assert Door(host="0.0.0.0", name="room.example.org", **both).url == "https://room.example.org:8350"  # noqa: S104
    assert Door(name="room.example.org", proxy="127.0.0.1").url == "https://room.example.org"


def test_the_first_link(house: House) -> None:
    """The administrator's link is given until somebody has set a passphrase; then no more."""
    link = first_link(house.settings, Door())
    token = re.fullmatch(r"http://127\.0\.0\.1:8350/invitation/([\w-]+)", link)[1]
    with house.database.begin() as session:
        assert accept(session, token, PASSPHRASE).role == "admin"
    assert first_link(house.settings, Door()) is None


def test_a_new_link_keeps_the_role(house: House) -> None:
    """A link for a manager who lost theirs does not make a seller of them; somebody new is a seller."""
    for who, role in (("mia", "manager"), ("mia", None), ("ann", None)):
        assert "/invitation/" in invitation(house.settings, Door(), who, name="", role=role)
    with house.database.read() as session:
        assert [session.get(Person, who).role for who in ("mia", "ann")] == ["manager", "seller"]


def test_a_port_that_is_taken(unused_port: int) -> None:
    """Where another room is open, that is said before any link is shown."""
    door = Door(port=unused_port)
    probe(door)
    with socket.socket() as other:
        other.bind((door.host, door.port))
        other.listen()
        with pytest.raises(ValueError, match=rf"port {unused_port} .*choose another --port"):
            probe(door)
