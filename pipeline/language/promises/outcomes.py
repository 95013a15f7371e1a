"""Outcomes: what is said of an action that is taken up: done, missed, partly, withdrawn, or passed over.

Who asks after an action is answered in the next utterance; who tells of it does so where it is named. The words that
tell are read by the phrases of the vocabulary, in the order of what outweighs what, and by a linear model.
"""

import polars as pl

from pipeline.language.ngram_model import View, load_weights, over, score
from pipeline.language.vocabulary import said
from pipeline.tables.values import DECIMALS, TAKEN_UP_STATES

OUTCOME_VIEWS = (View("", "told", 2), View("ask:", "ask", 1), View("named:", "named", 2))
ASK_BEFORE, ASK_AFTER = 8, 12  # words around where an action is named, in which it is asked after
TOLD_BEFORE, TOLD_AFTER = 5, 13  # the same in which its outcome is told
TOLD_WORDS, FIRST_WORDS = 16, 7  # words of an answer, and those that begin it
NAMED_BEFORE, NAMED_WORDS = 3, 12  # words of an answer from before where it names one of several
OTHER_MATTER = r"^.*\bbut\b"  # what is told of something else before an action is named
LAST_WORDS = 6  # an utterance that ends so soon after it names an action leaves the outcome to the other
TOLD = ("ask", "told", "named", "left", "asks")  # what `signed` reads
STATE_PHRASES = (
    "was_done",
    "was_not_done",
    "was_partly_done",
    "was_dropped",
    "is_asked_after",
    "dissent",
    "assent",
    "part_of_whole",
)
BY_PHRASE = (  # the first that is told outweighs the others
    ("withdrawn", "was_dropped"),
    ("partly", "was_partly_done"),
    ("missed", "was_not_done"),
    ("done", "was_done"),
)


def where_told() -> dict[str, pl.Expr]:
    """The columns TOLD of an exchange whose utterance names an action from word `first` to `last`, in a sentence from
    word `begins_at` to before `ends_at`.

    ask, told: the words that ask after it and those that tell of it; named: those of the reply from before word
    `in_reply`, which names it, if it may tell of several; left: how many words follow; asks: whether the reply tells.
    """
    first, last, in_reply, reply = map(pl.col, ("first", "last", "in_reply", "reply"))
    listed = pl.col("words").str.split(" ").list
    start = pl.max_horizontal(first - ASK_BEFORE, pl.lit(0))
    around = listed.slice(start, last + ASK_AFTER - start).list.join(" ")
    own_start = pl.max_horizontal(first - TOLD_BEFORE, "begins_at")
    own_end = pl.min_horizontal(last + TOLD_AFTER, "ends_at")
    led_in = listed.slice(own_start, first - own_start).list.join(" ").str.replace(OTHER_MATTER, "")
    own = pl.concat_str(led_in, listed.slice(first, own_end - first).list.join(" "), separator=" ")
    asks = said(around, "is_asked_after") | (listed.len().cast(pl.Int64) - last <= LAST_WORDS)
    return {
        "ask": pl.when(asks).then(around).otherwise(listed.slice(start, first - start).list.join(" ")),
        "told": pl.when(asks).then(_first(reply, TOLD_WORDS)).otherwise(own.str.strip_chars()),
        "named": pl.when(asks & (in_reply >= NAMED_BEFORE))
        .then(
            reply.str.split(" ").list.slice(pl.max_horizontal(in_reply - NAMED_BEFORE, 0), NAMED_WORDS).list.join(" ")
        )
        .otherwise(pl.lit("")),
        "left": listed.len().cast(pl.Int64) - last,
        "asks": asks,
    }


def where_answered(words: pl.Expr, reply: pl.Expr) -> dict[str, pl.Expr]:
    """The same of an utterance that asks after something it does not name, and is answered."""
    return {
        "ask": words.str.split(" ").list.tail(ASK_AFTER).list.join(" "),
        "told": _first(reply, TOLD_WORDS),
        "named": pl.lit(""),
        "left": pl.lit(0, pl.Int64),
        "asks": pl.lit(value=True),
    }


def signed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the columns TOLD, with the signs of what is told."""
    begins = rows.with_columns(begins=_first(pl.col("told"), FIRST_WORDS))
    parts = ("told", "begins", "ask", "named")
    phrases = {f"@{part}_{name}": said(pl.col(part), name) for part in parts for name in STATE_PHRASES}
    marked = begins.with_columns(
        **phrases,
        **{
            "@asks": pl.col("asks"),
            "@passed_over": said(pl.col("ask"), "is_left"),
            **over(pl.col("left"), (4, 8, 14, 25), "left"),
        },
    )
    left = (marked["@passed_over"] | said_of(marked, "told", "is_left")) & ~marked["@asks"]
    by_phrase = pl.coalesce(
        pl.when(left).then(pl.lit("discussed")),
        *(pl.when(pl.col(f"@told_{phrase}")).then(pl.lit(state)) for state, phrase in BY_PHRASE),
        pl.when("@asks").then(pl.lit("done")),
        pl.lit("discussed"),
    )
    return marked.with_columns(by_phrase=by_phrase).with_columns(
        (pl.col("by_phrase") == state).alias(f"@is_{state}") for state in TAKEN_UP_STATES
    )


def said_of(rows: pl.DataFrame, part: str, name: str) -> pl.Series:
    """Whether a column of plain words has a phrase of a list."""
    return rows.select(said(pl.col(part), name)).to_series()


def likeliest_states(rows: pl.DataFrame, of: str, weights: pl.DataFrame | None = None) -> pl.DataFrame:
    """The likeliest of TAKEN_UP_STATES for each of `signed` rows: the column `of`, state."""
    known = load_weights("states") if weights is None else weights
    chances = score(rows, known.select("gram", *TAKEN_UP_STATES), OUTCOME_VIEWS).select(TAKEN_UP_STATES)
    likeliest = pl.max_horizontal(pl.col(TAKEN_UP_STATES).round(DECIMALS))
    state = pl.coalesce(
        pl.when(pl.col(name).round(DECIMALS) == likeliest).then(pl.lit(name)) for name in TAKEN_UP_STATES
    )
    counted = pl.when(rows["@told_part_of_whole"]).then(pl.lit("partly")).otherwise(state)
    return rows.select(of).hstack(chances.select(state=counted))


def _first(text: pl.Expr, n: int) -> pl.Expr:
    return text.str.split(" ").list.head(n).list.join(" ")
