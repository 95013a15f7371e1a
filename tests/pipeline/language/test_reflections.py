"""Listening: what of a turn is taken up in the next, worked out on two lines."""

import math

import polars as pl
import pytest

from pipeline.language.reflections import _model, find_reflections, reflection_features, uptake, uptake_features
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


def test_features_by_hand() -> None:
    """Three stems of the four said are shared (the, pipe, froz); the union has 9 + 1; one pair is the same."""
    talk = replies("the pipes froze again")
    found = uptake_features(talk, acts_for(talk, "inform")).row(0, named=True)
    weights, rarest = _model()["idf"], max(_model()["idf"].values())
    shared = sum(weights.get(stem, rarest) for stem in ("the", "pip", "froze"))
    assert found["overlap"] == pytest.approx(3 / (10 + 1))  # 9 different stems heard, 1 new, 1 added to both
    assert found["shared"] == pytest.approx(math.log1p(shared))
    assert found["pairs"] == pytest.approx(math.log1p(2))  # the pipes, pipes froze
    assert (found["length"], found["asks"], found["brief"]) == (pytest.approx(math.log1p(4)), 0.0, 0.0)


def test_uptake_orders_replies() -> None:
    """A question that takes up the content builds more on it than a remark that does, and that more than a nod."""
    talk = replies(
        "how did the pipes froze with the heating down", "okay", "i went to the theatre with my aunt on sunday"
    )
    acts = pl.concat(
        [
            acts_for(talk.filter(pl.col("call_id") == "0"), "ask_open"),
            acts_for(talk.filter(pl.col("call_id") != "0"), "inform"),
        ]
    )
    scores = dict(uptake(talk, acts).select("call_id", "uptake").rows())
    assert scores["0"] > scores["2"] > scores["1"]


def test_first_turn_replies_to_nothing() -> None:
    """One score for each turn but the first; a speaker's utterances in a row are one turn."""
    talk = talk_of(
        ("lead", 0, 1, "hello"), ("other", 1, 2, "hello"), ("other", 2, 3, "who is it"), ("lead", 3, 4, "me")
    )
    assert uptake(talk, acts_of((0, "other"), (1, "other"), (2, "ask_closed"), (3, "inform")))["idx"].to_list() == [
        1,
        3,
    ]


def test_reflection() -> None:
    """Giving back what was said is a reflection; a question with the same words, a nod and a new matter are not."""
    said = "so the heating broke down in february"
    talk = replies(said, said, "right", "our prices are on the second page")
    acts = pl.concat(
        [
            acts_for(talk.filter(pl.col("call_id") == k), act)
            for k, act in (("0", "acknowledge"), ("1", "ask_closed"), ("2", "acknowledge"), ("3", "inform"))
        ]
    )
    found = find_reflections(talk, acts)
    assert found.select("call_id", "idx", "kind").rows() == [("0", 1, "reflection")]


def test_own_words_are_no_reflection() -> None:
    """Saying again what one said oneself gives nothing back."""
    talk = talk_of(
        ("lead", 0, 5, HEARD), ("other", 5, 6, "mm"), ("lead", 6, 9, "so the heating broke down in february")
    )
    acts = acts_of((0, "inform"), (1, "acknowledge"), (2, "acknowledge")).with_columns(
        pl.Series("text", [HEARD, "mm", "so the heating broke down in february"])
    )
    assert find_reflections(talk, acts).is_empty()


def test_covered_by_hand() -> None:
    """A sentence whose every word was heard is covered but for the added one."""
    talk = replies("the pipes froze")
    acts = acts_for(talk, "acknowledge")
    row = reflection_features(talk, acts).row(0, named=True)
    weights, rarest = _model()["idf"], max(_model()["idf"].values())
    total = sum(weights.get(stem, rarest) for stem in ("the", "pip", "froze"))
    assert row["covered"] == pytest.approx(total / (total + 1))
    assert row["echo"] == row["covered"]  # no longer than six words
