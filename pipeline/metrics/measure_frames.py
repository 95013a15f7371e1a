"""The frames measures are computed from: who speaks when, in which turns, with which acts, moments and actions.

All have call_id and `by_lead`, `by_other`, `any_side`: whose row it is. A speaker of unknown role is his own party.
"""

from typing import NamedTuple

import dataframely as dy
import polars as pl

from pipeline.language.text import plain
from pipeline.language.vocabulary import count, said
from pipeline.tables.conversations import Actions, Acts, Moments, Purposes, Talk
from pipeline.tables.values import DECIMALS, SIDES, SPEAKING

MAX_PAUSE_S = 3.0
MAX_BACK_CHANNEL_WORDS = 3
TRACKS = ("active", "lead", "other", "colleague", "lead_turn", "other_turn")


class Aspect(NamedTuple):
    """What the words of a list are held against: the list of its opposite, in some kinds of meeting."""

    opposite: str
    meetings: tuple[str, ...]


ASPECTS = {
    "early_stage": Aspect("late_stage", ("pipeline_review",)),
    "strategic": Aspect("tactical", ("account_review",)),
}
REMEMBERED_UTTERANCES = 5  # for which what was named last is still talked about

party = pl.coalesce("side", pl.lit("speaker ") + pl.col("speaker"))
side_before = pl.col("side").shift().over("call_id")  # of rows in the order they were said
between_sides = pl.col("side").is_in(SIDES) & side_before.is_in(SIDES)
follows_opposite = (between_sides & (pl.col("side") != side_before)).fill_null(value=False)


def without_back_channels(talk: pl.DataFrame) -> pl.DataFrame:
    """The utterances but those of at most three words, all of acknowledgement; one without words is no turn either."""
    words = talk.select(plain(pl.col("text")))["text"]
    n_words = pl.when(words == "").then(0).otherwise(words.str.count_matches(" ") + 1)
    return talk.filter(~((n_words <= MAX_BACK_CHANNEL_WORDS) & said(pl.lit(words), "acknowledgement")))


def facts(talk: dy.DataFrame[Talk], spans: pl.DataFrame) -> pl.DataFrame:
    """One row per call: duration_s, speakers (how many), roles_known, lead_speech_s, other_speech_s."""
    speech = spans.group_by("call_id").agg(
        pl.col("span_s").filter(f"by_{side}").sum().alias(f"{side}_speech_s") for side in SIDES
    )  # fmt: skip
    calls = talk.group_by("call_id", maintain_order=True).agg(
        pl.col("duration_s").first(),
        pl.col("speaker").n_unique().alias("speakers"),
        pl.col("side").is_not_null().all().alias("roles_known"),
    )
    return calls.join(speech, on="call_id", how="left").with_columns(pl.col("^.*_speech_s$").fill_null(0.0))


