"""Actions: what somebody promised or was asked to do, by when, whether the other side agreed, and what stands."""

from datetime import date

import dataframely as dy
import polars as pl

from pipeline.due_dates import due_date, find_due
from pipeline.phrases import load_weights, plain, score, stems
from pipeline.promises import clauses
from pipeline.reconcile import carry_actions, previous_meetings
from pipeline.tables import Actions, Acts, Talk

__all__ = ["carry_actions", "find_actions", "previous_meetings", "standing_actions"]

FOUND = 0.3  # probability from which a clause counts as an action
SAME = 0.5  # share of the shorter one's content that two mentions of one action have in common
CLOSE = 0.6  # share of the call after which an undated action still stands at its end
MOST_WORDS = 18

LEAD_IN = (
    r"(?i)^.*?\b(?:I['’]ll|I will|I shall|I['’]m (?:going to|gonna)|I am going to|let me|we['’]ll|we will|let['’]s|let us|"
    r"you['’]ll|you will|(?:can|could|would|will) you(?: please)?|(?:want|need|like) you to|you need to|you should|"
    r"I(?:['’]d| would| can| could| need to| have to| should| ought to)|I['’]ve to)\s+"
)
EMPTY = (
    r"(?i)^(?:(?:okay|ok|so|well|right|and|then|but|yes|yeah|good|perfect|great|just|also|please|uh|um|now)\b[\s,.]*)+"
)
ASSENT = (
    r"^(?:(?:oh|so|well|and|um|uh) )*(?:yes|yeah|yep|yup|sure|okay|ok|right|righto|perfect|great|good|lovely|fine|done|"
    r"deal|agreed|grand|brilliant|thanks|thank you|i will|i can|will do|of course|absolutely|correct|beauty|cheers|aye|"
    r"beautiful|super|excellent|awesome|that works|works|sounds good|that would|please|you got it|no problem|understood|"
    r"it does|that is fine|i would like that|monday|tuesday|wednesday|thursday|friday|tomorrow|today|tonight)\b"
)
DISSENT = r"^(?:(?:yeah|well|oh|um|okay) )*(?:no|nah|i can not|i do not|not really|not yet|we can not|i would rather not|hang on|wait)\b"
VAGUE = (
    r"\b(?:something|somewhere|some stuff|stuff|bits?|bumf|info|information|material|materials|brochures?|touch base|"
    r"in touch|touch|circle back|catch up|reconnect|some point|some time|sometime|one of these days|posted|loop|soon|"
    r"thoughts|reach out|chat|yarn|natter|how it goes|where we are|think about|think on|poke around|give it a go)\b"
)


def find_actions(
    talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts], *, zone: str = "UTC", weights: pl.DataFrame | None = None
) -> dy.DataFrame[Actions]:
    """The actions promised or agreed in each call, each once, at the utterance that first says it.

    Due words are looked for in the clause, then in the rest of its utterance, then in the reply; their date counts
    from the day of the call in `zone`. `weights` replaces those of the package (grams and models action, speaker,
    listener, both).
    """
    units = clauses(talk, acts)
    found = units.hstack(score(units, load_weights("actions") if weights is None else weights).drop("row"))
    found = _with_due(found.filter(pl.col("action") >= FOUND), units).with_columns(_owner(), _what())
    return Actions.validate(
        _once(found)
        .join(_agreed(talk), on=["call_id", "idx"], how="left")
        .join(_day_of_call(talk, zone), on="call_id", how="left")
        .sort("call_id", "row")
        .select(
            "call_id",
            pl.int_range(pl.len()).over("call_id").alias("action"),
            "idx",
            "what",
            "owner_role",
            "due_words",
            _due_dates(),
            (pl.col("confirmed") | pl.col("repeated")).alias("confirmed"),
            pl.lit(None, pl.String).alias("carried_from"),
            pl.lit("open").alias("state"),
        )
    )


def standing_actions(actions: dy.DataFrame[Actions], talk: dy.DataFrame[Talk]) -> dy.DataFrame[Actions]:
    """The new actions that are specific and stand at the close: neither a vague "something", nor early and undated."""
    at = (pl.col("end_s") / pl.col("duration_s").clip(1)).alias("at")
    placed = actions.filter(pl.col("carried_from").is_null()).join(
        talk.select("call_id", "idx", at), on=["call_id", "idx"], how="left"
    )
    specific = ~plain(pl.col("what")).str.contains(VAGUE) | pl.col("due_date").is_not_null()
    stands = pl.col("due_words").is_not_null() | (pl.col("at") >= CLOSE)
    return Actions.validate(placed.filter(specific & stands).drop("at"))


