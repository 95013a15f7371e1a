"""How measures read on a page: name, value with its unit, part and whole, or why there is none."""

import re
from itertools import groupby
from typing import Any

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


def view_measures(rows: list[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Groups of measures in the order of MEASURES, each with its values by role; `names` says who lead and other are.

    A measure that is not in MEASURES any more is shown by its name, last.
    """

    def place(row: dict[str, Any]) -> tuple[int, str]:
        return ORDER.get(row["measure"], len(ORDER)), row["measure"]

    groups: dict[str, list[dict[str, Any]]] = {}
    for (_, measure), values in groupby(sorted(rows, key=place), key=place):
        known = MEASURES.get(measure)
        group = GROUPS.get(known.source, REST) if known else REST
        told = [_value(row, names) for row in sorted(values, key=_rank) if row["role"] in SIDED or row["value"] != 0]
        if all(value["text"] is None for value in told) and len({value["reason"] for value in told}) == 1:
            told = [told[0] | {"who": ""}]  # one reason for all roles is said once
        title = measure.replace("_", " ").capitalize()
        groups.setdefault(group, []).append(
            {"title": title, "about": known.definition if known else "", "values": told}
        )
    return [{"title": group, "measures": measures} for group, measures in groups.items()]


def _rank(row: dict[str, Any]) -> tuple[int, float]:
    """The whole call, then lead, then other; purposes by their share."""
    return SIDED.get(row["role"], len(SIDED)), -(row["value"] or 0.0)


def _value(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    who = "" if row["role"] == "all" else names.get(row["role"], row["role"].replace("_", " "))
    told: dict[str, Any] = {"who": who, "reason": row["reason"], "share": None, "at_s": None, "text": None, "of": None}
    if row["value"] is None:
        return told
    told["text"] = _text(row["value"], row["unit"], at=row["measure"].endswith("_at"))
    if row["unit"] == "share":
        told["share"] = min(max(row["value"], 0.0), 1.0)
    if row["whole"] is not None:
        told["of"] = _part_of_whole(row["part"], row["whole"], row["unit"])
    if row["measure"].endswith("_at"):
        told["at_s"] = row["value"]
    return told


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


def _text(value: float, unit: str, *, at: bool) -> str:
    if unit == "share":
        return f"{100 * value:.0f} %"
    if unit == "0/1":
        return "yes" if value >= 0.5 else "no"
    if at or (unit == "s" and value >= 60):
        return f"{int(value // 60)}:{int(value % 60):02}" + ("" if at else " min")
    return _plain(value) if unit == "count" else f"{_plain(value)} {unit}"


def _plain(number: float) -> str:
    return f"{number:.0f}" if number == round(number) or abs(number) >= 100 else f"{number:.1f}"
