"""Promises: clauses, and the signs by which a model tells those that promise, ask for or agree on an action."""

import dataframely as dy
import polars as pl

from pipeline.due_dates import ANY_DUE
from pipeline.phrases import over, plain
from pipeline.tables import Acts, Talk

CUT = "\x1f"
SUBJECT = r"(?:i|you|we|he|she|they|somebody)"
JOINED = rf"(?i)(,? *\b(?:and then|and|then|so|but|or)\b,?) +({SUBJECT}\b)"
LISTED = r"(?i)(, +)((?:i|you|we)(?:['’]ll|['’]m|['’]re| will| am| are)\b)"
REST = r"^(?:(?:and|but|so|or|then|well|okay|ok|right|yeah|yes|um|uh|no)\b[\s,]*)+"

DO = (
    "(?:send|email|call|ring|phone|text|message|book|set|arrange|write|draft|check|ask|find|get|bring|visit|meet|talk|"
    "speak|introduce|share|forward|update|submit|prepare|put|pull|export|print|sign|confirm|review|fix|run|load|drop|"
    "ping|shoot|flick|pop|post|mail|chase|follow|reach|circle|come|go|see|show|give|take|make|do|have|look|work|try|"
    "schedule|organi[sz]e|invite|add|move|clean|file|hand|deliver|mark|listen|play|train|walk|reserve|raise|start|"
    "finish|redo|rewrite|price|quote|release|let|copy|catch|keep|fill|order|measure|count|test)"
)
QUITE = (
    r"(?: (?:just|also|then|probably|definitely|certainly|actually|still|always|even|go and|go ahead and|try and|"
    r"try to|make sure to|be sure to|have to|need to))*"
)
FORMS = {
    "i_do": (rf"\b(?:i|we) (?:will|shall|am going to|are going to|can|could|would|should|ought to|need to|have to|"
rf"want to|have got to|am|might|may|must){QUITE} {DO}\b"),
    "i_will_do": rf"\bi (?:will|shall|am going to){QUITE} {DO}\b",
    "i_doing": rf"\bi am{QUITE} \w+ing\b",
    "we_do": rf"\b(?:we will|we are going to|let us|we should|we shall){QUITE} {DO}\b",
    "you_do": rf"\byou (?:will|are going to|need to|should|have to|want to|can|could|must){QUITE} {DO}\b",
    "you_bare": rf"\byou {DO}\b",
    "can_you": rf"\b(?:can|could|would|will) (?:you|he|she|they){QUITE} {DO}\b",
    "i_am": r"\b(?:i (?:will|shall|am|would|can|have|could|should|take|send|get|put|ring|call|write|bring)|let me)\b",
    "you_are": (r"\byou (?:will|are|can|could|should|have|send|get|give|ask|ring|call|put|book|set|write|bring|take|"
r"make|show|print)\b"),
    "i_need": r"\bi (?:need|want|would (?:like|want)) (?:you|that|the|a|an|to see|them|it|two|three)\b",
    "person": r"\b(?:i|you|we|me|us|my|your|our)\b",
    "want_you": r"\b(?:want|need|like|ask) you to\b",
    "bare": rf"^(?:(?:and|then|so|okay|right|just|please|first|second|third|one|two|three|good|yes|yeah) )*{DO}\b",
    "hand_over": (r"\b(?:send|get|give|email|bring|show|write|draft|share|text|ping|drop|mail|tell) (?:you|me|us|him|"
r"her|them|it|that|over|something|a|the|some|your|our)\b"),
    "from_me": (r"\b(?:leave (?:it|that) (?:with|to) me|on my list|on me|(?:on|at|from) my (?:end|side)|from me|i owe|"
r"mine)\b"),
    "from_you": r"\b(?:from you|(?:on|at|from) your (?:end|side)|you owe|for you to|to me|off you|yours)\b",
    "we": (r"\b(?:we (?:will|shall|should|ought to|would|can|could|are going to|might|need to)|let us|the (?:two|"
r"three) of us|together|both of us)\b"),
    "vague": (r"\b(?:something|some stuff|bit of|touch base|in touch|circle back|catch up|some point|some time|"
r"sometime|one of these days|as it goes|some information|some info|some material|materials|posted|"
r"when you find time|soon|when there is)\b"),
    "past": r"\b(?:did|was|were|had|said|told|sent|got|went|called|asked|gave|last week|last time|yesterday)\b",
    "tell": r"\b(?:will|would|going to) (?:tell|say|be|see|know|remember|think|guess|bet|admit|never|not|always)\b",
    "not": r"\b(?:not|never|no|nobody)\b",
    "if": r"\b(?:if|would have|might|maybe|probably)\b",
    "question": r"^(?:what|why|how|who|when|where|which|did|do|does|is|are|was|have|has)\b",
    "assent": (r"^(?:yes|yeah|yep|yup|sure|okay|ok|right|perfect|great|good|lovely|fine|done|deal|agreed|works|grand|"
r"brilliant|thanks|thank you|i will|i can|will do|of course|absolutely|that works|correct|beauty|"
r"cheers|aye|righto)\b"),
}  # fmt: skip
"""Forms of speech in plain words that a model weighs; none of them is necessary or sufficient."""


