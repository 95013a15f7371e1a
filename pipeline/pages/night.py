"""What the last night brought: the conversations it scored, worst first, and those it could not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline.metrics.cadence import Plan
from pipeline.pages.parts.ratings import Chip, FailedCall
from pipeline.pages.parts.sentence import how_it_went
from pipeline.pages.parts.typed_rows import rows_of

MAX_LISTED_CALLS = 100  # of the last night; the map lists them all


@dataclass(frozen=True)
class NightCall:
    """A conversation that the night scored; `bad` where it is red on every decisive element of the plan."""

    call_id: str
    name: str
    other: str | None
    call_href: str | None
    started_at: datetime | None
    rubric_title: str
    colours: list[Chip]
    mean: float
    bad: bool

    @property
    def sentence(self) -> str:
        """How it went, in a sentence."""
        return how_it_went(self.colours)


@dataclass(frozen=True)
class Night:
    """The last run of the nightly flow: what it came to, and its conversations, at most `listed`."""

    ended: datetime
    n_scored: int
    n_failed: int
    n_review: int
    n_bad: int
    n_carried: int
    n_not_taken_up: int
    calls: list[NightCall]
    failed: list[FailedCall]
    listed: int = MAX_LISTED_CALLS


def last_night(rows: Mapping[str, pl.DataFrame], ratings: pl.DataFrame, plan: Plan) -> Night | None:
    """What the last run of the nightly flow brought; None before the first."""
    run = rows["runs"].filter(flow="nightly").sort("started_at").tail(1).to_dicts()
    if not run:
        return None
    calls = rows["calls"].filter(pl.col("scored_at") >= run[0]["started_at"])
    scored = (
        ratings.join(calls.filter(status="ok"), on="call_id", how="semi")
        .group_by("call_id", maintain_order=True)
        .agg(
            pl.col("name", "rubric_title", "started_at", "call_href").first(),
            other=pl.coalesce("other_name", "other_id").first(),
            colours=pl.struct("title", "level", "needs_review"),
            mean=pl.col("expected_level").mean(),
            review=pl.col("needs_review").sum(),
        )
        .join(_better_not_made(ratings, plan), on="call_id", how="left")
        .with_columns(pl.col("bad").fill_null(value=False))
        .sort(~pl.col("bad"), "mean", "call_id")
    )
    held = calls.filter(status="ok")
    carried = rows["actions"].filter(pl.col("carried_from").is_not_null()).join(held, on="call_id", how="semi")
    failed = calls.filter(status="failed").sort("call_id")
    return Night(
        ended=run[0]["ended_at"] or run[0]["started_at"],
        n_scored=held.height,
        n_failed=failed.height,
        n_review=int(scored["review"].sum()),
        n_bad=int(scored["bad"].sum()),
        n_carried=carried.height,
        n_not_taken_up=carried.filter(state="not_mentioned").height,
        calls=rows_of(NightCall, scored.head(MAX_LISTED_CALLS)),
        failed=rows_of(FailedCall, failed),
    )


def _better_not_made(ratings: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Per call with a red label of a decisive element: whether all of them are red (`bad`)."""
    decisive = [(rubric, name) for rubric, names in plan.decisive.items() for name in names]
    needed = pl.DataFrame(decisive, schema={"rubric": pl.String, "element": pl.String}, orient="row")
    n_needed = {rubric: len(names) for rubric, names in plan.decisive.items()}
    return (
        ratings.filter(pl.col("level") == 0)
        .join(needed, on=["rubric", "element"], how="semi")
        .group_by("call_id")
        .agg(bad=pl.len() >= pl.col("rubric").first().replace_strict(n_needed, default=None, return_dtype=pl.UInt32))
    )
