"""The command that opens the room: people score, check and coach in the browser."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.cli.console import console
from flows.cli.options import Options, workspace_of
from flows.room.open import Door, first_link, invitation, probe, serve


@Parameter(name="*")
@dataclass(frozen=True)
class Address:
    """Where the room is reached."""

    host: str = "127.0.0.1"
    "Address to listen at; any but this machine's own needs TLS or a proxy."
    port: int = 8350
    "Port to listen at."
    name: str | None = None
    "Name under which browsers reach it, such as room.example.org; needed beyond this machine."
    tls_certificate: Path | None = None
    "Certificate (PEM) with which it speaks TLS itself."
    tls_key: Path | None = None
    "Key of the certificate."
    proxy: str | None = None
    "Address of a proxy that speaks TLS in front of it and is trusted to say who asks."


def room(
    *,
    options: Options = Options(),
    address: Address = Address(),
    invite: str | None = None,
    role: str | None = None,
    called: Annotated[str, Parameter(help="Name of the person to invite.")] = "",
    account: Annotated[str, Parameter(help="Mail address or subject at the OpenID Connect provider.")] = "",
) -> int:
    """Open the room: people score, check and coach in the browser, until it is stopped.

    Parameters
    ----------
    invite
        Id of a person to make a link for instead of opening: that of the call list, where they stand in it.
    role
        Role of that person: rater, seller, manager, second_line, enablement or admin. Without it they keep the role
        they have; somebody new is a seller.
    """
    settings = options.settings()
    store = workspace_of(settings)
    door = Door(**{name: getattr(address, name) for name in Door.__dataclass_fields__})
    if invite is not None:
        link = invitation(settings, door, invite, name=called, role=role, account=account)
        console.print(link, markup=False, soft_wrap=True)
        return 0
    probe(door)
    first = first_link(settings, door)
    if first is not None:
        console.print("Nobody is in the room yet. The administrator comes in, once, by")
        console.print(f"  {first}", markup=False, soft_wrap=True, style="bold")
    console.print(f"The room of {store.root} is open at {door.url}; stop with Ctrl-C.", markup=False, soft_wrap=True)
    serve(settings, door)
    return 0
