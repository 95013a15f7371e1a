"""What is usual: the middle half of a measure among a team's conversations of one kind, to stand beside each value."""

import polars as pl

MIN_USUAL_CALLS = 5  # fewer have no middle half to speak of
MONTHS = 3  # the call's own and those before it: what comes later changes nothing
GROUP = ["team", "interaction", "month", "measure", "role"]


def beside_usual(measures: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Measures with `low` and `high`, the quartiles of the team's calls of that kind in the call's month and the
    two before; null below MIN_USUAL_CALLS and for calls without a date. Rounded, so that a page does not change
    with each call of its team."""
    month = pl.col("started_at").dt.truncate("1mo").dt.date()
    about = calls.select("call_id", "team", "interaction", month=month).drop_nulls("month")
    known = measures.select("call_id", "measure", "role", "value").drop_nulls("value").join(about, on="call_id")
    later = pl.DataFrame({"later": range(MONTHS)}, schema={"later": pl.Int64})
    month_on = pl.col("month").dt.offset_by(pl.format("{}mo", "later"))
    value = pl.col("value")
    quartiles = (
        known.join(later, how="cross")
        .with_columns(month=month_on)
        .group_by(GROUP)
        .agg(
            n=pl.len(),
            low=value.quantile(0.25, "linear").round_sig_figs(2),
            high=value.quantile(0.75, "linear").round_sig_figs(2),
        )
        .filter(pl.col("n") >= MIN_USUAL_CALLS)
        .drop("n")
    )
    here = measures.join(about, on="call_id", how="left", maintain_order="left")
    return here.join(quartiles, on=GROUP, how="left", nulls_equal=True, maintain_order="left").drop(GROUP[:3])
