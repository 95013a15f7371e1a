"""How well structure, actions and their follow-up are found: python -m benchmarks.structure writes docs/accuracy/structure.md."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from benchmarks import train_structure as training
from models.reference import LEAD_ROLES, Reference, load_reference
from pipeline.acts import classify_acts
from pipeline.actions import find_actions, standing_actions
from pipeline.due_dates import due_date
from pipeline.phrases import plain, stems
from pipeline.promises import clauses

FOLDS = 5
MATCHED = 1000.0  # worth of one more pair, beside which likeness is small


def folds(calls: pl.DataFrame, count: int = FOLDS) -> dict[str, int]:
    """The fold of each call, so that no person has calls in two: linked people stay together, large groups first."""
    parent: dict[str, str] = {}

    def root(person: str) -> str:
        while parent.setdefault(person, person) != person:
            person = parent[person]
        return person

    for lead, other in calls.select("lead_id", "other_id").iter_rows():
        parent[root(lead)] = root(other)
    groups: dict[str, list[str]] = {}
    for call_id, lead in calls.select("call_id", "lead_id").sort("call_id").iter_rows():
        groups.setdefault(root(lead), []).append(call_id)
    sizes, chosen = [0] * count, {}
    for group in sorted(groups.values(), key=lambda group: (-len(group), group[0])):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(group)
        chosen |= dict.fromkeys(group, fold)
    return chosen


def match_actions(found: pl.DataFrame, tagged: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a found and a tagged action, one to one, in the same turn or one beside it: as many as can be in a
    call, and among these the ones that say the same. Both frames have tag, call_id, idx and what."""
    told = [
        frame.select(pl.col("tag").alias("row"), "call_id", plain(pl.concat_str("what", pl.col("due_words").fill_null(""), separator=" ")).alias("words"))
        for frame in (found, tagged)
    ]
    shared = (
        stems(told[0]).join(told[0].select("row", "call_id"), on="row")
        .join(stems(told[1]).join(told[1].select("row", "call_id"), on="row"), on=["call_id", "stem"], suffix="_tagged")
        .group_by(pl.col("row").alias("tag"), pl.col("row_tagged").alias("tag_tagged"))
        .agg(pl.col("idf").sum())
    )
    apart = (pl.col("idx") - pl.col("idx_tagged")).abs()
    pairs = (
        found.join(tagged, on="call_id", suffix="_tagged")
        .filter(apart <= 1)
        .join(shared, on=["tag", "tag_tagged"], how="left")
        .with_columns((MATCHED + pl.col("idf").fill_null(0.0) - apart).alias("worth"))
    )
    chosen: list[tuple[int, int]] = []
    for call in pairs.partition_by("call_id"):
        grid = call.pivot("tag_tagged", index="tag", values="worth", aggregate_function="first").fill_null(0.0)
        columns = [int(column) for column in grid.columns if column != "tag"]
        values = grid.drop("tag").to_numpy()
        places = zip(*linear_sum_assignment(-values), strict=True)
        chosen += [(grid["tag"][int(row)], columns[column]) for row, column in places if values[row, column] > 0]
    schema = {"tag": pl.UInt32, "tag_tagged": pl.UInt32}
    return pl.DataFrame(chosen, schema=schema, orient="row").join(pairs, on=["tag", "tag_tagged"])


def tagged_actions(reference: Reference) -> pl.DataFrame:
    """The reference's actions with owner as lead, other or both and the date of their due words."""
    day = reference.calls.select("call_id", pl.col("started_at").dt.date().alias("day"))
    joined = reference.actions.join(day, on="call_id")
    dates = [due_date(words, day) if words else None for words, day in joined.select("due_words", "day").iter_rows()]
    side = (
        pl.when(pl.col("owner_role") == "both")
        .then(pl.lit("both"))
        .when(pl.col("owner_role").is_in(LEAD_ROLES))
        .then(pl.lit("lead"))
        .otherwise(pl.lit("other"))
    )
    return joined.with_columns(side.alias("owner_role"), pl.Series("due_date", dates, pl.Date)).with_row_index("tag")


def cross_validated(reference: Reference, talk, acts) -> pl.DataFrame:
    units = clauses(talk, acts)
    tagged = training.tagged_clauses(reference, units)
    matrix, names = training.features(units)
    fold = folds(reference.calls)
    parts = []
    for number in range(FOLDS):
        train = [call for call, of in fold.items() if of != number]
        test = [call for call, of in fold.items() if of == number]
        weights = training.table(training.train_actions(tagged, matrix, names, train))
        parts.append(
            find_actions(
                talk.filter(pl.col("call_id").is_in(test)), acts.filter(pl.col("call_id").is_in(test)), weights=weights
            )
        )
    return pl.concat(parts)
