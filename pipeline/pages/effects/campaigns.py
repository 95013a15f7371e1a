"""Campaigns as the page of the week shows them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.metrics.coaching.campaign import Campaign, effect
from pipeline.pages.parts.typed_rows import record_of
from pipeline.tables.judgements import Elements


@dataclass(frozen=True)
class Mean:
    """The mean level of people with its 95 % interval; low and high are null for a single one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class CampaignLine:
    """A campaign with what it came to so far: see `pipeline.metrics.coaching.campaign.effect`."""

    title: str
    team: str
    start: date
    target: float
    before: Mean | None
    after: Mean | None
    others_before: Mean | None
    others_after: Mean | None
    difference: float | None
    low: float | None
    high: float | None
    n_people: int
    n_others: int
    verdict: str


def campaign_line(campaign: Campaign, ratings: pl.DataFrame, elements: dy.DataFrame[Elements]) -> CampaignLine:
    """A campaign with what it came to in the ratings of everybody."""
    found = effect(ratings, campaign).to_dicts()[0]
    titles = elements.filter(rubric=campaign.rubric, element=campaign.element)["title"].to_list()
    about = {"title": (titles or [campaign.element])[0], "team": campaign.team, "start": campaign.start}
    means = {name: _mean_of(found, name) for name in ("before", "after", "others_before", "others_after")}
    return record_of(CampaignLine, found | means | about | {"target": campaign.target})


def _mean_of(found: dict[str, Any], name: str) -> Mean | None:
    return None if found[name] is None else Mean(found[name], found[f"{name}_low"], found[f"{name}_high"])
