"""Wording: what is to be done, as a clause that can be read alone: from its verb on, and with what its words refer to.

"I'd suggest that I send you a plan by Thursday, so that you see it" is "send you a plan by Thursday". A bare date or a
pronoun is completed from what was said just before: "Tomorrow after six" after "When will you call Frank?" is "call
Frank, tomorrow after six". Who is to do it stands beside it, in the owner.
"""

import re
from typing import NamedTuple

import polars as pl

from pipeline.language.ngram_model import stems
from pipeline.language.promises.mentions import DATE_WORDS, TELLING_IDF, YES

MAX_WORDS = 18
LOOKS_BACK = 8  # clauses before one in which what it refers to is looked for
UTTERANCES_BACK = 3
SHORT_WORDS = 5  # spaces in a phrase that says enough although it points back
FEW_WORDS = 2  # spaces in a phrase that is completed whatever its words tell
FORMS_OF_ASKING = (
    "@i_will_do",
    "@i_do",
    "@you_do",
    "@can_you",
    "@want_you",
    "@bare",
    "@we_do",
    "@i_need",
    "@hand_over",
)
MODAL = r"(?:['’]ll|['’]d| will| would| can| could| shall| should| may| might| must)"
MORE = r"(?: (?:also|just|then|probably|definitely|certainly|still|even|please|maybe|perhaps|gladly|happily))*"
DUTY = r"(?:(?: like| want| need| have| love| be able| be happy| try|['’]ve| ought) to| better|['’]ve got to| got to)?"
WHO = "(?:I|we|you)"
BY_WHOM = (
    rf"{WHO}{MODAL}{MORE}{DUTY}",
    rf"{WHO}(?: need| have| want| ought| wanted| meant| was going| were going|['’]ve(?: got)?) to",
    r"(?:I['’]m|I am|we['’]re|we are|you['’]re|you are) (?:going to|gonna)",
    r"let me(?: also| just)?|let['’]s|let us",
    rf"(?:can|could|would|will|shall|should|may) {WHO}{MORE}{DUTY}",
    rf"(?:want|need|like|ask) you to|(?:would|do) you mind|make sure (?:that )?{WHO}",
)
OPENINGS = (
    "okay|ok|so|well|right|and|then|but|yes|yeah|yep|good|perfect|great|just|also|please|uh|um|now|mm|alright|sure|fine|aye|"
    "lovely|or|oh"
)
ASIDES = (
    r",? (?:so that|because|since)\b",
    r",? so (?:I|you|we|he|she|they|it|nobody|everybody|the)\b",
    r", so (?!(?:today|tomorrow|tonight|now|then)\b)\w+ (?:by|on|before)\b",
    r",? (?:although|even though|otherwise|or else)\b",
    r", (?:which|who|(?:and )?that['’]s(?! the \w+th\b)|it['’]s|he['’]s|she['’]s|they['’]re|there['’]s|you['’]ve|"
    r"I['’]ve|you know|yes|yeah|yep|okay|right|sir|please|then|too)(?= |[.,?!]|$)",
)
NO_VERBS = "am|are|was|were|have|had|did|do not|don['’]t|know|think|said|can|will|and|all|both|guys|two|three"
NOT_FIRST = (
    "the|my|your|our|a|an|some|this|that|those|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|"
    "tonight|noon|by|on|before|after|at|in|until|for|from|with|and|what|when"
)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


LEAD_IN = _compiled(rf"^.*?\b(?:{'|'.join(BY_WHOM)})\s+")
SAYS_THAT = _compiled(rf"^(?:suggest|propose|think|say|prefer|recommend|like)(?: that| if)? {WHO}\b['’\w]*\s+")
PLAIN_SUBJECT = _compiled(rf"^(?:\w+, )?{WHO} (?=[a-z]+\b)")
NOT_A_VERB = _compiled(rf"^(?:{NO_VERBS})\b")
OPENING_WORDS = _compiled(rf"^(?:(?:{OPENINGS})\b[\s,.]*)+")
ASIDE = _compiled(rf"(?:{'|'.join(ASIDES)}).*$")
TRAILING_WORDS = _compiled(r"(?:[\s,.?!:;-]+(?:and|then|so|but|or|please|that['’]s))*[\s,.?!:;\"”-]*$")
POINTS_BACK = _compiled(r"^(?:\w+ ){1,2}(?:it|that|this|them|those|these|both|so)\b")
DOES_IT = _compiled(r"^(?:do|have|get|make|handle|manage|take) (?:it|that|this|them|those)( .*)?$")
ASKS_FOR = _compiled(
    rf"^.*?\b(?:when|where|how|what|which|who|why)\b.*?\b(?:will|can|could|would|do|did|are|['’]ll) {WHO}\b\s*"
)
VERB = _compiled(rf"^(?!(?:{NOT_FIRST})\b)[a-z]")


