"""Wordings: what was scored, judged or learnt by earlier anchors that mean the same stands under today's."""

import dataframely as dy
import polars as pl

from pipeline.tables.judgements import Elements

USE = ["rubric", "element", "rubric_hash"]


def in_todays_words(rows: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The same rows (with rubric, element and rubric_hash): an earlier wording that means the same as today's has
    today's rubric_hash. Rows by other wordings than today's come first, so that the last of two is today's."""
    known = _known(elements)
    if known.is_empty():
        return rows
    is_today = pl.col("rubric_hash").is_in(elements["rubric_hash"].implode())
    found = rows.sort(is_today, maintain_order=True).join(known, on=USE, how="left", maintain_order="left")
    return found.with_columns(rubric_hash=pl.coalesce("today", "rubric_hash")).drop("today")


def in_labels_words(overrides: pl.DataFrame, labels: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The overrides, each with the rubric_hash of the label of its call and element that means the same, whichever of
    the two is of the earlier wording; one whose wording means something else than the label's keeps its own."""
    known, of_label = _known(elements), ["call_id", *USE]
    todays = pl.coalesce("today", "rubric_hash").alias("today")
    worded = labels.select(of_label).unique(maintain_order=True).join(known, on=USE, how="left", maintain_order="left")
    said = overrides.join(known, on=USE, how="left", maintain_order="left").with_columns(todays)
    of_labels = worded.with_columns(todays).rename({"rubric_hash": "labels"})
    both = said.join(of_labels, on=["call_id", *USE[:2], "today"], how="left", maintain_order="left")
    return both.with_columns(rubric_hash=pl.coalesce("labels", "rubric_hash")).drop("today", "labels")


def _known(elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """Each earlier wording that means the same as today's: rubric, element, rubric_hash, and `today`, that of today."""
    earlier = elements.select(*USE[:2], today="rubric_hash", rubric_hash="same_meaning_as").explode("rubric_hash")
    return earlier.drop_nulls("rubric_hash").unique(maintain_order=True)
