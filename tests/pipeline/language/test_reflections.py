"""Listening: what of a turn is taken up in the next, worked out on two lines."""

import math

import polars as pl
import pytest

from pipeline.language.reflections import find_reflections, kinds_of_reflection, uptake, uptake_features
from pipeline.language.text import RAREST_IDF, frequencies
from tests.conversations import Row, acts_of, talk_of

HEARD = "the heating broke down in february and the pipes froze"


def replies(*texts: str) -> pl.DataFrame:
    rows: list[Row] = [("other", 0, 5, HEARD)]
    frames = [
        talk_of(*rows, ("lead", 5, 9, text)).with_columns(pl.lit(str(k)).alias("call_id"))
        for k, text in enumerate(texts)
    ]
    return pl.concat(frames)


def acts_for(talk: pl.DataFrame, act: str) -> pl.DataFrame:
    return talk.select(
        "call_id", "idx", pl.lit(0).alias("sentence"), pl.lit(act).alias("act"), pl.lit(0.9).alias("p"), "text"
    )


def weight(*stems: str) -> float:
    known = dict(frequencies().iter_rows())
    return sum(known.get(stem, RAREST_IDF) for stem in stems)


def test_features_by_hand() -> None:
    """Three stems of the nine said are shared (the, pip, froze); the union has 10; one pair of three is the same."""
    talk = replies("the pipes froze again")
    found = uptake_features(talk, acts_for(talk, "inform")).row(0, named=True)
    shared = weight("the", "pip", "froz")
    heard = weight("the", "heat", "brok", "down", "in", "february", "and", "pip", "froz")
    assert found["overlap"] == pytest.approx(3 / (10 + 1))
    assert found["share"] == pytest.approx(shared / (heard + 1))
    assert found["given_back"] == pytest.approx(shared / (shared + weight("again") + 1))
    assert found["pairs"] == pytest.approx(2 / (3 + 1))  # the pipes, pipes froze, of these and froze again
    assert (found["length"], found["asks"], found["brief"]) == (pytest.approx(math.log1p(4)), 0.0, 0.0)


def test_uptake_orders_replies() -> None:
    """A question that takes up the content builds more on it than a remark on something else and a nod."""
    talk = replies(
        "how did the pipes froze with the heating down", "okay", "i went to the theatre with my aunt on sunday"
    )
    first = pl.col("call_id") == "0"
    acts = pl.concat([acts_for(talk.filter(first), "ask_open"), acts_for(talk.filter(~first), "inform")])
    scores = dict(uptake(talk, acts).select("call_id", "uptake").rows())
    assert scores["0"] > max(scores["1"], scores["2"])


def test_lecturing_is_no_uptake() -> None:
    """A reflection builds more on what was said than a lecture of its words and very many others."""
    reflection = "so the heating broke down and the pipes froze on you"
    lecture = "the heating and the pipes are a matter that " + "everybody in my trade has opinions about and " * 6
    talk = replies(reflection, lecture)
    first = pl.col("call_id") == "0"
    acts = pl.concat([acts_for(talk.filter(first), "reflect"), acts_for(talk.filter(~first), "inform")])
    scores = dict(uptake(talk, acts).select("call_id", "uptake").rows())
    assert scores["0"] > scores["1"]


def test_first_turn_replies_to_nothing() -> None:
    """One score for each turn but the first; a speaker's utterances in a row are one turn."""
    talk = talk_of(
        ("lead", 0, 1, "hello"), ("other", 1, 2, "hello"), ("other", 2, 3, "who is it"), ("lead", 3, 4, "me")
    )
    acts = acts_of((0, "other"), (1, "other"), (2, "ask_closed"), (3, "inform"))
    assert uptake(talk, acts)["idx"].to_list() == [1, 3]


def test_reflections_are_moments() -> None:
    """An utterance in which a sentence reflects is a moment, once, as probable as the surest of them."""
    acts = acts_of((0, "inform"), (1, "reflect"), (1, "reflect"), (2, "acknowledge"))
    acts = acts.with_columns(p=pl.Series([0.9, 0.6, 0.8, 0.9]))
    assert find_reflections(acts).rows() == [("c", 1, "reflection", 0.8)]


def test_kinds_of_reflection() -> None:
    """His own words are a repeat, some of them a rephrase, none of them an added meaning; other acts have no kind."""
    talk = replies(
        "the pipes froze", "so february left you with frozen pipes and no warm room", "you felt forgotten", "mm"
    )
    acts = acts_for(talk.filter(pl.col("call_id") != "3"), "reflect")
    acts = pl.concat([acts, acts_for(talk.filter(call_id="3"), "acknowledge")]).filter(pl.col("idx") == 1)
    kinds = kinds_of_reflection(talk, acts).sort("call_id")
    assert kinds["reflection"].to_list() == ["repeat", "rephrase", "adds"]
