"""How right promises, earlier promises and purposes are found, by people and kinds of conversation never learnt from.

    python -m benchmarks.language.promises

writes docs/accuracy/promises.md. Every call is judged by models that saw none of its people. The held-out third was
read by nobody who wrote rules or chose thresholds.
"""

import hashlib

import polars as pl

from benchmarks.language.action_matching import action_figures, tagged_actions
from benchmarks.language.cross_validation import CrossValidated, cross_validated
from benchmarks.language.follow_up import followed, states_given
from benchmarks.language.purposes import stretch_kappa
from benchmarks.language.tagged_units import fully_tagged
from benchmarks.paths import DOCS, SCRIPTED
from models.learning.folds import people_groups
from models.ratings.reference import Reference, load_reference
from pipeline.language.acts import classify_acts

PAGE = DOCS / "accuracy" / "promises.md"
HELD_OUT_OF = 3  # one group of people in so many is held out
TEMPLATE = """# Promises, earlier promises and purposes

Written by `python -m benchmarks.language.promises`. The reference are the conversations of `data/scripted`: language
models, not people, wrote and tagged them. Each call is judged by models that saw none of its people. "Held out" are the
newer calls of a third of the people: rules and thresholds were made without reading them. In the older calls
minor promises are not all tagged, so that some of what is found there is right and counts as wrong.

| figure | newer calls | held out | older calls | aim |
|---|---|---|---|---|
{rows}

Owner and due date are those of the promises found (in brackets, of those that share a word with the tag). A state is
that of a tagged promise in the next meeting; "given" is where the exchange that tells of it is known.
"""


def held_out(reference: Reference) -> dict[str, list[str]]:
    """The calls by part: newer, held out (newer calls of a third of the people), older."""
    newer = reference.calls.filter(fully_tagged(pl.col("call_id"))).sort("call_id")
    calls = newer["call_id"].to_list()
    groups = people_groups(newer.select("call_id", "lead_id", "other_id"), calls).tolist()
    first: dict[int, str] = {}
    for group, lead in zip(groups, newer["lead_id"], strict=True):
        first[group] = min(first.get(group, lead), lead)
    drawn = {group: int(hashlib.md5(name.encode()).hexdigest(), 16) % HELD_OUT_OF == 0 for group, name in first.items()}  # noqa: S324  # a draw, no secret
    parts = {"newer": [c for c, g in zip(calls, groups, strict=True) if not drawn[g]]}
    parts["held out"] = [c for c, g in zip(calls, groups, strict=True) if drawn[g]]
    parts["older"] = [call for call in reference.calls["call_id"] if call not in set(calls)]
    return parts


def promise_figures(found: pl.DataFrame, tagged: pl.DataFrame, calls: list[str]) -> list[str]:
    """Precision and recall, owner, due date, and what is found in those of the calls in which nothing is tagged."""
    chosen = pl.col("call_id").is_in(calls)
    actions, there = found.filter(chosen), tagged.filter(chosen).drop("tag").with_row_index("tag")
    seen = action_figures(actions, there)
    bare = [call for call in calls if call not in set(there["call_id"])]
    wrong = actions.filter(pl.col("call_id").is_in(bare)).height
    return [seen["found"], seen["owner"], seen["due"], f"{wrong} in {len(bare)} calls"]


def figures(reference: Reference, found: CrossValidated, calls: list[str]) -> list[str]:
    """The figures of some calls, one for each row of the page."""
    chosen = pl.col("call_id").is_in(calls)
    promises = promise_figures(found.actions, tagged_actions(reference), calls)
    later, given = followed(reference, found).filter(chosen), states_given(reference, found).filter(chosen)
    states = [
        f"{later.select((pl.col('state') == pl.col('state_tagged')).mean()).item():.2f} (n = {later.height})",
        f"{given.select((pl.col('state') == pl.col('guess')).mean()).item():.2f} (n = {given.height})",
    ]
    has_purposes = reference.purposes.filter(chosen).height > 0
    kappa = stretch_kappa(reference, found.purposes, calls) if has_purposes else {}
    purposes = f"{kappa['all']:.2f} ({kappa['meetings']:.2f})" if kappa else ""
    return [*promises, *states, purposes]


ROWS = (
    ("promises, precision / recall", "0.80 / 0.80"),
    ("their owner", "0.92"),
    ("their due date", "0.90"),
    ("false promises in calls without any", "2 in 100"),
    ("state in the next meeting", "0.85"),
    ("state, given", "0.85"),
    ("purposes of utterances, kappa (of meetings alone)", "0.65"),
)


def main() -> None:
    """Compute every figure and write the page."""
    reference = load_reference(SCRIPTED)
    found = cross_validated(reference, reference.talk, classify_acts(reference.talk))
    columns = [figures(reference, found, calls) for calls in held_out(reference).values()]
    rows = [
        f"| {what} | {' | '.join(column[at] for column in columns)} | {aim} |" for at, (what, aim) in enumerate(ROWS)
    ]
    PAGE.write_text(TEMPLATE.format(rows="\n".join(rows)))
    print(PAGE.read_text())


if __name__ == "__main__":
    main()
