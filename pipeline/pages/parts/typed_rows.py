"""Rows of a frame as the frozen dataclasses that pages are made of."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar, get_args, get_type_hints

import polars as pl

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def rows_of(kind: type[Record], frame: pl.DataFrame) -> list[Record]:
    """Each row of a frame as a `kind`, whose fields are columns; a struct becomes the dataclass its field has."""
    return [record_of(kind, row) for row in frame.select(_names(kind)).iter_rows(named=True)]


def record_of(kind: type[Record], row: Mapping[str, object]) -> Record:
    """A `kind` from values by the names of its fields; other values are left out."""
    inner = _inner(kind)
    return kind(**{name: _made(row[name], inner.get(name)) for name in _names(kind)})


def rows_by(key: str, kind: type[Record], frame: pl.DataFrame) -> dict[str, list[Record]]:
    """The rows of a frame as dataclasses, by the value of one column and in their order."""
    parts = frame.partition_by(key, as_dict=True, maintain_order=True)
    return {str(value): rows_of(kind, part) for (value,), part in parts.items()}


def _made(value: object, kind: "type[DataclassInstance] | None") -> object:
    if kind is None or value is None:
        return value
    if isinstance(value, list):
        return [_made(entry, kind) for entry in value]
    return record_of(kind, value) if isinstance(value, Mapping) else value


@cache
def _names(kind: "type[DataclassInstance]") -> list[str]:
    return [field.name for field in fields(kind)]


@cache
def _inner(kind: "type[DataclassInstance]") -> "dict[str, type[DataclassInstance]]":
    """Of the fields of a dataclass those that hold dataclasses, alone or in lists."""
    parts = {name: _parts(hint) for name, hint in get_type_hints(kind).items()}
    return {name: part for name, of_field in parts.items() for part in of_field if is_dataclass(part)}


def _parts(hint: object) -> list[type]:
    """The types that a type hint is made of."""
    inner = get_args(hint)
    if inner:
        return [part for argument in inner for part in _parts(argument)]
    return [hint] if isinstance(hint, type) else []
