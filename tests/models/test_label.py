"""Labels: complete, doubtful where they should be, and resting on what moved them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.label import Labeller, label
from pipeline.language.acts import classify_acts
from pipeline.language.analyse import analyse
from pipeline.tables.conversations import Purposes, Talk
from pipeline.tables.judgements import Elements
from tests.models.features.test_features import Letters, talk
from tests.models.learning.test_train import AGENDA, NOW, OPENINGS, opening, scored, trained, world


@pytest.fixture(scope="module")
def models():
    frame, levels = world()
    return trained(scored(levels), frame).models


def judged(frame: pl.DataFrame, models):
    return label(frame, classify_acts(frame), Labeller(AGENDA, models, Letters()), now=NOW)


def fresh(level: int) -> list[tuple[str, str]]:
    """A call like those learnt from, with other figures."""
    return [("lead", "Hello you."), *opening(level), *[("lead", "Tell me more."), ("other", "70 years.")] * 2]


def test_levels_of_new_calls(models):
    """New calls get the colour of their opening; every label has four probabilities that sum to 1."""
    labels = judged(talk(a=fresh(0), b=fresh(3)), models).labels.sort("call_id")
    assert labels["color"].to_list() == ["red", "green"]
    chances = labels.select("p_red", "p_orange", "p_yellow", "p_green").to_numpy()
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    np.testing.assert_allclose(labels["expected_level"], chances @ np.arange(4), atol=2e-6)  # both are rounded
    assert set(labels["status"]) == {"calibrated"}


def test_language_that_is_not_judged(models):
    """A call in another language has labels without a level, whose reason is the language; others are judged."""
    frame = talk(a=fresh(0), b=fresh(3))
    for foreign, colors in ({"b"}, ["red", None]), ({"a", "b"}, [None, None]):
        labeller = Labeller(AGENDA, models, Letters(), foreign=frozenset(foreign))
        found = label(frame, classify_acts(frame), labeller, now=NOW)
        labels = found.labels.sort("call_id")
        assert labels["color"].to_list() == colors
        assert set(labels.filter(pl.col("call_id").is_in(list(foreign)))["reason"]) == {"language"}
        quotes = found.evidence.filter(pl.col("call_id").is_in(list(foreign)))["quote"]
        assert all(quote.startswith("not judged: spoken in a language") for quote in quotes)


def test_only_the_rubric_of_the_call(models):
    """A call is judged by the models of its own rubric."""
    labels = judged(talk(a=fresh(2)), models).labels
    assert labels["rubric"].to_list() == ["discovery_call"]


def test_role_plays_are_judged_by_the_rubric_they_play(models):
    """A practised discovery call gets the colours of a real one; a huddle, which no rubric judges, gets none."""
    real = talk(a=fresh(0), b=fresh(3))
    kinds = {"a": "practice_discovery_call", "b": "huddle"}
    played = real.with_columns(interaction=pl.col("call_id").replace_strict(kinds))
    labels = judged(Talk.validate(played), models).labels
    assert labels.select("call_id", "rubric", "color").rows() == [("a", "discovery_call", "red")]


def test_evidence_moves_the_label(models):
    """The green opening is the first evidence, with its quote and times; without it the label is less probable."""
    frame = talk(a=fresh(3))
    found = judged(frame, models)
    first = found.evidence.sort("rank").row(0, named=True)
    assert (first["idx"], first["start_s"], first["quote"]) == (1, 5.0, OPENINGS[3])
    without = judged(Talk.validate(frame.filter(pl.col("idx") != 1)), models)
    assert first["weight"] > 0.05
    assert without.labels["p_green"][0] < found.labels["p_green"][0] - first["weight"] / 2


def test_a_limit_of_the_rubric(models):
    """Half of what is said in reviews is on another review: the green opening is yellow, and the evidence says why; in
    a call on one purpose it stays green. A red one is as red as it was."""
    limit = pl.Series("limit", [{"finding": "second_review", "over": 0.2, "at_most": 2}] * AGENDA.height)
    labeller = Labeller(Elements.validate(AGENDA.with_columns(limit), cast=True), models, Letters())
    frame = talk(a=fresh(3), b=fresh(3), c=fresh(0))
    acts = classify_acts(frame)
    mixed = (pl.col("idx") >= 3) & (pl.col("call_id") != "b")
    purpose = pl.when(mixed).then(pl.lit("forecast")).otherwise(pl.lit("deal"))
    purposes = Purposes.validate(frame.select("call_id", "idx", purpose=purpose, p=pl.lit(1.0)))
    found = label(frame, acts, labeller, findings=analyse(frame, acts)._replace(purposes=purposes), now=NOW)
    labels = found.labels.sort("call_id")
    assert labels["color"].to_list() == ["yellow", "green", "red"]
    assert labels["p_green"][0] == 0.0
    assert labels["p_green"][1] > 0.0
    why = found.evidence.filter(pl.col("quote").str.contains("second kind of review"))
    assert why.select("call_id", "idx").rows() == [("a", None)]
    assert why["quote"][0].endswith("of what is said in reviews: by its rubric no higher than yellow")


def test_every_label_has_evidence_or_a_reason(models):
    """Each label has moments with weights, or one row without a moment that says why."""
    found = judged(talk(a=fresh(0), b=[("lead", "Hm."), ("other", "Hm.")], c=fresh(1)), models)
    key = ["call_id", "rubric", "element", "model_id"]
    assert found.labels.join(found.evidence, on=key, how="anti").is_empty()
    reasons = found.evidence.filter(pl.col("idx").is_null())
    assert reasons["rank"].to_list() == [0] * reasons.height
    assert found.evidence.filter(pl.col("idx").is_not_null())["weight"].min() > 0


def test_one_utterance(models):
    """A call of one utterance is labelled, with the reason in place of moments."""
    found = judged(talk(a=[("lead", "Hello?")]), models)
    assert found.labels.height == 1
    assert found.evidence["quote"].str.contains("sets the agenda").to_list() == [True]


def test_ordinary_call_is_not_for_review(models):
    """A call that reads like those learnt from is not put to review."""
    assert judged(talk(a=fresh(3), b=fresh(0)), models).labels["needs_review"].to_list() == [False, False]


@pytest.mark.parametrize("text", ["agenda purpose outcome minutes agree " * 20, "blorp zzt quux frob"])
def test_stuffing_and_gibberish_go_to_review(models, text):
    """Keywords strung together and gibberish are unlike any call learnt from: a person has to look."""
    labels = judged(talk(a=[("lead", text)] * 8), models).labels
    assert labels["needs_review"].to_list() == [True]


def test_anchors_alone_give_no_colour():
    """Without scores nothing is learnt: no level, no probabilities, nothing to review, and the reason stands where
    moments would. Such elements had colours that did not tell good from bad."""
    frame, _ = world()
    models = trained(scored({"c00": 1}), frame).models
    found = judged(talk(a=fresh(3)), models)
    about = ("level", "color", "p_green", "expected_level", "reason", "status", "basis", "needs_review")
    assert found.labels.select(about).rows() == [
        (None, None, None, None, "not_learnt", "provisional", "anchors", False)
    ]
    assert found.evidence.select("idx", "quote").rows() == [(None, "not judged yet: nothing could be learnt of it")]


def test_a_guess_where_it_is_asked_for():
    """With guess_unlearnt the anchors' guess is a provisional colour, for review, and says that it is guessed."""
    frame, _ = world()
    models = trained(scored({"c00": 1}), frame).models
    wanted = Labeller(AGENDA, models, Letters(), guess_unlearnt=True)
    frame = talk(a=fresh(3))
    labels = label(frame, classify_acts(frame), wanted, now=NOW).labels
    assert labels["level"].null_count() == 0
    assert labels.select("reason", "status", "needs_review").rows() == [("guessed", "provisional", True)]


