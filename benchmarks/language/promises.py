"""How right promises, earlier promises and purposes are found, by people and kinds of conversation never learnt from.

    python -m benchmarks.language.promises

writes docs/accuracy/promises.md. Every call is judged by models that saw none of its people. Rules and
thresholds were made without the held-out third.
"""

import hashlib

import polars as pl
from sklearn.metrics import cohen_kappa_score

from benchmarks.language.action_matching import (
    READERS,
    TAGGERS,
    WRITER,
    action_figures,
    match_actions,
    read_tags,
    tagged_actions,
    with_all_tags,
)
from benchmarks.language.cross_validation import CrossValidated, cross_validated
from benchmarks.language.follow_up import followed, states_given
from benchmarks.language.purposes import stretch_kappa, tagged_purposes
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
newer calls of a third of the people: rules and thresholds were made without them, though a few lines of eight of them
were seen where what two versions of the rules find was compared.

Models learn from the tags of a conversation's writer and from the meetings of `data/learnt_meetings`. They are judged
by three taggers: the writer, who left out some of what both others tagged, and two readers, who tagged every
conversation apart and blind. A promise is right if at least two of the three tagged it. The taggers do not always
agree, so a second row asks less: a promise that anybody tagged is not counted as false, and only those that all three
tagged must be found. Purposes of the older calls are those by one of two further readers of their meetings; models
learn from the other's.

| figure | newer calls | held out | older calls | aim |
|---|---|---|---|---|
{rows}

Owner and due date are those of the promises found (in brackets, of those that share a word with the tag). A state in
the next meeting is that of a promise that the writer tagged, as a further reader told it from the next meeting's text;
"given" is where the exchange that tells of it is known.
"""
ROWS = (
    ("promises, precision / recall, by two of three taggers", "0.80 / 0.80"),
    ("precision by anybody's tags / recall of what all tagged", ""),
    ("precision / recall by the promises that the writer tagged", ""),
    ("one reader by the other, precision / recall", ""),
    ("of what both readers tagged, not tagged by the writer", ""),
    ("their owner", "0.92"),
    ("their due date", "0.90"),
    ("false promises in calls in which nobody tagged any", "2 in 100"),
    ("state in the next meeting", "0.85"),
    ("state, given", "0.85"),
    ("one reader by the other, state", ""),
    ("purposes of utterances, kappa (of meetings alone)", "0.65"),
    ("one reader by the other, purposes", ""),
)
TAGGED_BY_MOST = pl.col("tagged_by").str.len_chars() >= 2


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
    """What is found against what was tagged: by two of three, by anybody and all, by the writer; owner, due date, and
    what is found in those of the calls in which nobody tagged anything."""
    chosen, by = pl.col("call_id").is_in(calls), pl.col("tagged_by")
    actions, there = found.filter(chosen), tagged.filter(chosen)
    of_two, of_all, of_writer, of_any = (
        action_figures(actions, there.filter(rule).drop("tag").with_row_index("tag"))
        for rule in (TAGGED_BY_MOST, by == TAGGERS, by.str.contains(WRITER), pl.lit(value=True))
    )
    lenient = f"{of_any['found'].split(' / ')[0]} / {of_all['found'].split(' / ')[1]}"
    bare = [call for call in calls if call not in set(there["call_id"])]
    wrong = actions.filter(pl.col("call_id").is_in(bare)).height
    readers = [by.str.contains(reader) for reader in READERS]
    shared, one, other = (there.filter(rule).height for rule in (pl.all_horizontal(readers), *readers))
    left_out = 1 - there.filter(by == TAGGERS).height / shared
    return [
        *(
            of_two["found"],
            lenient,
            of_writer["found"],
            f"{shared / one:.2f} / {shared / other:.2f}",
            f"{left_out:.2f}",
        ),
        *(of_two["owner"], of_two["due"], f"{wrong} in {len(bare)} calls"),
    ]


def figures(written: Reference, judged: Reference, found: CrossValidated, calls: list[str]) -> list[str]:
    """The figures of some calls, one for each row of the page; `written` has the tags of the writers, `judged` those of
    everybody."""
    chosen = pl.col("call_id").is_in(calls)
    agreed = judged._replace(
        actions=judged.actions.filter(TAGGED_BY_MOST), prior_actions=judged.prior_actions.filter(TAGGED_BY_MOST)
    )
    later, given = followed(written, found).filter(chosen), states_given(agreed, found).filter(chosen)
    states = [
        f"{later.select((pl.col('state') == pl.col('state_tagged')).mean()).item():.2f} (n = {later.height})",
        f"{given.select((pl.col('state') == pl.col('guess')).mean()).item():.2f} (n = {given.height})",
        states_of_readers(calls),
    ]
    kappa = stretch_kappa(judged, found.purposes, calls)
    purposes = [f"{kappa['all']:.2f} ({kappa['meetings']:.2f})", purposes_of_readers(judged, calls)]
    return [*promise_figures(found.actions, tagged_actions(judged), calls), *states, *purposes]


def states_of_readers(calls: list[str]) -> str:
    """How often the readers give an earlier promise that both tagged the same state."""
    tags = [frame.filter(pl.col("call_id").is_in(calls)) for frame in read_tags("prior_actions")]
    pairs = match_actions(*(frame.with_row_index("tag").with_columns(due_words=pl.lit("")) for frame in tags))
    return f"{pairs.select((pl.col('state') == pl.col('state_tagged')).mean()).item():.2f} (n = {pairs.height})"


def purposes_of_readers(reference: Reference, calls: list[str]) -> str:
    """Cohen's kappa of the readers over utterances of the meetings that they tagged."""
    one, other = (tagged_purposes(reference._replace(purposes=tags)) for tags in read_tags("purposes"))
    both = one.join(other, on=["call_id", "idx"], suffix="_other").filter(pl.col("call_id").is_in(calls))
    return f"{cohen_kappa_score(both['purpose'], both['purpose_other']):.2f}" if both.height else ""


def main() -> None:
    """Compute every figure and write the page."""
    reference = load_reference(SCRIPTED)
    found = cross_validated(reference, reference.talk, classify_acts(reference.talk))
    judged = with_all_tags(reference)
    columns = [figures(reference, judged, found, calls) for calls in held_out(reference).values()]
    rows = [
        f"| {what} | {' | '.join(column[at] for column in columns)} | {aim} |" for at, (what, aim) in enumerate(ROWS)
    ]
    PAGE.write_text(TEMPLATE.format(rows="\n".join(rows)))
    print(PAGE.read_text())


if __name__ == "__main__":
    main()
