"""First look at the workspace: what is in it, what failed, how the colours fall."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="First look at the workspace")

with app.setup(hide_code=True):
    import altair as alt
    import marimo as mo
    import polars as pl

    from flows.notebook import open_workspace, table
    from pipeline.metrics.kpis import KPIS
    from pipeline.pages import charts
    from pipeline.pages.parts.figures import shown
    from pipeline.pages.parts.ratings import rate, words
    from pipeline.tables import TABLES


@app.cell(hide_code=True)
def _():
    mo.md("""
    # First look at the workspace

    What has been scored, what could not be, and how the colours fall. The workspace is the one that
    `CALLGRADE_WORKSPACE` names, else `./workspace`.
    """)
    return


@app.cell
def _():
    settings, store, elements, calls, labels = open_workspace()
    ok = calls.filter(status="ok")
    mo.stop(ok.is_empty(), mo.md(f"Nothing is scored in `{settings.workspace}` yet: run `callgrade demo` or `score`."))
    ratings = rate(calls, labels, elements)
    return calls, elements, ok, ratings, store


@app.cell
def _(ok, ratings):
    provisional = ratings.filter(status="provisional").height
    mo.vstack(
        [
            mo.hstack(
                [
                    mo.stat(ok.height, label="conversations", bordered=True),
                    mo.stat(ok["person"].n_unique(), label="people", bordered=True),
                    mo.stat(f"{ok['duration_s'].sum() / 3600:.1f}", label="hours", bordered=True),
                    mo.stat(ratings.height, label="labels", bordered=True),
                    mo.stat(int(ratings["needs_review"].sum()), label="to review", bordered=True),
                ],
                justify="start",
                wrap=True,
            ),
            mo.callout(
                mo.md(
                    f"**Provisional colours:** {provisional} of {ratings.height} labels are by classifiers that people's "
                    "scores have not borne out; the calibration page says what they learnt from."
                    if provisional
                    else "All colours are calibrated with people's scores, or settled by people."
                ),
                kind="warn" if provisional else "success",
            ),
        ]
    )
    return (provisional,)


@app.cell(hide_code=True)
def _():
    mo.md("""## Conversations by week""")
    return


@app.cell
def _(elements, ok):
    titles = elements.select("rubric", "rubric_title").unique()
    weekly = (
        ok.drop_nulls("started_at")
        .join(titles, left_on="interaction", right_on="rubric", how="left")
        .group_by(
            week=pl.col("started_at").dt.truncate("1w").dt.date(), kind=pl.coalesce("rubric_title", "interaction")
        )
        .agg(pl.len().alias("conversations"), minutes=(pl.col("duration_s").sum() / 60).round(1))
        .sort("week", "kind")
    )
    by_week = (
        alt.Chart(weekly)
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(week):O", title="week of"),
            y=alt.Y("conversations:Q", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(scheme="tableau10"), legend=charts.ABOVE),
            tooltip=["week:T", "kind", "conversations", "minutes"],
        )
        .properties(width=charts.WIDTH, height=220)
    )
    by_week
    return by_week, weekly


@app.cell(hide_code=True)
def _():
    mo.md("""## How the colours fall""")
    return


@app.cell
def _(ratings):
    counted = (
        ratings.group_by("rubric_title", "position", "title", "level", "color")
        .len("n")
        .sort("rubric_title", "position", "level")
        .with_columns(element=pl.format("{} · {}", "rubric_title", "title"))
    )
    colours = charts.stacked(counted, row="element")
    colours
    return colours, counted


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## The latest week in figures

    With 95 % intervals: they tell what chance alone would do, not what errors of transcripts or labels do.
    """)
    return


@app.cell
def _(store):
    kpis = store.read("kpis").filter(level_of="org", interaction="all")
    latest = (
        kpis.filter(pl.col("week") == kpis["week"].max(), pl.col("kpi").is_in(list(KPIS)))
        .with_columns(unit=pl.col("kpi").replace_strict({name: kpi.unit for name, kpi in KPIS.items()}))
        .sort(pl.col("kpi").replace_strict({name: at for at, name in enumerate(KPIS)}))
    )
    figures = pl.DataFrame(
        {
            "KPI": latest.select(words("kpi")).to_series(),
            "value": [shown(*row) for row in latest.select("value", "unit").iter_rows()],
            "95 % interval": [
                "" if low is None else f"{shown(low, unit)} to {shown(high, unit)}"
                for low, high, unit in latest.select("low", "high", "unit").iter_rows()
            ],
            "conversations": latest["n_calls"],
        }
    )
    table(figures, pagination=True, page_size=12)
    return (figures,)


@app.cell(hide_code=True)
def _(calls):
    failed = calls.filter(status="failed").select("call_id", "error_code", "error")
    mo.vstack(
        [
            mo.md("## What could not be scored"),
            mo.md("Every conversation was scored.") if failed.is_empty() else table(failed),
        ]
    )
    return (failed,)


@app.cell(hide_code=True)
def _(store):
    held = pl.DataFrame(
        [
            (name, store.read(name).height, " ".join(schema.__doc__.split(".")[0].split()).removeprefix("One row per "))
            for name, schema in TABLES.items()
        ],
        schema=["table", "rows", "one row per"],
        orient="row",
    )
    mo.vstack([mo.md("## The tables"), table(held, pagination=False, wrapped_columns=["one row per"])])
    return (held,)


if __name__ == "__main__":
    app.run()