def segments(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """A sweep over the starts and ends of speech: start_s, span_s and how many of each of TRACKS go on meanwhile."""
    speech, substance = _merged(talk), _merged(without_back_channels(talk))
    is_lead, is_other, is_colleague = ((pl.col("party") == side).cast(pl.Int32) for side in SPEAKING)
    none = pl.lit(0)
    when = ("call_id", "start_s", "end_s")
    tracks = pl.concat(
        [
            speech.select(
                *when, active=1, lead=is_lead, other=is_other, colleague=is_colleague, lead_turn=none, other_turn=none
            ),
            substance.select(
                *when, active=0, lead=none, other=none, colleague=none, lead_turn=is_lead, other_turn=is_other
            ),
        ]
    )
    begins = tracks.select("call_id", "start_s", *TRACKS)
    ends = tracks.select("call_id", pl.col("end_s").alias("start_s"), *(-pl.col(track) for track in TRACKS))
    events = (
        pl.concat([begins, ends]).group_by("call_id", "start_s").agg(pl.col(TRACKS).sum()).sort("call_id", "start_s")
    )
    return events.with_columns(
        pl.col(TRACKS).cum_sum().over("call_id"),
        span_s=(pl.col("start_s").shift(-1).over("call_id") - pl.col("start_s")).round(DECIMALS),
    ).filter(pl.col("span_s") > 0)


def spans(segments: pl.DataFrame) -> pl.DataFrame:
    """One row per stretch of time in which the same parties speak: start_s, span_s, active (how many parties)."""
    return segments.with_columns(
        *((pl.col(side) > 0).alias(f"by_{side}") for side in SPEAKING), any_side=pl.col("active") > 0
    )


def stretches(segments: pl.DataFrame) -> pl.DataFrame:
    """One row per monologue of a side: length_s, its pauses of up to 3 s included."""
    monologues = []
    for side, opposite in (SIDES, SIDES[::-1]):
        speaks, stopped = pl.col(side) > 0, pl.col(f"{opposite}_turn") > 0
        pause_s = pl.col("span_s").sum().over("call_id", "run").round(DECIMALS)
        pause = ~speaks & (pause_s > MAX_PAUSE_S)
        runs = segments.with_columns(run=speaks.rle_id().over("call_id"))
        block = runs.with_columns(block=(stopped | pause).cum_sum().over("call_id")).filter(speaks & ~stopped)
        end = pl.col("start_s") + pl.col("span_s")
        lengths = block.group_by("call_id", "block").agg(length_s=end.max() - pl.col("start_s").min())
        monologues.append(lengths.select("call_id", "length_s", side=pl.lit(side)))
    return _sided(pl.concat(monologues))


def turns(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """One row per turn, a run of utterances of one party: start_s, end_s, gap_s since the turn before (negative where
    they overlap, null for the first turn), follows_opposite (whether lead follows other or other lead), speaks_on
    (whether it begins as the party's utterance before it ends), over_s (how long the party before goes on speaking),
    talks_through (whether the side's own turn before ended later than the turn that this one follows)."""
    substance = _blocks(without_back_channels(talk)).sort("call_id", "start_s", "end_s", "idx")
    of_block = ("call_id", "party", "block")
    runs = substance.with_columns(
        run=pl.col("party").rle_id().over("call_id"),
        speaks_on=pl.col("start_s") > pl.col("start_s").min().over(of_block),
        stops_s=pl.col("end_s").max().over(of_block),
    )
    own_before = pl.col("end_s").cum_max().shift().over("call_id", "side")
    before = {name: pl.col(name).shift().over("call_id") for name in ("end_s", "stops_s")}
    return _sided(
        runs.group_by("call_id", "run", maintain_order=True)
        .agg(pl.col("side", "speaks_on").first(), pl.col("start_s").min(), pl.col("end_s", "stops_s").max())
        .with_columns(
            gap_s=(pl.col("start_s") - before["end_s"]).round(DECIMALS),
            follows_opposite=follows_opposite,
            over_s=(before["stops_s"] - pl.col("start_s")).round(DECIMALS),
            talks_through=(own_before > before["end_s"]).fill_null(value=False),
        )
    )


def words(talk: dy.DataFrame[Talk], facts: pl.DataFrame) -> pl.DataFrame:
    """One row per utterance: n_words, fillers (how many), speech_s of its side in the whole call."""
    speech = facts.select("call_id", *(f"{side}_speech_s" for side in SIDES))
    speech_s = (
        pl.when(pl.col("side") == "lead").then("lead_speech_s").when(pl.col("side") == "other").then("other_speech_s")
    )
    return _sided(
        talk.join(speech, on="call_id").select(
            "call_id",
            "side",
            "n_words",
            speech_s.alias("speech_s"),
            fillers=count(plain(pl.col("text")), "filler"),
        )
    )


def sentences(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """One row per sentence: act, and the tenth of the call (0 to 9) in which its utterance starts."""
    position = (pl.col("start_s") / pl.col("duration_s") * 10).floor().clip(0, 9)
    where = talk.select("call_id", "idx", "side", slice=position)
    return _sided(acts.select("call_id", "idx", "act").join(where, on=["call_id", "idx"]))


def replies(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """One row per reply, a turn of one side that follows the other's: uptake."""
    from pipeline.language.reflections import uptake

    ordered = talk.sort("call_id", "start_s", "end_s", "idx")
    answering = ordered.filter(follows_opposite).select("call_id", "idx")
    scored = uptake(talk, acts).join(answering, on=["call_id", "idx"], how="semi", maintain_order="left")
    return _sided(scored.select("call_id", "side", "uptake"))


def moments(talk: dy.DataFrame[Talk], moments: dy.DataFrame[Moments]) -> pl.DataFrame:
    """One row per moment: kind, start_s."""
    where = talk.select("call_id", "idx", "side", "start_s")
    return _sided(moments.select("call_id", "idx", "kind").join(where, on=["call_id", "idx"]))


def actions(talk: dy.DataFrame[Talk], actions: dy.DataFrame[Actions], moments: dy.DataFrame[Moments]) -> pl.DataFrame:
    """One row per action: new or carried, stands (at the close), confirmed; and prior_moments, of its call."""
    from pipeline.language.actions import standing_actions

    taken_up = moments.filter(pl.col("kind") == "prior_action").group_by("call_id").len("prior_moments")
    standing = standing_actions(actions, talk).select("call_id", "action", stands=pl.lit(value=True))
    calls = talk.select("call_id").unique().join(taken_up, on="call_id", how="left")
    return (
        calls.join(actions, on="call_id", how="left")
        .join(standing, on=["call_id", "action"], how="left")
        .with_columns(
            pl.col("prior_moments").fill_null(0),
            pl.col("stands", "confirmed").fill_null(value=False),
            new=pl.col("action").is_not_null() & pl.col("carried_from").is_null() & (pl.col("state") != "withdrawn"),
            carried=pl.col("carried_from").is_not_null(),
            side=pl.lit(None, pl.String),
        )
        .pipe(_sided)
    )


def purposes(talk: dy.DataFrame[Talk], purposes: dy.DataFrame[Purposes]) -> pl.DataFrame:
    """One row per utterance: purpose, speech_s, purpose_share of the call's time with a purpose, first_of_purpose, and
    for each of ASPECTS whether it is about the first, its opposite or, as null, about neither."""
    length = pl.col("end_s") - pl.col("start_s")
    timed = (
        talk.sort("call_id", "idx")
        .select("call_id", "idx", "side", "interaction", speech_s=length, words=plain(pl.col("text")))
        .with_columns(_about(name, aspect) for name, aspect in ASPECTS.items())
        .drop("words", "interaction")
        .join(purposes.select("call_id", "idx", "purpose"), on=["call_id", "idx"])
    )
    with_purpose = pl.col("speech_s").filter(pl.col("purpose").is_not_null()).sum().over("call_id")
    return _sided(
        timed.with_columns(
            purpose_share=(pl.col("speech_s").sum().over("call_id", "purpose") / with_purpose).round(DECIMALS),
            first_of_purpose=pl.int_range(pl.len()).over("call_id", "purpose") == 0,
        )
    )


def _about(name: str, aspect: Aspect) -> pl.Expr:
    """Whether an utterance is about `name` or its opposite: as it says, or as one of the few before it said last."""
    chosen = pl.col("interaction").is_in(aspect.meetings)
    this, that = (said(pl.col("words"), side) for side in (name, aspect.opposite))
    own = pl.when(chosen & (this != that)).then(this)
    return own.forward_fill(REMEMBERED_UTTERANCES).over("call_id").alias(name)


def _merged(talk: pl.DataFrame) -> pl.DataFrame:
    """The union of each party's utterances as intervals that do not touch: call_id, party, start_s, end_s."""
    blocks = _blocks(talk).group_by("call_id", "party", "block").agg(pl.col("start_s").min(), pl.col("end_s").max())
    return blocks.drop("block")


def _blocks(talk: pl.DataFrame) -> pl.DataFrame:
    """The utterances with their party and the number of the block of utterances that touch, in their order in time."""
    by = ("call_id", "party")
    ordered = talk.with_columns(party=party).sort(*by, "start_s", "end_s")
    reached = pl.col("end_s").cum_max().shift().over(by)
    return ordered.with_columns(block=(pl.col("start_s") > reached).fill_null(value=True).cum_sum())


def _sided(frame: pl.DataFrame) -> pl.DataFrame:
    is_side = [(pl.col("side") == side).fill_null(value=False).alias(f"by_{side}") for side in SIDES]
    return frame.with_columns(*is_side, any_side=pl.lit(value=True))
