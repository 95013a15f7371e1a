"""Confirmations: whether the other side says yes to what was said."""

import dataframely as dy
import polars as pl

from pipeline.language.promises.mentions import YES
from pipeline.language.text import plain
from pipeline.tables.conversations import Talk

GOOD = "fine|great|perfect|good|lovely|okay|right|grand"
ASSENT = (
    rf"^(?:(?:oh|so|well|and|um|uh) )*(?:{YES}|"
    r"deal|agreed|grand|brilliant|thanks|thank you|i will|i can|will do|of course|course|absolutely|correct|beauty|"
    r"cheers|aye|beautiful|super|excellent|awesome|that works|works|suits|sounds good|that would|please|you got it|"
    r"understood|can do|wonderful|fantastic|smashing|sweet|fair enough|too easy|"
    rf"it does|that (?:is|s) (?:all |absolutely )?(?:{GOOD})|i would (?:like|love|appreciate) that|"
    r"monday|tuesday|wednesday|thursday|friday|tomorrow|today|tonight)\b"
)
DISSENT = (
    r"^(?:(?:yeah|well|oh|um|okay) )*(?:no|nah|i can not|i do not|not really|not yet|we can not|"
    r"i would rather not|hang on|wait)\b"
)
NO_THAT_AGREES = (
    r"^(?:(?:yeah|well|oh|um|okay|no) )*(?:no (?:problem|worries|bother|dramas|trouble|issues?)\b|"
    r"(?:no|nah) (?:that|it) (?:would be|s|is) (?:great|perfect|lovely)\b)"
)


def confirmed(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """Whether the next two utterances of the other side say yes to an utterance: call_id, idx, confirmed."""
    words = pl.col("words")
    read = talk.select("call_id", "idx", "side", words=plain(pl.col("text")))
    yes = (words.str.contains(ASSENT) & ~words.str.contains(DISSENT)) | words.str.contains(NO_THAT_AGREES)
    answers = read.select("call_id", "idx", "side", yes=yes)
    replies = [
        pl.when(pl.col("side").shift(-step).over("call_id") != pl.col("side")).then(
            pl.col("yes").shift(-step).over("call_id")
        )
        for step in (1, 2)
    ]
    return answers.select("call_id", "idx", confirmed=pl.any_horizontal(replies).fill_null(value=False))
