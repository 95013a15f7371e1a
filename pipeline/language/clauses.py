"""Clauses, and the signs by which a model tells those that promise, ask for or agree on an action."""

import dataframely as dy
import polars as pl

from pipeline.language.due_words import ANY_DUE
from pipeline.language.ngram_model import over, stems
from pipeline.language.text import plain
from pipeline.language.vocabulary import DAYS, MONTHS, ORDINALS, TENS
from pipeline.tables.conversations import Acts, Talk

CLAUSE_BREAK = "\x1f"
SUBJECTS = r"\b(?:i|you|we|he|she|they|let me|let us)\b"
SUBJECT = r"(?:i|you|we|he|she|they|somebody)"
JOINED = rf"(?i)(,? *\b(?:and then|and|then|so|but|or)\b,?) +({SUBJECT}\b)"
LISTED = r"(?i)(, +)((?:i|you|we)(?:['’]ll|['’]m|['’]re| will| am| are)\b)"
BEGINS = (
    r"(?:i|you|we)(?:['’]ll| will| shall|['’](?:m|re) (?:going to|gonna)| a(?:m|re) going to)|"
    r"(?:can|could|would|will) you|let['’]s|let us|let me"
)
HOLDING_WORDS = (
    "that|if|when|what|which|who|how|why|where|whether|unless|until|till|before|after|once|while|because|since|as|than|"
    "think|thought|guess|suppose|hope|know|say|said|sure|bet|reckon|promise|and|then|so|but|or|thing|everything|all|you"
)
HELD_SPACE = "\x1e"
HELD = rf"(?i)\b({HOLDING_WORDS}) +({BEGINS})\b"  # "what I'll do": not a new clause
UNMARKED = rf"(?i)([\p{{L}}\p{{N}}]) +({BEGINS})\b"
ONLY_CONJUNCTIONS = r"^(?:and|then|so|but|or| )*$"
MARKS = r"[.,?!;:]"
GOES_ON = r"^(?:and|or|by|before|until|till|on|for|with|to|from|at|in)\b"
PURPOSE = r"^(?:so )?that (?:i|we|you|he|she|they)\b"
FRESH_START = (
    "i|you|we|he|she|they|it|that|this|there|then|so|if|what|when|how|who|why|where|which|and|but|is|are|was|were|do|does|"
    "did|can|could|would|will|shall|have|has|let|yes|yeah|no|okay|well"
)
NUMBER_OPEN = rf"\b(?:{'|'.join((*TENS, *DAYS, *MONTHS))}|the|of)$"

