"""Actions: what somebody promised or was asked to do, by when, whether the other side agreed, and what stands."""

from datetime import date

import dataframely as dy
import polars as pl

from pipeline.language.clauses import clauses
from pipeline.language.due_dates import due_date
from pipeline.language.due_words import ANY_DUE, find_due, find_hour, is_event
from pipeline.language.ngram_model import stems
from pipeline.language.promises.agreements import with_agreements
from pipeline.language.promises.confirmations import confirmed
from pipeline.language.promises.facts import others_do, without_facts
from pipeline.language.promises.mentions import merged, without_bare_dates
from pipeline.language.promises.named import KNOWN, OWNED, told
from pipeline.language.promises.probabilities import PromiseWeights, promise_probabilities
from pipeline.language.promises.refusals import taken_back, without_refused
from pipeline.language.promises.wording import main_clause, worded
from pipeline.language.text import plain
from pipeline.language.vocabulary import said
from pipeline.tables.conversations import Actions, Acts, Talk
from pipeline.tables.values import DECIMALS, ENDED_STATES, SIDES, SPEAKING

NOBODY, NOT_OWNED = pl.DataFrame(schema=KNOWN), pl.DataFrame(schema=OWNED)
ACTION_PROBABILITY = 0.18  # probability from which a clause counts as an action
VAGUE_ACTION_PROBABILITY = 0.65  # the same where it is vague and names no time
TENTATIVE_ACTION_PROBABILITY = 0.7  # the same where the speaker will only try, or only if something else holds
SURE_OF_AN_OFFER = 0.4  # probability from which what is said to hold only if something else does counts
SURE_OF_A_CALL = 0.6  # probability that the surest promise of a call must have, or else only what names a day counts
SURE_OF_A_DAY = 0.3  # the same, or else nothing counts
KINDS_IN_ORDER = ("crm", "call", "meet", "send", "practise", "decide", "prepare")  # the first that fits is taken
SPECIFIC_IDF = 8.0  # idf that the words of an undated action must have together
CLOSE_SHARE = 0.6  # share of the call after which an undated action still stands at its end
SHORT_CLAUSE_WORDS, LONG_CLAUSE_WORDS = 6, 12  # words in a clause that may say no more than when something is due
NAMES_A_TIME = (  # due words that say more than what has to happen first
    rf"(?i){ANY_DUE}|\b(?:lunch|midday|half|quarter|end of|(?:week|month|year)[ -]end|close of|hour|"
    r"morning|afternoon|evening|eod|weekend)\b|\d|\bat "
)
PLACES_OF_DUE_WORDS = ("after", "said", "before", "reply", "answer", "asked")
HOURS = ("before", "reply")  # of these, where an hour alone counts
SAYS_WHEN = r"(?i)^(?:(?:so|and|well|okay|or),? )*(?:let['’]s )?(?:say|call it|make it)\b"  # "Say eight tomorrow?"
ASKS_WHEN = r"(?i)(?:^|[.,!?] )(?:(?:so|and) )?(?:by )?when\b[^.!?]*\?$"
QUOTED = r"^[\"“]"  # what somebody would say
NEW_ACTION_VERBS = r"\b(?:ask|call|ring|write|speak|talk|meet|tell|check|find|book)\b"  # begins another action

VAGUE_WORDS = (
    r"\b(?:something|somewhere|some stuff|stuff|bits?|bumf|info|information|material|materials|brochures?|touch base|"
    r"in touch|touch|circle back|catch up|reconnect|some point|some time|sometime|one of these days|posted|loop|soon|"
    r"thoughts|reach out|have a word|let you|see (?:how|what|where|if)|have a go|keep an eye|if i can|another time|"
    r"chat|yarn|natter|how it goes|where we are|think about|think on|poke around|give it a go)\b"
)


