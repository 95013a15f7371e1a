"""Purposes: which purpose of a meeting each utterance serves, in stretches.

What is said says which purpose is likely, utterance by utterance; the likeliest sequence of stretches is found by
Viterbi's algorithm, in which a change of purpose costs something, nothing where it is announced, and the meeting's own
purpose has a head start. A one-on-one may serve any purpose.
"""

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.language.ngram_model import View, load_weights, over, score
from pipeline.language.text import plain
from pipeline.language.vocabulary import said
from pipeline.tables.conversations import Purposes, Talk
from pipeline.tables.values import DECIMALS, PURPOSES

PURPOSE_OF_MEETING = {
    "forecast_review": "forecast",
    "pipeline_review": "pipeline",
    "deal_review": "deal",
    "account_review": "account",
    "territory_review": "account",
    "one_on_one": "coaching",
    "coaching": "coaching",
    "coaching_session": "coaching",
    "call_planning": "deal",
}
"""The purpose that a kind of meeting has unless its words say otherwise."""
PURPOSE_OF_CUSTOMER_CALLS = "deal"  # what every other conversation, with customers, serves
OPEN_MEETINGS = ("one_on_one",)  # whose words alone say what they serve: none of their purposes has a head start

HOME = "@home_"  # begins the sign that a purpose is the meeting's own
OPEN = "@open"  # the sign of OPEN_MEETINGS
PURPOSE_VIEWS = (View("", "words", 2), View("near:", "near", 1), View("far:", "far", 1))
NEAR, FAR = (-2, -1, 1, 2), (-5, -4, -3, 3, 4, 5)  # utterances beside that tell of the purpose
OPENING = (1, 3, 6)  # utterances that begin a meeting, in which small talk is likelier
LEAST_CHANCE = 0.001  # of a purpose, so that one utterance does not decide alone
SURENESS = 1.0  # how many times the log odds of one utterance count beside what a change costs
CHANGE_COST = 4.0  # log odds that a change of purpose must gain
ANNOUNCED_COST = 0.0  # the same at an utterance that announces a change

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


def purpose_units(talk: dy.DataFrame[Talk]) -> pl.DataFrame:
    """One row per utterance for the model: row, call_id, idx, words, near, far (words of the utterances around it),
    announced (whether it announces a change of subject) and signs of place and of the meeting's own purpose."""
    words = pl.col("words")

    def around(steps: tuple[int, ...]) -> pl.Expr:
        beside = [words.shift(step).over("call_id").fill_null("") for step in steps]
        return pl.concat_str(beside, separator=" ").str.replace_all(" +", " ").str.strip_chars()

    at = pl.col("start_s") / pl.col("duration_s").clip(1)
    kind = pl.col("interaction")
    home, is_open = (
        kind.replace_strict(PURPOSE_OF_MEETING, default=PURPOSE_OF_CUSTOMER_CALLS),
        kind.is_in(OPEN_MEETINGS),
    )
    return (
        talk.sort("call_id", "idx")
        .with_columns(words=plain(pl.col("text")))
        .with_row_index("row")
        .select(
            "row",
            "call_id",
            "idx",
            "words",
            near=around(NEAR),
            far=around(FAR),
            announced=said(words, "changes_subject"),
            **over(at, (0.03, 0.08, 0.15, 0.9, 0.95), "at"),
            **{f"@opening{step}": pl.col("idx") < step for step in OPENING},
            **{f"{HOME}{purpose}": (home == purpose) & ~is_open for purpose in PURPOSES},
            **{OPEN: is_open, "@lead": (pl.col("side") == "lead").fill_null(value=False)},
        )
    )


def find_purposes(talk: dy.DataFrame[Talk], *, weights: pl.DataFrame | None = None) -> dy.DataFrame[Purposes]:
    """One row per utterance: the purpose of the stretch it is in, and how much speaks for it there as `p`.

    `weights` replaces those of the package (a model for each purpose).
    """
    units = purpose_units(talk)
    scored = score(units, load_weights("purposes") if weights is None else weights, PURPOSE_VIEWS)
    chances = scored.select(PURPOSES).to_numpy() + LEAST_CHANCE
    odds = SURENESS * np.log(chances / chances.sum(axis=1, keepdims=True))
    odds = odds.round(DECIMALS)
    lengths = units.group_by("call_id", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    costs = np.where(units["announced"].to_numpy(), ANNOUNCED_COST, CHANGE_COST)
    starts = ends - lengths
    paths = [likeliest_path(odds[a:b], costs[a:b]) for a, b in zip(starts, ends, strict=True)]
    path = np.concatenate([*paths, np.zeros(0, np.int64)]).astype(np.int64)
    chosen = chances[np.arange(len(path)), path] / chances.sum(axis=1)
    return Purposes.validate(
        units.select(
            "call_id",
            "idx",
            pl.Series("purpose", [PURPOSES[place] for place in path], pl.String),
            pl.Series("p", chosen.round(DECIMALS), pl.Float64),
        )
    )


def likeliest_path(odds: Doubles, costs: Doubles) -> Ints:
    """The sequence of columns with most log odds in all, a change to another at a row costing what `costs` says there
    (Viterbi)."""
    n_rows, n_states = odds.shape
    best, came_from = odds[0].copy(), np.zeros((n_rows, n_states), np.int64)
    for row in range(1, n_rows):
        leader = int(best.argmax())
        changed = best[leader] - costs[row]
        stays = best >= changed
        came_from[row] = np.where(stays, np.arange(n_states), leader)
        best = np.where(stays, best, changed) + odds[row]
    path = np.zeros(n_rows, np.int64)
    path[-1] = int(best.argmax())
    for row in range(n_rows - 1, 0, -1):
        path[row - 1] = came_from[row, path[row]]
    return path
