"""Reviews: where an utterance takes up what was promised in an earlier meeting."""

import dataframely as dy
import polars as pl

from pipeline.language.ngram_model import MIN_TELLING_IDF, load_weights, over, score
from pipeline.language.promises.outcomes import (
    STATE_PHRASES,
    TOLD,
    likeliest_states,
    signed,
    where_answered,
    where_told,
)
from pipeline.language.text import RAREST_IDF, frequencies, plain, stem_of, words_of
from pipeline.language.vocabulary import said
from pipeline.tables.conversations import Acts
from pipeline.tables.values import DECIMALS

REPLY_WORDS, THEN_WORDS = 25, 8
NAMED_WITHIN = 8  # words between the first and the last of those that name an action in one place
NAMES_ONLY = 1  # a sentence with fewer words after those that name an action tells nothing of it
PLACE_PROBABILITY = 0.3  # probability from which an utterance takes an action up
NO_EXCHANGES = pl.DataFrame(
    schema={
        "row": pl.UInt32,
        "call_id": pl.String,
        "idx": pl.Int64,
        "words": pl.String,
        "ends": pl.List(pl.Int64),
        "reply": pl.String,
        "then": pl.String,
        "back": pl.Float64,
        "back_near": pl.Float64,
        "at": pl.Float64,
        "by_lead": pl.Boolean,
    }
)


