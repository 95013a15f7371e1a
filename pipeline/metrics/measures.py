"""Measures: what is said of the conduct of a call, each as a part and a whole, exactly as docs/measures.md defines it.

Every measure is a pair of polars expressions over a frame of `pipeline.metrics.measure_frames`, in which `mine` is true
for the role measured and `theirs` for the other side. For both roles it is computed with the two swapped.
"""

import polars as pl

from pipeline.metrics.asking import ASKING
from pipeline.metrics.definition import Measure, call_s, mine, theirs
from pipeline.tables.values import PURPOSES, SIDES

MEASURES_VERSION = 5
REVIEW_PURPOSES = ("forecast", "pipeline", "deal", "account", "coaching")
MIXED_SHARE = 0.2

span, active = pl.col("span_s"), pl.col("active")
all_speech = span.filter(mine).sum() + span.filter(theirs).sum() + span.filter("by_colleague").sum()
follows_opposite = mine & pl.col("follows_opposite")
reply = follows_opposite & ~pl.col("talks_through")
in_review = pl.col("purpose").is_in(REVIEW_PURPOSES) & pl.col("first_of_purpose")


def _present(kind: str) -> pl.Expr:
    return (pl.col("kind") == kind).any().cast(pl.Float64)


def _of_aspect(name: str) -> tuple[pl.Expr, pl.Expr]:
    """Part and whole of the speech time about one side of an aspect."""
    return pl.col("speech_s").filter(name).sum(), pl.col("speech_s").filter(pl.col(name).is_not_null()).sum()


