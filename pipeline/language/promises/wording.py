"""Wording: what is to be done, as a clause that can be read alone: from its verb on, and with what its words refer to.

"I'd suggest that I send you a plan by Thursday, so that you see it" is "send you a plan by Thursday". A bare date or a
pronoun is completed from what was said just before: "Tomorrow after six" after "When will you call Frank?" is "call
Frank, tomorrow after six". Who is to do it stands beside it, in the owner.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from pipeline.language.clauses import VERBS
from pipeline.language.ngram_model import stems
from pipeline.language.promises.mentions import EXCLAIMED, TELLING_IDF, YES, telling
from pipeline.language.text import plain

MAX_WORDS = 18
LOOKS_BACK = 8  # clauses before one in which what it refers to is looked for
UTTERANCES_BACK = 3
SHORT_WORDS = 5  # spaces in a phrase that says enough although it points back
FEW_WORDS = 2  # spaces in a phrase that is completed whatever its words tell
PLEASE = r"\bplease \w+ "
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
    r"please(?: also| just)?(?= [a-z])(?! (?:the|also)\b)",
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
TRAILING_WORDS = _compiled(r"(?:[\s,.?!:;-]+(?:and|then|so|but|or|please|lah|ah|eh|that['’]s))*[\s,.?!:;\"”-]*$")
POINTS_BACK = _compiled(r"^(?:\w+ ){1,2}(?:it|that|this|them|those|these|both|so)\b")
DOES_IT = _compiled(r"^(?:do|have|get|make|handle|manage|take) (?:it|that|this|them|those)( .*)?$")
ASKS_FOR = _compiled(
    rf"^.*?\b(?:when|where|how|what|which|who|why)\b.*?\b(?:will|can|could|would|do|did|are|['’]ll) {WHO}\b\s*"
)
VERB = _compiled(rf"^(?!(?:{NOT_FIRST}|{EXCLAIMED})\b)[a-z]")
SAYS_YES = _compiled(
    rf"^(?:(?:{YES}|{EXCLAIMED}|oh|{WHO})\b[\s,.]*)*(?:(?:sure |certainly )?(?:will|can|do)\b[\s,.]*)?"
    rf"(?:(?:{YES}|{EXCLAIMED})\b[\s,.]*)*$"
)
NO_REQUEST = _compiled(  # it opens the talk, asks, denies, or is part of a remark ("something we could talk to")
    r"^(?:start|begin|open|kick off|go through|recap|would|could|does|did|is|are|who|which|where|why|how|here|there)\b|"
    r"\b(?:to|about|with|of|from)$|\b(?:never|not|\w+n['’]t)\b"
)
THING = _compiled(
    rf"\b(?:it|that(?! {WHO}\b)|this(?! (?:week|month|morning|afternoon))|them|those|these|one(?! of)|ones|both)\b"
)
VERB_ALONE = _compiled(rf"^(?:{WHO}{MODAL} )?\w+$")
THE = "the|your|my|our|his|her|their|those|these"
STATES = _compiled(rf"\b(?:it|that|those|these|they)(?:['’]s|['’]re| is| are) (?:just |only )?(?:{THE})\b")
ENDS_NAME = (
    "am|is|are|was|were|be|been|has|have|had|do|does|did|will|would|can|could|should|shall|may|might|must|not|s|i|you|he|"
    "she|it|we|they|me|us|them|him|who|which|that|what|when|where|why|how|if|because|so|and|but|or|then|than|as|in|on|at|"
    "by|with|from|to|about|over|into|before|after|until|till|since|again|now|still|already|just|only|also|too|really|due|"
    f"late|right|{VERBS[3:-1]}|{THE}|an|a"
)
NAME = _compiled(
    r"(?<!\bat )(?<!\bin )(?<!\bon )(?<!\bto )(?<!\bfrom )(?<!\bwith )"  # a place or a person, not the matter
    rf"\b(?:{THE}) (?!(?:{ENDS_NAME})\b(?! \w))[\w-]+"
    rf"(?: (?!(?:{ENDS_NAME}|for|of)\b)[\w-]+){{0,3}}"
    rf"(?: (?:for|of) (?:(?:{THE}) )?(?!(?:{ENDS_NAME})\b)[\w-]+)?"
)
FIRST_VERB = _compiled(rf"^(?:{WHO}{MODAL} )?[\w-]+ ?")
NAMING_IDF = 3.5  # idf that the words beside the verb must have together to name something
NAME_IDF = 4.5  # the same of what another clause names
ABOUT_SOMEBODY = _compiled(
    r"^(?:(?:and|so|but|well) )*(?:i|you|we|he|she|it|they|that|this|there|what|who|how|is|are)\b"
)
SHORTEST_REMARK, LONGEST_REMARK = 4, 8  # words of what is quoted whole where no name stands in it


class Clause(NamedTuple):
    """A clause as it stands in the talk.

    tells: how much it says of a matter (idf); asks: whether it is of a form that promises or asks for something; side:
    of who speaks; name: what it names, if anything telling
    """

    call_id: str
    idx: int
    text: str
    tells: float
    asks: bool
    side: str | None
    name: str | None


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
    content = stems(some.select("row", telling(pl.col("words")).alias("words")))
    some = some.join(_names(some), on="row", how="left")
    told = some.join(content.group_by("row").agg(tells=pl.col("idf").sum()), on="row", how="left")
    asks = pl.any_horizontal(FORMS_OF_ASKING) | pl.col("words").str.contains(PLEASE)
    clauses = {
        row: Clause(*rest)
        for row, *rest in told.select(
            "row", "call_id", "idx", "text", pl.col("tells").fill_null(0.0), asks, "side", "name"
        ).iter_rows()
    }
    phrases = {row: verb_phrase(clauses[row].text) for row in promises["row"]}
    objects = [FIRST_VERB.sub("", phrase) for phrase in phrases.values()]
    named = pl.DataFrame(
        {"row": list(phrases), "words": objects}, schema={"row": some.schema["row"], "words": pl.String}
    )
    matters = stems(named.select("row", telling(plain(pl.col("words"))).alias("words"))).group_by("row")
    naming = set(matters.agg(pl.col("idf").sum()).filter(pl.col("idf") >= NAMING_IDF)["row"])
    what = [_what(clauses, row, names=row in naming) for row in promises["row"]]
    return promises.with_columns(pl.Series("what", what, pl.String))


def _names(some: pl.DataFrame) -> pl.DataFrame:
    """What each clause names first that is telling ("the hotel receipts"): row, name."""
    plainly = pl.col("text").str.replace_all(r"(?:n['’]t|['’](?:s|re|ve|ll|d))\b", " s")
    found = [
        (row, n, name)
        for row, text in some.select("row", plainly).iter_rows()
        for n, name in enumerate(m.group() for m in NAME.finditer(text))
    ]
    schema = pl.Schema({"of": some.schema["row"], "n": pl.Int64(), "name": pl.String()})
    names = pl.DataFrame(found, schema=schema, orient="row").with_row_index("row")
    told = (
        stems(names.select("row", telling(plain(pl.col("name"))).alias("words")))
        .group_by("row")
        .agg(pl.col("idf").sum())
    )
    lowered = pl.col("name").str.head(1).str.to_lowercase() + pl.col("name").str.slice(1)
    telling_ones = names.join(told.filter(pl.col("idf") >= NAME_IDF), on="row", how="semi").sort("of", "n")
    return telling_ones.unique("of", keep="first", maintain_order=True).select(row="of", name=lowered)


def _what(clauses: dict[int, Clause], row: int, *, names: bool) -> str:
    words = _completed(clauses, row, names=names).split()
    return TRAILING_WORDS.sub("", " ".join(words[:MAX_WORDS])) or clauses[row].text


def _completed(clauses: dict[int, Clause], row: int, *, names: bool) -> str:
    """The phrase of a clause with that of the one it refers to, or else with what that one names, if it says too little
    alone: `names` says whether it names something beside its verb."""
    phrase, tells = verb_phrase(clauses[row].text), clauses[row].tells >= TELLING_IDF
    nothing = SAYS_YES.match(phrase)
    has_verb = VERB.match(phrase) and not nothing
    more, points_back = phrase.count(" "), POINTS_BACK.match(phrase)
    thing = has_verb and (THING.search(phrase) or VERB_ALONE.match(phrase))
    complete = names or (has_verb and not thing)
    alone = phrase if complete else _with_name(phrase, clauses, row, within=UTTERANCES_BACK if thing else 1)
    if has_verb and (not points_back or more >= SHORT_WORDS or (tells and more > FEW_WORDS)):
        return alone
    meant = _meant(clauses, row)
    if meant is None:
        return alone
    if nothing:
        return meant
    does_it = DOES_IT.match(phrase)
    if does_it or not has_verb:
        rest = (does_it[1] or "").strip() if does_it else phrase
        return f"{meant}, {rest[0].lower()}{rest[1:]}" if rest else meant
    return f"{phrase} ({meant})"


def _with_name(phrase: str, clauses: dict[int, Clause], row: int, *, within: int) -> str:
    """A phrase with what the nearest clause before names, `within` so many utterances: "get them in (expenses)"."""
    own = clauses[row]
    led = own.name if own.name and own.name.lower() in own.text.partition(phrase)[0].lower() else None
    names = led or ", ".join(_named(clauses, row, within=within))
    return f"{phrase} ({names})" if phrase and names else phrase or names


def _before(clauses: dict[int, Clause], row: int) -> Iterator[Clause]:
    """The clauses before one, the nearest first, of this utterance and the last ones."""
    for before in range(row - 1, row - 1 - LOOKS_BACK, -1):
        clause = clauses.get(before)
        if clause is None or clause.call_id != clauses[row].call_id or clauses[row].idx - clause.idx > UTTERANCES_BACK:
            return
        yield clause


def _meant(clauses: dict[int, Clause], row: int) -> str | None:
    """The phrase of the nearest clause before that says what is to be done, in this utterance or the last ones; none of
    the speaker's own before the other has named another matter."""
    own, other_matter = clauses[row], False  # whether the other has named another matter since
    for clause in _before(clauses, row):
        phrase = verb_phrase(clause.text)
        asks = clause.asks or clause.text.endswith("?")
        tells = clause.tells >= TELLING_IDF
        passed = other_matter and own.idx - clause.idx > 1
        if asks and tells and VERB.match(phrase) and not NO_REQUEST.search(phrase) and not passed:
            answered = own.idx - clause.idx == 1 and clause.side != own.side and not DOES_IT.match(phrase)
            if answered or not POINTS_BACK.match(phrase):
                return phrase
        other_matter |= tells and clause.side != own.side and not clause.text.endswith("?")
    return None


def _named(clauses: dict[int, Clause], row: int, *, within: int) -> list[str]:
    """What the nearest telling clause before names, in this utterance or the last ones; of "it's the hotel receipts"
    what the one before it names too."""
    names: list[str] = []
    remark: Clause | None = None
    for clause in _before(clauses, row):
        if clause.tells < TELLING_IDF and not clause.name:
            continue
        if clauses[row].idx - clause.idx > within or (remark and remark.idx - clause.idx > 1):
            break
        if clause.name is None:
            remark = remark or (None if ABOUT_SOMEBODY.match(clause.text) else clause)
            continue
        names.append(clause.name)
        if len(names) > 1 or not STATES.search(clause.text):
            break
    quoted = TRAILING_WORDS.sub("", OPENING_WORDS.sub("", remark.text)) if remark and not names else ""
    if SHORTEST_REMARK <= len(quoted.split()) <= LONGEST_REMARK:
        return [quoted]
    return names[::-1]
