"""Quality of conversations beside what became of opportunities: won or lost, from stage to stage, and the forecast.

All of it is correlation: strong opportunities make good conversations easy. Nothing here shows a cause.
"""

from typing import NamedTuple

import polars as pl

from pipeline.metrics.intervals import wilson

WON, LOST = "won", "lost"
DIGITS = 9  # of a mean quality: what lies beyond hangs on the order of summing
POINTS = 5.0  # of conversion at the top of the funnel, whose worth is told
HALVES = ("lower half", "upper half")  # of opportunities by the quality of their conversations


def latest(snapshots: pl.DataFrame) -> pl.DataFrame:
    """One row per opportunity: its last snapshot, first_seen, and `state`: won, lost or open by the stage's name."""
    ordered = snapshots.sort("opportunity_id", "as_of")
    last = ordered.group_by("opportunity_id", maintain_order=True).agg(
        pl.exclude("as_of").last(), pl.col("as_of").last(), first_seen=pl.col("as_of").first()
    )
    return last.with_columns(state=state_of("stage"))


def state_of(column: str) -> pl.Expr:
    """What the name of a stage says: won, lost or open."""
    stage = pl.col(column).str.to_lowercase()
    won, lost = stage.str.contains(WON), stage.str.contains(LOST)
    return pl.when(won).then(pl.lit(WON)).when(lost).then(pl.lit(LOST)).otherwise(pl.lit("open"))


def with_quality(opportunities: pl.DataFrame, calls: pl.DataFrame, qualities: pl.DataFrame) -> pl.DataFrame:
    """Opportunities with `n_calls`, `quality` (the mean of their conversations, 0 to 100) and `half`: which of HALVES
    that is, null without any. `calls` has call_id and opportunity_id, `qualities` call_id and quality."""
    means = (
        calls.select("call_id", "opportunity_id")
        .join(qualities.drop_nulls("quality"), on="call_id")
        .group_by("opportunity_id")
        .agg(n_calls=pl.len(), quality=pl.col("quality").mean().round(DIGITS))
    )
    both = opportunities.join(means, on="opportunity_id", how="left", maintain_order="left")
    upper = pl.col("quality") > pl.col("quality").median()
    half = pl.when(upper).then(pl.lit(HALVES[1])).when(upper.not_()).then(pl.lit(HALVES[0]))
    return both.with_columns(pl.col("n_calls").fill_null(0), half=half)


def win_rates(opportunities: pl.DataFrame) -> pl.DataFrame:
    """Of the opportunities that were decided, the share won in each half: half, n, won, share, low, high (Wilson)."""
    decided = opportunities.filter(pl.col("state") != "open", pl.col("half").is_not_null())
    return _shares(decided.with_columns(good=pl.col("state") == WON), "half").sort("half")


def difference(rates: pl.DataFrame) -> tuple[float, float, float] | None:
    """The upper half's share less the lower's, with Newcombe's 95 % interval (1998, his method 10); None without both
    halves."""
    if rates["half"].to_list() != list(HALVES):
        return None
    lower, upper = rates.rows(named=True)
    by = upper["share"] - lower["share"]
    down = ((upper["share"] - upper["low"]) ** 2 + (lower["high"] - lower["share"]) ** 2) ** 0.5
    up = ((upper["high"] - upper["share"]) ** 2 + (lower["share"] - lower["low"]) ** 2) ** 0.5
    return by, by - down, by + up


def conversions(snapshots: pl.DataFrame, opportunities: pl.DataFrame) -> pl.DataFrame:
    """From stage to stage: stage, half (or all), n that came to a decision there, share that went on, low, high.

    Stages stand in the order in which opportunities come to them on average. One that is still in a stage is not
    counted there; one that skipped a stage is counted where it was seen.
    """
    seen = snapshots.join(opportunities.select("opportunity_id", "state", "half"), on="opportunity_id")
    steps = (
        seen.filter(~pl.col("stage").str.to_lowercase().str.contains(f"{WON}|{LOST}"))
        .group_by("opportunity_id", "stage")
        .agg(pl.col("state", "half").first(), came=pl.col("as_of").min())
        .sort("opportunity_id", "came", "stage")
        .with_columns(place=pl.int_range(pl.len()).over("opportunity_id"))
    )
    order = steps.group_by("stage").agg(pl.col("place").mean()).sort("place", "stage").with_row_index("number")
    placed = steps.drop("place").join(order.select("stage", "number"), on="stage")
    further = pl.col("number") < pl.col("number").max().over("opportunity_id")
    on, lost = further | (pl.col("state") == WON), pl.col("state") == LOST
    good = pl.when(on).then(pl.lit(value=True)).when(lost).then(pl.lit(value=False))
    decided = placed.with_columns(good=good).drop_nulls("good")
    both = pl.concat([decided.with_columns(half=pl.lit("all")), decided.drop_nulls("half")], how="vertical_relaxed")
    return _shares(both, "number", "stage", "half").sort("number", "half").drop("number")


