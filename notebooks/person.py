"""One person: levels over time, what to work on first and the moments for it, habits beside everybody's."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="One person")

with app.setup(hide_code=True):
    import altair as alt
    import marimo as mo
    import polars as pl

    from flows.notebook import clip, open_workspace
    from pipeline.metrics.cadence import load_plan
    from pipeline.metrics.current_labels import unopposed
    from pipeline.metrics.measures import MEASURES
    from pipeline.pages import charts
    from pipeline.pages.parts import coaching
    from pipeline.pages.parts.ratings import NOBODY, rate
    from pipeline.tables.values import LEVELS

    TRENDS = {"up": "rising", "down": "falling", "steady": "steady", "unknown": "too few weeks for a trend"}


@app.cell(hide_code=True)
def _():
    mo.md("""
    # One person

    For a conversation between the two of you: what to repeat, what to avoid, what to work on first. Listen to the moments
    before you speak of a colour.
    """)
    return


@app.cell
def _():
    settings, store, elements, calls, labels = open_workspace()
    plan, consented = load_plan(store.place), coaching.read_consent(store.place)
    ratings = rate(calls, labels, elements)
    evidence = store.read("evidence")
    strongest = coaching.moments(unopposed(ratings, store.read("scores"), elements), evidence)
    mo.stop(ratings.is_empty(), mo.md(f"No labels in `{settings.workspace}` yet: run `callgrade demo` or `score`."))
    return calls, consented, elements, evidence, plan, ratings, store, strongest


@app.cell
def _(ratings):
    people = (
        ratings.filter(pl.col("person") != NOBODY)
        .group_by("person", maintain_order=True)
        .agg(pl.col("name").last(), pl.col("call_id").n_unique().alias("n"))
        .sort("n", "name", descending=[True, False])
    )
    options = {f"{name} ({n})": person for person, name, n in people.iter_rows()}
    who = mo.ui.dropdown(options, value=next(iter(options)), label="Person")
    who
    return (who,)


@app.cell
def _(calls, consented, elements, evidence, plan, ratings, strongest, who):
    own = ratings.filter(person=who.value)
    found = coaching.levels(ratings, elements, plan).filter(person=who.value)
    moments = coaching.own_moments(strongest.filter(person=who.value), found)
    gold = coaching.gold_moments(strongest, found, consented)
    focus = found.filter("focus").to_dicts()[0]

    ends = {(call, idx): end for call, idx, end in evidence.select("call_id", "idx", "end_s").iter_rows()}
    recordings = dict(calls.select("call_id", "recording").iter_rows())

    def told(head, rows, nothing):
        """Quotes, each with its element, its conversation and the second it begins, and to play where it was recorded."""
        shown = [mo.md(f"### {head}")]
        for row in rows.to_dicts():
            shown.append(
                mo.md(
                    f"“{row['quote']}” — {row.get('name') or row['title']}, with {row['other_name'] or 'unnamed'}, "
                    f"{row['start_s'] // 60:.0f}:{row['start_s'] % 60:02.0f} ({LEVELS[row['level']]})"
                )
            )
            if sound := clip(recordings.get(row["call_id"]), row["start_s"], ends[row["call_id"], row["idx"]]):
                shown.append(mo.audio(sound))
        return mo.vstack(shown if len(shown) > 1 else [*shown, mo.md(nothing)])

    mo.vstack(
        [
            mo.callout(
                mo.md(
                    f"**Work on this first: {focus['title']}** ({focus['rubric_title']}). Mean {focus['mean']:.1f} of 3 in "
                    f"{focus['n']} conversations, {TRENDS[focus['direction']]}"
                    + (f", {focus['room']:.1f} below {focus['best_name']}" if focus["room"] > 0 else "")
                    + f".\n\nGreen looks like this: {focus['goal']}"
                ),
                kind="info",
            ),
            told("To repeat", moments.filter("good"), "No moment to show yet."),
            told("To avoid", moments.filter(~pl.col("good")), "No moment to show."),
            told(
                "How colleagues do it", gold, "No green moment of somebody who agreed to it (`consent.yaml`) to show."
            ),
        ]
    )
    return focus, found, gold, moments, own


@app.cell(hide_code=True)
def _():
    mo.md("""## Element by element over time""")
    return


@app.cell
def _(found):
    weeks = found.select("rubric_title", "title", "weeks").explode("weeks").unnest("weeks").drop_nulls("week")
    course = alt.Chart(
        weeks.with_columns(letter=charts.lettered(pl.col("level")), mean=pl.col("mean").round(2))
    ).encode(
        x=alt.X("week:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=4)),
        y=alt.Y("mean:Q", scale=alt.Scale(domain=[0, 3]), title="level", axis=alt.Axis(tickCount=3)),
    )
    over_time = (
        alt.layer(
            course.mark_line(color="grey", strokeWidth=1),
            course.mark_circle(size=260, opacity=1).encode(
                color=alt.Color(
                    "level:Q", scale=alt.Scale(domain=[0, 1, 2, 3], range=list(charts.COLORS.values())), legend=None
                ),
                tooltip=["week:T", "mean", "n"],
            ),
            course.mark_text(fontWeight="bold", fontSize=10).encode(text="letter"),
        )
        .properties(width=250, height=90)
        .facet(
            alt.Facet("title:N", title=None, sort=found["title"].to_list(), header=alt.Header(labelLimit=250)),
            columns=1,
        )
    )
    over_time
    return (over_time,)


@app.cell(hide_code=True)
def _():
    mo.md("""
    ## Habits beside everybody's

    Ticks are the conversations of all people of the same kind, rings this person's own. Figures are no score: a good
    conversation may have any of them.
    """)
    return


@app.cell
def _(calls, own, store):
    habits = ["talk_ratio", "ask_vs_tell", "guide_vs_direct", "question_spread", "open_question_share"]
    commonest = own["rubric"].mode().sort()[0]
    same_kind = calls.filter(interaction=commonest, status="ok").select("call_id", "person", "name")
    values = (
        store.read("measures", where=pl.col("measure").is_in(habits) & (pl.col("role") == "lead"))
        .join(same_kind, on="call_id")
        .drop_nulls("value")
        .with_columns(
            own=pl.col("person") == own["person"][0],
            label=pl.col("measure").replace_strict({name: name.replace("_", " ").capitalize() for name in habits}),
        )
        .with_columns(charts.in_lines("label"))
    )
    row = alt.Y("label:N", title=None, axis=charts.names())
    share = alt.X("value:Q", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]), title=None)
    habit_chart = alt.layer(
        alt.Chart(values).mark_tick(color="grey", opacity=0.5).encode(x=share, y=row, tooltip=["name", "value"]),
        alt.Chart(values.filter("own"))
        .mark_point(size=110, strokeWidth=2, color=charts.BLUE)
        .encode(x=share, y=row, tooltip=["call_id", "value"]),
    ).properties(width=charts.WIDTH, height=alt.Step(34))
    mo.vstack(
        [
            habit_chart,
            mo.accordion(
                {
                    "What they are": mo.md(
                        "\n".join(
                            f"- **{name.replace('_', ' ').capitalize()}**: {MEASURES[name].definition}"
                            for name in habits
                        )
                    )
                }
            ),
        ]
    )
    return habit_chart, values


if __name__ == "__main__":
    app.run()
