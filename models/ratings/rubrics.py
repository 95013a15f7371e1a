"""Rubrics: YAML that people write, checked and turned into one row per element."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import dataframely as dy
import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import brief
from pipeline.intake.guide import Guide
from pipeline.intake.yaml_files import problem_of, read_yaml
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS, LimitingFinding, Place

SHARED = "common.yaml"
MATTERS = (*LEVELS, "where", "scored_role")
Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]

REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "remove it or correct its spelling",
    "string_type": "put the text in quotes",
    "string_too_short": "write at least one word",
    "string_pattern_mismatch": "use lower-case letters, digits and underscores, beginning with a letter",
    "tuple_type": 'write it as a list: ["..."]',
    "literal_error": "choose one of those",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "greater_than_equal": "count versions from 1",
    "less_than_equal": "count versions from 1",
    "too_short": "list at least one element",
    "list_type": "write it as a list, each entry beginning with a dash",
    "model_type": "write it as `name: value` lines",
}


class _Written(BaseModel):
    """What a person writes: nothing unknown, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Anchors(_Written):
    """What each level looks like, in the words a scorer applies."""

    red: str = Field(min_length=1)
    orange: str = Field(min_length=1)
    yellow: str = Field(min_length=1)
    green: str = Field(min_length=1)


class Limit(_Written):
    """Above which level an element is not rated where more of something is found than a share."""

    finding: LimitingFinding
    over: float = Field(ge=0.0, lt=1.0)
    at_most: Literal["red", "orange", "yellow"]

    def as_row(self) -> dict[str, Any]:
        """What the table of elements says of it."""
        return {"finding": self.finding, "over": self.over, "at_most": LEVELS.index(self.at_most)}


