"""Follow-up: the open actions of one meeting followed into the next meeting of the same two people.

One promise is one row in every meeting that it reaches: done, missed, partly, withdrawn, agreed anew with another date.
What is said again of it, in a recap or with a new date, makes no new action.
"""

import re

import dataframely as dy
import polars as pl

from pipeline.language.ngram_model import stems
from pipeline.language.promises.mentions import TELLING_IDF, telling
from pipeline.language.promises.new_dates import TOLD, told_dates, where_named
from pipeline.language.promises.outcomes import likeliest_states
from pipeline.language.promises.reviews import answered, taken_up
from pipeline.language.text import plain
from pipeline.language.vocabulary import UNITS
from pipeline.tables.conversations import Actions
from pipeline.tables.values import DECIMALS, ENDED_STATES, UNFINISHED_STATES, UNKNOWN_ORIGIN

SAME_ACTION_SHARE = 0.45  # share of an action's content that one of the same people must have to be the same
REAGREED_WITHIN = (-1, 4)  # utterances from where an action is reviewed in which its new date is agreed
REAGREED_SHARE = 0.2  # share of its content that is enough there
LOOKS_BACK = 0.6  # probability from which an utterance reviews what no stored meeting has
LOOKS_APART = 3  # utterances between two looks back at different things
MAX_WORDS = 18
FIRST_WORD = r"^\w+ ?"
PART_OF_WHOLE = re.compile(
    rf"\b({'|'.join(UNITS[1:])}|\d+)(?: out)? of (?:the |my |your |his |her |our |them )?({'|'.join(UNITS[1:])}|\d+)\b"
)
KEY = ["call_id", "carried_from", "what", "owner_role"]


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
    days: pl.DataFrame | None = None,
) -> dy.DataFrame[Actions]:
    """`actions`, with the open actions of the meetings before as further rows: their state and where they are taken up.

    `earlier` are the actions of each earlier meeting with a column `into`, the call_id of the meeting after it (see
    `previous_meetings`); what was done or withdrawn there is not carried.
    In a series, carry meeting by meeting, so that what the second did not mention reaches the third. `exchanges` are
    those of `reviews.exchanges_of`; `weights` replaces those of the package (see `reviews.taken_up`). `days` (call_id,
    day) are the local days of the calls: without them no new date is looked for in what answers a review.
    """
    carried = _still_open(earlier).with_row_index("row")
    if carried.is_empty():
        return actions
    found = taken_up(carried.select("row", "call_id", "what"), exchanges, weights=weights)
    followed = carried.join(found, on="row", how="left").with_columns(pl.col("state").fill_null("not_mentioned"))
    followed = followed.join(where_named(followed, exchanges), on="row")
    parts = _parts_done(followed, exchanges)
    again = _promised_again(followed, actions)
    told = pl.DataFrame(schema=TOLD) if days is None else told_dates(followed, exchanges, days)
    told = told.join(again.drop_nulls("again_words"), on="row", how="anti")
    settled = _reagreed(followed.join(parts, on="row", how="left"), again, told)
    kept = actions.join(again, on=["call_id", "action"], how="anti")
    kept = kept.join(_found_too(told, kept), on=["call_id", "action"], how="anti")
    return Actions.validate(_numbered(kept, settled))


def with_unknown_origin(actions: dy.DataFrame[Actions], exchanges: pl.DataFrame) -> dy.DataFrame[Actions]:
    """`actions`, with what is reviewed and was never recorded as further rows, carried from UNKNOWN_ORIGIN.

    `exchanges` are those of meetings; who owns such an action is not known.
    """
    known = actions.filter(pl.col("carried_from").is_not_null()).select("call_id", known="idx").drop_nulls()
    looks = exchanges.filter((pl.col("back") >= LOOKS_BACK) & (pl.col("at") < 0.5)).sort("call_id", "idx")
    near = (
        looks.join(known, on="call_id")
        .filter((pl.col("idx") - pl.col("known")).abs() <= LOOKS_APART)
        .select("call_id", "idx")
    )
    fresh = looks.join(near, on=["call_id", "idx"], how="anti")
    run = (pl.col("idx") - pl.col("idx").shift(1) > LOOKS_APART).fill_null(value=True).cum_sum().over("call_id")
    first = fresh.with_columns(run=run).unique(["call_id", "run"], keep="first", maintain_order=True)
    if first.is_empty():
        return actions
    signed = answered(first.select(exchanges.columns))
    rows = signed.select("row", "call_id", "idx", "words").join(likeliest_states(signed, "row"), on="row")
    said = rows.select(
        "call_id",
        "idx",
        what=pl.col("words").str.split(" ").list.head(MAX_WORDS).list.join(" "),
        kind=pl.lit("other"),
        owner_role=pl.lit("unknown"),
        owner_id=pl.lit(None, pl.String),
        due_words=pl.lit(None, pl.String),
        due_date=pl.lit(None, pl.Date),
        confirmed=pl.lit(None, pl.Boolean),
        carried_from=pl.lit(UNKNOWN_ORIGIN),
        state="state",
        share_done=pl.lit(None, pl.Float64),
    ).unique(KEY, keep="first", maintain_order=True)
    return Actions.validate(_numbered(actions, said))


