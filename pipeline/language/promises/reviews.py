"""Reviews: where an utterance takes up what was promised in an earlier meeting, and what it says has become of it."""

import polars as pl

from pipeline.language.ngram_model import MIN_TELLING_IDF, OWN_WORDS, View, load_weights, over, score
from pipeline.language.text import RAREST_IDF, frequencies, plain, stem_of
from pipeline.language.vocabulary import said
from pipeline.tables.values import DECIMALS, TAKEN_UP_STATES

STATE_VIEWS = (*OWN_WORDS, View("reply:", "reply", 3), View("then:", "then", 2))
WORDS_BEFORE, WORDS_AFTER = 12, 28  # words around the first that names the action, in which its state is looked for
REPLY_WORDS, THEN_WORDS = 25, 8
STATE_PHRASES = ("was_done", "was_not_done", "was_partly_done", "was_dropped", "is_asked_after", "dissent", "assent")
LEAST_CHANCE = 0.001  # of a state, so that one exchange does not decide alone
PLACE_PROBABILITY = 0.5  # probability from which an utterance takes an action up
NO_EXCHANGES = pl.DataFrame(
    schema={
        "row": pl.UInt32,
        "call_id": pl.String,
        "idx": pl.Int64,
        "words": pl.String,
        "reply": pl.String,
        "then": pl.String,
        "back": pl.Float64,
        "back_near": pl.Float64,
        "at": pl.Float64,
        "by_lead": pl.Boolean,
    }
)


def exchanges_of(scored: pl.DataFrame) -> pl.DataFrame:
    """One row per utterance of `moments.score_utterances`: row, call_id, idx, words, reply, then (the beginnings of the
    next two), back (how probable it is that it takes up an earlier action), back_near (the most of those beside it),
    at (share of the call that is over), by_lead."""
    words, back = pl.col("words"), pl.col("prior_action")

    def beginning(step: int, n: int) -> pl.Expr:
        return words.shift(-step).over("call_id").fill_null("").str.split(" ").list.head(n).list.join(" ")

    return scored.select(
        pl.col("row").cast(pl.UInt32),
        "call_id",
        "idx",
        words,
        beginning(1, REPLY_WORDS).alias("reply"),
        beginning(2, THEN_WORDS).alias("then"),
        back.alias("back"),
        pl.max_horizontal(back.shift(step).over("call_id") for step in (-2, -1, 1, 2)).alias("back_near"),
        "at",
        (pl.col("side") == "lead").fill_null(value=False).alias("by_lead"),
    )


def mentions(wanted: pl.DataFrame, exchanges: pl.DataFrame) -> pl.DataFrame:
    """One row per action of `wanted` (row, call_id, what) and utterance of its call that shares a telling stem with it.

    wanted: the action's row; row: numbers the mentions; call_id, idx; words: those around the first that it shares;
    reply, then; share: of the action's content that is shared; and the signs by which place and state are told.
    """
    asked = _positions(wanted.select("row", "call_id", words=plain(pl.col("what"))))
    spoken = _positions(exchanges.join(wanted, on="call_id", how="semi").select("row", "call_id", "words"))
    whole = asked.unique(["row", "stem"]).group_by("row").agg(pl.col("idf").sum().alias("whole"))
    shared = (
        asked.unique(["row", "stem"])
        .join(spoken, on=["call_id", "stem"], suffix="_said")
        .group_by("row", "row_said", "stem", "idf")
        .agg(pl.col("at_word_said").min())
        .group_by("row", "row_said")
        .agg(
            pl.col("idf").sum().alias("idf"),
            pl.col("idf").max().alias("rarest"),
            pl.len().alias("stems"),
            pl.col("at_word_said").min().alias("first"),
        )
        .join(whole, on="row")
        .with_columns((pl.col("idf") / pl.col("whole")).round(DECIMALS).alias("share"))
    )
    found = (
        shared.join(exchanges.rename({"row": "row_said"}), on="row_said")
        .sort("row", "idx")
        .with_columns(
            pl.col("words")
            .str.split(" ")
            .list.slice((pl.col("first").cast(pl.Int64) - WORDS_BEFORE).clip(0), WORDS_BEFORE + WORDS_AFTER)
            .list.join(" ")
        )
        .with_columns(
            nearest=pl.max_horizontal(
                pl.when((pl.col("idx") - pl.col("idx").shift(step).over("row")).abs() <= 1).then(
                    pl.col("share").shift(step).over("row")
                )
                for step in (-1, 1)
            ).fill_null(0.0),
            most=pl.col("share").max().over("row"),
            earlier=pl.int_range(pl.len()).over("row"),
        )
    )
    return _signed(found.rename({"row": "wanted"}).with_row_index("row"))


