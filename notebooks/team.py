"""Team: who stands where at each element, how far people differ, and whether the middle shifts."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Team: heat map and spread")

with app.setup(hide_code=True):
    import altair as alt
    import marimo as mo
    import polars as pl

    from flows.notebook import open_workspace
    from pipeline.pages import charts
    from pipeline.pages.parts.ratings import TALLY, rate
    from pipeline.tables.values import LEVELS


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Team: heat map and spread

    A picture of where each person needs work and who shows how it is done. Work on one element at a time.
    """)
    return


@app.cell
def _():
    settings, store, elements, calls, labels = open_workspace()
    ratings = rate(calls, labels, elements)
    mo.stop(ratings.is_empty(), mo.md(f"No labels in `{settings.workspace}` yet: run `callgrade demo` or `score`."))
    return ratings, store


@app.cell
def _(ratings):
    commonest = ratings.group_by("rubric_title").len().sort("len", "rubric_title", descending=[True, False])
    kind = mo.ui.dropdown(commonest["rubric_title"].to_list(), value=commonest["rubric_title"][0], label="Kind")
    team = mo.ui.dropdown(["all teams", *ratings["team"].drop_nulls().unique().sort()], value="all teams", label="Team")
    mo.hstack([kind, team], justify="start", wrap=True)
    return kind, team


@app.cell
def _(kind, ratings, team):
    chosen = ratings.filter(
        pl.col("rubric_title") == kind.value, (pl.col("team") == team.value) | pl.lit(team.value == "all teams")
    )
    mo.stop(chosen.is_empty(), mo.md("This team has no conversation of this kind."))
    means = (
        chosen.group_by("name", "position", "title")
        .agg(TALLY)
        .rename({"n": "calls", "review": "to_review"})
        .with_columns(overall=pl.col("mean").mean().over("name"))
        .sort(-pl.col("overall"), "name", "position")
        .with_columns(
            color=pl.col("level").replace_strict(range(4), list(LEVELS), return_dtype=pl.String),
            text=pl.format("{} {}", charts.lettered(pl.col("level")), pl.col("mean").round(1)),
            mean=pl.col("mean").round(2),
        )
    )
    heat = charts.heat_map(
        means.select("name", "title", "text", "color", "mean", "calls", "to_review"), row="name", column="title"
    )
    mo.vstack(
        [
            heat,
            mo.md(
                "Letter and mean expected level, 0 to 3: **R**ed not present, **O**range a beginning, **Y**ellow sound "
                "with gaps, **G**reen excellent. The best mean stands first. Point at a tile for the number of calls."
            ),
        ]
    )
    return chosen, heat, means


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Spread between people

    Each ring is a person's mean, the bar the middle of all. A wide row is one where the best can teach the others; a narrow
    red one needs training for everybody.
    """)
    return


@app.cell
def _(means):
    titled = means.with_columns(charts.in_lines("title"))
    order = titled.sort("position")["title"].unique(maintain_order=True).to_list()
    base = alt.Chart(titled).encode(y=alt.Y("title:N", sort=order, title=None, axis=charts.names()))
    rings = base.mark_point(size=90, strokeWidth=2, color=charts.BLUE).encode(
        x=alt.X("mean:Q", scale=alt.Scale(domain=[0, 3]), title="mean expected level"),
        tooltip=["name", "mean", "calls"],
    )
    middle = base.mark_tick(thickness=3, size=22, color=charts.INK).encode(x="median(mean):Q")
    spread = (rings + middle).properties(width=charts.WIDTH, height=alt.Step(38))
    spread
    return (spread,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Shift the middle

    The share of people whose mean level over the latest weeks is red or orange, with its 95 % interval: what sinks when
    people move into yellow.
    """)
    return


@app.cell
def _(store):
    low = store.read("kpis").filter(kpi="people_low_share", level_of="org", interaction="all").sort("week")
    line = alt.Chart(low).encode(x=alt.X("yearmonthdate(week):O", title="week of"))
    middle_shift = (
        line.mark_rule(strokeWidth=6, opacity=0.25, color=charts.BLUE).encode(
            y=alt.Y("low:Q", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]), title="red or orange"),
            y2="high:Q",
        )
        + line.mark_line(point=True, color=charts.BLUE).encode(y="value:Q", tooltip=["week:T", "value:Q", "n_calls:Q"])
    ).properties(width=charts.WIDTH, height=220)
    middle_shift
    return low, middle_shift


if __name__ == "__main__":
    app.run()
