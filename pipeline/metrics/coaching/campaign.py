"""Campaigns: one element of one kind of conversation, a team and a quarter, before and after, against the others."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.intake.yaml_files import read_yaml

CAMPAIGNS = "campaigns.yaml"
MIN_PEOPLE = 5  # on either side, with conversations before and after; fewer show nothing
SURE = 0.99  # of either end: at most two of a hundred campaigns that do nothing seem to do something
WARNING = "People were not drawn by lot: whatever else changed for one side and not the other is in the difference."


class Campaign(BaseModel):
    """What a team works on together: an element of a rubric from a day on, for some weeks, and the level aimed at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rubric: str
    element: str
    team: str
    start: date
    weeks: int = Field(13, ge=1, le=52)
    target: float = Field(2.0, ge=0, le=3)


def read_campaigns(workspace: Path) -> list[Campaign]:
    """The campaigns of campaigns.yaml, none without it; raises ValueError where it is not a list of such."""
    path = workspace / CAMPAIGNS
    if not path.is_file():
        return []
    try:
        return TypeAdapter(list[Campaign]).validate_python(read_yaml(path) or [])
    except (yaml.YAMLError, ValidationError) as error:
        raise ValueError(
            f"{path}: is no list of campaigns; write `- {{rubric: discovery_call, element: next_steps, team: North, "
            "start: 2026-07-01}` lines"
        ) from error


def effect(labels: pl.DataFrame, campaign: Campaign) -> pl.DataFrame:
    """One row: before and after (mean level of the team, people counting alike), others_before, others_after, each with
    its 95 % interval (before_low, before_high), the difference of the two changes with its interval (low, high),
    n_people, n_others, and verdict.

    `labels` has person, team, rubric, element, started_at (UTC) and expected_level. The person is the unit: of each the
    mean of the weeks after the start less that of as many weeks before; the two sides are compared by Welch's t.
    difference, low and high are null below MIN_PEOPLE, the intervals of the means below two people. verdict is helped
    or harmed where the interval of the difference lies to one side of 0, else not shown, or too few.
    """
    from scipy.special import stdtrit

    span = timedelta(weeks=campaign.weeks)
    day = pl.col("started_at").dt.date()
    chosen = labels.filter(
        pl.col("rubric") == campaign.rubric,
        pl.col("element") == campaign.element,
        day.is_between(campaign.start - span, campaign.start + span, closed="left"),
    )
    after, level = day >= campaign.start, pl.col("expected_level")
    people = (
        chosen.group_by("person")
        .agg(
            inside=(pl.col("team") == campaign.team).any(),
            before=level.filter(~after).mean(),
            after=level.filter(after).mean(),
        )
        .drop_nulls(["before", "after"])
        .with_columns(change=pl.col("after") - pl.col("before"))
    )
    ours, others = people.filter("inside"), people.filter(~pl.col("inside"))
    row: dict[str, object] = dict.fromkeys(("difference", "low", "high"))
    row |= {"n_people": ours.height, "n_others": others.height, "verdict": "too few"}
    for name, side in (("", ours), ("others_", others)):
        for when in ("before", "after"):
            mean, low, high = _mean(side[when])
            row |= {f"{name}{when}": mean, f"{name}{when}_low": low, f"{name}{when}_high": high}
    if min(ours.height, others.height) >= MIN_PEOPLE:
        mine, theirs = (side["change"].to_numpy() for side in (ours, others))
        errors = [float(change.var(ddof=1)) / change.size for change in (mine, theirs)]
        difference = float(mine.mean() - theirs.mean())
        parts = errors[0] ** 2 / (mine.size - 1) + errors[1] ** 2 / (theirs.size - 1)
        freedom = (errors[0] + errors[1]) ** 2 / parts if parts else float("inf")
        half = float(stdtrit(freedom, SURE)) * (errors[0] + errors[1]) ** 0.5
        verdict = "helped" if difference - half > 0 else "harmed" if difference + half < 0 else "not shown"
        row |= {"difference": difference, "low": difference - half, "high": difference + half, "verdict": verdict}
    whole = {"n_people": pl.Int64, "n_others": pl.Int64, "verdict": pl.String}
    return pl.DataFrame([row], schema={name: whole.get(name, pl.Float64) for name in row})


def _mean(levels: pl.Series) -> tuple[float | None, float | None, float | None]:
    """The mean of people's levels with Student's 95 % interval, within 0 and 3; null where nobody or one is there."""
    from scipy.special import stdtrit

    values = levels.to_numpy()
    if values.size < 2:
        return (float(values.mean()) if values.size else None), None, None
    mean, half = float(values.mean()), float(stdtrit(values.size - 1, 0.975) * values.std(ddof=1) / values.size**0.5)
    return mean, max(mean - half, 0.0), min(mean + half, 3.0)