VERBS = (
    "(?:send|email|call|ring|phone|text|message|book|set|arrange|write|draft|check|ask|find|get|bring|visit|meet|talk|"
    "speak|introduce|share|forward|update|submit|prepare|put|pull|export|print|sign|confirm|review|fix|run|load|drop|"
    "ping|shoot|flick|pop|post|mail|chase|follow|reach|circle|come|go|see|show|give|take|make|do|have|look|work|try|"
    "schedule|organi[sz]e|invite|add|move|clean|file|hand|deliver|mark|listen|play|train|walk|reserve|raise|start|"
    "finish|redo|rewrite|price|quote|release|let|copy|catch|keep|fill|order|measure|count|test)"
)
SPOKEN_DUE = ANY_DUE.replace(" ", "[ -]")
TWO_DATES = rf"(?i)({SPOKEN_DUE}(?: [\w'’]+){{0,4}}?)(,? and (?:then )?)({VERBS}\b[^.,;:?!]*{SPOKEN_DUE})"
"""One is due, and another follows with a date of its own: "send it tonight and call you Thursday"."""
ADVERBS = (
    r"(?: (?:just|also|then|probably|definitely|certainly|actually|still|always|even|go and|go ahead and|try and|"
    r"try to|make sure to|be sure to|be able to|have to|need to))*"
)
FORMS = {
    "i_do": (rf"\b(?:i|we) (?:will|shall|am going to|are going to|can|could|would|should|ought to|need to|have to|"
rf"want to|have got to|am|might|may|must){ADVERBS} {VERBS}\b"),
    "i_will_do": rf"\bi (?:will|shall|am going to){ADVERBS} {VERBS}\b",
    "i_doing": rf"\bi am{ADVERBS} \w+ing\b",
    "we_do": rf"\b(?:we will|we are going to|let us|we should|we shall){ADVERBS} {VERBS}\b",
    "you_do": rf"\byou (?:will|are going to|need to|should|have to|want to|can|could|must){ADVERBS} {VERBS}\b",
    "you_bare": rf"\byou {VERBS}\b",
    "can_you": rf"\b(?:can|could|would|will) (?:you|he|she|they){ADVERBS} {VERBS}\b",
    "i_am": (rf"\b(?:i (?:will|shall|am|would|can|have|could|should|take|send|get|put|ring|call|write|bring)|"
rf"let me {VERBS})\b"),
    "you_are": (r"\byou (?:will|are|can|could|should|have|send|get|give|ask|ring|call|put|book|set|write|bring|take|"
r"make|show|print)\b"),
    "i_need": r"\bi (?:need|want|would (?:like|want)) (?:you|that|the|a|an|to see|them|it|two|three)\b",
    "person": r"\b(?:i|you|we|me|us|my|your|our)\b",
    "want_you": r"\b(?:want|need|like|ask) you to\b",
    "bare": rf"^(?:(?:and|then|so|okay|right|just|please|first|second|third|one|two|three|good|yes|yeah) )*{VERBS}\b",
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
    "they_do": rf"\b(?:he|she|they|somebody|someone) (?:will|shall|can|is going to|are going to){ADVERBS} {VERBS}\b",
    "to_me": rf"\b{VERBS} (?:(?:it|that|them|this|those) )?(?:(?:over|back|across|out|up|on) )?(?:to )?(?:me|us)\b",
    "to_you": rf"\b{VERBS} (?:(?:it|that|them|this|those) )?(?:(?:over|back|across|out|up|on) )?(?:to )?you\b",
    "you_get": (r"\byou (?:will|shall|are going to|should|would)(?: also| then)? (?:have|get|receive|see|hear)\b"),
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


LEAD_IN = (
    r"^(?:(?:and|so|but|then|okay|ok|well|right|also|now|one|two|three|first|second|third|yes|yeah|perfect|great|good|if|"
    r"next) )*"
)
ASIDE = r" (?:before|because|when|if|until|while|unless|so that|so you|so we|so i|so he|so she|so they)\b.*$"
WHO_IS_MEANT = (
    (
        "us",
        rf"{LEAD_IN}(?:we|let us|(?:shall|can|could|should) we)\b|\b(?:two|three|both|all) of us\b|\bwe (?:all|both)\b",
    ),
    ("me", r"\byou (?:(?:will|shall) )?(?:get|have|hear|receive) .*from me\b"),
    ("you", r"\b(?:can|could|may|might) i (?:have|see|get)\b|\bi would like your\b"),
    ("you", r"\byou (?:will|shall|are going to) (?:get|have) .*\b(?:to|over|across|into|off|done)\b"),
    ("me", r"\byou (?:will|shall) (?:get|have|receive) (?:it|that|them|the|a|an|your|my|some|something|this)\b"),
    ("me", rf"{LEAD_IN}i (?:will|shall|am going)\b"),
    ("you", rf"\byou(?: (?:can|could|will|would|to|then|just|also|might|please))* {VERBS}\b"),
    ("you", rf"\b(?:can|could|would|will) (?:you|(?:he|she|they|somebody) {VERBS})\b"),
    ("you", r"\b(?:do|send|get|give|bring|show|write|draft|text|email) me\b|\blet me know\b|\bfrom you\b"),
    ("you", r"\bi (?:want|need|would like) (?:you|it|that|to see)\b"),
    ("you", rf"{LEAD_IN}you\b"),
    ("me", r"\b(?:i|let me)\b"),
)
"""Who is to do it, by the grammar of the clause; the first form that fits decides."""

LATE_SHARE = 0.8
CUSTOMER_TALK = "call|demo|negotiation|discovery"  # kinds of conversation in which the other side is a customer


def clauses(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """One row per clause, in the order of speech: row, call_id, idx, sentence, clause, text, words, side, at, signs.

    A sentence is cut before "and I will", "then you" and the like, so that each promise stands alone, and where it
    has no marks also before "I will" without an "and"; `at` is the share of the call that is over when its utterance
    ends.
    """
    internal = ~pl.col("interaction").str.contains(CUSTOMER_TALK)
    about = talk.select(
        "call_id",
        "idx",
        "side",
        internal.alias("@internal"),
        (pl.col("end_s") / pl.col("duration_s").clip(1)).alias("at"),
    )
    units = (
        _whole(acts)
        .select("call_id", "idx", "sentence", _cut(pl.col("text")).str.split(CLAUSE_BREAK).alias("text"))
        .explode("text")
        .with_columns(pl.col("text").str.strip_chars(" ,"))
        .with_columns(plain(pl.col("text")).alias("words"))
        .filter(~pl.col("words").str.contains(ONLY_CONJUNCTIONS))
        .join(about, on=["call_id", "idx"], how="left", maintain_order="left")
        .with_row_index("row")
    )
    return _signed(units)


def _whole(acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """The sentences: call_id, idx, sentence, text; of those cut by their words alone, what goes on is joined again.

    "By friday", "and the invoice" and the "third" of "twenty third" go on with the sentence before.
    """
    words = pl.col("words")
    goes_on = words.str.contains(GOES_ON) & ~words.str.contains(rf"^\w+ (?:{FRESH_START})\b")
    purpose = words.str.contains(PURPOSE)
    number = words.str.contains(rf"^(?:{'|'.join(ORDINALS)})\b") & words.shift(1).str.contains(NUMBER_OPEN)
    bare = ~pl.col("text").str.contains(MARKS).any()
    joined = ((goes_on | purpose | number).over("call_id") & (pl.col("sentence") > 0)).alias("joined")
    return (
        acts.sort("call_id", "idx", "sentence")
        .with_columns(words=plain(pl.col("text")))
        .with_columns(joined.fill_null(value=False) & bare.over("call_id", "idx"))
        .with_columns((~pl.col("joined")).cum_sum().alias("whole"))
        .group_by("whole", maintain_order=True)
        .agg(pl.col("call_id", "idx", "sentence").first(), pl.col("text").str.join(" "))
        .drop("whole")
    )


def _cut(text: pl.Expr) -> pl.Expr:
    """The text with a mark between its clauses."""
    cut = text
    for two in (JOINED, LISTED):
        cut = cut.str.replace_all(two, f"$1{CLAUSE_BREAK}$2")
    cut = cut.str.replace_all(TWO_DATES, f"$1$2{CLAUSE_BREAK}$3")
    held = (
        cut.str.replace_all(HELD, f"$1{HELD_SPACE}$2")
        .str.replace_all(UNMARKED, f"$1{CLAUSE_BREAK}$2")
        .str.replace_all(HELD_SPACE, " ")
    )
    return pl.when(text.str.contains(MARKS)).then(cut).otherwise(held)


def _signed(units: pl.DataFrame) -> pl.DataFrame:
    """The clauses with their signs: who speaks, when, how long, with a date, in which forms, and what is answered."""
    words = pl.col("words")
    utterance = ("call_id", "idx")
    forms = {f"@{form}": words.str.contains(pattern) for form, pattern in FORMS.items()}
    own = units.select(*utterance, meant=_meant(words), none=~words.str.contains(SUBJECTS))
    earlier = own.select(pl.col("meant").forward_fill().over(utterance))["meant"]
    carried = own["none"] & own["meant"].is_null() & earlier.is_not_null()
    meant = own["meant"].zip_with(~carried, earlier)
    plainly: dict[str, pl.Expr | pl.Series] = {
        "@lead": pl.col("side") == "lead",
        "@other": pl.col("side") == "other",
        "@due": words.str.contains(ANY_DUE),
        **over(pl.col("at"), (0.15, 0.3, 0.5, 0.7, LATE_SHARE, 0.85, 0.9, 0.95), "at"),
        **over(words.str.count_matches(" ") + 1, (3, 5, 8, 12, 20, 30), "words"),
        **forms,
        "@carried": carried,
        **{f"@for_{who}": (meant == who).fill_null(value=False) for who in ("me", "you", "us")},
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
    named = (*FORMS, "for_me", "for_you", "for_us")
    both = {
        f"@{form}+{with_}": pl.col(f"@{form}") & pl.col(f"@{with_}")
        for form in named
        for with_ in ("lead", "due", "internal", f"at{LATE_SHARE}")
    }
    by_manager = pl.col("@lead") & pl.col("@internal")
    managers = {"@manager": by_manager} | {f"@{form}+manager": pl.col(f"@{form}") & by_manager for form in named}
    signed = units.with_columns(**plainly).with_columns(**near, **both, **managers)
    answered = signed.hstack(_answered(signed))
    return answered.with_columns(
        (pl.col(f"@{form}_reply") & pl.col(f"@{with_}")).alias(f"@{form}_reply+{with_}")
        for form in ("assent", "due", "i_am")
        for with_ in ("manager", "for_me", "for_you", "question")
    )


def _meant(words: pl.Expr) -> pl.Expr:
    """Who is to do what a clause says, by its grammar: me (the speaker), you, us, or null."""
    main = words.str.replace(ASIDE, "")
    return pl.coalesce([pl.when(main.str.contains(pattern)).then(pl.lit(who)) for who, pattern in WHO_IS_MEANT])


def _answered(units: pl.DataFrame) -> pl.DataFrame:
    """How the next utterance takes up each clause: begins by agreeing, with a date, a promise or a no; shares words."""
    utterance = ["call_id", "idx"]
    forms = ("assent", "due", "i_am", "not", "question", "for_you")
    first = units.group_by(utterance, maintain_order=True).agg(pl.col([f"@{form}" for form in forms]).first())
    first = first.with_columns(turn=pl.int_range(pl.len()))
    replies = first.select(
        "turn",
        *utterance,
        **{f"@{form}_reply": pl.col(f"@{form}").shift(-1).over("call_id") for form in forms},
    )
    placed = units.select("row", *utterance).join(replies, on=utterance, how="left", maintain_order="left")
    content = stems(units).join(placed.select("row", "call_id", "turn"), on="row")
    stems_of_turns = content.select("call_id", "stem", "turn").unique()
    shared = [
        content.join(stems_of_turns.with_columns(pl.col("turn") - step), on=["call_id", "stem", "turn"], how="semi")
        for step in (1, -1)
    ]
    echo, asked = (pl.col("row").is_in(rows["row"].unique().to_list()) for rows in shared)
    return placed.select(pl.col("^@.*$"), **{"@echoed": echo, "@echoes": asked})