class Clause(NamedTuple):
    """A clause as it stands in the talk.

    tells: how much it says of a matter (idf); asks: whether it is of a form that promises or asks for something
    """

    call_id: str
    idx: int
    text: str
    tells: float
    asks: bool


def main_clause(text: str) -> str:
    """A clause without the reason, purpose or remark that follows it."""
    cut = ASIDE.sub("", text, count=1)
    return cut if " " in cut.strip() else text


def verb_phrase(text: str) -> str:
    """A clause from its verb on, without the words that only introduce it and without what follows as an aside."""
    clause = main_clause(OPENING_WORDS.sub("", text))
    led = SAYS_THAT.sub("", LEAD_IN.sub("", ASKS_FOR.sub("", clause, count=1), count=1), count=1)
    bare = PLAIN_SUBJECT.sub("", led, count=1)
    verb = led if NOT_A_VERB.match(bare) else bare
    whole = verb if " " in verb.strip() else clause
    return TRAILING_WORDS.sub("", re.sub('["“”]', "", whole))


def worded(promises: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """`promises` with `what`: the verb phrase of each, completed from the clauses of `units` before it where it is but
    a date or points back."""
    near = sorted({row - step for row in promises["row"] for step in range(LOOKS_BACK + 1) if row >= step})
    some = units.filter(pl.col("row").is_in(near))
    matter = pl.col("words").str.replace_all(rf"{DATE_WORDS}|\b(?:{YES})\b", " ")
    content = stems(some.select("row", matter.str.replace_all(" +", " ").str.strip_chars()))
    told = some.join(content.group_by("row").agg(tells=pl.col("idf").sum()), on="row", how="left")
    clauses = {
        row: Clause(*rest)
        for row, *rest in told.select(
            "row", "call_id", "idx", "text", pl.col("tells").fill_null(0.0), pl.any_horizontal(FORMS_OF_ASKING)
        ).iter_rows()
    }
    what = [_what(clauses, row) for row in promises["row"]]
    return promises.with_columns(pl.Series("what", what, pl.String))


def _what(clauses: dict[int, Clause], row: int) -> str:
    words = _completed(clauses, row).split()
    return TRAILING_WORDS.sub("", " ".join(words[:MAX_WORDS])) or clauses[row].text


def _completed(clauses: dict[int, Clause], row: int) -> str:
    """The phrase of a clause with that of the one it refers to, if it says too little alone."""
    phrase, tells = verb_phrase(clauses[row].text), clauses[row].tells >= TELLING_IDF
    has_verb = VERB.match(phrase)
    more, points_back = phrase.count(" "), POINTS_BACK.match(phrase)
    if has_verb and (not points_back or more >= SHORT_WORDS or (tells and more > FEW_WORDS)):
        return phrase
    meant = _meant(clauses, row)
    if meant is None:
        return phrase
    does_it = DOES_IT.match(phrase)
    if does_it or not has_verb:
        rest = (does_it[1] or "").strip() if does_it else phrase
        return f"{meant}, {rest[0].lower()}{rest[1:]}" if rest else meant
    return f"{phrase} ({meant})"


def _meant(clauses: dict[int, Clause], row: int) -> str | None:
    """The phrase of the nearest clause before that says what is to be done, in this utterance or the last ones."""
    for before in range(row - 1, row - 1 - LOOKS_BACK, -1):
        clause = clauses.get(before)
        if clause is None or clause.call_id != clauses[row].call_id or clauses[row].idx - clause.idx > UTTERANCES_BACK:
            return None
        phrase = verb_phrase(clause.text)
        asks = clause.asks or clause.text.endswith("?")
        if asks and clause.tells >= TELLING_IDF and VERB.match(phrase) and not POINTS_BACK.match(phrase):
            return phrase
    return None
