"""Write docs/measures.md from the definitions in pipeline/metrics/measures.py: `python docs/make_measures.py`."""

from pathlib import Path

from pipeline.metrics.measures import MEASURES, MEASURES_VERSION
from pipeline.tables.values import SIDES

PAGE = Path(__file__).parent / "measures.md"
HEAD = f"""# Measures

Computed from utterances (start, end, role, words, act) alone, and exact given those; `measures_version` is
{MEASURES_VERSION}. "Lead" is the role the call's rubric scores (rep or manager), "other" is everyone else. Times are in
seconds. A measure is stored as part and whole, and value = part / whole, so that a week or a team is summed and not
averaged; a count or a time has no whole. What cannot be computed (a call under 60 s, one speaker, unknown roles, no
speech of the role, or the last column) is null with a reason, never 0.

This page is made by `python docs/make_measures.py` from `pipeline/metrics/measures.py`.

| measure | role | unit | definition | null where |
|---|---|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    rows = []
    for name, one in MEASURES.items():
        roles = "each purpose" if not set(one.roles) <= {*SIDES, "all"} else ", ".join(one.roles)
        absent = "" if one.absent == "nothing to measure" else one.absent
        absent = "both sides are on one channel" if one.of_crosstalk else absent
        rows.append(f"| {name} | {roles} | {one.unit} | {one.definition} | {absent} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page())
