"""Opening the room: on this machine, or beyond it with TLS, and the first invitation."""

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from sqlalchemy import select

from flows.room.app import create_app
from flows.room.database.connection import open_database
from flows.room.database.people import Person
from flows.room.entry.invitations import invite
from flows.room.house import open_house
from pipeline.settings import Settings
from pipeline.store.delta import Store

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
FIRST = "admin"


@dataclass(frozen=True)
class Door:
    """Where the room is reached: an address, and how what is said on the way is kept secret."""

    host: str = "127.0.0.1"
    port: int = 8350
    name: str | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    proxy: str | None = None

    def __post_init__(self) -> None:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("room: --tls-certificate and --tls-key go together")
        for path in (self.tls_certificate, self.tls_key):
            if path is not None and not path.is_file():
                raise ValueError(f"room: {path} is not there; name the file of the certificate or its key")
        if not self.is_local and self.tls_certificate is None and self.proxy is None:
            raise ValueError(
                f"room: {self.host} is reached from other machines, and voices and passphrases would travel openly; "
                "give --tls-certificate and --tls-key, or --proxy with the address of a proxy that speaks TLS"
            )
        if self.name is None and (not self.is_local or self.proxy is not None):
            raise ValueError("room: beyond this machine give --name, the name under which browsers reach it")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_secure(self) -> bool:
        """Whether browsers speak TLS with it."""
        return self.tls_certificate is not None or self.proxy is not None

    @property
    def url(self) -> str:
        """The address for browsers."""
        port = "" if self.proxy is not None else f":{self.port}"
        return f"{'https' if self.is_secure else 'http'}://{self.name or self.host}{port}"


def probe(door: Door) -> None:
    """Find out whether the room can listen there; raises ValueError where not."""
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((door.host, door.port))
        except OSError as error:
            raise ValueError(
                f"room: cannot listen at {door.host}, port {door.port} ({error.strerror}); "
                "where another room is open there, choose another --port"
            ) from error


def serve(settings: Settings, door: Door) -> None:
    """Answer requests until the process is stopped."""
    names = LOCAL_NAMES if door.name is None else (*LOCAL_NAMES, door.name)
    app = create_app(open_house(settings, is_secure=door.is_secure), hosts=names)
    uvicorn.run(
        app,
        host=door.host,
        port=door.port,
        log_level="warning",
        access_log=False,  # links of invitations would stand in it
        server_header=False,
        proxy_headers=door.proxy is not None,
        forwarded_allow_ips=door.proxy,
        ssl_certfile=door.tls_certificate,
        ssl_keyfile=door.tls_key,
    )


def first_link(settings: Settings, door: Door) -> str | None:
    """A link for the administrator of a room in which nobody has set a passphrase yet; None for any other room."""
    database = open_database(settings, Store(settings.workspace))
    with database.begin() as session:
        if session.scalars(select(Person).where(Person.passphrase_hash.is_not(None)).limit(1)).first() is not None:
            return None
        return f"{door.url}/invitation/{invite(session, FIRST, name='Administrator', role='admin')}"


def invitation(
    settings: Settings, door: Door, person_id: str, *, name: str, role: str | None = None, account: str = ""
) -> str:
    """A new link for a person, who keeps their role where none is given; somebody new is a seller then."""
    database = open_database(settings, Store(settings.workspace))
    with database.begin() as session:
        known = session.get(Person, person_id)
        role = role or (known.role if known else "seller")
        return f"{door.url}/invitation/{invite(session, person_id, name=name, role=role, account=account)}"
