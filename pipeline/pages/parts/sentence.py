"""A conversation in one sentence: what it was, how it went, what to do next; made of names, titles and times alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.tables.values import LEVELS

SOUND = len(LEVELS) // 2  # yellow and better


class Coloured(Protocol):
    """An element with its colour; the level is null where it is not judged."""

    @property
    def title(self) -> str:
        """Its name for people."""

    @property
    def level(self) -> int | None:
        """Its colour, 0 red to 3 green."""


@dataclass(frozen=True)
class Told:
    """What the sentence says beside the colours: where the weakest shows, and how many promises were made."""

    at_s: float | None = None
    n_promises: int = 0


def how_it_went(colours: Sequence[Coloured]) -> str:
    """How many elements are sound and which is weakest, such as `3 of 7 elements sound, weakest in “Listens”`."""
    levels = [one.level for one in colours if one.level is not None]
    if not levels:
        return "not judged yet"
    n_sound = sum(level >= SOUND for level in levels)
    if min(levels) == len(LEVELS) - 1:
        return "green throughout" if len(levels) > 1 else f"green in “{colours[0].title}”"
    return f"{n_sound} of {len(levels)} elements sound, weakest in “{weakest(colours)}”"


def weakest(colours: Sequence[Coloured]) -> str:
    """The title of the element with the lowest level, the first of several."""
    judged = [(one.level, one.title) for one in colours if one.level is not None]
    return min(judged, key=lambda one: one[0])[1]


def what_next(colours: Sequence[Coloured], told: Told) -> str:
    """What to do next: what to work on and from which moment, and the promises to keep; empty where it is nothing."""
    levels = [one.level for one in colours if one.level is not None]
    todo = []
    if levels and min(levels) < len(LEVELS) - 1:
        todo.append("work on that" + (f" from {_clock(told.at_s)}" if told.at_s is not None else ""))
    elif levels:
        todo.append("do it again")
    if told.n_promises:
        todo.append(f"keep {told.n_promises} promise{'s' if told.n_promises > 1 else ''}")
    return " and ".join(todo)


def in_a_sentence(what: str, colours: Sequence[Coloured], told: Told) -> str:
    """The whole: `what` says kind, other side and length."""
    doing = what_next(colours, told)
    return f"{what}: {how_it_went(colours)}" + (f"; next, {doing}." if doing else ".")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
