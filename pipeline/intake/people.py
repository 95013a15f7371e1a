"""People: everybody who is listed for a conversation, of our side and of theirs: name, id and role.

A cell names them as `Nora Vance (nora-vance, rep); Max Head (max, manager); Omar Field (omar, customer)`: after the
name, in brackets, the id and the role, either of which may be missing; `Nora Vance | nora-vance | rep; ...` says the
same. Without a role a person is of the other side.
A workbook may list them in a sheet of its own, one person a row: call_id, name, id, role.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.intake.spreadsheets import WORKBOOK, read_spreadsheet

PERSON = re.compile(r"^(?P<name>[^()]{1,90}?)\s*(?:\((?P<about>[^()]{0,90})\))?$")
SEVERAL = re.compile(r"[<>]|@.*@|,.*,|\S\s+\S+\s*,\s*\S+\s+\S")  # names: not "Vance, Nora"
BETWEEN = re.compile(r"\s*[;\n]\s*")
BAR = re.compile(r"\s*\|\s*")  # between the fields of a person, or between people
AN_ID = re.compile(r"[^\s()]*[\d@_.-][^\s()]*|[^\s()A-Z]+")  # beside a name: no other name
MOST_FIELDS = 3  # name, id, role
SHEET_NEEDS = frozenset({"call_id", "name"})
SHEET_NAMES = {"call": "call_id", "person": "name", "participant": "name", "person_id": "id", "side": "role"}
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
    known = {role.casefold() for role in (*OURS, *THEIRS, scored_role, other_role) if role}
    for part in _parts(cell or "", known):
        found = PERSON.match(part)
        if not found or (not found["about"] and SEVERAL.search(found["name"])):
            raise ValueError(f"{part!r} is not of the form Name (id, role)")
        about = [field.strip() for field in (found["about"] or "").split(",") if field.strip()]
        roles = [field for field in about if field.casefold() in known]
        ids = [field for field in about if field not in roles[-1:]]
        if len(ids) > 1:
            raise ValueError(f"{ids[-1]!r} is no role: give one of {', '.join((*OURS, *THEIRS))}")
        role = roles[-1].casefold() if roles else ""
        people.append(
            Person(found["name"].strip(), ids[0] if ids else None, role, _is_ours(role, scored_role, other_role))
        )
    return people


def _parts(cell: str, roles: set[str]) -> list[str]:
    """What a cell says of each person, in brackets what stands behind bars: "Nora | nora | rep" is Nora (nora, rep).

    Bars between what is neither an id nor a role part people.
    """
    parts: list[str] = []
    for part in BETWEEN.split(cell.strip()):
        name, *about = BAR.split(part.strip(" |"))
        is_person = "(" not in part and 0 < len(about) < MOST_FIELDS and _are_about(about, roles)
        parts += [f"{name} ({', '.join(filter(None, about))})"] if is_person else [name, *about]
    return [part for part in parts if part]


def _are_about(fields: list[str], roles: set[str]) -> bool:
    """Whether fields beside a name are an id, a role, or both."""
    *ids, last = fields
    if last.casefold() in roles:
        return all("," not in field for field in ids)
    return bool(AN_ID.fullmatch(fields[0]))


def alike(ids: Iterable[str | None]) -> list[list[str]]:
    """The ids that differ by nothing but capitals and spaces, those of one such group together: mostly one person."""
    groups: dict[str, set[str]] = {}
    for one in filter(None, ids):
        groups.setdefault("".join(one.casefold().split()), set()).add(one)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def read_sheet_of_people(path: Path) -> pl.DataFrame:
    """The people in a workbook's sheet with the columns call_id and name, as a cell names them: call_id, people.

    Empty where the file is no workbook or has no such sheet.
    """
    nobody = pl.DataFrame(schema={"call_id": pl.String, "people": pl.String})
    if path.suffix.lower() != WORKBOOK:
        return nobody
    sheet = read_spreadsheet(path, "a list of people", name_of=_column, needs=SHEET_NEEDS)
    if not sheet.columns or not set(sheet.columns) >= SHEET_NEEDS or "interaction" in sheet.columns:
        return nobody
    absent = [pl.lit(None, pl.String).alias(name) for name in ("id", "role") if name not in sheet.columns]
    about = pl.concat_str("id", "role", separator=", ", ignore_nulls=True)
    name = pl.col("name").str.replace_all(r"\s*[()\[\];|\n]+\s*", " ").str.strip_chars()
    person = pl.when(about == "").then(name).otherwise(pl.format("{} ({})", name, about))
    named = sheet.with_columns(absent).drop_nulls(list(SHEET_NEEDS))
    return named.group_by("call_id", maintain_order=True).agg(person.str.join("; ").alias("people"))


def _column(given: str) -> str:
    plain = re.sub(r"\W+", "_", given.strip().casefold()).strip("_")
    return SHEET_NAMES.get(plain, plain)


def _is_ours(role: str, scored_role: str, other_role: str) -> bool:
    if role == other_role:
        return False
    return role == scored_role or role in OURS