def find_actions(
    talk: dy.DataFrame[Talk],
    acts: dy.DataFrame[Acts],
    *,
    zone: str = "UTC",
    weights: PromiseWeights | None = None,
    known: pl.DataFrame = NOBODY,
) -> dy.DataFrame[Actions]:
    """The actions promised or agreed in each call, each once, at the utterance that first says it.

    Due words are looked for in the clause, then in the rest of its utterance, then in the reply; their date counts
    from the day of the call in `zone`. `weights` replaces those of the package. What one says that another of the
    `known` people will do is the other's.
    """
    plain_acts, owners = told(acts, talk, known)
    return actions_of(promise_probabilities(clauses(talk, plain_acts), weights), talk, zone=zone, owners=owners)


def actions_of(
    units: pl.DataFrame, talk: dy.DataFrame[Talk], *, zone: str = "UTC", owners: pl.DataFrame = NOT_OWNED
) -> dy.DataFrame[Actions]:
    """The actions in clauses that have their probabilities (see `promise_probabilities`).

    `owners` are those who are named in utterances as who will do it, with the beginning of what that is.
    """
    units = with_agreements(units)
    day = pl.col("started_at").dt.convert_time_zone(zone).dt.date().alias("day")
    likely = units.filter(pl.col("action") >= ACTION_PROBABILITY)
    promises = (
        worded(_taken(without_facts(_with_due(likely, units))), units)
        .join(talk.select("call_id", day).unique(), on="call_id", how="left", maintain_order="left")
        .join(_people(talk), on=["call_id", "idx"], how="left", maintain_order="left")
        .with_columns(_owner(), _due_dates(), plain(pl.col("what")).alias("what_words"))
        .with_columns(_kind(pl.col("what_words")))
        .pipe(_with_named, owners)
        .filter(~others_do(pl.col("words")) | pl.col("named_side").is_not_null())
    )
    agreed = without_refused(without_bare_dates(merged(promises), talk), talk)
    return Actions.validate(
        agreed.with_columns(taken_back(agreed, talk))
        .join(confirmed(talk), on=["call_id", "idx"], how="left")
        .sort("call_id", "row")
        .select(
            "call_id",
            pl.int_range(pl.len()).over("call_id").alias("action"),
            "idx",
            "what",
            "kind",
            "owner_role",
            _owner_id(),
            "due_words",
            "due_date",
            (pl.col("confirmed") | pl.col("repeated")).alias("confirmed"),
            pl.lit(None, pl.String).alias("carried_from"),
            pl.when("withdrawn").then(pl.lit("withdrawn")).otherwise(pl.lit("open")).alias("state"),
            pl.lit(None, pl.Float64).alias("share_done"),
        )
    )


def standing_actions(actions: dy.DataFrame[Actions], talk: dy.DataFrame[Talk]) -> dy.DataFrame[Actions]:
    """The new actions that are specific and stand at the close: dated, or late in the call and saying what is meant.

    "I'll send something over" and "we'll catch up" are not specific, unless a day is named.
    """
    at = (pl.col("end_s") / pl.col("duration_s").clip(1)).alias("at")
    placed = (
        actions.filter(pl.col("carried_from").is_null() & ~pl.col("state").is_in(ENDED_STATES))
        .join(talk.select("call_id", "idx", at), on=["call_id", "idx"], how="left")
        .with_columns(plain(pl.col("what")).alias("words"))
        .with_row_index("row")
    )
    content = stems(placed).group_by("row").agg(pl.col("idf").sum().round(DECIMALS).alias("content"))
    specific = (
        ~pl.col("words").str.contains(VAGUE_WORDS) & (pl.col("content") >= SPECIFIC_IDF) & (pl.col("at") >= CLOSE_SHARE)
    )
    stands = placed.join(content, on="row", how="left").filter(pl.col("due_date").is_not_null() | specific)
    return Actions.validate(stands.select(actions.columns))


def _owner() -> pl.Expr:
    """Whose it is, from who speaks and who is meant by the clause; what one will need from the other is the other's."""
    owner = (
        pl.when(said(pl.col("words"), "owed"))
        .then("heard_by")
        .when(pl.max_horizontal("speaker", "listener") <= pl.col("both"))
        .then(pl.lit("both"))
        .when(pl.col("speaker") >= pl.col("listener"))
        .then("side")
        .otherwise("heard_by")
    )
    return owner.fill_null("unknown").alias("owner_role")


