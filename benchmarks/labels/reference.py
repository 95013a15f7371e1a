"""What data/scripted holds, and how far its raters agree: counts, levels, lengths, pairs of raters by element.

    python -m benchmarks.labels.reference

Writes docs/accuracy/reference.md.
"""

from itertools import combinations

import dataframely as dy
import numpy as np
import polars as pl
from sklearn.metrics import cohen_kappa_score

from benchmarks.page import table
from benchmarks.paths import DOCS, ROOT, SCRIPTED
from models.ratings.agreement import qwk
from models.ratings.reference import Reference, load_reference, reference_scores
from pipeline.tables.judgements import Scores
from pipeline.tables.values import LEVELS

PAGE = DOCS / "accuracy" / "reference.md"
SPOKEN = ROOT / "data" / "acts" / "spoken.csv"
HEAD = """# The reference conversations

Written by `python -m benchmarks.labels.reference` from data/scripted. **Authors and raters are language models, not
people.** The raters worked apart and blind: none saw what the author meant to show or what another rater had given.
Their agreement says how clear the anchors are to readers of one kind; people agree at 0.4 to 0.8 on such elements.
"""
UNCLEAR = 0.8
MIN_CALLS = 10  # that two raters share: fewer say nothing
STEP = 200  # words


def main() -> None:
    """Write the page."""
    reference, scores = load_reference(SCRIPTED), reference_scores(SCRIPTED)
    parts = [HEAD, _kinds(reference), _levels(scores), _pairs(scores), _lengths(reference), _acts()]
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    print(f"wrote {PAGE.name}")


def pairs_of_raters(scores: dy.DataFrame[Scores]) -> pl.DataFrame:
    """rubric, element, raters (such as `A B`), n and qwk: each two raters on the calls that
    both scored, where these are ten or more."""
    rows = []
    for (rubric, element), part in scores.group_by("rubric", "element", maintain_order=True):
        wide = part.pivot("rater", index="call_id", values="level")
        for first, second in combinations(sorted(set(part["rater"])), 2):
            both = wide.select(first, second).drop_nulls()
            if both.height >= MIN_CALLS:
                agreed = qwk(both[first].to_numpy(), both[second].to_numpy())
                rows.append((rubric, element, f"{first} {second}", both.height, agreed))
    return pl.DataFrame(rows, schema=["rubric", "element", "raters", "n", "qwk"], orient="row")


def _kinds(reference: Reference) -> str:
    turns = reference.talk.group_by("call_id").agg(turns=pl.len(), words=pl.col("n_words").sum())
    calls = reference.calls.join(turns, on="call_id")
    counted = calls.group_by("interaction").agg(
        pl.len(), pl.col("lead_id").n_unique(), pl.col("series").drop_nulls().n_unique(),
        pl.col("turns").median(), pl.col("words").median(),
    ).sort("interaction")  # fmt: skip
    header = ["kind", "conversations", "leads", "series", "turns (median)", "words (median)"]
    rows = [[kind, n, leads, series, round(turn), round(words)] for kind, n, leads, series, turn, words in
            counted.iter_rows()]  # fmt: skip
    return f"## Kinds\n\n{reference.calls.height} conversations.\n\n" + table(header, rows)


def _levels(scores: dy.DataFrame[Scores]) -> str:
    medians = scores.group_by("rubric", "element", "call_id").agg(pl.col("level").median().round())
    counted = medians.group_by("rubric", "element").agg(
        *((pl.col("level") == level).sum().alias(color) for level, color in enumerate(LEVELS))
    )
    rows = counted.sort("rubric", "element").rows()
    return "## Conversations by element and level (median of the raters)\n\n" + table(
        ["rubric", "element", *LEVELS], rows
    )


def _pairs(scores: dy.DataFrame[Scores]) -> str:
    wide = pairs_of_raters(scores).pivot("raters", index=["rubric", "element"], values="qwk").sort("rubric", "element")
    pairs = [name for name in wide.columns if name not in ("rubric", "element")]
    rows = [["" if cell is None else cell for cell in row] for row in wide.rows()]
    low = wide.filter(pl.min_horizontal(pairs) < UNCLEAR)
    named = ", ".join(f"{element} ({rubric})" for rubric, element in low.select("rubric", "element").rows())
    said = f"Two of the raters differ most (kappa below {UNCLEAR}) on: {named or 'none'}."
    means = ", ".join(f"{pair} {np.nanmean(wide[pair].cast(pl.Float64).to_numpy()):.2f}" for pair in pairs)
    return f"## Agreement of raters, quadratic weighted kappa\n\nMeans: {means}. {said}\n\n" + table(
        ["rubric", "element", *pairs], rows
    )


def _lengths(reference: Reference) -> str:
    words = reference.talk.group_by("call_id").agg(pl.col("n_words").sum())
    bins = words.group_by((pl.col("n_words") // STEP * STEP).alias("from")).agg(pl.len()).sort("from")
    lines = [f"{low:5d} to {low + STEP - 1:5d} {'#' * n} {n}" for low, n in bins.iter_rows()]
    return "## Words in a conversation\n\n```\n" + "\n".join(lines) + "\n```\n"


def _acts() -> str:
    """Cohen's kappa of the two labellers of data/acts/spoken.csv: over all acts, and of each act against all others."""
    first, second = pl.col("labeller_1"), pl.col("labeller_2")
    given = pl.read_csv(SPOKEN).with_columns(
        first.str.split(":").list.first().alias("first"), second.str.split(":").list.first().alias("second")
    )
    acts = given["act"].value_counts(sort=True)
    rows = [
        [act, n, float(cohen_kappa_score(given["first"] == act, given["second"] == act))] for act, n in acts.iter_rows()
    ]
    both = given.filter((pl.col("first") == "reflect") & (pl.col("second") == "reflect"))
    kinds = cohen_kappa_score(both["labeller_1"], both["labeller_2"])
    whole = cohen_kappa_score(given["first"], given["second"])
    said = (
        f"{given.height:,} sentences; kappa {whole:.2f} over the ten acts, {kinds:.2f} over the kinds of a reflection."
    )
    return f"## Acts of single sentences, two labellers\n\n{said}\n\n" + table(["act", "sentences", "kappa"], rows)


if __name__ == "__main__":
    main()