def share_of_words(own: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Part and whole of a side's share of the words: the words of the utterances that are `own`, and all words."""
    return pl.col("n_words").filter(own).sum(), pl.col("n_words").sum()


MEASURES: dict[str, Measure] = {
    "talk_ratio": Measure(
        "share",
        "Speech of the lead over all speech. The speech of a role is the length of the union of its utterances; "
        "silence is not counted, overlap counts once for each role. Colleagues who join the lead are one of their own.",
        *("spans", span.filter(mine).sum(), all_speech),
    ),
    "colleague_share": Measure(
        "share",
        "Speech of the manager and colleagues who join the lead over all speech.",
        *("spans", span.filter("by_colleague").sum(), pl.when(pl.col("by_colleague").any()).then(all_speech)),
        absent="nobody joins the lead",
    ),
    "talk_share_of_call": Measure(
        "share",
        "Speech of the lead over the duration of the call, silence included.",
        "spans",
        span.filter(mine).sum(),
        call_s,
    ),
    "talk_ratio_words": Measure("share", "Words of the lead over all words.", "words", *share_of_words(mine)),
    "silence_share": Measure(
        "share",
        "Time in which nobody speaks over the duration of the call.",
        "spans",
        call_s - span.filter(active > 0).sum(),
        call_s,
        ("all",),
    ),
    "overlap_share": Measure(
        "share",
        "Time in which two or more roles speak over the time in which anyone speaks.",
        "spans",
        span.filter(active > 1).sum(),
        span.filter(active > 0).sum(),
        ("all",),
    ),
    "longest_monologue": Measure(
        "s",
        "Longest stretch of one role's speech of which no inner gap exceeds 3 s and in which the other side says "
        "nothing but back-channels (at most 3 words, all of acknowledgement); these do not shorten a gap.",
        "stretches",
        pl.col("length_s").filter(mine).max(),
        roles=SIDES,
    ),
    "turns": Measure(
        "count",
        "Runs of utterances of one role; back-channels of the other do not break a run.",
        "turns",
        mine.sum(),
        roles=(*SIDES, "all"),
    ),
    "interactivity": Measure(
        "per minute",
        "Changes of the speaking role, back-channels aside, by the minute.",
        "turns",
        pl.col("gap_s").count(),
        call_s / 60,
        ("all",),
    ),
    "patience": Measure(
        "s",
        "Median gap from the end of a turn of the other side to the start of the lead's reply; overlaps count as 0. "
        "What follows the turn of a colleague who joins the lead is no reply, nor is what the lead says after "
        "talking on beyond the end of the turn.",
        "turns",
        pl.col("gap_s").filter(reply).clip(0).median(),
        absent="no reply of the lead to the other side",
    ),
    "patience_overlapped_share": Measure(
        "share",
        "Of the lead's replies to the other side, those that start before its turn ends.",
        "turns",
        (pl.col("gap_s").filter(reply) < 0).sum(),
        reply.sum(),
        absent="no reply of the lead to the other side",
    ),
    "interruptions": Measure(
        "per 10 min",
        "Starts of a role's turn 0.5 s or more before the other's turn ends, where the other stops within 2 s. "
        "Who goes on in a new utterance without a pause neither stops nor starts; colleagues who join the lead neither "
        "interrupt nor are interrupted.",
        "turns",
        (follows_opposite & ~pl.col("speaks_on") & pl.col("over_s").is_between(0.5, 2.0)).sum(),
        call_s / 600,
        SIDES,
        of_crosstalk=True,
    ),
    "speech_rate": Measure(
        "words per minute",
        "Words of a role by the minute of its speech.",
        "words",
        pl.col("n_words").filter(mine).sum(),
        pl.col("speech_s").filter(mine).first() / 60,
        SIDES,
    ),
    "filler_rate": Measure(
        "per 100 words",
        'Fillers of a role (um, uh, er, erm, "you know", "I mean", "sort of", "kind of" where they fill) in 100 words.',
        "words",
        pl.col("fillers").filter(mine).sum(),
        pl.col("n_words").filter(mine).sum() / 100,
        SIDES,
    ),
    **ASKING,
    "agenda_present": Measure(
        "0/1",
        "Purpose or topics of this conversation are stated in its first 15 % or 5 minutes, whichever is longer.",
        "moments",
        _present("agenda"),
        roles=("all",),
    ),
    "agenda_at": Measure(
        "s",
        "Start of the first utterance that states purpose or topics.",
        "moments",
        pl.col("start_s").filter(pl.col("kind") == "agenda").min(),
        roles=("all",),
        absent="no agenda is stated",
        is_place=True,
    ),
    "agenda_agreed": Measure(
        "0/1",
        "The other side is asked about the agenda or assents to it within the next 3 turns.",
        "moments",
        _present("agenda_agreed"),
        roles=("all",),
    ),
    "next_step_present": Measure(
        "0/1",
        "A specific follow-up action is agreed and stands at the close.",
        "actions",
        pl.col("stands").any().cast(pl.Float64),
        roles=("all",),
    ),
    "next_step_confirmed": Measure(
        "0/1",
        "The other side confirms or repeats the next step.",
        "actions",
        (pl.col("stands") & pl.col("confirmed")).any().cast(pl.Float64),
        roles=("all",),
    ),
    "next_steps_owned": Measure(
        "count",
        "New actions with an owner, those taken back in the conversation aside.",
        "actions",
        (pl.col("new") & (pl.col("owner_role") != "unknown")).sum(),
        roles=("all",),
    ),
    "next_steps_dated": Measure(
        "count",
        "New actions with a date or time, those taken back in the conversation aside.",
        "actions",
        (pl.col("new") & pl.col("due_words").is_not_null()).sum(),
        roles=("all",),
    ),
    "prior_actions_reviewed": Measure(
        "count",
        "Action items of earlier meetings whose result is asked for or given: those followed from the stored meeting "
        "before, or, where there is none, the passages that take one up.",
        "actions",
        pl.when(pl.col("carried").any())
        .then((pl.col("carried") & (pl.col("state") != "not_mentioned")).sum())
        .otherwise(pl.col("prior_moments").first()),
        roles=("all",),
    ),
    "recap_present": Measure(
        "0/1",
        "What was said or agreed is summarised in the last 20 % of the call, by this role.",
        "moments",
        (mine & (pl.col("kind") == "recap")).any().cast(pl.Float64),
        roles=(*SIDES, "all"),
    ),
    "feedback_sought": Measure(
        "0/1",
        "The lead asks how the conversation itself was.",
        "moments",
        (mine & (pl.col("kind") == "feedback_sought")).any().cast(pl.Float64),
    ),
    "purpose_mix": Measure(
        "share",
        "Speech time spent on a purpose (forecast, pipeline, deal, account or territory, coaching or skills, "
        "administration, small talk) over the speech time with a recognised purpose; the role names the purpose.",
        "purposes",
        pl.col("speech_s").filter(mine).sum(),
        pl.col("speech_s").filter(pl.col("purpose").is_not_null()).sum(),
        PURPOSES,
        absent="no purpose is recognised",
    ),
    "purposes_mixed": Measure(
        "0/1",
        "Two or more review purposes (forecast, pipeline, deal, account, coaching) each take over 20 % of the time.",
        "purposes",
        (pl.col("purpose_share").filter(in_review) > MIXED_SHARE).sum().ge(2).cast(pl.Float64),
        roles=("all",),
        of_meetings=True,
    ),
    "early_stage_share": Measure(
        "share",
        "Speech time of a pipeline review about early opportunities (found, first met, qualified) over that about "
        "early or late ones (negotiated, signed, about to close). An utterance is about what its words name; one that "
        "names neither or both is about what was named last in the five before it.",
        *("purposes", *_of_aspect("early_stage")),
        roles=("all",),
        absent="no pipeline review, or neither early nor late opportunities are named",
        of_meetings=True,
    ),
    "strategic_share": Measure(
        "share",
        "Speech time of an account review about strategic matters (the client's aims, who decides, growth) "
        "over that about strategic or tactical ones (orders, prices, complaints, paperwork), found as for "
        "early_stage_share.",
        *("purposes", *_of_aspect("strategic")),
        roles=("all",),
        absent="no account review, or neither strategic nor tactical matters are named",
        of_meetings=True,
    ),
    "role_confidence": Measure(
        "share",
        "How sure it is who leads: 1 where list, channel or transcript say so, else how like names or words are.",
        "roles",
        pl.col("confidence").first(),
        roles=("all",),
        absent="who leads is not clear",
    ),
}