class Element(_Written):
    """One behaviour that is judged from red to green."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    where: Place
    levels: Anchors
    limit: Limit | None = None
    same_meaning_as: tuple[Fingerprint, ...] = ()
    other_meaning_than: tuple[Fingerprint, ...] = ()


class Rubric(_Written):
    """One kind of conversation: who is judged, by which elements, and how it is held."""

    rubric: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1, le=1_000_000)
    title: str = Field(min_length=1)
    scored_role: str = Field(min_length=1)
    other_role: str = Field(min_length=1)
    elements: list[Element] = Field(min_length=1, strict=True)
    guide: Guide | None = None


class Shared(_Written):
    """The elements that several rubrics share."""

    elements: list[Element] = Field(strict=True)


_Checked = TypeVar("_Checked", bound=BaseModel)


class RubricError(ValueError):
    """A rubric that cannot be used; one line per problem: file, element, what is wrong, what would be right."""


def load_rubrics(folder: Path) -> dy.DataFrame[Elements]:
    """Every rubric of `folder`, one row per rubric and element; raises RubricError listing all problems."""
    problems, rubrics = _read_all(folder)
    if problems:
        raise RubricError("\n".join(problems))
    return Elements.validate(pl.concat([_rows(rubric) for rubric in rubrics]), cast=True)


def load_guides(folder: Path) -> dict[str, Guide]:
    """How each kind of conversation is held, by its rubric, of those whose file says so."""
    return {rubric.rubric: rubric.guide for rubric in _read_all(folder)[1] if rubric.guide is not None}


def check_rubrics(folder: Path) -> list[str]:
    """What is wrong with the rubrics of `folder`, one sentence each; empty where all is well."""
    return _read_all(folder)[0]


def _read_all(folder: Path) -> tuple[list[str], list[Rubric]]:
    files = sorted(path for path in folder.glob("*.yaml") if path.name != SHARED)
    if not files:
        return [
            f"{folder}: holds no rubric; put a <name>.yaml there or point the setting rubrics at the right folder"
        ], []
    problems: list[str] = []
    rubrics: list[Rubric] = []
    shared: dict[str, Any] = {}
    for path in [folder / SHARED, *files]:
        if not path.exists():
            continue
        try:
            if path.name == SHARED:
                shared = _read_shared(path)
            else:
                rubrics.append(_read_rubric(path, shared))
        except RubricError as error:
            problems.extend(str(error).splitlines())
    return problems, rubrics


def _read_shared(path: Path) -> dict[str, Any]:
    raw = _parse(path)
    _checked(Shared, raw, path)
    _refuse_repeats(raw["elements"], path)
    return {element["id"]: element for element in raw["elements"]}


def _read_rubric(path: Path, shared: dict[str, Any]) -> Rubric:
    raw = _parse(path)
    listed = raw.get("elements")
    if isinstance(listed, list):
        raw = raw | {"elements": [_resolved(entry, shared, path) for entry in listed]}
    rubric = _checked(Rubric, raw, path)
    if (name := brief(rubric.rubric)) != path.stem:
        raise RubricError(f"{path.name}: rubric is {name!r}; name the file {name}.yaml or the rubric {path.stem}")
    if rubric.scored_role == rubric.other_role:
        raise RubricError(
            f"{path.name}: scored_role and other_role are both {brief(rubric.scored_role)!r}; they must differ"
        )
    _refuse_repeats(raw["elements"], path)
    _refuse_both_answers(rubric, path)
    return rubric


def _parse(path: Path) -> dict[str, Any]:
    try:
        raw = read_yaml(path)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        raise RubricError(
            f"{path.name}:{place} is not YAML ({problem_of(error)}); quote texts that hold a colon"
        ) from error
    except OSError as error:
        raise RubricError(
            f"{path.name}: cannot be read ({error.strerror}); rename or remove what is no file"
        ) from error
    if not isinstance(raw, dict):
        raise RubricError(f"{path.name}: is not a rubric; begin with `rubric: {path.stem}`")
    return raw


def _resolved(entry: object, shared: dict[str, Any], path: Path) -> object:
    if not isinstance(entry, dict) or "use" not in entry:
        return entry
    name = entry["use"]
    if not isinstance(name, str):
        raise RubricError(f"{path.name}: element {brief(name)}: is no name; write `use: ` and an id of {SHARED}")
    if len(entry) > 1:
        raise RubricError(
            f"{path.name}: element {brief(name)}: `use` stands alone; drop its other lines or define the element here"
        )
    if name not in shared:
        raise RubricError(
            f"{path.name}: element {brief(name)}: not in {SHARED}, which has {', '.join(shared) or 'no elements'}"
        )
    return shared[name]


def _checked(model: type[_Checked], raw: dict[str, Any], path: Path) -> _Checked:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise RubricError("\n".join(_sentence(problem, raw, path) for problem in error.errors())) from error


def _sentence(problem: Any, raw: dict[str, Any], path: Path) -> str:
    where = list(problem["loc"])
    place = ""
    if where[:1] == ["elements"] and len(where) > 1:
        entry = raw["elements"][where[1]]
        name = entry.get("id", f"number {where[1] + 1}") if isinstance(entry, dict) else f"number {where[1] + 1}"
        place, where = f" element {brief(name)}:", where[2:]
    field = brief(".".join(str(part) for part in where)) if where else "the entry"
    what = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{path.name}:{place} {field}: {what}; {REMEDIES.get(problem['type'], 'correct it')}"


def _refuse_repeats(elements: list[dict[str, Any]], path: Path) -> None:
    names = [element["id"] for element in elements]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise RubricError(f"{path.name}: element {brief(repeated[0])}: is listed twice; keep one")


def _refuse_both_answers(rubric: Rubric, path: Path) -> None:
    for element in rubric.elements:
        if both := set(element.same_meaning_as) & set(element.other_meaning_than):
            raise RubricError(
                f"{path.name}: element {brief(element.id)}: {min(both)} stands under same_meaning_as and under "
                "other_meaning_than; keep one"
            )


def _rows(rubric: Rubric) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "rubric": rubric.rubric,
                "element": element.id,
                "position": position,
                "title": element.title,
                "where": element.where,
                **element.levels.model_dump(),
                "rubric_title": rubric.title,
                "rubric_version": rubric.version,
                "rubric_hash": _hash(element, rubric.scored_role),
                "scored_role": rubric.scored_role,
                "other_role": rubric.other_role,
                "limit": element.limit.as_row() if element.limit else None,
                "same_meaning_as": list(element.same_meaning_as),
                "other_meaning_than": list(element.other_meaning_than),
            }
            for position, element in enumerate(rubric.elements)
        ],
        schema_overrides=dict.fromkeys(("same_meaning_as", "other_meaning_than"), pl.List(pl.String))
        | {"limit": Elements.create_empty().schema["limit"]},
    )


def _hash(element: Element, scored_role: str) -> str:
    matters = [*element.levels.model_dump().values(), element.where, scored_role]
    return hashlib.sha256(json.dumps(matters).encode()).hexdigest()[:16]
