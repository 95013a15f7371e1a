"""Measures of asking, telling and listening, from the acts of sentences and from replies."""

import polars as pl

from pipeline.metrics.definition import Measure, call_s, mine

act = pl.col("act")
asks = act.is_in(["ask_open", "ask_closed"])
tells = act.is_in(["ask_leading", "suggest", "direct", "inform"])
questions = (mine & (asks | (act == "ask_leading"))).sum()

ASKING: dict[str, Measure] = {
    "ask_rate": Measure(
        "per hour",
        "Open and closed questions of the lead by the hour of call.",
        "sentences",
        (mine & asks).sum(),
        call_s / 3600,
    ),
    "open_question_share": Measure(
        "share",
        "Open questions over all questions (open, closed and leading) of the lead.",
        "sentences",
        (mine & (act == "ask_open")).sum(),
        questions,
        absent="the lead asks nothing",
    ),
    "ask_vs_tell": Measure(
        "share",
        "Asks over asks and tells of the lead: asks are open and closed questions; tells are leading questions, "
        "suggestions, directions and information. Reflections are neither.",
        "sentences",
        (mine & asks).sum(),
        (mine & (asks | tells)).sum(),
        absent="the lead neither asks nor tells",
    ),
    "guide_vs_direct": Measure(
        "share",
        "Questions (open, closed) and suggestions over these, leading questions and directions of the lead.",
        "sentences",
        (mine & (asks | (act == "suggest"))).sum(),
        (mine & (asks | act.is_in(["suggest", "ask_leading", "direct"]))).sum(),
        absent="the lead neither guides nor directs",
    ),
    "question_spread": Measure(
        "share",
        "Of ten equal slices of the call, those in which the lead asks (an utterance counts where it starts).",
        "sentences",
        pl.col("slice").filter(mine & asks).n_unique(),
        pl.lit(10.0).first(),
    ),
    "leading_question_share": Measure(
        "share",
        "Leading questions, which carry their own answer or advice, over all questions (open, closed and leading) of "
        "the lead.",
        "sentences",
        (mine & (act == "ask_leading")).sum(),
        questions,
        absent="the lead asks nothing",
    ),
    "reflection_rate": Measure(
        "per 10 min",
        "Sentences of the lead that give back what the other said (repeat it, rephrase it or add a meaning) in ten "
        "minutes.",
        "sentences",
        (mine & (act == "reflect")).sum(),
        call_s / 600,
    ),
    "reflections_to_questions": Measure(
        "ratio",
        "Reflections over questions (open, closed and leading) of the lead, both counted in sentences.",
        "sentences",
        (mine & (act == "reflect")).sum(),
        questions,
        absent="the lead asks nothing",
    ),
    "listening_rate": Measure(
        "per 10 min",
        "Utterances of the lead in which a reflection is made, in ten minutes.",
        "moments",
        (mine & (pl.col("kind") == "reflection")).sum(),
        call_s / 600,
    ),
    "uptake": Measure(
        "score",
        "How far the lead's replies to the other side build on the turn before them: the mean of a score in standard "
        "deviations of trained raters' judgements among replies of the same length, 0 for a middling reply (after "
        "Demszky et al. 2021).",
        "replies",
        pl.col("uptake").filter(mine).sum(),
        mine.sum(),
        absent="no reply of the lead to the other side",
    ),
}
