"""The benchmark on people's scores: scales made of four levels by hand, and the corpora where they are at hand."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.people.__main__ import as_people
from benchmarks.people.acts import coaching_acts
from benchmarks.people.corpora import as_elements, as_scores, as_talk, four_levels, stc3
from benchmarks.people.panels import from_three, one_and_three, panels_apart
from models.features.encoder import load_encoder
from models.ratings.severity import rate_raters
from pipeline.settings import Settings
from tests.conftest import ROOT

CORPORA = ROOT.parent / "shared" / "data"


def corpora(name: str) -> Path:
    if not (CORPORA / name).exists():
        pytest.skip(f"{name} is not at hand: its conversations are not part of this project")
    return CORPORA


def test_five_steps_become_four_levels():
    """The two neighbours with the fewest scores become one; four steps and fewer stay."""
    assert four_levels(pl.Series([0, 0, 1, 1, 2, 3, 4, 4, 4]), 5) == {0: 0, 1: 1, 2: 2, 3: 2, 4: 3}
    assert four_levels(pl.Series([0, 1, 2]), 3) == {0: 0, 1: 1, 2: 2}


def test_turns_become_talk():
    """The turns of a call are numbered in their order and their sides are kept."""
    turns = pl.DataFrame({"call_id": ["a", "a", "b"], "text": ["Hi.", None, "Yes?"], "by_lead": [False, True, True]})
    talk = as_talk(turns, "helpdesk")
    assert talk.select("call_id", "idx", "side", "text").rows() == [
        ("a", 0, "other", "Hi."), ("a", 1, "lead", ""), ("b", 0, "lead", "Yes?"),
    ]  # fmt: skip


def test_one_rater_against_the_others():
    """Two raters in the same order and one in reverse: 1 and 1 against a mean that ties, -1 for the third."""
    levels = np.array([[0.0, 0, 3], [1, 1, 2], [2, 2, 1], [3, 3, 0]])
    alone, three = one_and_three(levels, raters_known=False)
    assert three is None
    assert alone < 0
    same, _ = one_and_three(np.repeat(levels[:, :1], 4, axis=1), draws=3)
    assert same == pytest.approx(1)


def test_three_of_nineteen_raters():
    """From three raters the value is nearer to the sixteen others than the mean is, and 92 to 97 % lie inside."""
    rows = from_three(stc3(corpora("stc3_helpdesk")), draws=6)
    assert [row.element for row in rows] == ["A", "S", "E"]
    assert all(row.value < row.mean for row in rows)
    assert 0.92 <= np.mean([row.covered for row in rows]) <= 0.97


def test_most_severe_raters_are_named():
    """The two raters who give the lowest levels over the three scales are those of the greatest severity."""
    corpus = stc3(corpora("stc3_helpdesk"))
    found = rate_raters(as_people(corpus), n_levels=5).sort("severity", descending=True)
    lowest = corpus.ratings.group_by("rater").agg(pl.col("level").mean()).sort("level")
    assert found["rater"][:2].to_list() == lowest["rater"][:2].to_list() == ["rater 11", "rater 13"]
    assert found["severity_low"][1] > 0


def test_panels_agree_more_and_more_surely_than_single_raters():
    """On a hundred dialogues the medians of panels of three agree more than single raters do, on every scale."""
    corpus = stc3(corpora("stc3_helpdesk"))
    single, panels = (panels_apart(corpus, size, 100, draws=60) for size in (1, 3))
    assert all(three.middle > one.middle + 0.05 for one, three in zip(single, panels, strict=True))


def test_scores_have_four_levels_of_every_scale():
    """Nothing is lost: as many scores as ratings, and each element is known."""
    corpus = stc3(corpora("stc3_helpdesk"))
    scores, elements = as_scores(corpus), as_elements(corpus)
    assert scores.height == corpus.ratings.height
    assert set(scores["rubric_hash"]) == set(elements["rubric_hash"])
    assert scores["level"].max() == 3


def test_coaching_acts():
    """On human coaching the learnt acts agree with people at least as well as words alone do, the agenda above .7."""
    found = {row.act: row for row in coaching_acts(corpora("pac_coaching"), load_encoder(Settings(encoder="lexical")))}
    assert found["agenda"].ours > 0.7
    assert all(row.ours > row.words for row in found.values())
    assert found["ask"].shipped > 0.6
