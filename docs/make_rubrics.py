"""Write docs/rubrics.md from the rubrics, rubric_notes.yaml and data/scripted: `python docs/make_rubrics.py`."""

from pathlib import Path

import polars as pl
import yaml

from models.ratings.reference import Reference, load_reference, telling_moments
from models.ratings.rubrics import load_rubrics
from pipeline.tables.values import LEVELS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rubrics.md"
NOTES = ROOT / "docs" / "rubric_notes.yaml"
HEAD = """# The elements, one by one

What each level means is in the rubrics; here is where the levels part, and a good and a bad moment of each from the
reference conversations (invented people, see [data](../data/README.md)). The person who is scored stands in bold.

This page is made by `python docs/make_rubrics.py`.
"""
GOOD, BAD = len(LEVELS) - 1, 0


def page() -> str:
    """The page as Markdown."""
    elements, notes = load_rubrics(ROOT / "rubrics"), yaml.safe_load(NOTES.read_text(encoding="utf-8"))
    reference = load_reference(ROOT / "data" / "scripted")
    shown = telling_moments(reference).unique(["element", "level"], keep="first", maintain_order=True)
    parts = [HEAD]
    for (element,), rows in elements.group_by("element", maintain_order=True):
        row = rows.row(0, named=True)
        used = ", ".join(rows["rubric"])
        levels = "".join(f"| {color} | {row[color]} |\n" for color in LEVELS)
        roles = dict(rows.select("rubric", "scored_role").iter_rows())
        parts.append(f"## {row['title']}\n\n`{element}` in {used}; looked for: {row['where']}.\n")
        parts.append(f"{notes[element]}\n\n| level | anchor |\n|---|---|\n{levels}")
        parts += [_quoted(name, shown.filter(element=element, level=level), reference, roles)
                  for name, level in (("Good", GOOD), ("Bad", BAD))]  # fmt: skip
    return "\n".join(parts)


def _quoted(name: str, moment: pl.DataFrame, reference: Reference, roles: dict[str, str]) -> str:
    if moment.is_empty():
        return f"{name}: no single moment shows it; it shows in what is missing.\n"
    call_id, idx, interaction = moment.select("call_id", "idx", "interaction").row(0)
    said = reference.talk.filter(pl.col("call_id") == call_id, pl.col("idx").is_between(idx - 1, idx + 1))
    lines = [
        f"> {'**' if role == roles[interaction] else ''}{role}:{'**' if role == roles[interaction] else ''} {text}"
        for role, text in said.select("role", "text").iter_rows()
    ]
    return f"{name} ({interaction}, {call_id}):\n\n" + "\n>\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
