"""Kinds of conversation: those a rubric judges, those none does, and role-plays of the first.

A role-play of a kind is called practice_<kind>: it is judged by the kind's rubric, and its colours stand beside those
of real conversations and in no KPI.
"""

from collections.abc import Iterable

import polars as pl

PRACTICE = "practice_"
UNJUDGED_ROLES = ("manager", "seller")  # who leads a meeting that no rubric judges, and who sits opposite


def rubric_of(kind: str) -> str:
    """The rubric by which a kind is judged, where it has one."""
    return kind.removeprefix(PRACTICE)


def judged_by(column: str) -> pl.Expr:
    """The same for a column of kinds."""
    return pl.col(column).str.strip_prefix(PRACTICE)


def is_practice(column: str) -> pl.Expr:
    """Whether a kind is a role-play."""
    return pl.col(column).str.starts_with(PRACTICE)


def all_kinds(rubrics: Iterable[str], unjudged: Iterable[str]) -> set[str]:
    """What a call list may name, given the rubrics and the kinds that none judges."""
    judged = set(rubrics)
    return {*judged, *unjudged, *(PRACTICE + rubric for rubric in judged)}
