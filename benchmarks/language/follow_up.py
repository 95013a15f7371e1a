"""The states of earlier actions in the next meeting of a series, found beside tagged."""

import polars as pl

from benchmarks.language.action_matching import tagged_actions
from benchmarks.language.cross_validation import CrossValidated
from benchmarks.language.tagged_units import tagged_reviews
from models.ratings.reference import Reference
from pipeline.language.follow_up import carry_actions, previous_meetings
from pipeline.language.ngram_model import stems
from pipeline.language.promises.outcomes import likeliest_states
from pipeline.language.text import plain
from pipeline.tables.conversations import Actions

SAME_TAG_SHARE = 0.4  # share of the shorter one's content that a tag and an action have in common if they are one


def followed(reference: Reference, found: CrossValidated) -> pl.DataFrame:
    """The tagged actions of each meeting of a series in the next meeting: state found, state tagged, tag."""
    tagged = tagged_actions(reference)
    earlier = tagged.select(
        "call_id",
        pl.col("tag").cast(pl.Int64).alias("action"),
        "idx",
        "what",
        pl.col("kind").fill_null("other"),
        "owner_role",
        pl.lit(None, pl.String).alias("owner_id"),
        "due_words",
        "due_date",
        pl.lit(value=True).alias("confirmed"),
        pl.lit(None, pl.String).alias("carried_from"),
        pl.lit("open").alias("state"),
        pl.lit(None, pl.Float64).alias("share_done"),
    )
    next_ones = previous_meetings(reference.calls.drop_nulls("series")).rename(
        {"call_id": "into", "earlier_id": "call_id"}
    )
    parts = []
    for number, weights in enumerate(found.states):
        into = pl.col("into").replace_strict(found.fold, return_dtype=pl.Int64) == number
        open_ones = earlier.join(next_ones.filter(into), on="call_id")
        exchanges = found.exchanges.filter(pl.col("call_id").is_in(open_ones["into"].implode()))
        parts.append(carry_actions(Actions.validate(earlier.clear()), open_ones, exchanges, weights=weights))
    return pl.concat(parts).join(states_tagged(reference, earlier, next_ones), on=["call_id", "what"])


def states_tagged(reference: Reference, earlier: pl.DataFrame, next_ones: pl.DataFrame) -> pl.DataFrame:
    """What became of each earlier action by the tags of the next meeting: the tag that shares most with it, or
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
        .filter(pl.col("idf") >= SAME_TAG_SHARE * pl.min_horizontal("whole", "whole_told"))
        .sort("idf", "row_told", descending=[True, False])
        .unique("row", keep="first", maintain_order=True)
    )
    state = pl.col("state").replace("unasked", "discussed").fill_null("not_mentioned")
    return open_ones.join(best, on="row", how="left").select("call_id", "what", state.alias("state_tagged"))


def states_given(reference: Reference, found: CrossValidated) -> pl.DataFrame:
    """The state of each tagged review where its exchange is given: tag, call_id, state (tagged), guess."""
    reviews = tagged_reviews(reference, found.exchanges)
    fold = pl.col("call_id").replace_strict(found.fold, return_dtype=pl.Int64)
    parts = [
        likeliest_states(reviews.filter(fold == number), "tag", weights) for number, weights in enumerate(found.states)
    ]
    guesses = pl.concat(parts).rename({"state": "guess"})
    return reviews.unique("tag").select("tag", "call_id", "state").join(guesses, on="tag")
