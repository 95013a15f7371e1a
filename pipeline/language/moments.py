"""Moments: where an agenda is stated and agreed, earlier actions are taken up, the talk is summed up or judged."""

import dataframely as dy
import polars as pl

from pipeline.language.ngram_model import load_weights, over, score
from pipeline.language.text import plain
from pipeline.language.vocabulary import DAYS, said, spoken
from pipeline.tables.conversations import Moments, Talk

OPENING_SHARE, OPENING_S = 0.15, 300.0
CLOSING_SHARE = 0.8
AGREED_WITHIN_UTTERANCES = 3
AGENDA_PROBABILITY, PRIOR_ACTION_PROBABILITY = 0.3, 0.4
PATTERN_PROBABILITY = 0.8  # of a moment that is known by patterns alone
MIN_REPEATED_DAYS = 2
DAY_NAMES = rf"\b(?:{'|'.join(DAYS)}|today|tomorrow|tonight)\b"

CHECKS = spoken(r"""
    does that (?:work|suit|sound|make sense|seem|cover) |
    (?:is|would) that (?:all right|alright|okay|ok|fine|work|suit|be) |
    how (?:is|s|does|would|will) that (?:sit|sound|suit|work|look|feel|strike) | sound (?:right|good|okay|fair) |
    happy (?:with|enough) | that suit | suit you | okay by you | all right with you | good with (?:that|you) |
    fine with |
    you are fine | anything (?:you|else|to add|from|missing|on your) | something from your side | what else |
    want (?:anything|owt|something) | (?:like|want) to (?:add|change|put) | tell me if | push back | or have you |
    or is there | or do you | work for you | is it all right | shall we
""")
ASSENTS = r"^(?:(?:oh|well|um|uh|ha|hm) )*" + spoken(r"""
    yes | yeah | yep | yup | sure | okay | ok | right | righto | perfect | great | good | lovely | fine | grand |
    brilliant | of course | absolutely | works | that works | that is | that s | it does | it is | it sits | suits |
    sounds | no that | nah | nope | happy | agreed | go on | go ahead | fire away | i agree | i like | please | let us |
    can we | could we | just | only | i would add | i would only | one thing
""")
RECAPS = spoken(r"""
    recap | sum (?:it |that |this |things |us )?up | summari[sz]e | to sum | so that i have got (?:it|this) |
    (?:if|so|make sure|check|see if) i (?:have )?(?:got|have|heard) (?:it|this|that|you|all) |
    (?:so|here is|this is) what (?:i have got|i have|we have got|we said|we agreed|i heard|is happening) |
    (?:say|read|play) (?:it|them|that|those|me|it all) back | so we have agreed | what we (?:have )?agreed |
    just to (?:confirm|be clear) | so to (?:be clear|confirm|finish) | so that we are (?:straight|clear) |
    you (?:are )?(?:leaving|walking out|going away) (?:of |from )?(?:here )?with | leaving here with | taking away |
    (?:that is|is that|that about) (?:how|what) (?:you|i) have (?:got|it) | putting it together | to go over it |
    so (?:you|i) (?:will|are) .{3,60} (?:and|then) (?:you|i) (?:will|are)
""")
FEEDBACK = spoken(r"""
    was (?:that|this|it) (?:any |a |of |of any |actually )?(?:use|useful|help|helpful|good|worth|worthwhile) |
    was (?:that|this|it) (?:all )?(?:okay|ok|alright|right) |
    (?:find|found) (?:this|that|it|today) (?:useful|helpful|worthwhile) |
    how (?:was|did you find|do you find) (?:this|that|it|today|the (?:session|meeting|call|chat|conversation)) |
    what (?:\w+ ){0,6}(?:useful|helpful|of use|any use|the most use|helped|good in (?:that|this)) |
    what (?:\w+ ){0,6}worth (?:your while|sitting|keeping) |
    what (?:\w+ ){0,4}(?:should|could|can|would|do|need) (?:i|we|you have me|you rather i)(?: \w+){0,5} LESS |
    (?:keep|change|do(?:ne|ing)? different(?:ly)?) (?:\w+ ){0,3}(?:next time|about (?:this|these|how we)) |
    useful for you | use to you | this (?:meeting|session|call) (?:for you|useful|helpful) |
    any feedback (?:for me|on) |
    how could (?:this|i) (?:be|have been)
""").replace("LESS", "(?:different|differently|change|better|leave|left)")


