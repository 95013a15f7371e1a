"""The page of one conversation: who spoke when, what was said, measures, elements with their evidence, actions."""

from dataclasses import dataclass

from pipeline.pages.call_parts import Action, Call, Element, Mark, Parts, Turn
from pipeline.pages.parts.measures import Group, view_measures

TICKS_S = (30, 60, 120, 300, 600, 1800, 3600, 86_400)
MAX_TICKS = 12


@dataclass(frozen=True)
class Audio:
    """The playable copy of the recording as a data URI, with what it was made from; or why there is none."""

    src: str = ""
    source: str = ""
    why: str = ""


@dataclass(frozen=True)
class CallPage:
    """What the page of a conversation shows; `lanes` are the sides that speak."""

    call: Call
    title: str
    names: dict[str | None, str]
    lanes: list[str | None]
    turns: list[Turn]
    elements: list[Element]
    marks: list[Mark]
    measures: list[Group]
    actions: list[Action]
    learnt: dict[str, int]
    length_s: float
    ticks: list[int]
    notes: list[str]
    audio: Audio


def view(call: Call, parts: Parts, *, notes: list[str], audio: Audio) -> CallPage:
    """The page of a conversation, with what is to be said of its recording, and its sound."""
    lines = [line for turn in parts.turns for line in turn.lines]
    length_s = max([call.duration_s or 0.0, *(line.end_s for line in lines)]) or 1.0
    names = {"lead": call.lead, "other": call.other, None: "Unknown"}
    step_s = next(step for step in TICKS_S if length_s <= MAX_TICKS * step)
    return CallPage(
        call=call,
        title=f"{call.kind}: {call.lead} with {call.other}",
        names=names,
        lanes=[side for side in names if any(turn.side == side for turn in parts.turns)],
        turns=parts.turns,
        elements=parts.elements,
        marks=parts.marks,
        measures=view_measures(parts.measures, {"lead": call.lead, "other": call.other}),
        actions=parts.actions,
        learnt=parts.learnt,
        length_s=length_s,
        ticks=list(range(0, int(length_s) + 1, step_s)),
        notes=notes,
        audio=audio,
    )