def _shares(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """How many of each group's rows are `good`: n, won, share and Wilson's interval."""
    counts = rows.group_by(keys).agg(n=pl.len().cast(pl.Float64), won=pl.col("good").sum().cast(pl.Float64))
    low, high = wilson(pl.col("won"), pl.col("n"))
    figures = counts.with_columns(share=pl.col("won") / pl.col("n"), low=low.clip(0, 1), high=high.clip(0, 1))
    return figures.with_columns(pl.col("n", "won").cast(pl.Int64))


def forecasts(snapshots: pl.DataFrame) -> pl.DataFrame:
    """What was forecast at the start of each quarter and what came of it: quarter (its first day), forecast_category,
    n, amount (forecast to close in the quarter), won_amount (of these, won in it) and share, that of the amount.

    An opportunity is taken as its last snapshot up to the quarter's first day says it. Only quarters that are over by
    the last snapshot are told.
    """
    over = snapshots["as_of"].max()
    stage = pl.col("stage").str.to_lowercase()
    quarters = snapshots.select(quarter=pl.col("close_date").dt.truncate("1q")).drop_nulls().unique()
    at_start = (
        snapshots.join(quarters, how="cross")
        .filter(pl.col("as_of") <= pl.col("quarter"))
        .sort("as_of")
        .group_by("quarter", "opportunity_id")
        .agg(pl.col("stage", "amount", "close_date", "forecast_category").last())
        .filter(
            pl.col("close_date").dt.truncate("1q") == pl.col("quarter"),
            ~stage.str.contains(f"{WON}|{LOST}"),
            pl.col("amount").is_not_null() & pl.col("forecast_category").is_not_null(),
            pl.col("quarter").dt.offset_by("1q") <= pl.lit(over),
        )
    )
    ends = latest(snapshots).select("opportunity_id", "state", ended=pl.coalesce("close_date", "as_of"))
    came = (pl.col("state") == WON) & (pl.col("ended").dt.truncate("1q") == pl.col("quarter"))
    return (
        at_start.join(ends, on="opportunity_id")
        .group_by("quarter", "forecast_category")
        .agg(n=pl.len(), amount=pl.col("amount").sum(), won_amount=pl.col("amount").filter(came).sum())
        .with_columns(share=pl.col("won_amount") / pl.col("amount"))
        .sort("quarter", "forecast_category")
    )


class Worth(NamedTuple):
    """What `points` more opportunities of a hundred that come through the first stage are worth in a quarter, and what
    that rests on: how many begin in a quarter, how many of those that come through are won, and the mean amount won.

    It takes for granted that those which come through in addition are won as often and are as large as the others.
    """

    points: float
    stage: str
    share: float
    begun_a_quarter: float
    won_after: float
    mean_amount: float
    amount: float


def worth(snapshots: pl.DataFrame, opportunities: pl.DataFrame) -> Worth | None:
    """None where stages, amounts or won opportunities are not known."""
    stages = conversions(snapshots, opportunities).filter(half="all")
    won = opportunities.filter(pl.col("state") == WON, pl.col("amount").is_not_null())
    quarters = opportunities["first_seen"].dt.truncate("1q").n_unique()
    if stages.is_empty() or won.is_empty():
        return None
    first = stages.row(0, named=True)
    through, n_won = first["won"], opportunities.filter(state=WON).height
    won_after = min(1.0, n_won / through) if through else 0.0
    mean_amount = float(won.select(pl.col("amount").mean()).item())
    begun = opportunities.height / quarters
    amount = begun * POINTS / 100 * won_after * mean_amount
    return Worth(POINTS, first["stage"], first["share"], begun, won_after, mean_amount, amount)