def _kind(words: pl.Expr) -> pl.Expr:
    """What sort of thing is to be done, by its plain words; the first kind that they speak for."""
    by_words = [pl.when(said(words, f"kind_{kind}")).then(pl.lit(kind)) for kind in KINDS_IN_ORDER]
    return pl.coalesce(*by_words, pl.lit("other")).alias("kind")


def _taken(promises: pl.DataFrame) -> pl.DataFrame:
    """The promises that count: not courtesies, figures of speech, nor what others say; nor, without a time, what is
    vague or tentative unless it is sure, or anything in a call of which no such promise is sure."""
    words, chance = pl.col("words"), pl.col("action")
    undated = ~pl.col("due_words").str.contains(NAMES_A_TIME).fill_null(value=False)
    quoted = pl.col("text").str.contains(QUOTED) | pl.col("reported")
    spoken_only = quoted | said(words, "no_promise")
    offered = undated & said(words, "condition") & (chance < SURE_OF_AN_OFFER)
    tries = undated & said(words, "tentative")
    vague = undated & (words.str.contains(VAGUE_WORDS) | tries)
    courtesy = undated & said(words, "courtesy")
    empty = undated & (words.str.count_matches(VAGUE_WORDS) > 1)  # neither what nor when: some material, some time
    surest = chance.max().over("call_id")
    return (
        promises.with_columns(undated=undated)
        .filter(
            ~courtesy
            & ~empty
            & ~spoken_only
            & ~offered
            & (~vague | (chance >= VAGUE_ACTION_PROBABILITY))
            & (~tries | ((chance >= TENTATIVE_ACTION_PROBABILITY) & ~said(words, "condition")))
        )
        .filter(surest >= pl.when("undated").then(SURE_OF_A_CALL).otherwise(SURE_OF_A_DAY))
        .drop("undated")
    )


