"""Alarms of the week: colours that drifted, and classifiers that people overturn too often."""

from dataclasses import dataclass

import dataframely as dy
import polars as pl

from pipeline.pages.parts.typed_rows import record_of, rows_of
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

MAX_OVERTURNED = 0.1  # of an element's labels in a week, beyond which there is an alarm
MIN_LABELS = 5  # fewer tell nothing


@dataclass(frozen=True)
class Drift:
    """An element whose colours are spread otherwise than expected, with the colour that moved most."""

    title: str
    rubric_title: str
    n: int
    against: str
    color: str
    share: float
    expected: float


@dataclass(frozen=True)
class Overturned:
    """An element of whose labels people overturned too many."""

    title: str
    rubric_title: str
    value: float
    n_calls: int


def drift_alarms(drifted: pl.DataFrame, elements: dy.DataFrame[Elements]) -> list[Drift]:
    """The elements whose colours drifted in the latest week."""
    latest = drifted.filter(pl.col("alarm") & (pl.col("week") == pl.col("week").max()))
    titles = elements.select("rubric", "element", "title", "rubric_title", "position")
    alarms = []
    for row in latest.join(titles, on=["rubric", "element"]).sort("rubric_title", "position").iter_rows(named=True):
        moves = {color: row[f"share_{color}"] - row[f"expected_{color}"] for color in LEVELS}
        color = max(moves, key=lambda color: abs(moves[color]))
        of_color = {"color": color, "share": row[f"share_{color}"], "expected": row[f"expected_{color}"]}
        alarms.append(record_of(Drift, row | of_color))
    return alarms


def overturned_alarms(of_org: pl.DataFrame, elements: dy.DataFrame[Elements]) -> list[Overturned]:
    """The elements of which more than MAX_OVERTURNED of the latest week's labels were overturned; `of_org` are the
    KPIs of that week by kind of conversation."""
    found = of_org.filter(
        pl.col("kpi_name") == "overturned_share", pl.col("value") > MAX_OVERTURNED, pl.col("n_calls") >= MIN_LABELS
    )
    if found.is_empty():
        return []
    titles = elements.select("title", "rubric_title", interaction="rubric", split="element")
    return rows_of(Overturned, found.join(titles, on=["interaction", "split"]).sort("value", descending=True))
