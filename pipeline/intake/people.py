"""People: everybody who is listed for a conversation, of our side and of theirs: name, id and role.

A cell names them as `Nora Vance (nora-vance, rep); Max Head (max, manager); Omar Field (omar, customer)`: after the
name, in brackets, the id and the role, either of which may be missing. Without a role a person is of the other side.
"""

import re
from typing import NamedTuple

PERSON = re.compile(r"^(?P<name>[^()]{1,90}?)\s*(?:\((?P<about>[^()]{0,90})\))?$")
BETWEEN = re.compile(r"\s*[;|\n]\s*")
OURS = ("rep", "seller", "lead", "manager", "colleague", "coach", "ours", "us", "agent", "engineer", "presales")
THEIRS = ("customer", "client", "prospect", "buyer", "other", "theirs", "them", "guest", "partner")


class Person(NamedTuple):
    """Somebody listed for a conversation: `ours` says of which side, `role` how the list calls it (may be empty)."""

    name: str
    person_id: str | None
    role: str
    ours: bool


def read_people(cell: str | None, *, scored_role: str = "", other_role: str = "") -> list[Person]:
    """The people in a cell; raises ValueError, a clause, where it cannot be read."""
    people = []
    for part in filter(None, BETWEEN.split((cell or "").strip())):
        found = PERSON.match(part)
        if not found:
            raise ValueError(f"{part!r} is not of the form Name (id, role)")
        about = [field.strip() for field in (found["about"] or "").split(",") if field.strip()]
        known = {role.casefold() for role in (*OURS, *THEIRS, scored_role, other_role) if role}
        roles = [field for field in about if field.casefold() in known]
        ids = [field for field in about if field not in roles[-1:]]
        if len(ids) > 1:
            raise ValueError(f"{ids[-1]!r} is no role: give one of {', '.join((*OURS, *THEIRS))}")
        role = roles[-1].casefold() if roles else ""
        people.append(
            Person(found["name"].strip(), ids[0] if ids else None, role, _is_ours(role, scored_role, other_role))
        )
    return people


def _is_ours(role: str, scored_role: str, other_role: str) -> bool:
    if role == other_role:
        return False
    return role == scored_role or role in OURS