def _people(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """Who says each utterance and whom it is said to: call_id, idx, says, hears (persons), heard_by (their side).

    It is said to the nearest speaker of the other side; what a colleague says to the side that speaks next.
    """
    rows = talk.sort("call_id", "idx").select("call_id", "idx", "side", says="person_id")
    party = pl.when(pl.col("side").is_in(SIDES)).then("side")
    of_pair = pl.coalesce(party.backward_fill().over("call_id"), party.forward_fill().over("call_id"))
    heard_by = pl.col("side").replace_strict({"lead": "other", "other": "lead"}, default=None)
    rows = rows.with_columns(heard_by=pl.when(pl.col("side") == "colleague").then(of_pair).otherwise(heard_by))
    of_side = {side: pl.when(pl.col("side") == side).then("says") for side in SIDES}
    near = {
        side: pl.coalesce(said.backward_fill().over("call_id"), said.forward_fill().over("call_id"))
        for side, said in of_side.items()
    }
    hears = pl.coalesce(pl.when(pl.col("heard_by") == side).then(said) for side, said in near.items())
    return rows.select("call_id", "idx", "says", "heard_by", hears=hears)


def _owner_id() -> pl.Expr:
    """Who is to do it: the speaker, or the one spoken to; null where it is both or not known."""
    mine = pl.col("owner_role") == pl.col("side")
    by_pair = pl.when(pl.col("owner_role").is_in(SPEAKING)).then(pl.when(mine).then("says").otherwise("hears"))
    return pl.when(pl.col("named_side").is_not_null()).then("named").otherwise(by_pair).alias("owner_id")


def _with_named(promises: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Promises with who is named as their owner (`named`, `named_side`), which then is `owner_role`; else null."""
    begins = pl.col("text").str.contains(pl.col("telling"), literal=True)
    of_clause = (
        promises.select("row", "call_id", "idx", "text")
        .join(owners, on=["call_id", "idx"])
        .filter(begins)
        .select("row", "named", "named_side")
        .unique("row", keep="first", maintain_order=True)
    )
    joined = promises.join(of_clause, on="row", how="left", maintain_order="left")
    return joined.with_columns(owner_role=pl.coalesce("named_side", "owner_role"))


def _with_due(promises: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """The clauses that promise, with their due words: their own, or those of a clause beside them that only says when.

    Beside means, in this order: the clause after in the same utterance ("I'll have it to you Friday"), one soon after
    it that proposes a time ("Say Friday?"), the one before ("By Friday. I'll ask her."), the first of the reply
    ("Friday, perfect."), the answer where the reply asks when, and the request that is answered.
    """
    words = pl.col("text").str.split(" ").list.len()
    same = [pl.col("idx") == pl.col("idx").shift(step).over("call_id") for step in (-1, 1)]
    bare = ~pl.col("words").str.contains(NEW_ACTION_VERBS) & (words <= LONG_CLAUSE_WORDS)
    after = pl.when(same[0] & (bare | (words <= SHORT_CLAUSE_WORDS)).shift(-1)).then(pl.col("text").shift(-1))
    before = pl.when(same[1] & (words <= SHORT_CLAUSE_WORDS).shift(1)).then(pl.col("text").shift(1))
    asks = pl.col("text").str.ends_with("?") & (words <= LONG_CLAUSE_WORDS).shift(-1)
    reply = pl.when(~same[0] & ((words <= SHORT_CLAUSE_WORDS).shift(-1) | asks)).then(pl.col("text").shift(-1))
    theirs = (pl.col("action") >= ACTION_PROBABILITY) & (pl.col("speaker") > pl.max_horizontal("listener", "both"))
    asked = pl.when(~same[1] & ((words <= LONG_CLAUSE_WORDS) & ~theirs).shift(1)).then(pl.col("text").shift(1))
    soon = [pl.when(pl.col("idx").shift(-step) == pl.col("idx")).then(pl.col("text").shift(-step)) for step in (2, 3)]
    said_soon = pl.coalesce(pl.when(text.str.contains(SAYS_WHEN)).then(text) for text in soon)
    beside = {"after": after, "said": said_soon, "before": before, "reply": reply, "asked": asked}
    near = units.select(
        "row",
        *(text.over("call_id").alias(name) for name, text in beside.items()),
    )
    due = [
        _due_words(own, others)
        for own, *others in promises.join(near, on="row", how="left", maintain_order="left")
        .join(_answers_to_when(units), on=["call_id", "idx"], how="left", maintain_order="left")
        .select("text", *PLACES_OF_DUE_WORDS)
        .iter_rows()
    ]
    return promises.with_columns(pl.Series("due_words", due, pl.String))


def _answers_to_when(units: pl.DataFrame) -> pl.DataFrame:
    """How the utterance after next begins, where the next one asks when: call_id, idx, answer."""
    turns = units.group_by("call_id", "idx", maintain_order=True).agg(pl.col("text").first(), whole=pl.col("text"))
    asked = pl.col("whole").list.join(" ").shift(-1).str.contains(ASKS_WHEN)
    answer = pl.when(asked).then(pl.col("text").shift(-2)).over("call_id")
    return turns.select("call_id", "idx", answer=answer)


def _due_words(own: str, beside: list[str | None]) -> str | None:
    """The due words of a clause, or else of those beside it: a day that one of them names says more than an event."""
    named = find_due(main_clause(own), events=True) or find_due(own)
    if named and not is_event(named):
        return named
    texts = {place: text for place, text in zip(PLACES_OF_DUE_WORDS, beside, strict=True) if text}
    near = {place: find_due(text) for place, text in texts.items()}
    if named:
        return near.get("after") or near.get("said") or near.get("asked") or named
    hours = (find_hour(texts[place]) for place in HOURS if place in texts)
    return next(filter(None, (*near.values(), *hours)), None)


def _due_dates() -> pl.Expr:
    def resolve(row: dict[str, object]) -> date | None:
        words, day = row["due_words"], row["day"]
        return due_date(words, day) if isinstance(words, str) and isinstance(day, date) else None

    return pl.struct("due_words", "day").map_elements(resolve, return_dtype=pl.Date).alias("due_date")
