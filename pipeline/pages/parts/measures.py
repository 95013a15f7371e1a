"""How measures read on a page: name, value with its unit, part and whole, or why there is none."""

import re
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.metrics.measures import MEASURES

GROUPS = {
    "spans": "Talking",
    "words": "Talking",
    "stretches": "Talking",
    "turns": "Talking",
    "sentences": "Asking and telling",
}
REST = "Structure"
RATE = re.compile(r"per (?:(\d+) )?(min|hour|\w+)")
SIDED = {"all": 0, "lead": 1, "other": 2}
ORDER = {name: place for place, name in enumerate(MEASURES)}


@dataclass(frozen=True)
class MeasureRow:
    """A row of the table of measures, with the middle half of the team's calls of its kind where they are enough."""

    measure: str
    role: str
    part: float | None
    whole: float | None
    value: float | None
    unit: str
    reason: str | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Value:
    """A measure of one role as it reads; `text` is null where there is no value, and `reason` says why.

    `share` is drawn as a bar, `at_s` is a place in the recording, `of` says what it was divided from, `usual` where the
    middle half of the team's calls lies, which `band` draws on the bar.
    """

    who: str
    reason: str | None
    text: str | None = None
    share: float | None = None
    at_s: float | None = None
    of: str | None = None
    usual: str | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class ShownMeasure:
    """A measure with its meaning and its values by role."""

    title: str
    about: str
    values: list[Value]


@dataclass(frozen=True)
class Group:
    """Measures of one subject."""

    title: str
    measures: list[ShownMeasure]


def view_measures(rows: list[MeasureRow], names: dict[str, str], *, meeting: bool = True) -> list[Group]:
    """Groups of measures in the order of MEASURES, each with its values by role; `names` says who lead and other are.

    A measure that is not in MEASURES any more is shown by its name, last. Where it is no `meeting`, what says something
    of meetings only is left out.
    """
    rows = [row for row in rows if meeting or not (row.measure in MEASURES and MEASURES[row.measure].of_meetings)]

    def place(row: MeasureRow) -> tuple[int, str]:
        return ORDER.get(row.measure, len(ORDER)), row.measure

    groups: dict[str, list[ShownMeasure]] = {}
    for (_, measure), of_measure in groupby(sorted(rows, key=place), key=place):
        known = MEASURES.get(measure)
        group = GROUPS.get(known.source, REST) if known else REST
        values = [_value(row, names) for row in sorted(of_measure, key=_rank) if row.role in SIDED or row.value != 0]
        if all(value.text is None for value in values) and len({value.reason for value in values}) == 1:
            values = [replace(values[0], who="")]  # one reason for all roles is said once
        title = measure.replace("_", " ").capitalize()
        groups.setdefault(group, []).append(ShownMeasure(title, known.definition if known else "", values))
    return [Group(title, measures) for title, measures in groups.items()]


def _rank(row: MeasureRow) -> tuple[int, float]:
    """The whole call, then lead, then other; purposes by their share."""
    return SIDED.get(row.role, len(SIDED)), -(row.value or 0.0)


def _value(row: MeasureRow, names: dict[str, str]) -> Value:
    who = "" if row.role == "all" else names.get(row.role, row.role.replace("_", " "))
    if row.value is None:
        return Value(who, row.reason)
    known = MEASURES.get(row.measure)
    is_place = known is not None and known.is_place
    has_band = row.low is not None and row.high is not None and row.unit != "0/1" and not is_place
    low, high = row.low or 0.0, row.high or 0.0
    return Value(
        who,
        row.reason,
        text=_text(row.value, row.unit, is_place=is_place),
        share=min(max(row.value, 0.0), 1.0) if row.unit == "share" else None,
        at_s=row.value if is_place else None,
        of=None if row.whole is None or row.part is None else _part_of_whole(row.part, row.whole, row.unit),
        usual=_band(low, high, row.unit) if has_band else None,
        band=(min(low, 1.0), min(high, 1.0)) if has_band and row.unit == "share" else None,
    )


def _band(low: float, high: float, unit: str) -> str:
    """The middle half in the unit of the value, such as `35 to 48 %`."""
    first, last = (_text(value, unit, is_place=False) for value in (low, high))
    number, _, of = last.partition(" ")
    return f"{first.removesuffix(f' {of}')} to {number} {of}".rstrip()


def _part_of_whole(part: float, whole: float, unit: str) -> str:
    """What a value was divided from, such as `6 of 9`, or for a rate `15 in 3.1 min`."""
    rate = RATE.search(unit)
    if rate is None:
        return f"{_plain(part)} of {_plain(whole)}"
    amount, noun = whole * int(rate[1] or 1), rate[2]
    return (
        f"{_plain(part)} in {_plain(60 * amount)} min"
        if noun == "hour"
        else f"{_plain(part)} in {_plain(amount)} {noun}"
    )


def _text(value: float, unit: str, *, is_place: bool) -> str:
    if unit == "share":
        return f"{100 * value:.0f} %"
    if unit == "0/1":
        return "yes" if value >= 0.5 else "no"
    if is_place or (unit == "s" and value >= 60):
        return f"{int(value // 60)}:{int(value % 60):02}" + ("" if is_place else " min")
    return _plain(value) if unit == "count" else f"{_plain(value)} {unit}"


def _plain(number: float) -> str:
    return f"{number:.0f}" if number == round(number) or abs(number) >= 100 else f"{number:.1f}"
