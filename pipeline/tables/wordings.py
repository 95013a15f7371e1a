"""Wordings: what was scored, judged or learnt by earlier anchors that mean the same stands under today's."""

import dataframely as dy
import polars as pl

from pipeline.tables.judgements import Elements

USE = ["rubric", "element", "rubric_hash"]


def in_todays_words(rows: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The same rows (with rubric, element and rubric_hash): an earlier wording that means the same as today's has
    today's rubric_hash. Rows by other wordings than today's come first, so that the last of two is today's."""
    known = (
        elements.select(*USE[:2], today="rubric_hash", rubric_hash="same_meaning_as")
        .explode("rubric_hash")
        .drop_nulls("rubric_hash")
    )
    if known.is_empty():
        return rows
    is_today = pl.col("rubric_hash").is_in(elements["rubric_hash"].implode())
    found = rows.sort(is_today, maintain_order=True).join(known, on=USE, how="left", maintain_order="left")
    return found.with_columns(rubric_hash=pl.coalesce("today", "rubric_hash")).drop("today")
