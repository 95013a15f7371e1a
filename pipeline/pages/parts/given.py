"""What people scored of a conversation, to stand beside its labels."""

from dataclasses import dataclass

import dataframely as dy
import polars as pl

from pipeline.tables.judgements import Elements
from pipeline.tables.wordings import USE, in_todays_words


@dataclass(frozen=True)
class Given:
    """What a person scored."""

    rater: str
    level: int


def given_by_people(scores: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """One row per call and element that people scored by today's anchors: call_id, rubric, element, `given` by name."""
    by_people = in_todays_words(scores.filter(rater_kind="person"), elements).join(elements, on=USE, how="semi")
    given = pl.struct("rater", "level").alias("given")
    return by_people.sort("rater").group_by("call_id", "rubric", "element", maintain_order=True).agg(given)
