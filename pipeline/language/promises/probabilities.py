"""Promises: how probable it is that a clause promises or asks for something that is agreed, seen in its surroundings.

Three readings come together: of the clause with what stands before and after it, of its whole utterance, and of the
utterance as a request that the next one may take up. Decision trees weigh them with the grammar of the clause, the
answer, and what else the call promises: a recap, a courtesy and a refused request differ from a promise in these.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline.language.due_words import ANY_DUE
from pipeline.language.ngram_model import OWN_WORDS, WEIGHTS, View, load_weights, over, score, stems
from pipeline.language.promises.decision_trees import Doubles, Trees, read_trees
from pipeline.language.vocabulary import said
from pipeline.tables.values import DECIMALS

CLAUSE_VIEWS = (
    *OWN_WORDS,
    View("before:", "before", 2),
    View("after:", "after", 2),
    View("reply:", "reply", 2),
    View("asked:", "asked", 2),
)
TURN_VIEWS = (*OWN_WORDS, View("reply:", "reply", 2), View("asked:", "asked", 2))
REPLY_WORDS, ASKED_WORDS = 12, 12  # words of the utterances after and before that a clause is read with
CANDIDATE_ODDS = -4.0  # log odds of the clause from which it is looked at further
LIKELY_ODDS = -2.5  # log odds from which a clause is counted among what a call promises
NOTHING = -9.0  # stands for what is not there
NEAR = (-2, -1, 1, 2)  # utterances beside that are looked at
CALL_TOPS = (3, 8)  # how many of the likeliest clauses of a call tell how much it promises
SIGNS = (
    *("@due", "@due_next", "@due_before", "@i_will_do", "@i_do", "@you_do", "@can_you", "@past", "@not", "@if"),
    *("@question", "@echoed", "@echoes", "@for_me", "@for_you", "@for_us", "@assent_reply", "@due_reply"),
    *("@i_am_reply", "@can_you_asked", "@carried", "@bare", "@hand_over", "@vague", "@internal", "@lead"),
)
OF_TURN = ("odds", "dates", "likely", "clauses")
COLUMNS = (
    *("odds", "odds_before", "odds_after", "dates", "content", "repeated", "words", "condition", "rank_in_turn"),
    *("rank_in_call", "at", "turn_promises", "turn_asks", "assent", "dissent", "says_yes", "reply_objects"),
    *("asked_to_list", "turn", "call_odds", "call_likely", *(f"call_top{n}" for n in CALL_TOPS), "call_clauses"),
    *(f"turn_{name}" for name in OF_TURN),
    *(f"turn_{name}{step:+d}" for name in OF_TURN for step in NEAR),
    *(f"turn_{name}{step:+d}" for name in ("promises", "asks") for step in (-1, 1)),
    *SIGNS,
)


class PromiseWeights(NamedTuple):
    """What `promise_probabilities` goes by.

    clauses: grams and models action, speaker, listener, both
    turns: grams and models promises, asks
    trees: what weighs all together
    """

    clauses: pl.DataFrame
    turns: pl.DataFrame
    trees: Trees


@cache
def promise_weights() -> PromiseWeights:
    """The weights of the package."""
    return PromiseWeights(load_weights("actions"), load_weights("turns"), read_trees(WEIGHTS / "promises.json"))


def promise_probabilities(units: pl.DataFrame, weights: PromiseWeights | None = None) -> pl.DataFrame:
    """`clauses.clauses` with the probability that each is an action, and of whose: action, speaker, listener,
    both."""
    weights = weights or promise_weights()
    viewed = in_view(units)
    turns = turns_of(viewed)
    by_clause = score(viewed, weights.clauses, CLAUSE_VIEWS)
    by_turn = score(turns, weights.turns, TURN_VIEWS)
    odds = log_odds(by_clause["action"].to_numpy())
    rows = surroundings(
        viewed, turns, odds, {name: log_odds(by_turn[name].to_numpy()) for name in ("promises", "asks")}
    )
    likely = odds >= CANDIDATE_ODDS
    action = np.zeros(len(odds))
    action[likely] = weights.trees.probabilities(rows[likely]).round(DECIMALS)
    return units.hstack(by_clause.drop("row", "action").with_columns(pl.Series("action", action, pl.Float64)))


def in_view(units: pl.DataFrame) -> pl.DataFrame:
    """The clauses with what stands beside them: before, after (in their utterance), reply, asked (words of the next
    and of the last utterance)."""
    words = pl.col("words")
    utterance = ("call_id", "idx")
    turns = units.group_by(utterance, maintain_order=True).agg(words.str.join(" "))
    near = turns.select(
        *utterance,
        reply=_words(words.shift(-1).over("call_id"), REPLY_WORDS, last=False),
        asked=_words(words.shift(1).over("call_id"), ASKED_WORDS, last=True),
    )
    return units.with_columns(
        before=words.shift(1).over(utterance).fill_null(""), after=words.shift(-1).over(utterance).fill_null("")
    ).join(near, on=utterance, how="left", maintain_order="left")


def turns_of(viewed: pl.DataFrame) -> pl.DataFrame:
    """One row per utterance of `in_view`: row, call_id, idx, side, words, reply, asked, and signs of place."""
    place = pl.int_range(pl.len()).over("call_id") / pl.len().over("call_id")
    return (
        viewed.group_by("call_id", "idx", maintain_order=True)
        .agg(pl.col("side", "reply", "asked").first(), pl.col("words").str.join(" "))
        .with_row_index("row")
        .with_columns(
            **{"@lead": (pl.col("side") == "lead").fill_null(value=False)},
            **over(place, (0.1, 0.3, 0.5, 0.7, 0.8, 0.9), "place"),
        )
    )


def surroundings(viewed: pl.DataFrame, turns: pl.DataFrame, odds: Doubles, turn_odds: dict[str, Doubles]) -> Doubles:
    """One row per clause of `in_view` with the columns COLUMNS, given the log odds of clauses and of their turns."""
    units = viewed.with_columns(pl.Series("odds", odds, pl.Float64), dates=pl.col("words").str.count_matches(ANY_DUE))
    likely = pl.col("odds") > LIKELY_ODDS
    counted = (
        units.group_by("call_id", "idx", maintain_order=True)
        .agg(
            pl.col("odds").max().alias("turn_odds"),
            pl.col("dates").sum().alias("turn_dates"),
            likely.sum().alias("turn_likely"),
            pl.len().alias("turn_clauses"),
        )
        .hstack(pl.DataFrame({f"turn_{name}": values for name, values in turn_odds.items()}))
        .hstack(_answers(turns))
    )
    beside = [(name, step) for name in OF_TURN for step in NEAR]
    beside += [(name, step) for name in ("promises", "asks") for step in (-1, 1)]
    counted = counted.with_columns(
        *(pl.col(f"turn_{name}").shift(step).over("call_id").alias(f"turn_{name}{step:+d}") for name, step in beside),
        turn=pl.int_range(pl.len()).over("call_id"),
    )
    tops = [pl.col("odds").top_k(n).mean().alias(f"call_top{n}") for n in CALL_TOPS]
    of_call = units.group_by("call_id").agg(
        pl.col("odds").max().alias("call_odds"),
        likely.sum().alias("call_likely"),
        pl.len().alias("call_clauses"),
        *tops,
    )
    in_turn, in_call = ("call_id", "idx"), "call_id"
    described = (
        units.join(_content(units), on="row", how="left", maintain_order="left")
        .join(counted, on=in_turn, how="left", maintain_order="left")
        .join(of_call, on="call_id", how="left", maintain_order="left")
        .with_columns(
            condition=said(pl.col("words"), "condition"),
            odds_before=pl.col("odds").shift(1).over(in_turn),
            odds_after=pl.col("odds").shift(-1).over(in_turn),
            rank_in_turn=pl.col("odds").rank("ordinal", descending=True).over(in_turn),
            rank_in_call=pl.col("odds").rank("ordinal", descending=True).over(in_call),
            words=pl.col("words").str.count_matches(" ") + 1,
        )
    )
    return described.select(pl.col(COLUMNS).cast(pl.Float64).fill_nan(None).fill_null(NOTHING)).to_numpy()


def _answers(turns: pl.DataFrame) -> pl.DataFrame:
    """How each utterance is answered and what it answers: assent, dissent, says_yes, reply_objects, asked_to_list."""
    words, reply, asked = (pl.col(name) for name in ("words", "reply", "asked"))
    return turns.select(
        assent=said(reply, "assent") & ~said(reply, "dissent"),
        dissent=said(reply, "dissent"),
        says_yes=said(words, "assent"),
        reply_objects=said(reply, "objection"),
        asked_to_list=said(asked, "recap_asked"),
    )


def _content(units: pl.DataFrame) -> pl.DataFrame:
    """How much each clause says of a matter, and the share of it that likely promises before it have said: row,
    content, repeated."""
    found = stems(units.select("row", "words")).join(units.select("row", "call_id", "idx", "odds"), on="row")
    first = (
        found.filter(pl.col("odds") > LIKELY_ODDS).group_by("call_id", "stem").agg(pl.col("idx").min().alias("first"))
    )
    again = pl.col("idf").filter(pl.col("first") < pl.col("idx") - 1).sum()
    return (
        found.join(first, on=["call_id", "stem"], how="left")
        .group_by("row")
        .agg(
            pl.col("idf").sum().round(DECIMALS).alias("content"),
            (again / pl.col("idf").sum()).round(DECIMALS).alias("repeated"),
        )
    )


def _words(text: pl.Expr, n: int, *, last: bool) -> pl.Expr:
    words = text.fill_null("").str.split(" ").list
    return (words.tail(n) if last else words.head(n)).list.join(" ")


def log_odds(chances: Doubles) -> Doubles:
    """The log odds of probabilities, none of them without bounds."""
    some = np.clip(chances, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(some / (1 - some)).round(DECIMALS), np.float64)
