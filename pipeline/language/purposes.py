"""Purposes: which purpose of a meeting each utterance serves, from what was brought up and the kind of meeting."""

import dataframely as dy
import polars as pl

from pipeline.language.text import plain
from pipeline.language.vocabulary import spoken
from pipeline.tables.conversations import Purposes, Talk
from pipeline.tables.values import DECIMALS, PURPOSES

PURPOSE_OF_MEETING = {
    "forecast_review": "forecast",
    "pipeline_review": "pipeline",
    "deal_review": "deal",
    "account_review": "account",
    "territory_review": "account",
    "one_on_one": "coaching",
    "coaching": "coaching",
    "call_planning": "deal",
}
"""The purpose that a kind of meeting has unless its words say otherwise."""
PURPOSE_OF_CUSTOMER_CALLS = "deal"  # what every other conversation, with customers, serves

TOPICS = {
    "forecast": r"""
        forecast(?:s|ing)? | (?:the|your|my|that|this|next) (?:quarter|month|half|number) | (?:a|what) number |
        best case | upside | commits? | what (?:is|s|are|does|do|about) .{0,20} (?:month|quarter|MONTH) |
        (?:how|where) (?:is|are|s|re) .{0,20} (?:month|quarter|MONTH) | and MONTH | calling for |
        in (?:for|your|my) MONTH | for the (?:month|quarter) | i have (?:got )?(?:you|it) (?:in )?at |
        put it (?:in )?at | sandbag\w* | quota | run rate | roll up |
        what (?:are you|you) (?:at|calling|carrying|showing) |
        your (?:big|may|april|june|march) number | out of MONTH | into MONTH |
        (?:land|landing|close|do) (?:the|this|your) (?:quarter|month|year)
    """,
    "pipeline": r"""
        pipelines? | (?:top of|the|your) (?:the )?funnel | early stages? | new (?:logos?|business|opportunities) |
        prospecting | cold calls? | (?:coming|anything|anyone) (?:up |in )?behind | what is (?:new|there that) |
        calls a week | outbound | leads | coverage | new (?:ones|stuff) | that are not anything yet |
        at the (?:top|bottom)
    """,
    "deal": r"""
        the deal | procurement | legal | committee | sign(?:er|ature) | decides? | decision | champion |
        competitors? | incumbent | redlines? | evaluation | scorecard | tender | bid | finance director |
        board paper | proposal | contract
    """,
    "account": r"""
        territor\w+ | account plan | accounts | renewals? | segments? | regions? | whole (?:estate|group) |
        install base | key account | book of business | customer base | which (?:campuses|schools|sites|towns)
    """,
    "coaching": r"""
        i (?:noticed|listened|watched|heard you) | listen(?:ed|ing)? (?:to|back) | coach(?:ing)? | practi[sc]e |
        skills? | feedback |
        differently | your (?:opening|questions?|demos?|pitch|tone|voice|voicemail|slides|script|confidence) |
        your first (?:five )?minutes? |
        when you said | what did you (?:notice|see|say|hear|ask|make of|take from) |
        what (?:would|could|might) you | how (?:would|did|do) you | next time you | what (?:stopped|kept) you |
        nervous | confiden\w+ | role play | question set | talk(?:ed|ing) (?:over|too) | count to | silence |
        hung up on | in your way | in a demo | you (?:want|need) to quit | how i used to | what would that |
        what do you think
    """,
    "administration": r"""
        expenses? | mileage | (?:your|annual|winter|talk|sort) leave | holidays | days off | vacation | which week |
        payroll | crm | appraisal | e learning | hr | rota | roster | commission (?:structure|plan) | comp plan |
        induction | training course | compliance | laptop | phone contract | onboarding | timesheets? |
        your travel | hotel booking | flights? | headcount | data entry | conference | team lead job | shift to |
        covering (?:you|for) | bank holiday
    """,
    "small_talk": r"""
        weather | rain(?:ing|ed)? | snow(?:ing|ed)? | weekend | football | footy | wedding | kids? | daughter |
        son | wife | husband | dog | cat | coffee | tea | lunch | sandwich | cake | birthday | traffic | train |
        parking | christmas | easter | garden | sick | sleep | hair ?cut | camera | mute | screen | hear me |
        see me | signal | how are you | bye | take care | see you | cheers
    """,
}
"""Words that speak for a purpose; none is proof."""

LASTING_UTTERANCES = 8  # utterances for which words count after they were said
FADE_PER_UTTERANCE = 0.85  # what each further utterance leaves of their weight
OWN_PURPOSE_WEIGHT = 0.5  # head start of the meeting's own purpose
MAX_FORMS_COUNTED = 2  # forms in one utterance that count


def find_purposes(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Purposes]:
    """One row per utterance: the purpose with most evidence up to it, and its share of the evidence as `p`.

    A purpose is brought up and then kept to, so that words count for the utterances after them, less with each. Without
    any, an utterance serves the meeting's own purpose.
    """
    words = plain(pl.col("text"))
    units = talk.sort("call_id", "idx").select(
        "call_id",
        "idx",
        pl.int_range(pl.len()).over("call_id").alias("turn"),
        pl.col("interaction").replace_strict(PURPOSE_OF_MEETING, default=PURPOSE_OF_CUSTOMER_CALLS).alias("home"),
        *(
            words.str.count_matches(spoken(forms)).cast(pl.Float64).clip(0, MAX_FORMS_COUNTED).alias(name)
            for name, forms in TOPICS.items()
        ),
    )
    evidence = [
        (
            pl.sum_horizontal(
                pl.when(pl.col("turn") >= step).then(pl.col(name).shift(step)) * FADE_PER_UTTERANCE**step
                for step in range(LASTING_UTTERANCES + 1)
            )
            + OWN_PURPOSE_WEIGHT * (pl.col("home") == name)
        ).alias(name)
        for name in PURPOSES
    ]
    most = pl.max_horizontal(PURPOSES)
    purpose = pl.coalesce(pl.when(pl.col(name) == most).then(pl.lit(name)) for name in PURPOSES)
    purposes = units.with_columns(evidence).select(
        "call_id", "idx", purpose.alias("purpose"), (most / pl.sum_horizontal(PURPOSES)).round(DECIMALS).alias("p")
    )
    return Purposes.validate(purposes, cast=True)
