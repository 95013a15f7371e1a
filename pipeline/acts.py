"""Acts: every sentence of every speaker asks, tells, acknowledges or does something else."""

import dataframely as dy
import polars as pl

from pipeline.sentences import split_frame, split_sentences
from pipeline.tables import Acts, Talk

SPLIT = "\x1f"
ABBREVIATIONS = r"\b(Mr|Mrs|Ms|Dr|Prof|Jr|Sr|St|vs|Inc|Ltd|Co|approx|etc|e\.g|i\.e|a\.m|p\.m|U\.S|[A-Z])\.\s+"

ACKNOWLEDGEMENTS = r"^(?:(?:yeah|yes|yep|yup|ok|okay|right|sure|mm|mhm|mm-hm|mm-hmm|uh-huh|hm|huh|got it|i see|exactly|absolutely|totally|true|fair|fair enough|of course|no problem|great|good|perfect|nice|cool|alright|all right|makes sense|that makes sense|understood|wow|oh|ha|no)\b[\s,.!-]*)+$"
LEADING = r"(?:^|\b(?:so|but|and|well|okay)\s*,?\s+)(?:why (?:don't|not|wouldn't|didn't) (?:you|we|just)|don't you (?:think|want|agree|feel)|wouldn't (?:it|you)|shouldn't (?:you|we)|isn't (?:it|that) (?:better|time|really|just)|have you (?:tried|thought about|considered)|what if you)\b"
OPEN = r"(?:\b(?:walk|take|talk) (?:me|us) through\b|\btell (?:me|us) (?:more |a bit |a little )?(?:about|what|how|why)\b|\bhelp me understand\b|\bdescribe\b.*\bfor me\b|^(?:(?:so|and|but|okay|well|um|uh|right|now)\s*,?\s+)*(?:how(?: come| do| does| did| would| are| is| was| has| have| can| could|'s|'d)|why|what)\b)"
CLOSED_START = r"^(?:(?:so|and|but|okay|well|um|uh|right|now|or)\s*,?\s+)*(?:(?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|should|may|might|isn't|aren't|don't|doesn't|didn't|haven't|hasn't|won't|can't) (?:you|it|that|this|the|they|there|he|she|we|your|their|his|her|any|i|anyone|somebody|y'all)|who|when|where|which|how (?:many|much|long|often|old|big|far|soon))\b"
COMMIT = r"\b(?:i'll|i will|i'm going to|i'm gonna|let me get|we'll) (?:send|get|put|have|make|call|email|check|follow|share|draft|set|book|bring|find|look|talk|ask|write|do|loop|forward|pull|update|schedule|be there|reach|try)\b"
DIRECT = r"(?:\byou (?:need to|have to|must|should|gotta|got to|ought to)\b|\bi (?:need|want) you to\b|\bmake sure (?:you|that)\b|^(?:(?:so|and|but|okay|just|please|then)\s*,?\s+)*(?:send|call|get|put|book|ask|email|go|stop|take|write|bring|update|push|set|start|do|don't|find|use|keep|block)\b)"
SUGGEST = r"\b(?:you could|you might|we could|maybe you|maybe we|what about|how about|i'd suggest|i would suggest|i'd recommend|one (?:idea|option)|it might help|let's|might be worth|could be worth|i wonder if|if i were you|i'd start)\b"
FRAGMENT = r"^(?:um|uh|er|erm|so|and|but|well|hello|hi|hey|bye|goodbye|good morning|good afternoon|thanks|thank you|hm)[\s,.!-]*$"


def timed_sentences(talk: pl.DataFrame) -> pl.DataFrame:
    """The sentences of each call in the order they were said: call_id, idx, sentence, speaker, start_s, end_s, text.

    A sentence takes the share of its utterance's time that it has of its letters.
    """
    spoken = talk.sort("call_id", "start_s", "end_s", "idx").select("call_id", "idx", "speaker", "start_s", "end_s", "text")
    letters, of = pl.col("text").str.len_chars(), ("call_id", "idx")
    done = letters.cum_sum().over(of) / letters.sum().over(of)
    length = pl.col("end_s") - pl.col("start_s")
    return (
        split_frame(spoken)
        .with_columns(
            (pl.col("start_s") + length * (done - letters / letters.sum().over(of))).alias("start_s"),
            (pl.col("start_s") + length * done).alias("end_s"),
        )
        .sort("call_id", "start_s", "end_s", "idx", "sentence")
    )


def classify_acts(talk: dy.DataFrame[Talk]) -> dy.DataFrame[Acts]:
    """One act, with its probability, for each sentence of each utterance; the calls may be many."""
    sentences = timed_sentences(talk).sort("call_id", "idx", "sentence")
    low = pl.col("text").str.to_lowercase().str.replace_all("’", "'")
    asks = low.str.ends_with("?")
    act = (
        pl.when(low.str.contains(ACKNOWLEDGEMENTS)).then(pl.lit("acknowledge"))
        .when(low.str.contains(FRAGMENT)).then(pl.lit("other"))
        .when(low.str.contains(LEADING)).then(pl.lit("ask_leading"))
        .when(low.str.contains(CLOSED_START)).then(pl.lit("ask_closed"))
        .when(low.str.contains(OPEN)).then(pl.lit("ask_open"))
        .when(asks).then(pl.lit("ask_closed"))
        .when(low.str.contains(COMMIT)).then(pl.lit("commit"))
        .when(low.str.contains(DIRECT)).then(pl.lit("direct"))
        .when(low.str.contains(SUGGEST)).then(pl.lit("suggest"))
        .otherwise(pl.lit("inform"))
    )  # fmt: skip
    acts = sentences.select("call_id", "idx", "sentence", act.alias("act"), pl.lit(0.7).alias("p"), "text")
    return Acts.validate(acts)
