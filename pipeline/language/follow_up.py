"""Follow-up: the open actions of one meeting followed into the next meeting of the same two people."""

import dataframely as dy
import polars as pl

from pipeline.language.ngram_model import load_weights, score, stems
from pipeline.language.text import plain
from pipeline.tables.conversations import Actions
from pipeline.tables.values import DECIMALS, TAKEN_UP_STATES

TAKEN_UP_SCORE = 0.45  # share of the action's content, and likelihood of a look back, that together show it is taken up
MIN_SHARED_CONTENT = 0.12  # share of the content that must be there in any case
LOOK_BACK_WEIGHT = 0.5  # weight of the likelihood that an utterance looks back at all
ANSWER_WORDS = 25
NO_EXCHANGES = pl.DataFrame(
    schema={
        "row": pl.UInt32,
        "call_id": pl.String,
        "idx": pl.Int64,
        "asked": pl.String,
        "words": pl.String,
        "back": pl.Float64,
    }
)


def previous_meetings(calls: pl.DataFrame) -> pl.DataFrame:
    """The latest earlier call of the same lead and other person for each call that has one: call_id, earlier_id.

    `calls` needs call_id, lead_id, other_id and started_at; calls without any of them are left out.
    """
    known = calls.drop_nulls(["lead_id", "other_id", "started_at"]).sort("started_at", "call_id")
    earlier = pl.col("call_id").shift(1).over("lead_id", "other_id")
    return known.select("call_id", earlier.alias("earlier_id")).drop_nulls()


def carry_actions(
    actions: dy.DataFrame[Actions],
    earlier: pl.DataFrame,
    exchanges: pl.DataFrame,
    *,
    weights: pl.DataFrame | None = None,
) -> dy.DataFrame[Actions]:
    """`actions`, with the open actions of the meetings before as further rows: their state and where they are taken up.

    `earlier` are the actions of each earlier meeting with a column `into`, the call_id of the meeting after it (see
    `previous_meetings`); what was done there is not carried, and what was promised anew is carried once. In a series,
    carry meeting by meeting, so that what the second did not mention reaches the third. `exchanges` are those of
    `exchanges_of`; `weights` replaces those of the package (models done, missed, partly, discussed).
    """
    carried = _still_open(earlier).with_row_index("row")
    if carried.is_empty():
        return actions
    exchanges = exchanges.join(carried, on="call_id", how="semi")
    places = _places(carried, exchanges)
    units = places.join(exchanges.select("call_id", "idx", "words"), on=["call_id", "idx"])
    scored = units.select("row", "call_id", "idx").hstack(
        score(units, load_weights("states") if weights is None else weights).select(TAKEN_UP_STATES)
    )
    likeliest = pl.max_horizontal(TAKEN_UP_STATES)
    state = pl.coalesce(pl.when(pl.col(name) == likeliest).then(pl.lit(name)) for name in TAKEN_UP_STATES)
    followed = carried.join(scored.select("row", "idx", state.alias("state")), on="row", how="left").with_columns(
        pl.col("state").fill_null("not_mentioned")
    )
    return Actions.validate(_numbered(actions, followed))


def carry_series(
    actions: dy.DataFrame[Actions],
    known: pl.DataFrame,
    calls: pl.DataFrame,
    *,
    exchanges: pl.DataFrame,
) -> dy.DataFrame[Actions]:
    """`actions` of some calls with those still open from each one's meeting before, which may be one of them.

    `known` are the actions stored of other calls; `calls` (call_id, lead_id, other_id, started_at) are all of both.
    `exchanges` are those of the calls that `actions` are of (see `exchanges_of`).
    """
    own = exchanges["call_id"].unique()
    waiting = set(own)
    links = previous_meetings(calls).filter(pl.col("call_id").is_in(waiting))
    settled = known.filter(~pl.col("call_id").is_in(waiting))
    while waiting:
        blocked = links.filter(pl.col("earlier_id").is_in(waiting))["call_id"]
        ready = waiting - set(blocked)
        into = links.filter(pl.col("call_id").is_in(ready)).rename({"call_id": "into", "earlier_id": "call_id"})
        carried = carry_actions(
            Actions.validate(actions.filter(pl.col("call_id").is_in(ready))),
            settled.join(into, on="call_id"),
            exchanges,
        )
        settled = pl.concat([settled, carried])
        waiting -= ready
    return Actions.validate(settled.filter(pl.col("call_id").is_in(own.implode())))


