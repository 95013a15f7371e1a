"""Adjudicated levels against simulated panels, and in the cases that must not surprise."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from models.ratings.severity import adjudicate, rate_raters, severity_by_period
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Scores

KEY = {"rubric": "chat", "element": "agenda", "rubric_hash": "h"}


def long(levels: np.ndarray, *, element: str = "agenda") -> pl.DataFrame:
    """Scores from raters by calls; -1 where a rater did not score."""
    rater, call = np.nonzero(levels >= 0)
    return pl.DataFrame(
        {"call_id": [f"c{at:04}" for at in call], "rater": [f"r{at:02}" for at in rater], "level": levels[rater, call]}
    ).with_columns(**{name: pl.lit(value) for name, value in (KEY | {"element": element}).items()})


def simulated(draw: np.random.Generator, *, n_calls: int, n_raters: int) -> np.ndarray:
    """Levels of raters by calls: severities and errors of half a level or so."""
    quality = draw.normal(size=n_calls)
    severity = 0.4 * draw.normal(size=(n_raters, 1))
    shown = 1.5 + quality - severity + 0.7 * draw.normal(size=(n_raters, n_calls))
    return np.round(shown).clip(0, 3).astype(np.int64)


def test_nearer_to_the_others_than_the_mean_and_its_interval_holds():
    """The value from 3 of 23 raters is nearer to the mean of the 20 others than their mean; 95 % of intervals hold."""
    draw = np.random.default_rng(0)
    errors, plain, covered = [], [], []
    for _ in range(30):
        levels = simulated(draw, n_calls=150, n_raters=23)
        found, others = adjudicate(long(levels[:3])), levels[3:].mean(axis=0)
        errors.append(((found["value"].to_numpy() - others) ** 2).mean())
        plain.append(((levels[:3].mean(axis=0) - others) ** 2).mean())
        covered.append(found.select((pl.lit(pl.Series(others))).is_between("low", "high")).to_series().mean())
    assert np.sqrt(np.mean(errors)) < np.sqrt(np.mean(plain))
    assert 0.92 < np.mean(covered) < 0.98


def test_severe_rater_is_allowed_for():
    """Calls that only the severe rater scored come out higher than equal scores of the lenient one."""
    draw = np.random.default_rng(1)
    quality = draw.normal(size=200)
    levels = np.round(1.5 + quality + np.array([[-1.0], [1.0]]) * 0.6 + 0.3 * draw.normal(size=(2, 200))).clip(0, 3)
    levels[1, :50] = levels[0, 50:100] = -1  # calls scored by one of them
    found = adjudicate(long(levels.astype(np.int64)))["value"].to_numpy()
    by_severe = found[:50][levels[0, :50] == 1].mean()
    by_lenient = found[50:100][levels[1, 50:100] == 1].mean()
    assert by_severe > by_lenient + 0.5


def test_one_rater_alone_keeps_the_levels():
    """Where there is one rater, the levels are that rater's, and the value is drawn towards the mean."""
    levels = np.array([[0, 1, 2, 3] * 10])
    found = adjudicate(long(levels))
    assert found["level"].to_list() == levels[0].tolist()
    assert 0 < found["value"].min() < found["value"].max() < 3


def test_unanimous_calls_keep_their_level():
    """What all raters gave is the level, however rare it is."""
    levels = np.full((3, 60), 3)
    levels[:, 0], levels[0, 1:20] = 0, 2
    assert adjudicate(long(levels)).filter(call_id="c0000")["level"].to_list() == [0]


def test_few_scores_and_none():
    """One score has an interval over most of the scale; no scores give no rows."""
    one = adjudicate(long(np.array([[2]])))
    assert one.select("level", "n_raters").row(0) == (2, 1)
    assert one["high"][0] - one["low"][0] > 1
    assert adjudicate(long(np.array([[2]])).clear()).is_empty()


