"""The calibration page: how far raters agree, how far models agree with them, and whether shares mean what they say."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.pages.ratings import words
from pipeline.tables import LEVELS

BINS = 10


def view(rows: Mapping[str, pl.DataFrame], elements: pl.DataFrame) -> dict[str, Any]:
    """What the calibration page shows: per rubric (those in use first) and element the agreement, model and gate."""
    titles = elements.select("rubric", "element", "title", "position", "rubric_title", "rubric_hash")
    agreement = rows["agreement"].join(
        titles.select("rubric_hash", "rubric", "element"), on=["rubric", "element", "rubric_hash"], how="semi"
    )
    scopes = (
        agreement.sort("scope", descending=True)
        .group_by("rubric", "element", maintain_order=True)
        .agg(pl.struct(pl.exclude("rubric", "element")).alias("scopes"))
    )
    newest = rows["models"].sort("trained_at").group_by("rubric", "element").last()
    model = newest.select("rubric", "element", pl.struct(pl.exclude("rubric", "element")).alias("model"))
    kinds = (
        titles.join(scopes, on=["rubric", "element"], how="left")
        .join(model, on=["rubric", "element"], how="left")
        .filter(pl.col("scopes").is_not_null() | pl.col("model").is_not_null())
        .with_columns(stale=pl.col("model").struct.field("rubric_hash") != pl.col("rubric_hash"))
        .sort(~pl.col("rubric").is_in(rows["labels"]["rubric"].unique().implode()), "rubric", "position")
        .group_by("rubric", maintain_order=True)
        .agg(
            pl.col("rubric_title").first(), pl.struct("title", "element", "scopes", "model", "stale").alias("elements")
        )
        .to_dicts()
    )
    raters = (
        rows["scores"]
        .group_by("rater_kind")
        .agg(
            pl.len().alias("scores"),
            pl.col("rater").n_unique().alias("raters"),
            pl.col("call_id").n_unique().alias("calls"),
        )
    )
    return {
        "title": "Calibration",
        "kinds": kinds,
        "raters": raters.sort("rater_kind").to_dicts(),
        "reliability": reliability(rows["labels"], rows["scores"]).to_dicts(),
        "orphans": words_missing(rows["agreement"], titles),
    }


def words_missing(agreement: pl.DataFrame, titles: pl.DataFrame) -> list[str]:
    """Elements whose agreement was found under other anchors than today's, as words."""
    gone = agreement.join(titles, on=["rubric", "element", "rubric_hash"], how="anti")
    return gone.select(pl.format("{}: {}", words("rubric"), words("element"))).to_series().unique().sort().to_list()


def reliability(labels: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Predicted shares against how often raters gave that level, in BINS bins and by kind of rater.

    Columns rater_kind, predicted (mean of the bin), found (share of scores), n. All four levels of all current
    labels count, so a row stands for many probabilities; only scores under the same anchors are compared.
    """
    keys = ["call_id", "rubric", "element", "rubric_hash"]
    shares = (
        labels.filter("current")
        .select(*keys, *(pl.col(f"p_{color}").alias(color) for color in LEVELS))
        .unpivot(index=keys, variable_name="asked", value_name="p")
    )
    return (
        scores.select(*keys, "rater_kind", "color")
        .join(shares, on=keys)
        .group_by("rater_kind", bin=(pl.col("p") * BINS).floor().clip(0, BINS - 1))
        .agg(
            pl.col("p").mean().alias("predicted"),
            (pl.col("color") == pl.col("asked")).mean().alias("found"),
            pl.len().alias("n"),
        )
        .sort("rater_kind", "bin")
        .drop("bin")
    )
