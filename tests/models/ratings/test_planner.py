"""What would help most next: more calls or one more rater."""

import numpy as np
import polars as pl

from models.ratings.agreement import qwk
from models.ratings.planner import foretold, plan_scoring
from models.ratings.severity import fit_scores
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Scores


def scores(levels: np.ndarray) -> pl.DataFrame:
    """Scores of one element from raters by calls."""
    rater, call = np.indices(levels.shape)
    frame = pl.DataFrame(
        {"call_id": [f"c{at:03}" for at in call.ravel()], "rater": [f"r{at}" for at in rater.ravel()],
         "level": levels.ravel()}
    )  # fmt: skip
    color = color_of(pl.col("level"))
    fixed = {"rubric": "chat", "element": "agenda", "rubric_hash": "h", "rater_kind": "person", "rubric_version": 1}
    none = {"note": pl.String, "session": pl.String, "scored_at": pl.Datetime("us", "UTC")}
    whole = frame.with_columns(
        color.alias("color"),
        *(pl.lit(value).alias(name) for name, value in fixed.items()),
        *(pl.lit(None, kind).alias(name) for name, kind in none.items()),
    )
    return Scores.validate(whole.select(Scores.column_names()), cast=True)


def given(*, n_raters: int, n_calls: int, severity: float, seed: int = 0) -> np.ndarray:
    """Levels of raters who differ in severity by a standard deviation of `severity`, and by chance by half a level."""
    draw = np.random.default_rng(seed)
    shown = 1.5 + draw.normal(size=n_calls) - severity * draw.normal(size=(n_raters, 1))
    return np.round(shown + 0.5 * draw.normal(size=(n_raters, n_calls))).clip(0, 3).astype(np.int64)


def test_one_rater_alone_needs_another():
    """Nobody knows how far people agree where one has scored."""
    plan = plan_scoring(scores(given(n_raters=1, n_calls=200, severity=0.3)))
    assert plan.select("n_calls", "n_raters", "advice").row(0) == (200, 1, "one more rater")


def test_raters_who_differ_in_severity_ask_for_more_raters():
    """Two raters a level apart on many calls: another rater narrows the interval more than more calls do."""
    levels = given(n_raters=2, n_calls=150, severity=0.0)
    levels[1] = (levels[1] - 1).clip(0)
    plan = plan_scoring(scores(levels)).row(0, named=True)
    assert plan["advice"] == "one more rater"
    assert plan["rater_high"] - plan["rater_low"] < plan["calls_high"] - plan["calls_low"]


def test_few_calls_ask_for_more_calls():
    """Five raters who are as severe as each other on twelve calls: what is lacking is calls."""
    plan = plan_scoring(scores(given(n_raters=5, n_calls=12, severity=0.0))).row(0, named=True)
    assert plan["advice"] in ("more calls", "either")
    assert plan["calls_high"] - plan["calls_low"] < plan["high"] - plan["low"]


def test_foretold_interval_holds_the_kappa_of_other_panels():
    """What three raters let expect of two panels of two is what two such panels show, at least nine times in ten."""
    levels = given(n_raters=43, n_calls=100, severity=0.3, seed=3)
    _, _, fitted = fit_scores(scores(levels[:3]))
    low, high = foretold(fitted, 0, 100, 2)
    panels = np.floor(np.median(levels[3:].reshape(20, 2, -1), axis=1) + 0.5)
    kappas = [qwk(first, second) for first, second in zip(panels[::2], panels[1::2], strict=True)]
    assert np.mean([low <= kappa <= high for kappa in kappas]) >= 0.9
    assert high - low < 0.5


def test_nothing_scored_has_no_plan():
    """Without scores by people there is nothing to foretell."""
    assert plan_scoring(scores(given(n_raters=1, n_calls=2, severity=0.0)).clear()).is_empty()
