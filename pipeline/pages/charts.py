"""Charts of the notebooks: the four colours with their letters, heat maps, values with intervals.

They are as wide as the page is, a telephone's too; long names stand in several lines.
"""

from typing import cast

import altair as alt
import polars as pl

from pipeline.tables.values import LEVELS

COLORS = {"red": "#c4442f", "orange": "#e48b32", "yellow": "#e6c737", "green": "#287c5c"}
PALE = {"red": "#f5d3cb", "orange": "#fae1c0", "yellow": "#f8eeb8", "green": "#c6e5d6"}
LINE_PX = 12
WIDTH = "container"
NAME_PX = 140  # of names beside a chart, which leaves a telephone room for the chart
BROKEN = "split(datum.label, '\\n')"  # Vega draws a list as lines
INK, BLUE = "#22262b", "#3a6f9c"
ABOVE = alt.Legend(orient="top", columns=2)  # beside a chart it would take a telephone's width


def color_scale(*, pale: bool = False) -> alt.Scale:
    """Red to green as on the pages; pale ones carry text."""
    return alt.Scale(domain=list(LEVELS), range=list((PALE if pale else COLORS).values()))


def lettered(level: pl.Expr) -> pl.Expr:
    """The letter that stands beside a colour: R, O, Y or G for a level of 0 to 3."""
    return level.replace_strict(range(len(LEVELS)), [color[0].upper() for color in LEVELS], return_dtype=pl.String)


def in_lines(column: str) -> pl.Expr:
    """A name in lines of about 24 letters."""
    return pl.col(column).str.replace_all(r"(.{1,24})(?:\s+|$)", "${1}\n").str.strip_chars_end("\n")


def names() -> alt.Axis:
    """The axis of names beside a chart."""
    return alt.Axis(labelExpr=BROKEN, labelLimit=NAME_PX, labelLineHeight=LINE_PX, ticks=False, domain=False)


def heat_map(cells: pl.DataFrame, *, row: str, column: str) -> alt.LayerChart:
    """Tiles by `row` and `column` in the order of the rows given, coloured by `color`, with `text` upon them; the heads
    of columns stand aslant."""
    order = {axis: cells[axis].unique(maintain_order=True).to_list() for axis in (row, column)}
    heads = alt.Axis(orient="top", labelAngle=-50, labelLimit=150, ticks=False, domain=False)
    base = alt.Chart(cells).encode(
        x=alt.X(f"{column}:N", sort=order[column], title=None, axis=heads),
        y=alt.Y(f"{row}:N", sort=order[row], title=None, axis=names()),
        tooltip=[alt.Tooltip(f"{name}:{_kind(kind)}") for name, kind in cells.schema.items()],
    )
    tiles = base.mark_rect(cornerRadius=4, stroke="white", strokeWidth=3).encode(
        color=alt.Color("color:N", scale=color_scale(pale=True), legend=None)
    )
    words = base.mark_text(color=INK, fontSize=9).encode(text="text:N")
    chart: alt.LayerChart = (tiles + words).properties(width=WIDTH, height=alt.Step(34))
    return chart


def stacked(counts: pl.DataFrame, *, row: str) -> alt.Chart:
    """Bars of how often each colour was given, by `row` in the order of the rows given; red to green."""
    counts = counts.with_columns(in_lines(row))
    order = counts[row].unique(maintain_order=True).to_list()
    chart: alt.Chart = (
        alt.Chart(counts)
        .mark_bar()
        .encode(
            y=alt.Y(f"{row}:N", sort=order, title=None, axis=names()),
            x=alt.X("n:Q", title="labels"),
            color=alt.Color("color:N", scale=color_scale(), sort=list(LEVELS), title=None, legend=ABOVE),
            order=alt.Order("level:Q"),
            tooltip=[row, "color", "n"],
        )
        .properties(width=WIDTH, height=alt.Step(40))
    )
    return chart


def with_intervals(
    rows: pl.DataFrame, *, row: str, value: str, title: str, mark: float | None = None
) -> alt.LayerChart:
    """Points with their intervals from `low` to `high`, by `row` in the order given; a rule at `mark`."""
    rows = rows.with_columns(in_lines(row))
    order = rows[row].unique(maintain_order=True).to_list()
    base = alt.Chart(rows).encode(
        y=alt.Y(f"{row}:N", sort=order, title=None, axis=names()),
        tooltip=[alt.Tooltip(f"{name}:{_kind(kind)}") for name, kind in rows.schema.items()],
    )
    bars = base.mark_rule(strokeWidth=2, color=BLUE).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    points = base.mark_point(filled=True, size=70, color=BLUE, opacity=1).encode(x=f"{value}:Q")
    layers = [bars, points]
    if mark is not None:
        at = alt.Chart(pl.DataFrame({"at": [mark]})).mark_rule(strokeDash=[3, 3], color="grey").encode(x="at:Q")
        layers.insert(0, at)
    whole = alt.layer(*layers).properties(width=WIDTH, height=alt.Step(40))
    return cast(alt.LayerChart, whole)  # of single charts, no facets


def _kind(kind: pl.DataType) -> str:
    return "Q" if kind.is_numeric() else "T" if kind.is_temporal() else "N"
