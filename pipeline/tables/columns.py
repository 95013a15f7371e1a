"""Columns that many tables have in common, each with its meaning."""

import dataframely as dy
import polars as pl

from pipeline.tables.values import LEVELS


def key(meaning: str) -> dy.String:
    """A name that is part of the table's key."""
    return dy.String(primary_key=True, description=meaning)


def text(meaning: str) -> dy.String:
    """A text, or null."""
    return dy.String(nullable=True, description=meaning)


def share(meaning: str, *, nullable: bool = False) -> dy.Float64:
    """A number from 0 to 1."""
    return dy.Float64(nullable=nullable, min=0.0, max=1.0, description=meaning)


def number(meaning: str) -> dy.Float64:
    """Any number, or null."""
    return dy.Float64(nullable=True, description=meaning)


def count(meaning: str, *, key: bool = False, nullable: bool = False, least: int = 0) -> dy.Int64:
    """A whole number from `least` up."""
    return dy.Int64(primary_key=key, nullable=nullable, min=least, description=meaning)


def seconds(meaning: str, *, nullable: bool = False) -> dy.Float64:
    """Seconds from 0 up."""
    return dy.Float64(nullable=nullable, min=0.0, description=meaning)


def utc(meaning: str, *, nullable: bool = True) -> dy.Datetime:
    """A moment in UTC."""
    return dy.Datetime(nullable=nullable, time_zone="UTC", time_unit="us", description=meaning)


def one_of(values: tuple[str, ...], meaning: str, *, key: bool = False, nullable: bool = False) -> dy.String:
    """One of the values given."""
    return dy.String(primary_key=key, nullable=nullable, check=lambda column: column.is_in(values), description=meaning)


def color_of(level: pl.Expr) -> pl.Expr:
    """The colour of a level, 0 to 3; null where there is none."""
    return level.replace_strict(dict(enumerate(LEVELS)), return_dtype=pl.String)
