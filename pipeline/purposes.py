"""Purposes: which purpose of a meeting each utterance serves, from its words, its neighbours and the kind of meeting."""

import dataframely as dy
import polars as pl

from pipeline.phrases import plain
from pipeline.tables import PURPOSES, Acts, Purposes, Talk

OWN = {
    "forecast_review": "forecast",
    "pipeline_review": "pipeline",
    "deal_review": "deal",
    "account_review": "account",
    "territory_review": "account",
    "one_on_one": "coaching",
    "coaching": "coaching",
    "call_planning": "deal",
}
"""The purpose that a kind of meeting has unless its words say otherwise; calls with customers serve the deal."""

TOPICS = {
    "forecast": r"\b(?:forecasts?|quarters?|commit(?:s|ted)?|best case|upside|the number|(?:your|my|a|that) number|in the month|the month|this month|month end|quota|target|slip(?:s|ped)?|run rate|gap|landed|landing|to land|calling it|you calling|the call is|the total|adds? up|q[1-4]|percent of|year end|on the year|crore|lakhs?|pull it|put it in|take it out|moved it|sandbag\w*|declare|roll up)\b",
    "pipeline": r"\b(?:pipelines?|early stages?|early ones|stages?|new (?:ones|opportunities|logos|stuff)|funnel|prospects?|prospecting|cold calls?|leads|coverage|qualif\w+|top of the|opportunit\w+|come in|came in|coming in|behind (?:it|them)|the board|your list|baby deals|at the bottom)\b",
    "deal": r"\b(?:deal|contract|proposal|quote|procurement|legal|committee|signs?|signer|signature|signed|decides?|decision|deciding|champion|budget|competitors?|vendor|incumbent|discount|pricing|price|redlines?|terms|evaluation|scorecard|tender|bid|cfo|finance director|board paper|pilot)\b",
    "account": r"\b(?:territor\w+|account plan|accounts|renewals?|segments?|region|patch|whole (?:estate|group)|map|install base|key account|coverage model|customers? base|book of)\b",
    "coaching": r"\b(?:how did (?:you|it) (?:feel|go|open|start)|what did you (?:notice|see|say|hear|ask)|when you said|you said|i (?:noticed|listened|heard you|watched)|on the call|listen(?:ed|ing)? (?:to|back)|your (?:opening|questions?|demo|pitch|tone|voice)|practi[sc]e|skills?|feedback|differently|what would you|what could you|what might|next time you|try (?:it|that)|how would you|what stopped|nervous|confiden\w+|instead of|script|what do you think|role play|question set|talk(?:ed|ing) (?:over|too)|silence|hung up on|getting in your way)\b",
    "administration": r"\b(?:expenses?|mileage|leave (?:form|request|days)|annual leave|holidays? (?:form|request|cover)|days off|payroll|crm|the system|log(?:ged)? (?:it|in)|training course|compliance|laptop|phone contract|car (?:park|lease)|invoice|hr\b|onboarding|rota|roster|timesheets?|travel|hotel booking|flights?|close dates|data entry|fields?)\b",
    "small_talk": r"\b(?:weather|rain(?:ing|ed)?|snow(?:ing|ed)?|weekend|football|footy|match|wedding|kids?|daughter|son|wife|husband|dog|cat|coffee|tea|lunch|sandwich|cake|birthday|traffic|train|parking|christmas|easter|garden|holiday|sick|sleep|haircut|hair cut|camera|mute|screen|hear me|see me|signal)\b",
}  # fmt: skip
"""Words that speak for a purpose; none is proof."""

REACH = 3  # utterances to each side that an utterance's words also count for
FADE = 0.6  # what each step away takes of their weight
HOME = 0.35  # head start of the meeting's own purpose
LEAST = 0.15  # evidence below this leaves an utterance to the meeting's own purpose


def find_purposes(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> dy.DataFrame[Purposes]:
    """One row per utterance: the purpose with most evidence around it, and its share of the evidence as `p`.

    The words of an utterance count for its neighbours too, less with each step, so that a purpose holds over a
    stretch of talk. The meeting's own purpose has a head start; small talk has one at the very beginning and end.
    """
    words = plain(pl.col("text"))
    at = pl.col("start_s") / pl.col("duration_s").clip(1)
    home = pl.col("interaction").replace_strict(OWN, default="deal")
    units = talk.sort("call_id", "idx").select(
        "call_id",
        "idx",
        home.alias("home"),
        at.alias("at"),
        pl.col("n_words").clip(1).alias("n_words"),
        *(words.str.count_matches(TOPICS[purpose]).cast(pl.Float64).alias(purpose) for purpose in PURPOSES),
    )
    spread = [
        pl.sum_horizontal(
            pl.col(purpose).clip(0, 2).shift(step).over("call_id").fill_null(0.0) * FADE ** abs(step)
            for step in range(-REACH, REACH + 1)
        ).alias(purpose)
        for purpose in PURPOSES
    ]
    start = pl.when(pl.col("purpose") == pl.col("home")).then(HOME).otherwise(0.0)
    evidence = (
        units.with_columns(spread)
        .unpivot(PURPOSES, index=["call_id", "idx", "home"], variable_name="purpose", value_name="evidence")
        .with_columns(pl.col("evidence") + start)
        .with_columns((pl.col("evidence") / pl.col("evidence").sum().over("call_id", "idx")).alias("p"))
    )
    best = evidence.sort("p", descending=True, maintain_order=True).unique(
        ["call_id", "idx"], keep="first", maintain_order=True
    )
    return Purposes.validate(best.sort("call_id", "idx").select("call_id", "idx", "purpose", "p"), cast=True)
