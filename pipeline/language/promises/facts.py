"""Facts: clauses that tell how things are, or what others do, and promise nothing though they name a day."""

import re

import polars as pl

LEADS = (
    r"(?:(?:and|so|but|then|well|okay|yes|yeah|no|oh|today|tomorrow|i (?:think|know|believe)|because) )*"  # to a clause
)
STATES = rf"^{LEADS}(?:(?:\w+ )?(?:he|she|they|it|others)|the (?:\w+ ){{0,2}}?\w+) (?:is|are|s|wants?|has|have)\b"
HAS_ON = rf"^{LEADS}i have got \w+ (?:\w+ )?on\b"
UNDERTAKEN = r"\b(?:(?:i|we|you) (?:will|shall|can|could|am going to|are going to|need to|have to)|let me|let us)\b"
FOR_US = r"\b(?:i|we|you|let me|let us)\b"
OTHERS = (  # who is neither speaker nor listener, in plain words
    r"(?:he|she|they|(?:the|his|her|their|another) \w+(?: \w+){0,2}?|"
    r"(?!(?:i|we|you|it|that|this|those|these|there|who|which|what|where|when|one|both|all|everything|"
    r"\w+day|today|tomorrow|tonight)\b)\w+(?= (?:will|is going to)\b))"
)
OF_THINGS = (
    r"be|go|reach|follow|come|arrive|land|hit|get|do|work|suit|take|happen|need|help|fit|today|tomorrow|tonight|\w+day"
)
OTHERS_DO = re.compile(
    rf"{LEADS}{OTHERS} (?:(?:will|are going to|is going to|s going to|should|can|would) (?!(?:{OF_THINGS}|not)\b)\w+|"
    r"(?:s|is|are) (?!going\b)\w+ing\b|(?:gives?|sends?|wants?|writes|brings?|decides?|has to|have to)\b)(?!.*\byou\b)"
)


def without_facts(promises: pl.DataFrame) -> pl.DataFrame:
    """`promises` without what only says how things are where something is promised in the same utterance: "The others
    are at the lab till Tuesday, I'll have them to you Wednesday". What one has on a day says when: "I've got
    Bradford on Thursday, so I'll ask".
    """
    has = pl.col("words").str.contains(HAS_ON)
    fact = (has | pl.col("words").str.contains(STATES)) & ~pl.col("words").str.contains(UNDERTAKEN)
    promised = ~fact & pl.col("words").str.contains(FOR_US)
    then = pl.when(has).then("due_words").max().over("call_id", "idx")
    return promises.with_columns(due_words=pl.coalesce("due_words", then)).filter(
        ~(fact & promised.any().over("call_id", "idx"))
    )


def others_do(words: pl.Expr) -> pl.Expr:
    """Whether a clause tells what somebody does who is neither its speaker nor its listener and not for the
    listener ("the carrier is sending them on Wednesday"), in plain words."""
    return words.map_elements(lambda said: bool(OTHERS_DO.match(said)), return_dtype=pl.Boolean)