def carry_series(
    actions: dy.DataFrame[Actions],
    known: pl.DataFrame,
    calls: pl.DataFrame,
    *,
    exchanges: pl.DataFrame,
    zone: str = "UTC",
) -> dy.DataFrame[Actions]:
    """`actions` of some calls with those still open from each one's meeting before, which may be one of them.

    `known` are the actions stored of other calls; `calls` (call_id, lead_id, other_id, started_at) are all of both.
    `exchanges` are those of the calls that `actions` are of (see `reviews.exchanges_of`). New dates count from the day
    of the call in `zone`.
    """
    days = calls.select("call_id", day=pl.col("started_at").dt.convert_time_zone(zone).dt.date()).drop_nulls("day")
    own = exchanges["call_id"].unique()
    waiting = set(own)
    links = previous_meetings(calls).filter(pl.col("call_id").is_in(waiting))
    settled = known.filter(~pl.col("call_id").is_in(waiting))
    while waiting:
        blocked = links.filter(pl.col("earlier_id").is_in(waiting))["call_id"]
        ready = waiting - set(blocked)
        into = links.filter(pl.col("call_id").is_in(ready)).rename({"call_id": "into", "earlier_id": "call_id"})
        spoken = exchanges.filter(pl.col("call_id").is_in(ready))
        carried = carry_actions(
            Actions.validate(actions.filter(pl.col("call_id").is_in(ready))),
            settled.join(into, on="call_id"),
            spoken,
            days=days,
        )
        later = spoken.join(links, on="call_id", how="semi")
        settled = pl.concat([settled, with_unknown_origin(carried, later)])
        waiting -= ready
    return Actions.validate(settled.filter(pl.col("call_id").is_in(own.implode())))


def _still_open(earlier: pl.DataFrame) -> pl.DataFrame:
    """The actions to carry: neither done nor withdrawn. Those of one matter are several: what is one action said again
    was put together in its own meeting (see `merged` and `_promised_again`)."""
    return (
        earlier.filter(~pl.col("state").is_in(ENDED_STATES))
        .sort("into", pl.col("carried_from").is_not_null(), "action")
        .with_columns(pl.coalesce("carried_from", "call_id").alias("carried_from"), pl.col("into").alias("call_id"))
        .unique(KEY, keep="first", maintain_order=True)
        .drop("into", "idx", "state", "action", "share_done")
    )


