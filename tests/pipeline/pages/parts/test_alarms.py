"""Alarms of the week, by hand."""

import polars as pl

from pipeline.pages.parts.alarms import overturned_alarms


def test_overturned() -> None:
    """An element of whose labels more than a tenth were overturned raises an alarm, the worst first; a tenth does not,
    nor do four labels, nor another KPI."""
    rows = [
        ("overturned_share", "agenda", 0.2, 10),
        ("overturned_share", "insight", 0.5, 6),
        ("overturned_share", "next_steps", 0.1, 10),
        ("overturned_share", "value_fit", 1.0, 4),
        ("red_share", "next_steps", 0.9, 10),
    ]
    of_org = pl.DataFrame(rows, schema=["kpi_name", "split", "value", "n_calls"], orient="row").with_columns(
        interaction=pl.lit("discovery_call")
    )
    names = ["agenda", "insight", "next_steps", "value_fit"]
    elements = pl.DataFrame(
        {"rubric": "discovery_call", "rubric_title": "Discovery call", "element": names, "title": names}
    )
    alarms = overturned_alarms(of_org, elements)
    assert [(one.title, one.value, one.n_calls) for one in alarms] == [("insight", 0.5, 6), ("agenda", 0.2, 10)]