def test_element_scored_by_others_is_judged_by_itself():
    """Two elements with raters in common have a row each, each on its own scale."""
    draw = np.random.default_rng(2)
    good, poor = (simulated(draw, n_calls=50, n_raters=3) for _ in range(2))
    both = pl.concat([long(good.clip(2, 3), element="story"), long(poor.clip(0, 1))])
    found = (
        adjudicate(both)
        .group_by("element")
        .agg(pl.col("value").min().alias("least"), pl.col("value").max().alias("most"))
    )
    assert found.filter(element="story")["least"][0] > 1.5 > found.filter(element="agenda")["most"][0]


def over_time(levels: np.ndarray) -> pl.DataFrame:
    """Scores as the table has them, call k being scored on day k of 2026."""
    day = pl.lit(datetime(2026, 1, 1, tzinfo=UTC)) + pl.duration(days=pl.col("call_id").str.slice(1).cast(pl.Int64))
    color = color_of(pl.col("level"))
    whole = long(levels).with_columns(
        color.alias("color"), day.alias("scored_at"), rater_kind=pl.lit("person"), rubric_version=pl.lit(1),
        note=pl.lit(None, pl.String), session=pl.lit(None, pl.String),
    )  # fmt: skip
    return Scores.validate(whole.select(Scores.column_names()), cast=True)


def test_severity_in_levels_is_the_difference_of_means():
    """Where all score all calls, a rater's severity is the mean of all levels less that of the rater's own."""
    draw = np.random.default_rng(3)
    quality = draw.normal(size=300)
    shown = 1.5 + quality - np.array([[0.5], [0.0], [0.0], [-0.5]]) + 0.5 * draw.normal(size=(4, 300))
    levels = np.round(shown).clip(0, 3).astype(np.int64)
    found = rate_raters(over_time(levels))
    expected = levels.mean() - levels.mean(axis=1)
    assert found["severity"].to_numpy() == pytest.approx(expected, abs=0.05)
    assert found.filter(pl.col("severity_low") > 0)["rater"].to_list() == ["r00"]
    assert found.filter(pl.col("severity_high") < 0)["rater"].to_list() == ["r03"]


def test_drift_of_one_rater_shows():
    """A rater who gets a level stricter in 100 days has a trend of about .3 in 30; the others' intervals hold 0."""
    draw = np.random.default_rng(4)
    quality, stricter = draw.normal(size=100), np.zeros((3, 100))
    stricter[0] = np.arange(100) / 100
    shown = 1.5 + quality - stricter + 0.4 * draw.normal(size=(3, 100))
    scores = over_time(np.round(shown).clip(0, 3).astype(np.int64))
    first, *others = rate_raters(scores).to_dicts()
    assert 0.15 < first["trend"] < 0.4
    assert first["trend_low"] > 0
    months = severity_by_period(scores).filter(rater="r00").sort("period")
    assert months["low"][-1] > months["high"][0]
    assert months["n_calls"].sum() == 100
    assert all(other["trend_low"] < first["trend_low"] for other in others)


def test_rater_alone_is_not_measured():
    """Who shares no call with another has neither severity nor reliability."""
    levels = np.array([[0, 1, 2, 3, -1, -1], [0, 2, 2, 3, -1, -1], [-1, -1, -1, -1, 2, 3]])
    alone = rate_raters(over_time(levels)).filter(rater="r02").row(0, named=True)
    assert (alone["n_shared"], alone["severity"], alone["reliability"], alone["trend"]) == (0, None, None, None)


def test_agreement_with_own_scores():
    """Three of four scores given again are equal; those of another rater are another's."""
    scores = over_time(np.array([[0, 1, 2, 3], [0, 1, 2, 3]]))
    again = scores.filter(rater="r00").with_columns(level=pl.Series([0, 1, 2, 2]))
    mine, other = rate_raters(scores, again).to_dicts()
    assert (mine["n_repeated"], mine["self_exact"], mine["self_qwk"]) == (4, 0.75, 0.875)
    assert (other["n_repeated"], other["self_exact"]) == (0, None)
