"""Campaigns: a made-up half year with an effect that is known, and a hundred without any."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.metrics.coaching.campaign import Campaign, effect, read_campaigns

START = date(2026, 4, 6)
CAMPAIGN = Campaign(rubric="discovery_call", element="next_steps", team="North", start=START)


def half_year(seed: int, gain: float) -> pl.DataFrame:
    """Twelve people in North and twelve in South, a call a week for 26 weeks; all rise by 0.3, North by `gain` more."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(24):
        own = chance.normal(1.2, 0.4)
        for week in range(-13, 13):
            level = own + (0.3 + gain * (number < 12)) * (week >= 0) + chance.normal(0, 0.7)
            started = datetime(2026, 4, 6, 9, tzinfo=UTC) + timedelta(weeks=week)
            rows.append((f"p{number}", "North" if number < 12 else "South", started, min(max(level, 0.0), 3.0)))
    columns = ["person", "team", "started_at", "expected_level"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.with_columns(rubric=pl.lit("discovery_call"), element=pl.lit("next_steps"))


def test_a_known_effect() -> None:
    """North gains 0.6 more than South: in 20 half years it is said to have helped, and the interval covers it."""
    found = pl.concat([effect(half_year(seed, 0.6), CAMPAIGN) for seed in range(20)])
    assert found["verdict"].unique().to_list() == ["helped"]
    assert found.filter(pl.lit(0.6).is_between("low", "high")).height >= 19
    assert found["difference"].mean() == pytest.approx(0.6, abs=0.08)  # levels are cut at 0 and 3


def test_means_have_intervals() -> None:
    """Before and since, inside and outside, each mean has Student's interval over its people: of levels 0.9, 1
    and 1.1 it is 1 +- 4.303 * 0.1 / sqrt(3); a single person has none."""
    rows = [(f"n{at}", "North", -1, 0.9 + 0.1 * at) for at in range(3)] + [
        (f"n{at}", "North", 1, 2.0) for at in range(3)
    ]
    rows += [("s0", "South", -1, 1.0), ("s0", "South", 1, 3.0)]
    frame = pl.DataFrame(rows, schema=["person", "team", "week", "expected_level"], orient="row").with_columns(
        started_at=datetime(2026, 4, 6, 9, tzinfo=UTC) + pl.duration(weeks=pl.col("week")),
        rubric=pl.lit("discovery_call"), element=pl.lit("next_steps"),
    )  # fmt: skip
    row = effect(frame, CAMPAIGN).to_dicts()[0]
    assert (row["before"], row["before_low"], row["before_high"]) == pytest.approx((1.0, 0.752, 1.248), abs=1e-3)
    assert (row["after"], row["after_low"], row["after_high"]) == (2.0, 2.0, 2.0)
    assert (row["others_after"], row["others_after_low"]) == (3.0, None)


def test_intervals_of_means_hold_the_truth() -> None:
    """South's true mean is 1.2 before and 1.5 since: of 100 half years its intervals hold them in at least 90 each."""
    found = pl.concat([effect(half_year(seed, 0.6), CAMPAIGN) for seed in range(100)])
    assert found.filter(pl.lit(1.2).is_between("others_before_low", "others_before_high")).height >= 90
    assert found.filter(pl.lit(1.5).is_between("others_after_low", "others_after_high")).height >= 90


def test_no_effect() -> None:
    """Where everybody rises alike, at least 95 of 100 half years say that no effect is shown, and 97 none that helped;
    before and after alone would say it of nearly all."""
    found = pl.concat([effect(half_year(seed, 0.0), CAMPAIGN) for seed in range(100)])
    assert found.filter(verdict="not shown").height >= 95
    assert found.filter(verdict="helped").height <= 3
    assert found.filter(pl.col("after") - pl.col("before") > 0.1).height >= 95


def test_too_few_people() -> None:
    """Four people on one side show nothing, whatever their levels."""
    few = half_year(1, 2.0).filter(~pl.col("person").is_in([f"p{number}" for number in range(4, 12)]))
    row = effect(few, CAMPAIGN).to_dicts()[0]
    assert (row["verdict"], row["n_people"], row["difference"]) == ("too few", 4, None)


def test_campaigns_of_a_workspace(tmp_path: Path) -> None:
    """A list of campaigns is read; what is none is refused with its form."""
    assert read_campaigns(tmp_path) == []
    line = "- {rubric: discovery_call, element: next_steps, team: North, start: 2026-04-06}"
    (tmp_path / "campaigns.yaml").write_text(line)
    assert read_campaigns(tmp_path) == [CAMPAIGN]
    (tmp_path / "campaigns.yaml").write_text("quarter: 2")
    with pytest.raises(ValueError, match="is no list of campaigns"):
        read_campaigns(tmp_path)