def _owner() -> pl.Expr:
    """Lead, other or both, from who speaks and who is meant by the clause."""
    other = pl.col("side").replace_strict({"lead": "other", "other": "lead"}, default=None)
    owner = (
        pl.when(pl.max_horizontal("speaker", "listener") <= pl.col("both"))
        .then(pl.lit("both"))
        .when(pl.col("speaker") >= pl.col("listener"))
        .then("side")
        .otherwise(other)
    )
    return owner.fill_null("unknown").alias("owner_role")


def _what() -> pl.Expr:
    """The clause from its verb on, without the words that only introduce it."""
    said = pl.col("text").str.replace(EMPTY, "")
    verb = said.str.replace(LEAD_IN, "")
    text = pl.when(plain(verb).str.count_matches(" ") >= 1).then(verb).otherwise(said)
    words = text.str.strip_chars(" .,?!-").str.split(" ").list.head(MOST_WORDS).list.join(" ")
    return pl.when(words == "").then("text").otherwise(words).alias("what")


def _with_due(found: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """The clauses found, with their due words: from the clause, its utterance's later clauses, or the reply."""
    after = units.select(
        pl.col("row"), *(pl.col("text").shift(-step).over("call_id").alias(f"after{step}") for step in (1, 2))
    )
    same = units.select(
        pl.col("row"),
        *((pl.col("idx").shift(-step).over("call_id") == pl.col("idx")).alias(f"same{step}") for step in (1, 2)),
    )
    near = found.join(after, on="row", how="left").join(same, on="row", how="left")
    due = [
        find_due(text, events=True) or (find_due(after1) if same1 and after1 and len(after1.split()) < SHORT else None)
        for text, after1, same1 in near.select("text", "after1", "same1").iter_rows()
    ]
    return found.with_columns(pl.Series("due_words", due, pl.String))


SHORT = 6


def _once(found: pl.DataFrame) -> pl.DataFrame:
    """Each action once, at its first mention, with the due words of a later one where the first had none.

    `repeated` says whether the other side said it again.
    """
    said = stems(found)
    weight = said.group_by("row").agg(pl.col("idf").sum().alias("weight"))
    own = found.select("row", "call_id", "side").join(weight, on="row", how="left")
    pairs = (
        said.join(own, on="row")
        .join(said.join(own, on="row"), on=["call_id", "stem"], suffix="_later")
        .filter(pl.col("row") < pl.col("row_later"))
        .group_by("row", "row_later", "weight", "weight_later", "side", "side_later")
        .agg(pl.col("idf").sum())
        .filter(pl.col("idf") >= SAME * pl.min_horizontal("weight", "weight_later"))
    )
    first = pairs.group_by("row_later").agg(pl.col("row").min().alias("first"))
    repeated = pairs.filter(pl.col("side") != pl.col("side_later")).select("row").unique()
    merged = found.join(first, left_on="row", right_on="row_later", how="left").with_columns(
        pl.coalesce("first", "row").alias("first")
    )
    due = merged.sort("row").group_by("first").agg(pl.col("due_words").drop_nulls().first())
    return (
        found.drop("due_words")
        .join(due, left_on="row", right_on="first")
        .join(repeated.with_columns(pl.lit(value=True).alias("repeated")), on="row", how="left")
        .with_columns(pl.col("repeated").fill_null(value=False))
    )


def _agreed(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """Whether the next two utterances of the other side say yes to an utterance: call_id, idx, confirmed."""
    words = plain(pl.col("text"))
    told = talk.select("call_id", "idx", "side", yes=words.str.contains(ASSENT) & ~words.str.contains(DISSENT))
    replies = [
        pl.when(pl.col("side").shift(-step).over("call_id") != pl.col("side")).then(
            pl.col("yes").shift(-step).over("call_id")
        )
        for step in (1, 2)
    ]
    return told.select("call_id", "idx", confirmed=pl.any_horizontal(replies).fill_null(value=False))


def _day_of_call(talk: dy.DataFrame[Talk], zone: str) -> pl.DataFrame:
    day = pl.col("started_at").dt.convert_time_zone(zone).dt.date().alias("day")
    return talk.select("call_id", day).unique()


def _due_dates() -> pl.Expr:
    def resolve(row: dict[str, object]) -> date | None:
        words, day = row["due_words"], row["day"]
        return due_date(words, day) if isinstance(words, str) and isinstance(day, date) else None

    return pl.struct("due_words", "day").map_elements(resolve, return_dtype=pl.Date).alias("due_date")
