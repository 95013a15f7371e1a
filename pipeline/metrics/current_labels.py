"""Current labels: which label of a call and element is shown, the same on pages, in KPIs, exports and commands."""

import polars as pl


def current_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """One label per call, rubric and element: the current one, of two the calibrated, else the later.

    Its level is null where nothing was learnt that could judge the element; `reason` says why.
    """
    return (
        labels.filter("current")
        .sort("status", "labelled_at", "model_id", descending=[True, False, False])
        .unique(["call_id", "rubric", "element"], keep="last", maintain_order=True)
    )


def judged_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Those of the current labels that have a level: what means and counts are made of."""
    return current_labels(labels).drop_nulls("level")
