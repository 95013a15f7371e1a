"""The states of earlier actions in the next meeting of a series, found beside tagged."""

import dataframely as dy
import polars as pl

from benchmarks.language.action_matching import tagged_actions
from benchmarks.language.cross_validation import FOLDS, CrossValidated, folds
from benchmarks.language.tagged_units import tagged_exchanges
from models.ratings.reference import Reference
from pipeline.language.follow_up import carry_actions, exchanges_of, previous_meetings
from pipeline.language.moments import score_utterances
from pipeline.language.ngram_model import score, stems
from pipeline.language.text import plain
from pipeline.tables.conversations import Actions, Talk


def followed(
    reference: Reference, weights: dict[int, dict[str, pl.DataFrame]], talk: dy.DataFrame[Talk]
) -> pl.DataFrame:
    """The tagged actions of each meeting of a series in the next meeting: state found, state tagged, tag."""
    tagged = tagged_actions(reference)
    earlier = tagged.select(
        "call_id",
        pl.col("tag").cast(pl.Int64).alias("action"),
        "idx",
        "what",
        "owner_role",
        "due_words",
        "due_date",
        pl.lit(value=True).alias("confirmed"),
        pl.lit(None, pl.String).alias("carried_from"),
        pl.lit("open").alias("state"),
    )
    next_ones = previous_meetings(reference.calls.drop_nulls("series")).rename(
        {"call_id": "into", "earlier_id": "call_id"}
    )
    fold = folds(reference.calls)
    parts = []
    for number in range(FOLDS):
        into = pl.col("into").replace_strict(fold, return_dtype=pl.Int64) == number
        open_ones = earlier.join(next_ones.filter(into), on="call_id")
        next_talk = Talk.validate(talk.filter(pl.col("call_id").is_in(open_ones["into"].unique().to_list())))
        parts.append(
            carry_actions(
                Actions.validate(earlier.clear()),
                open_ones,
                exchanges_of(score_utterances(next_talk, weights=weights[number]["moments"])),
                weights=weights[number]["states"],
            )
        )
    return pl.concat(parts).join(states_tagged(reference, earlier, next_ones), on=["call_id", "what"])


def states_tagged(reference: Reference, earlier: pl.DataFrame, next_ones: pl.DataFrame) -> pl.DataFrame:
    """What became of each earlier action by the tags of the next meeting: the tag that shares half of it or more, or
    not mentioned: call_id, what, state_tagged."""
    open_ones = (
        earlier.join(next_ones, on="call_id").select(pl.col("into").alias("call_id"), "what").with_row_index("row")
    )
    prior_tags = reference.prior_actions.select("call_id", pl.col("what"), "state").with_row_index("row")
    content = [stems(frame.with_columns(plain(pl.col("what")).alias("words"))) for frame in (open_ones, prior_tags)]
    weight = content[0].group_by("row").agg(pl.col("idf").sum().alias("whole"))
    weight_told = content[1].group_by("row").agg(pl.col("idf").sum().alias("whole"))
    best = (
        content[0]
        .join(open_ones, on="row")
        .join(content[1].join(prior_tags.drop("what"), on="row"), on=["call_id", "stem"], suffix="_told")
        .group_by("row", "row_told", "state")
        .agg(pl.col("idf").sum())
        .join(weight, on="row")
        .join(weight_told.rename({"row": "row_told"}), on="row_told", suffix="_told")
        .filter(pl.col("idf") >= 0.5 * pl.min_horizontal("whole", "whole_told"))
        .sort("idf", "row_told", descending=[True, False])
        .unique("row", keep="first", maintain_order=True)
    )
    state = pl.col("state").replace("unasked", "discussed").fill_null("not_mentioned")
    return open_ones.join(best, on="row", how="left").select("call_id", "what", state.alias("state_tagged"))


def state_figures(reference: Reference, found: CrossValidated, talk: dy.DataFrame[Talk]) -> tuple[str, str]:
    """The share of right states where the exchange is given, over all tagged earlier actions, and of the most usual."""
    fold = folds(reference.calls)
    looks = tagged_exchanges(reference, talk)
    right = 0
    for number in range(FOLDS):
        test = looks.filter(pl.col("call_id").replace_strict(fold, return_dtype=pl.Int64) == number)
        scored = score(test, found.weights[number]["states"]).drop("row")
        likeliest = [max(row, key=lambda name: row[name]) for row in scored.iter_rows(named=True)]
        right += sum(guess == state for guess, state in zip(likeliest, test["state"], strict=True))
    usual = looks["state"].value_counts(sort=True)["count"][0]
    return f"{right / looks.height:.2f}", f"always done: {usual / looks.height:.2f}"
