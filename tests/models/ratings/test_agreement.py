"""Agreement statistics against published examples and by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.ratings.agreement import (
    ac2,
    agree,
    agree_with_model,
    alpha,
    bootstrap,
    counts,
    disagreements,
    mean_qwk,
    qwk,
    scores_still_needed,
    severity,
    unfit,
    within,
)
from pipeline.tables.judgements import Labels, Scores
from pipeline.tables.values import LEVELS

EXAMPLES = Path(__file__).parents[4] / "shared" / "data" / "agreement_examples" / "examples.json"


def example(name: str) -> dict:
    if not EXAMPLES.exists():
        pytest.skip("the published examples are not at hand")
    return next(entry for entry in json.loads(EXAMPLES.read_text()) if entry["name"] == name)


def ratings(entry: dict) -> np.ndarray:
    order = {value: level for level, value in enumerate(entry["categories"])}
    rows = entry["units_by_raters"]
    return np.array([[np.nan if value is None else order[value] for value in row] for row in rows], float)


def scores(levels: dict[str, dict[str, int]], **columns: object) -> pl.DataFrame:
    """Scores of element agenda from rater -> call -> level."""
    rows = [
        {"call_id": call, "rater": rater, "level": level, "color": LEVELS[level]}
        for rater, given in levels.items()
        for call, level in given.items()
    ]
    fixed = {"rubric": "chat", "element": "agenda", "rubric_hash": "h", "rater_kind": "person", "rubric_version": 1,
             "note": None, "session": None, "scored_at": None} | columns  # fmt: skip
    return Scores.validate(pl.DataFrame(rows).with_columns(**{k: pl.lit(v) for k, v in fixed.items()}), cast=True)


def test_alpha_ordinal_published():
    """The example of Wikipedia's article has ordinal alpha 0.807."""
    given = ratings(example("krippendorff_wikipedia"))
    assert alpha(counts(given, 4)) == pytest.approx(0.8067, abs=5e-5)


def test_ac2_published():
    """Gwet's four raters have AC2 0.914 with quadratic weights; his two abstractors 0.940."""
    given = ratings(example("raw_4raters"))
    assert ac2(counts(given, 5)) == pytest.approx(0.914, abs=5e-4)
    table = np.array(example("table_cont3x3abstractors")["contingency_table"])
    pairs = np.array([[i, j] for i in range(3) for j in range(3) for _ in range(table[i, j])], float)
    assert ac2(counts(pairs, 3)) == pytest.approx(0.940, abs=5e-4)


def test_qwk_published():
    """The two abstractors have quadratic weighted kappa 0.890, the diagnosis table 0.383."""
    for name, expected in (("table_cont3x3abstractors", None), ("table_cont4x4diagnosis", 0.383)):
        entry = example(name)
        table = np.array(entry["contingency_table"])
        size = len(table)
        pairs = np.array([[i, j] for i in range(size) for j in range(size) for _ in range(table[i, j])], float)
        value = expected or entry["expected_3dp"]["cohen/quadratic"]
        assert qwk(pairs[:, 0], pairs[:, 1], n_levels=size) == pytest.approx(value, abs=5e-4)


def test_qwk_by_hand():
    """Levels 0, 1, 2, 3 against 0, 1, 2, 2: mean squared gap 1/4 over an expected 32/16 leaves 0.875."""
    # expected: gaps of every pair, squared: (0+1+4+4) + (1+0+1+1) + (4+1+0+0) + (9+4+1+1) = 32, over 16 pairs
    a, b = np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 2, 2])
    assert qwk(a, b) == pytest.approx(1 - (1 / 4) / (32 / 16))


def test_within():
    """Of the three pairs on call 1 (0,0,1) one is equal and all adjacent; the single score on call 2 makes no pair."""
    given = np.array([[0, 0, 1], [2, np.nan, np.nan]])
    assert within(given, 0) == pytest.approx(1 / 3)
    assert within(given, 1) == 1.0


def test_constant_is_unknown():
    """Where everybody gives one level, kappa and alpha are unknown, not 0 and not 1."""
    given = np.ones((4, 2))
    assert np.isnan(alpha(counts(given, 4)))
    assert np.isnan(mean_qwk(given))