def exchanges_of(scored: pl.DataFrame) -> pl.DataFrame:
    """One row per utterance with its answer: row, call_id, idx, asked (its words), words (with those of the answer,
    marked "~"), back (how probable it is that it takes up an earlier action), of `moments.score_utterances`."""
    answer = pl.col("words").shift(-1).over("call_id").fill_null("")
    own = pl.col("words").str.split(" ").list.head(ANSWER_WORDS).list.join(" ")
    marked = answer.str.split(" ").list.head(ANSWER_WORDS).list.join(" ").str.replace_all(r"(\S+)", "$1~")
    return scored.select(
        "row",
        "call_id",
        "idx",
        pl.col("words").alias("asked"),
        pl.concat_str(own, marked, separator=" ").alias("words"),
        pl.col("prior_action").alias("back"),
    )


def _still_open(earlier: pl.DataFrame) -> pl.DataFrame:
    """The actions to carry: not done, and those promised anew in the same meeting only in their new form."""
    again = pl.col("state") != "open"
    kept = earlier.filter(pl.col("state") != "done").sort("into", again, "action")
    rows = kept.with_row_index("row").with_columns(plain(pl.col("what")).alias("words"))
    pairs = _overlaps(
        rows.select("row", "words", pl.col("into").alias("call_id")),
        rows.select("row", "words", pl.col("into").alias("call_id")),
    )
    doubles = pairs.filter((pl.col("row") > pl.col("row_said")) & (pl.col("share") >= TAKEN_UP_SCORE))["row"].unique()
    return (
        rows.filter(~pl.col("row").is_in(doubles.to_list()))
        .with_columns(pl.coalesce("carried_from", "call_id").alias("carried_from"), pl.col("into").alias("call_id"))
        .drop("row", "words", "into", "idx", "state", "action")
    )


def _overlaps(wanted: pl.DataFrame, spoken: pl.DataFrame) -> pl.DataFrame:
    """For each pair of one call that shares a telling stem: row, row_said, share of the wanted content that is said."""
    wanted_stems, spoken_stems = stems(wanted), stems(spoken)
    whole = wanted_stems.group_by("row").agg(pl.col("idf").sum().alias("whole"))
    return (
        wanted_stems.join(wanted.select("row", "call_id"), on="row")
        .join(spoken_stems.join(spoken.select("row", "call_id"), on="row"), on=["call_id", "stem"], suffix="_said")
        .group_by("row", "row_said")
        .agg(pl.col("idf").sum())
        .join(whole, on="row")
        .select("row", "row_said", (pl.col("idf") / pl.col("whole")).round(DECIMALS).alias("share"))
    )


def _places(carried: pl.DataFrame, exchanges: pl.DataFrame) -> pl.DataFrame:
    """Where each carried action is taken up, if anywhere: row, call_id, idx. The first of the likeliest places."""
    wanted = carried.select("row", "call_id", plain(pl.col("what")).alias("words"))
    spoken = exchanges.select("row", "call_id", pl.col("asked").alias("words"))
    likely = (pl.col("share") + LOOK_BACK_WEIGHT * pl.col("back")).round(DECIMALS)
    return (
        _overlaps(wanted, spoken)
        .join(exchanges.select(pl.col("row").alias("row_said"), "call_id", "idx", "back"), on="row_said")
        .with_columns(likely.alias("likely"))
        .filter((pl.col("share") >= MIN_SHARED_CONTENT) & (pl.col("likely") >= TAKEN_UP_SCORE))
        .sort("likely", "idx", descending=[True, False])
        .unique("row", keep="first", maintain_order=True)
        .select("row", "call_id", "idx")
    )


def _numbered(actions: pl.DataFrame, followed: pl.DataFrame) -> pl.DataFrame:
    """The carried actions after the new ones of their call, numbered on."""
    new = actions.group_by("call_id").agg((pl.col("action").max() + 1).alias("first"))
    following = pl.int_range(pl.len()).over("call_id")
    rows = followed.join(new, on="call_id", how="left").with_columns(
        (pl.col("first").fill_null(0) + following).cast(pl.Int64).alias("action")
    )
    return pl.concat([actions, rows.select(actions.columns)]).sort("call_id", "action")