def _promised_again(followed: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The actions of a call that are one of those carried into it, said again: row (of the carried), call_id, action,
    again_words, again_date, again_idx. What is to be done anew on another day after it was done is none of these."""
    new = actions.filter(pl.col("carried_from").is_null())
    said = new.with_row_index("row_said").select(
        "row_said", "call_id", "action", "owner_role", again_idx="idx", again_words="due_words", again_date="due_date",
        words=telling(plain(pl.col("what"))),
    )  # fmt: skip
    wanted = followed.select("row", "call_id", telling(plain(pl.col("what"))).alias("words"))
    spoken = said.select(pl.col("row_said").alias("row"), "call_id", "words")
    shares = _overlaps(wanted, spoken)
    pairs = (
        followed.select("row", "call_id", "idx", "owner_role", "state", "due_date", "named_at")
        .join(said, on="call_id", suffix="_said")
        .join(shares, on=["row", "row_said"], how="left")
        .with_columns(pl.col("share").fill_null(0.0))
    )
    one_owner = (pl.col("owner_role") == pl.col("owner_role_said")) | (pl.col("owner_role") == "unknown")
    apart = pl.col("again_idx") - pl.col("idx")
    beside = apart.is_between(*REAGREED_WITHIN).fill_null(value=False)
    unfinished = pl.col("state").is_in(UNFINISHED_STATES)
    bare = ~pl.col("row_said").is_in(_naming(said))
    dated = pl.col("again_words").is_not_null()
    same = pl.col("share") >= SAME_ACTION_SHARE
    ended = pl.col("state").is_in(ENDED_STATES) & pl.col("again_date").is_not_null()
    once_more = ended & pl.col("again_date").ne_missing(pl.col("due_date"))
    anew = beside & unfinished & ((pl.col("share") >= REAGREED_SHARE) | (dated & bare))
    return (
        pairs.filter(one_owner & (same | anew) & ~once_more)
        .sort("share", dated, apart.abs().fill_null(99), "named_at", descending=[True, True, False, True])
        .unique("row_said", keep="first", maintain_order=True)
        .select("row", "call_id", "action", "again_words", "again_date", "again_idx")
    )


def _found_too(told: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The new actions that are but the new date of a carried one (see `told_dates`): call_id, action."""
    new = actions.filter(pl.col("carried_from").is_null()).with_row_index("row_said")
    said = new.with_columns(words=telling(plain(pl.col("what"))))
    beside = (pl.col("again_idx") - pl.col("idx")).is_between(0, 1) & (pl.col("due_date") == pl.col("again_date"))
    rows = said.join(told, on="call_id").filter(beside)
    return rows.filter(pl.col("asked") | ~pl.col("row_said").is_in(_naming(said))).select("call_id", "action").unique()


def _naming(said: pl.DataFrame) -> list[int]:
    """Those (row_said, words) that name something of their own beside their verb."""
    matter = pl.col("words").str.replace(FIRST_WORD, "")
    content = stems(said.select(pl.col("row_said").alias("row"), matter)).group_by("row").agg(pl.col("idf").sum())
    return content.filter(pl.col("idf") >= TELLING_IDF)["row"].to_list()


def _reagreed(followed: pl.DataFrame, again: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The carried actions, agreed anew where they were not done and are promised again or given a new date: with the
    new date, if any."""
    promised = again.sort("row", pl.col("again_words").is_null(), "again_idx").unique(
        "row", keep="first", maintain_order=True
    )
    dates = told.select(
        "row", "call_id", pl.lit(None, pl.Int64).alias("action"), "again_words", "again_date", "again_idx"
    )
    anew = pl.concat([dates, promised.join(told, on="row", how="anti")])
    is_anew = pl.col("again_idx").is_not_null() & (~pl.col("state").is_in(ENDED_STATES) | pl.col("action").is_null())
    redated = is_anew & pl.col("again_words").is_not_null()
    return (
        followed.join(anew.drop("call_id"), on="row", how="left")
        .with_columns(
            state=pl.when(is_anew).then(pl.lit("reagreed")).otherwise("state"),
            idx=pl.coalesce("idx", pl.when(is_anew).then("again_idx")),
            due_words=pl.when(redated).then("again_words").otherwise("due_words"),
            due_date=pl.when(redated).then("again_date").otherwise("due_date"),
        )
        .drop("again_words", "again_date", "again_idx", "action", "named_at")
    )


def _parts_done(followed: pl.DataFrame, exchanges: pl.DataFrame) -> pl.DataFrame:
    """How much of what is done in part is done, where it is said ("three of the five", "half"): row, share_done."""
    partly = followed.filter(state="partly").join(
        exchanges.select("call_id", "idx", "words", "reply"), on=["call_id", "idx"], how="left"
    )
    shares = [
        _share_said(f"{words or ''} {reply or ''}") for words, reply in partly.select("words", "reply").iter_rows()
    ]
    return partly.select("row").with_columns(pl.Series("share_done", shares, pl.Float64))


def _share_said(words: str) -> float | None:
    found = PART_OF_WHOLE.search(words)
    if found:
        part, whole = (int(word) if word.isdigit() else UNITS.index(word) for word in found.groups())
        if 0 < part < whole:
            return round(part / whole, DECIMALS)
    return 0.5 if re.search(r"\bhalf(?:way)?\b", words) else None


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


def _numbered(actions: pl.DataFrame, followed: pl.DataFrame) -> pl.DataFrame:
    """The carried actions after the new ones of their call, numbered on."""
    new = actions.group_by("call_id").agg((pl.col("action").max() + 1).alias("first"))
    following = pl.int_range(pl.len()).over("call_id")
    rows = followed.join(new, on="call_id", how="left").with_columns(
        (pl.col("first").fill_null(0) + following).cast(pl.Int64).alias("action")
    )
    return pl.concat([actions, rows.select(actions.columns)]).sort("call_id", "action")
