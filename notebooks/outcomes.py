"""Measures against outcomes: how conversations that advanced differ from the others; correlation, not cause."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Measures against outcomes")

with app.setup(hide_code=True):
    import altair as alt
    import marimo as mo
    import polars as pl

    from flows.notebook import open_workspace
    from pipeline.metrics.kpis import CORRELATION
    from pipeline.metrics.measures import MEASURES
    from pipeline.metrics.outcomes import differences
    from pipeline.pages import charts
    from pipeline.pages.parts.ratings import rate
    from pipeline.tables.values import DECIDED_OUTCOMES


@app.cell(hide_code=True)
def _():
    mo.vstack(
        [
            mo.md("""
    # Measures against outcomes

    Do conversations that advance sound different from those that stall or are lost?
    """),
            mo.callout(
                mo.md(
                    f"**{CORRELATION}** Strong opportunities make good conversations easy, and good sellers get better ones. Of twenty "
                    "figures that mean nothing, one leaves its 95 % interval by chance. To find out what helps, change one habit in "
                    "one half of a team and compare."
                ),
                kind="warn",
            ),
        ]
    )
    return


@app.cell
def _():
    _, store, elements, calls, labels = open_workspace()
    ended = calls.filter(pl.col("status") == "ok", pl.col("outcome").is_in(DECIDED_OUTCOMES))
    mo.stop(
        ended.is_empty(),
        mo.md(
            "No scored conversation has an outcome: fill the column `outcome` of the call list "
            "with advanced, stalled or lost."
        ),
    )
    titles = dict(elements.select("rubric", "rubric_title").unique().iter_rows())
    kinds = {titles.get(one, one): one for one in ended["interaction"].value_counts(sort=True)["interaction"]}
    kind = mo.ui.dropdown(kinds, value=next(iter(kinds)), label="Kind of conversation")
    kind
    return calls, elements, ended, kind, labels, store


@app.cell
def _(elements, ended, kind, labels, store):
    chosen = ended.filter(interaction=kind.value)
    ratings = rate(chosen, labels, elements)
    quality = ratings.group_by("call_id").agg(value=pl.col("expected_level").mean())
    measured = (
        store.read("measures", where=pl.col("role").is_in(["lead", "all"]))
        .join(quality, on="call_id", how="semi")
        .with_columns(label=pl.format("{} ({})", pl.col("measure").str.replace_all("_", " "), "unit"))
    )
    values = (
        pl.concat(
            [
                quality.select("call_id", "value", measure=pl.lit("mean level"), label=pl.lit("mean level (0 to 3)")),
                measured.select("call_id", "value", "measure", "label"),
            ]
        )
        .join(chosen.select("call_id", "outcome", "name", "other_name"), on="call_id")
        .drop_nulls("value")
    )
    options = dict(values.select("label", "measure").unique(maintain_order=True).iter_rows())
    what = mo.ui.dropdown(options, value=next(iter(options)), label="Measure")
    mo.hstack([what, mo.md(f"{chosen.height} conversations with an outcome")], justify="start", wrap=True)
    return chosen, options, quality, values, what


@app.cell
def _(values, what):
    one = values.filter(measure=what.value)
    definition = MEASURES[what.value].definition if what.value in MEASURES else "Mean expected level over the elements."
    outcome = alt.X("outcome:N", sort=DECIDED_OUTCOMES, title=None, axis=alt.Axis(labelAngle=0))
    reading = alt.Y("value:Q", title=one["label"][0] if one.height else "", scale=alt.Scale(zero=False))
    strip = alt.layer(
        alt.Chart(one)
        .mark_point(size=70, strokeWidth=2, color=charts.BLUE)
        .encode(x=outcome, y=reading, xOffset=alt.XOffset("jitter:Q"), tooltip=["name", "other_name", "value"])
        .transform_calculate(jitter="random()"),
        alt.Chart(one).mark_tick(thickness=3, size=60, color=charts.INK).encode(x=outcome, y="mean(value):Q"),
    ).properties(width=charts.WIDTH, height=280)
    mo.vstack([strip, mo.md(f"Bars are means. {definition}")])
    return one, strip


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## All measures at once

    Mean of the conversations that advanced minus that of the stalled and lost, in standard deviations so that measures
    compare, with Welch's 95 % interval. Few conversations make wide intervals: most of these cross zero.
    """)
    return


@app.cell
def _(values):
    found = (
        differences(values)
        .join(values.group_by("measure").agg(pl.col("label").first(), pl.col("value").std().alias("sd")), on="measure")
        .filter(pl.col("sd") > 0)
        .with_columns((pl.col("difference", "low", "high") / pl.col("sd")).round(2))
        .sort(pl.col("difference").abs(), descending=True)
    )
    mo.stop(found.is_empty(), mo.md("Fewer than two conversations on one of the sides: nothing can be said."))
    everything = charts.with_intervals(
        found.select("label", "difference", "low", "high", "n_advanced", "n_others"),
        row="label",
        value="difference",
        title="standard deviations",
        mark=0.0,
    )
    clear = found.filter((pl.col("low") > 0) | (pl.col("high") < 0)).height
    mo.vstack(
        [
            everything,
            mo.md(
                f"{clear} of {found.height} intervals leave zero out; chance alone would do that to about "
                f"{0.05 * found.height:.0f}."
            ),
        ]
    )
    return everything, found


if __name__ == "__main__":
    app.run()