def taken_up(wanted: pl.DataFrame, exchanges: pl.DataFrame, *, weights: pl.DataFrame | None = None) -> pl.DataFrame:
    """Where each action of `wanted` (row, call_id, what) is taken up, if anywhere, and its state there: row, idx,
    state.

    `weights` replaces those of the package (models place and one for each of TAKEN_UP_STATES).
    """
    known = load_weights("states") if weights is None else weights
    found = mentions(wanted, exchanges)
    places = score(found, known.select("gram", "place"), ())
    best = (
        found.hstack(places.select("place"))
        .filter(pl.col("place") >= PLACE_PROBABILITY)
        .sort("place", "idx", descending=[True, False])
        .unique("wanted", keep="first", maintain_order=True)
        .select("wanted", "call_id", "idx", "words")
    )
    looks = pl.concat([best.drop("words"), best.drop("words").with_columns(pl.col("idx") - 1)])
    around = exchanges.join(looks, on=["call_id", "idx"]).sort("wanted", "idx")
    named = exchanges.drop("words").join(best, on=["call_id", "idx"])
    told = whole_exchanges(pl.concat([around, named.select(around.columns)]))
    return (
        best.select(pl.col("wanted").alias("row"), "idx")
        .join(likeliest_states(told, "wanted", known).rename({"wanted": "row"}), on="row")
        .sort("row")
    )


def likeliest_states(told: pl.DataFrame, of: str, weights: pl.DataFrame | None = None) -> pl.DataFrame:
    """The likeliest of TAKEN_UP_STATES by all the exchanges that tell of an action: the column `of`, state."""
    known = load_weights("states") if weights is None else weights
    scored = score(told, known.select("gram", *TAKEN_UP_STATES), STATE_VIEWS).select(TAKEN_UP_STATES)
    odds = pl.col(TAKEN_UP_STATES).clip(LEAST_CHANCE, 1 - LEAST_CHANCE)
    summed = (
        told.select(of)
        .hstack(scored.select((odds / (1 - odds)).log()))
        .group_by(of, maintain_order=True)
        .agg(pl.col(TAKEN_UP_STATES).mean().round(DECIMALS))
    )
    likeliest = pl.max_horizontal(TAKEN_UP_STATES)
    return summed.select(
        of,
        pl.coalesce(pl.when(pl.col(name) == likeliest).then(pl.lit(name)) for name in TAKEN_UP_STATES).alias("state"),
    )


def whole_exchanges(exchanges: pl.DataFrame) -> pl.DataFrame:
    """The exchanges with the signs of `mentions`, for looks back at what no stored meeting has."""
    blank = exchanges.with_columns(
        share=pl.lit(0.0), rarest=pl.lit(0.0), stems=pl.lit(0), nearest=pl.lit(0.0), most=pl.lit(0.0), earlier=pl.lit(0)
    )
    return _signed(blank.drop("row").with_row_index("row"))


def _positions(texts: pl.DataFrame) -> pl.DataFrame:
    """The telling stems of texts (row, call_id, words) with the place of the word: row, call_id, stem, idf, at_word."""
    known = frequencies()
    return (
        texts.with_columns(pl.col("words").str.split(" "))
        .with_columns(at_word=pl.int_ranges(pl.col("words").list.len()))
        .explode("words", "at_word")
        .filter(pl.col("words") != "")
        .select("row", "call_id", stem_of(pl.col("words")).alias("stem"), "at_word")
        .join(known, on="stem", how="left")
        .with_columns(pl.col("idf").fill_null(RAREST_IDF))
        .filter(pl.col("idf") >= MIN_TELLING_IDF)
    )


def _signed(found: pl.DataFrame) -> pl.DataFrame:
    """Rows with signs: how much is shared, how much the talk looks back, where, and what is said of the outcome."""
    said_in = {f"@{part}_{name}": said(pl.col(part), name) for part in ("words", "reply") for name in STATE_PHRASES}
    return found.with_columns(
        **over(pl.col("share"), (0.15, 0.25, 0.35, 0.5, 0.7, 0.9), "share"),
        **over(pl.col("most") - pl.col("share"), (0.05, 0.2, 0.4), "less"),
        **over(pl.col("rarest"), (4.5, 5.5, 6.5, 7.5), "rarest"),
        **over(pl.col("stems"), (2, 3), "stems"),
        **over(pl.col("nearest"), (0.2, 0.5), "nearest"),
        **over(pl.col("earlier"), (1, 2, 4), "earlier"),
        **over(pl.col("back"), (0.1, 0.2, 0.35, 0.5, 0.7, 0.9), "back"),
        **over(pl.col("back_near"), (0.2, 0.4, 0.6, 0.8), "near"),
        **over(pl.col("at"), (0.1, 0.2, 0.35, 0.5, 0.7, 0.9), "at"),
        **{"@lead": pl.col("by_lead")},
        **said_in,
    )