def utterances(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """One row per utterance for the models of this module: row, call_id, idx, side, words and signs of place."""
    words = pl.col("words")
    at = pl.col("start_s") / pl.col("duration_s").clip(1)
    turn = pl.int_range(pl.len()).over("call_id")
    return (
        talk.sort("call_id", "idx")
        .with_columns(words=plain(pl.col("text")))
        .with_row_index("row")
        .select(
            "row",
            "call_id",
            "idx",
            "side",
            "start_s",
            words,
            at.alias("at"),
            **{"@lead": pl.col("side") == "lead", "@other": pl.col("side") == "other"},
            **over(pl.col("start_s"), (10, 20, 30, 45, 60, 90, 120, 180), "second"),
            **over(turn, (1, 2, 3, 4, 5, 6, 8, 10), "turn"),
            **over(words.str.count_matches(" ") + 1, (3, 8, 15, 25, 40, 60), "words"),
            **over(at, (0.15, 0.5, 0.8, 0.9), "at"),
            opening=(pl.col("start_s") <= OPENING_S) | (at <= OPENING_SHARE),
        )
    )


def score_utterances(talk: dy.DataFrame[Talk], *, weights: pl.DataFrame | None = None) -> pl.DataFrame:
    """`utterances` with the probabilities that they state an agenda and that they take up an earlier action: agenda,
    prior_action. `weights` replaces those of the package (grams and models agenda, prior_action)."""
    units = utterances(talk)
    return units.hstack(score(units, load_weights("moments") if weights is None else weights).drop("row"))


def find_moments(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Moments]:
    """Agenda, its agreement, recap, feedback sought and earlier actions, at the utterances that show them."""
    return moments_of(score_utterances(talk))


def moments_of(scored: pl.DataFrame) -> dy.DataFrame[Moments]:
    """The moments in utterances that have their probabilities (see `score_utterances`)."""
    marked = scored.join(_repeated_days(scored), on="row", how="left", maintain_order="left")
    words = pl.col("words")
    rules = {  # where it may be, what is said there, how likely it is then
        "agenda": (
            pl.col("opening") & (pl.col("agenda") >= AGENDA_PROBABILITY),
            ~said(words, "no_agenda"),
            pl.col("agenda"),
        ),
        "prior_action": (
            pl.col("prior_action") >= PRIOR_ACTION_PROBABILITY,
            pl.lit(value=True),
            pl.col("prior_action"),
        ),
        "recap": (
            pl.col("at") >= CLOSING_SHARE,
            words.str.contains(RECAPS) | pl.col("repeats"),
            pl.lit(PATTERN_PROBABILITY),
        ),
        "feedback_sought": (
            (pl.col("at") >= 0.5) & (pl.col("side") == "lead"),
            words.str.contains(FEEDBACK),
            pl.lit(PATTERN_PROBABILITY),
        ),
    }
    by_kind = [
        marked.filter(where).filter(says).select("call_id", "idx", pl.lit(kind).alias("kind"), p.alias("p"))
        for kind, (where, says, p) in rules.items()
    ]
    moments = pl.concat([*by_kind, _agreed(marked, by_kind[0])])
    return Moments.validate(moments.sort("call_id", "idx", "kind"), cast=True)


def _repeated_days(units: pl.DataFrame) -> pl.DataFrame:
    """The utterances that name at least two days that earlier ones have named, as who sums up what is due does: row,
    repeats."""
    days = units.select("row", "call_id", pl.col("words").str.extract_all(DAY_NAMES).alias("day")).explode("day")
    again = (
        days.drop_nulls()
        .with_columns(first=pl.col("row").min().over("call_id", "day"))
        .filter(pl.col("row") > pl.col("first"))
    )
    named = again.group_by("row").agg(pl.col("day").n_unique())
    return named.filter(pl.col("day") >= MIN_REPEATED_DAYS).select("row", pl.lit(value=True).alias("repeats"))


def _agreed(marked: pl.DataFrame, agenda: pl.DataFrame) -> pl.DataFrame:
    """Where the other side is asked about the agenda, or says yes to it in one of the next three utterances."""
    stated = marked.join(
        agenda.select("call_id", "idx", stated=pl.lit(value=True)),
        on=["call_id", "idx"],
        how="left",
        maintain_order="left",
    )
    words = pl.col("words")
    asked = pl.col("stated") & words.str.contains(CHECKS)
    after = [
        pl.col("stated").shift(step).over("call_id") & (pl.col("side").shift(step).over("call_id") != pl.col("side"))
        for step in range(1, AGREED_WITHIN_UTTERANCES + 1)
    ]
    assents = pl.any_horizontal(after) & words.str.contains(ASSENTS)
    return stated.filter((asked | assents).fill_null(value=False)).select(
        "call_id", "idx", pl.lit("agenda_agreed").alias("kind"), pl.lit(PATTERN_PROBABILITY).alias("p")
    )