def test_bootstrap_repeats():
    """The interval holds the value and is the same when computed again."""
    given = counts(np.array([[0, 0], [1, 1], [2, 3], [3, 3], [1, 2], [0, 1], [2, 2]], float), 4)
    low, high = bootstrap(alpha, given)
    assert low < alpha(given) < high
    assert bootstrap(alpha, given) == (low, high)


def test_agree_by_kind_of_rater():
    """People and automated raters are never mixed."""
    people = scores({"a": {"x": 0, "y": 3, "z": 1}, "b": {"x": 0, "y": 3, "z": 2}})
    machines = scores({"m": {"x": 3, "y": 0}, "n": {"x": 3, "y": 0}}, rater_kind="automated")
    rows = agree(Scores.validate(pl.concat([people, machines]))).sort("scope")
    assert rows.select("scope", "n_calls", "n_raters", "exact").rows() == [
        ("automated", 2, 2, 1.0),
        ("people", 3, 2, pytest.approx(2 / 3)),
    ]
    assert rows["prevalence"][1] == "red 33%, orange 17%, yellow 17%, green 33%"


def test_agree_with_model():
    """The model stands against the raters' median: of medians 0 and 3 it gave 0 and 2."""
    given = scores({"a": {"x": 0, "y": 3}, "b": {"x": 0, "y": 3}, "c": {"x": 2, "y": 3}})
    labels = pl.DataFrame({"call_id": ["x", "y", "unscored"], "level": [0, 2, 1], "color": ["red", "yellow", "orange"]})
    fixed = {"rubric": "chat", "element": "agenda", "rubric_hash": "h", "model_id": "m", "rubric_version": 1,
             "p_red": 1.0, "p_orange": 0.0, "p_yellow": 0.0, "p_green": 0.0, "expected_level": 0.0, "current": True,
             "status": "calibrated", "basis": "people", "needs_review": False, "reason": None,
             "labelled_at": datetime(2026, 1, 1, tzinfo=UTC)}  # fmt: skip
    shown = Labels.validate(labels.with_columns(**{k: pl.lit(v) for k, v in fixed.items()}), cast=True)
    row = agree_with_model(given, shown).row(0, named=True)
    assert (row["scope"], row["n_calls"], row["n_raters"], row["exact"], row["adjacent"]) == ("model", 2, 2, 0.5, 1.0)


def test_severity():
    """Rater b is one level milder than a on one call and alike on the other; a call of one rater says nothing."""
    given = scores({"a": {"x": 1, "y": 1, "z": 0}, "b": {"x": 2, "y": 1}})
    assert severity(given).select("rater", "difference", "n").rows() == [("a", -0.5, 2), ("b", 0.5, 2)]


def test_disagreements():
    """The widest disagreement comes first, with the anchors to sharpen; equal scores do not appear."""
    given = scores({"a": {"x": 1, "y": 0, "z": 2}, "b": {"x": 2, "y": 3, "z": 2}})
    assert disagreements(given).select("call_id", "spread", "between").rows() == [
        ("y", 3, "red or green"),
        ("x", 1, "orange or yellow"),
    ]


def test_scores_still_needed():
    """An interval of 0.4 from 25 calls halves with four times as many: 75 more."""
    assert scores_still_needed(25, 0.5, 0.9, width=0.2) == 75
    assert scores_still_needed(25, 0.85, 0.9, width=0.2) == 0


def test_unfit():
    """Raters who disagree at random make an element unfit to train on, with the reason."""
    bad = scores({"a": {"w": 0, "x": 3, "y": 0, "z": 3}, "b": {"w": 3, "x": 3, "y": 0, "z": 0}})
    good = scores({"a": {"w": 0, "x": 3, "y": 0, "z": 3}, "b": {"w": 0, "x": 3, "y": 0, "z": 3}})
    assert unfit(agree(bad))["reason"].str.contains("sharpen the anchors").to_list() == [True]
    assert unfit(agree(good)).is_empty()
