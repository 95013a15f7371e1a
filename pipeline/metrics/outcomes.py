"""Measures against outcomes: how far the conversations that advanced differ from the others, with intervals."""

import polars as pl

from pipeline.tables.values import DECIDED_OUTCOMES

MIN_CALLS = 2  # conversations on either side below which nothing can be said


def differences(values: pl.DataFrame) -> pl.DataFrame:
    """Per `measure` of `values` (measure, outcome, value): mean of those that advanced, of the stalled and lost, the
    difference with Welch's 95 % interval, and n of both.

    Welch 1947; the degrees of freedom are Satterthwaite's. Not corrected for looking at many measures at once.
    """
    from scipy.special import stdtrit

    won, value = pl.col("outcome") == "advanced", pl.col("value")
    known = values.filter(pl.col("outcome").is_in(DECIDED_OUTCOMES) & value.is_not_null())
    means = known.group_by("measure", maintain_order=True).agg(
        advanced=value.filter(won).mean(),
        others=value.filter(~won).mean(),
        n_advanced=won.sum(),
        n_others=(~won).sum(),
        error_advanced=value.filter(won).var() / won.sum(),
        error_others=value.filter(~won).var() / (~won).sum(),
    )
    error = pl.col("error_advanced") + pl.col("error_others")
    freedom = error**2 / (
        pl.col("error_advanced") ** 2 / (pl.col("n_advanced") - 1)
        + pl.col("error_others") ** 2 / (pl.col("n_others") - 1)
    )
    enough = means.filter(pl.min_horizontal("n_advanced", "n_others") >= MIN_CALLS, error > 0).with_columns(
        difference=pl.col("advanced") - pl.col("others"), freedom=freedom
    )
    half = pl.Series(stdtrit(enough["freedom"].to_numpy(), 0.975)) * enough.select(error.sqrt()).to_series()
    return enough.with_columns(low=pl.col("difference") - half, high=pl.col("difference") + half).select(
        "measure", "advanced", "others", "difference", "low", "high", "n_advanced", "n_others"
    )