LATE = 0.8
CUSTOMER_TALK = "call|demo|negotiation|discovery"  # kinds of conversation in which the other side is a customer


def clauses(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """One row per clause, in the order of speech: row, call_id, idx, sentence, clause, text, words, side, at, signs.

    A sentence is cut before "and I will", "then you" and the like, so that each promise stands alone; `at` is the
    share of the call that is over when its utterance ends.
    """
    cut = pl.col("text").str.replace_all(JOINED, f"$1{CUT}$2").str.replace_all(LISTED, f"$1{CUT}$2")
    internal = ~pl.col("interaction").str.contains(CUSTOMER_TALK)
    said = talk.select(
        "call_id",
        "idx",
        "side",
        internal.alias("@internal"),
        (pl.col("end_s") / pl.col("duration_s").clip(1)).alias("at"),
    )
    units = (
        acts.select("call_id", "idx", "sentence", cut.str.split(CUT).alias("text"))
        .explode("text")
        .with_columns(pl.col("text").str.strip_chars(" ,"))
        .with_columns(plain(pl.col("text")).alias("words"))
        .filter(pl.col("words") != "")
        .join(said, on=["call_id", "idx"], how="left", maintain_order="left")
        .with_row_index("row")
    )
    return _signed(units)


def _signed(units: pl.DataFrame) -> pl.DataFrame:
    """The clauses with their signs: who speaks, when, how long, with a date, and in which forms."""
    words = pl.col("words")
    plainly = {
        "@lead": pl.col("side") == "lead",
        "@other": pl.col("side") == "other",
        "@due": words.str.contains(ANY_DUE),
        **over(pl.col("at"), (0.15, 0.3, 0.5, 0.7, LATE, 0.85, 0.9, 0.95), "at"),
        **over(words.str.count_matches(" ") + 1, (3, 5, 8, 12, 20, 30), "words"),
        **{f"@{form}": words.str.contains(pattern) for form, pattern in FORMS.items()},
    }
    due = pl.col("@due")
    before = pl.col("idx") == pl.col("idx").shift(1).over("call_id")
    near = {
        "@due_next": due.shift(-1).over("call_id"),
        "@due_before": due.shift(1).over("call_id"),
        **{f"@{form}_before": before & pl.col(f"@{form}").shift(1) for form in ("i_am", "you_are", "assent")},
        **{
            f"@{form}_asked": ~before & pl.col(f"@{form}").shift(1)
            for form in ("can_you", "you_are", "due", "question")
        },
    }
    both = {
        f"@{form}+{with_}": pl.col(f"@{form}") & pl.col(f"@{with_}")
        for form in FORMS
        for with_ in ("lead", "due", "internal", f"at{LATE}")
    }
    told = pl.col("@lead") & pl.col("@internal")
    managers = {"@manager": told} | {f"@{form}+manager": pl.col(f"@{form}") & told for form in FORMS}
    return units.with_columns(**plainly).with_columns(**near, **both, **managers)
