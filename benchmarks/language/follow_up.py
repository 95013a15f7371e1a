"""The states of earlier actions in the next meeting of a series, found beside tagged."""

import polars as pl

from benchmarks.language.action_matching import tagged_actions
from benchmarks.language.cross_validation import CrossValidated
from benchmarks.language.tagged_units import tagged_reviews
from benchmarks.paths import SCRIPTED
from models.ratings.reference import Reference
from pipeline.language.follow_up import carry_actions, previous_meetings
from pipeline.language.promises.outcomes import likeliest_states
from pipeline.tables.conversations import Actions

WHAT_BECAME = SCRIPTED / "what_became.csv"


def followed(reference: Reference, found: CrossValidated) -> pl.DataFrame:
    """The actions that the writer tagged in each meeting of a series in the next meeting: `state` as found, and
    `state_tagged` as a reader told it from that meeting's text (data/scripted/what_became.csv)."""
    tagged = tagged_actions(reference)
    earlier = as_open(tagged.with_columns(action=pl.col("tag").cast(pl.Int64), kind=pl.col("kind").fill_null("other")))
    next_ones = previous_meetings(reference.calls.drop_nulls("series")).rename(
        {"call_id": "into", "earlier_id": "call_id"}
    )
    parts = []
    for number, weights in enumerate(found.states):
        into = pl.col("into").replace_strict(found.fold, return_dtype=pl.Int64) == number
        open_ones = earlier.join(next_ones.filter(into), on="call_id")
        exchanges = found.exchanges.filter(pl.col("call_id").is_in(open_ones["into"].implode()))
        parts.append(carry_actions(Actions.validate(earlier.clear()), open_ones, exchanges, weights=weights))
    became = pl.read_csv(WHAT_BECAME).select("call_id", "what", state_tagged="state")
    return pl.concat(parts).join(became, on=["call_id", "what"])


def as_open(promises: pl.DataFrame) -> pl.DataFrame:
    """Promises that were told (call_id, action, idx, what, kind, owner_role, due_words, due_date) as actions that were
    found and are open, in the same order."""
    return promises.select(
        *("call_id", "action", "idx", "what", "kind", "owner_role"),
        pl.lit(None, pl.String).alias("owner_id"),
        *("due_words", "due_date"),
        pl.lit(value=True).alias("confirmed"),
        pl.lit(None, pl.String).alias("carried_from"),
        pl.lit("open").alias("state"),
        pl.lit(None, pl.Float64).alias("share_done"),
    )


def states_given(reference: Reference, found: CrossValidated) -> pl.DataFrame:
    """The state of each tagged review where its exchange is given: tag, call_id, state (tagged), guess."""
    reviews = tagged_reviews(reference, found.exchanges)
    fold = pl.col("call_id").replace_strict(found.fold, return_dtype=pl.Int64)
    parts = [
        likeliest_states(reviews.filter(fold == number), "tag", weights) for number, weights in enumerate(found.states)
    ]
    guesses = pl.concat(parts).rename({"state": "guess"})
    return reviews.unique("tag").select("tag", "call_id", "state").join(guesses, on="tag")