def test_worse_than_the_most_frequent_level(models):
    """A classifier that is right on fewer calls than the most frequent level would be gives no colour."""
    model = next(model for model in models if model.rubric == "discovery_call")
    worse = replace(model, figures=model.figures | {"exact": 0.39, "majority": 0.4})
    labels = judged(talk(a=fresh(3)), [worse]).labels
    assert labels.select("level", "reason").rows() == [(None, "worse_than_majority")]
    as_good = replace(model, figures=model.figures | {"exact": 0.4, "majority": 0.4})
    assert judged(talk(a=fresh(3)), [as_good]).labels["color"].to_list() == ["green"]


def test_order_and_company_do_not_matter(models):
    """A call gets the same label alone and among others."""
    alone = judged(talk(b=fresh(2)), models).labels
    among = judged(talk(a=fresh(0), b=fresh(2), c=fresh(3)), models).labels.filter(call_id="b")
    np.testing.assert_allclose(alone["expected_level"], among["expected_level"], rtol=1e-5)


def test_other_encoder_is_refused(models):
    """Models made for another encoder are refused by name."""

    class Other(Letters):
        name = "other"

    with pytest.raises(ValueError, match="models are for encoder letters, not other"):
        Labeller(AGENDA, models, Other())


def test_no_models():
    """Without models there are no labels and no error."""
    assert judged(talk(a=fresh(2)), []).labels.is_empty()


def test_moments_worth_showing(models):
    """Each utterance of the judged side may stand for it by itself, but for small talk; the other side's may not, and a
    reason is no moment."""
    frame = talk(a=fresh(3), b=fresh(0))
    acts = classify_acts(frame)
    purpose = pl.when(pl.col("call_id") == "b").then(pl.lit("small_talk"))
    purposes = Purposes.validate(frame.select("call_id", "idx", purpose=purpose, p=pl.lit(1.0)))
    found = label(frame, acts, Labeller(AGENDA, models, Letters()),
                  findings=analyse(frame, acts)._replace(purposes=purposes), now=NOW)  # fmt: skip
    sides = frame.select("call_id", "idx", "side")
    rows = found.evidence.join(sides, on=["call_id", "idx"], how="left")
    shown = rows.select("call_id", "side", "worth_showing").unique().sort("call_id", "side").rows()
    assert ("a", "lead", True) in shown
    assert {row for row in shown if row[2]} == {("a", "lead", True)}
    assert rows.filter(pl.col("idx").is_null())["worth_showing"].null_count() == rows["idx"].null_count()
