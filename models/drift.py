"""Drift: whether the colours given in a week are still spread as in what the classifiers were judged on."""

import dataframely as dy
import numpy as np
import polars as pl

from models.learning.element_model import CALIBRATED_BASES
from pipeline.tables.judgements import Labels
from pipeline.tables.values import LEVELS

SHARES = [f"share_{color}" for color in LEVELS]
EXPECTED = [f"expected_{color}" for color in LEVELS]
FEWEST = 20  # labels in a week below which no alarm is raised
CHANCE = 0.01  # of a false alarm somewhere in an element's weeks
APART = 0.15  # share of labels that would have to change colour: less does not matter


def drift(labels: dy.DataFrame[Labels], calls: pl.DataFrame, validated: pl.DataFrame) -> pl.DataFrame:
    """One row per rubric, element and week (its Monday): n, the share of each level, the shares expected, apart (half
    the sum of the differences), p (chi-square), against, alarm.

    `calls` has call_id and started_at; `validated` are the rows of `Trained.validated`: what is expected is how often
    the cross-validated model gave each level in the training set. Models that learnt from the reference are held
    against the weeks before, since in the reference every level is made equally common. An alarm needs FEWEST labels, a
    distance of APART and a p under CHANCE by the number of weeks.
    """
    use = ["rubric", "element"]
    weekly = (
        labels.filter("current")
        .drop_nulls("level")
        .join(calls.select("call_id", pl.col("started_at").dt.truncate("1w").dt.date().alias("week")), on="call_id")
        .drop_nulls("week")
        .group_by(*use, "model_id", "basis", "week")
        .agg(pl.len().alias("n"), *((pl.col("color") == color).sum().alias(color) for color in LEVELS))
        .sort(*use, "model_id", "week")
    )
    trained = validated.group_by("model_id").agg(
        *((pl.col("given") == level).sum().alias(f"trained_{color}") for level, color in enumerate(LEVELS))
    )
    by_people = pl.col("basis").is_in(CALIBRATED_BASES)
    before = [(pl.col(color).cum_sum() - pl.col(color)).over(*use, "model_id") for color in LEVELS]
    expected = [
        pl.when(by_people).then(f"trained_{color}").otherwise(earlier).alias(name)
        for color, earlier, name in zip(LEVELS, before, EXPECTED, strict=True)
    ]
    counted = weekly.join(trained, on="model_id", how="left", maintain_order="left").with_columns(expected)
    known = pl.sum_horizontal(EXPECTED)
    shares = counted.with_columns(
        *((pl.col(color) / pl.col("n")).alias(share) for color, share in zip(LEVELS, SHARES, strict=True)),
        *(pl.when(known > 0).then(pl.col(name) / known).alias(name) for name in EXPECTED),
        known.alias("known"),
        pl.when(by_people).then(pl.lit("training set")).otherwise(pl.lit("weeks before")).alias("against"),
        pl.len().over(*use, "model_id").alias("weeks"),
    )
    gaps = [(pl.col(share) - pl.col(name)).abs() for share, name in zip(SHARES, EXPECTED, strict=True)]
    tested = shares.with_columns(
        (pl.sum_horizontal(gaps, ignore_nulls=False) / 2).alias("apart"), pl.Series("p", _chances(shares))
    )
    enough = (pl.col("n") >= FEWEST) & (pl.col("known") >= FEWEST)
    alarm = enough & (pl.col("apart") >= APART) & (pl.col("p") < CHANCE / pl.col("weeks"))
    return tested.select(
        *use, "week", "n", *SHARES, *EXPECTED, "apart", "p", "against", alarm.fill_null(value=False).alias("alarm")
    ).sort(*use, "week")


def _chances(shares: pl.DataFrame) -> list[float | None]:
    """Of each row, the chance of levels so differently spread in two samples of one kind; None where one is empty."""
    from scipy.stats import chi2_contingency

    found: list[float | None] = []
    tables = shares.select(*LEVELS).to_numpy(), (shares.select(EXPECTED) * shares["known"]).to_numpy()
    for week, expected in zip(*tables, strict=True):
        table = np.stack([week, np.nan_to_num(expected.astype(float))])
        table = table[:, table.sum(axis=0) > 0]
        comparable = table.shape[1] > 1 and (table.sum(axis=1) > 0).all()
        found.append(float(chi2_contingency(table).pvalue) if comparable else None)
    return found