def exchanges_of(scored: pl.DataFrame, acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """One row per utterance of `moments.score_utterances`: row, call_id, idx, words, ends (see `ends_of`, by the
    sentences of `acts`), reply, then (the beginnings of the next two), back (how probable it is that it takes up an
    earlier action), back_near (the most of those beside it), at (share of the call that is over), by_lead."""
    words, back = pl.col("words"), pl.col("prior_action")

    def beginning(step: int, n: int) -> pl.Expr:
        return words.shift(-step).over("call_id").fill_null("").str.split(" ").list.head(n).list.join(" ")

    parted = scored.join(ends_of(acts), on=["call_id", "idx"], how="left", maintain_order="left")
    return parted.select(
        pl.col("row").cast(pl.UInt32),
        "call_id",
        "idx",
        words,
        "ends",
        beginning(1, REPLY_WORDS).alias("reply"),
        beginning(2, THEN_WORDS).alias("then"),
        back.alias("back"),
        pl.max_horizontal(back.shift(step).over("call_id") for step in (-2, -1, 1, 2)).alias("back_near"),
        "at",
        (pl.col("side") == "lead").fill_null(value=False).alias("by_lead"),
    )


def ends_of(sentences: pl.DataFrame) -> pl.DataFrame:
    """How many words there are up to the end of each of the `sentences` (call_id, idx, sentence, text) of an utterance:
    call_id, idx, ends."""
    n_words = words_of(pl.col("text")).list.len().cast(pl.Int64)
    counted = sentences.sort("call_id", "idx", "sentence").select("call_id", "idx", ends=n_words)
    return counted.group_by("call_id", "idx").agg(pl.col("ends").cum_sum())


def mentions(wanted: pl.DataFrame, exchanges: pl.DataFrame) -> pl.DataFrame:
    """One row per action of `wanted` (row, call_id, what) and utterance of its call that shares a telling stem with it.

    wanted: the action's row; row: numbers the mentions; call_id, idx; ask, told, asks: see `outcomes.where_told`;
    share: of the action's content that is shared; and the signs by which its place is told.
    """
    asked = _positions(wanted.select("row", "call_id", words=plain(pl.col("what"))))
    near = exchanges.join(wanted, on="call_id", how="semi")
    spoken = _positions(near.select("row", "call_id", "words"))
    whole = asked.unique(["row", "stem"]).group_by("row").agg(pl.col("idf").sum().alias("whole"))
    shared = (
        asked.unique(["row", "stem"])
        .join(spoken, on=["call_id", "stem"], suffix="_said")
        .group_by("row", "row_said", "stem", "idf")
        .agg(pl.col("at_word_said").min(), pl.col("at_word_said").max().alias("last"))
        .group_by("row", "row_said")
        .agg(
            pl.col("idf").sum().alias("idf"),
            pl.col("idf").max().alias("rarest"),
            pl.len().alias("stems"),
            pl.col("at_word_said").min().alias("first"),
            pl.col("last").max(),
        )
        .join(whole, on="row")
        .with_columns((pl.col("idf") / pl.col("whole")).round(DECIMALS).alias("share"))
    )
    found = (
        shared.join(near.rename({"row": "row_said"}), on="row_said")
        .sort("row", "idx")
        .with_columns(first=pl.col("first").cast(pl.Int64), last=pl.col("last").cast(pl.Int64))
        .with_columns(last=pl.when(pl.col("last") - pl.col("first") < NAMED_WITHIN).then("last").otherwise("first"))
        .pipe(_in_sentences)
        .join(_named_in_replies(asked, near), on=["row", "row_said"], how="left", maintain_order="left")
        .with_columns(**where_told())
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
        .select("wanted", "idx", *TOLD)
    )
    states = likeliest_states(signed(best.with_row_index("row")), "wanted", known)
    return (
        best.select(pl.col("wanted").alias("row"), "idx").join(states.rename({"wanted": "row"}), on="row").sort("row")
    )


def answered(exchanges: pl.DataFrame) -> pl.DataFrame:
    """The exchanges as rows of `outcomes.likeliest_states`: an utterance that asks and the answer to it."""
    rows = exchanges.with_columns(**where_answered(pl.col("words"), pl.col("reply")))
    return signed(rows.drop("row").with_row_index("row"))


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


def _in_sentences(found: pl.DataFrame) -> pl.DataFrame:
    """`found` (first, last, ends) with the words between which the outcome is told: begins_at, where the sentence that
    names the action begins, and ends_at, where it ends, or the next one where it does nothing but name it."""
    numbered = found.with_row_index("at_row")
    ends = pl.col("ends")
    bounds = (
        numbered.select("at_row", "first", "last", "ends")
        .explode("ends")
        .group_by("at_row")
        .agg(
            begins_at=ends.filter(ends <= pl.col("first")).max().fill_null(0),
            ends_at=ends.filter(ends > pl.col("last") + NAMES_ONLY).min(),
        )
    )
    return numbered.join(bounds, on="at_row", maintain_order="left").drop("at_row", "ends")


def _named_in_replies(asked: pl.DataFrame, exchanges: pl.DataFrame) -> pl.DataFrame:
    """Where replies name the wanted actions (`asked`, see `_positions`): row, row_said, in_reply (a word's place)."""
    replies = _positions(exchanges.select("row", "call_id", words="reply"))
    return (
        asked.join(replies, on=["call_id", "stem"], suffix="_said")
        .group_by("row", "row_said")
        .agg(in_reply=pl.col("at_word_said").min().cast(pl.Int64))
    )


def _signed(found: pl.DataFrame) -> pl.DataFrame:
    """Rows with signs: how much is shared, how much the talk looks back, and where; what is said of the outcome."""
    said_in = {f"@{part}_{name}": said(pl.col(part), name) for part in ("ask", "told") for name in STATE_PHRASES}
    return found.with_columns(
        **over(pl.col("share"), (0.15, 0.25, 0.35, 0.5, 0.7, 0.9), "share"),
        **over(pl.col("most") - pl.col("share"), (0.05, 0.2, 0.4), "less"),
        **over(pl.col("rarest"), (4.5, 5.5, 6.5, 7.5), "rarest"),
        **over(pl.col("stems"), (2, 3), "stems"),
        **over(pl.col("nearest"), (0.2, 0.5), "nearest"),
        **over(pl.col("earlier"), (1, 2, 4), "earlier"),
        **over(pl.col("back"), (0.1, 0.2, 0.35, 0.5, 0.7, 0.9), "back"),
        **over(pl.col("back_near"), (0.2, 0.4, 0.6, 0.8), "near"),
        **{"@lead": pl.col("by_lead")},
        **said_in,
    )
