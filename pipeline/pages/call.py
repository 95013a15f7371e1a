"""The page of one conversation: who spoke when, what was said, measures, elements with their evidence, actions."""

from dataclasses import dataclass, replace

from pipeline.pages.call_parts import Call, Element, Mark, Moment, Parts, Turn
from pipeline.pages.parts.actions import Action
from pipeline.pages.parts.beside import contradicted
from pipeline.pages.parts.measures import Group, view_measures
from pipeline.pages.parts.playback import Audio
from pipeline.pages.parts.sentence import Told, in_a_sentence

MANAGER = "manager"  # the role that rubrics of meetings score
TICKS_S = (30, 60, 120, 300, 600, 1800, 3600, 86_400)
MAX_TICKS = 12


@dataclass(frozen=True)
class CallPage:
    """What the page of a conversation shows; `lanes` are the sides that speak, elements stand worst first and those
    not judged last; `contradictions` say why the measure beside an element says otherwise, where it does."""

    call: Call
    title: str
    names: dict[str | None, str]
    lanes: list[str | None]
    turns: list[Turn]
    sentence: str
    elements: list[Element]
    contradictions: dict[str, str]
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
    elements = sorted((_with_moment(element, parts) for element in parts.elements), key=_worst_first)
    new = [action for action in parts.actions if not action.carried_from]
    step_s = next(step for step in TICKS_S if length_s <= MAX_TICKS * step)
    return CallPage(
        call=call,
        title=f"{call.kind}: {call.lead} with {call.other}",
        names=names,
        lanes=[side for side in names if any(turn.side == side for turn in parts.turns)],
        turns=parts.turns,
        sentence=in_a_sentence(
            f"{call.kind} with {call.other}, {max(1, round(length_s / 60))} min",
            elements,
            Told(_decided_at(elements), len(new)),
        ),
        elements=elements,
        contradictions=contradicted(elements, parts.measures),
        marks=parts.marks,
        measures=view_measures(
            parts.measures, {"lead": call.lead, "other": call.other}, meeting=call.scored_role == MANAGER
        ),
        actions=parts.actions,
        learnt=parts.learnt,
        length_s=length_s,
        ticks=list(range(0, int(length_s) + 1, step_s)),
        notes=notes,
        audio=audio,
    )


def _worst_first(element: Element) -> tuple[bool, int, float]:
    """The order of elements: red to green, of one colour the lower expected level first, grey ones last."""
    expected = sum(level * (share or 0.0) for level, share in enumerate(element.shares))
    return element.level is None, element.level or 0, expected


def _decided_at(elements: list[Element]) -> float | None:
    """Where the worst element shows, in seconds."""
    moments = (elements[0].moments or []) if elements and elements[0].level is not None else []
    return next((moment.start_s for moment in moments if moment.idx is not None), None)


def _with_moment(element: Element, parts: Parts) -> Element:
    """The element with the moment that a measure or an action names, where its label rests on none."""
    if element.level is None or any(moment.idx is not None for moment in element.moments or []):
        return element
    at = None
    if element.element == "agenda":
        at = next((row.value for row in parts.measures if row.measure == "agenda_at" and row.value is not None), None)
    elif element.element == "next_steps":
        at = next((action.start_s for action in parts.actions if not action.carried_from and action.start_s), None)
    said = [(turn, line) for turn in parts.turns for line in turn.lines]
    if at is None or not said:
        return element
    turn, line = min(said, key=lambda one: abs(one[1].start_s - at))
    who = None if turn.side == "lead" else turn.speaker_name
    return replace(element, moments=[Moment(line.idx, line.start_s, line.end_s, line.text, who)])
