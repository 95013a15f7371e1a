"""Calibration: how far raters agree, who is stricter, where they differ, and whether stated shares come true."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Calibration")

with app.setup(hide_code=True):
    import altair as alt
    import marimo as mo
    import polars as pl

    from flows.notebook import open_workspace, table
    from models.ratings.agreement import FLOOR, agree, agree_with_model, disagreements, scores_still_needed, severity
    from models.registry.workspace import own_scores, unseen_labels
    from pipeline.metrics.current_labels import judged_labels
    from pipeline.pages import charts
    from pipeline.pages.calibration import reliability
    from pipeline.tables.judgements import Labels, Scores
    from pipeline.tables.values import LEVELS, MEETING
    from pipeline.tables.wordings import in_todays_words


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Calibration

    Unless people agree on what each level looks like, scores are noise and nobody trusts them. Score the same conversations
    apart, look here where you differ, sharpen the anchors, score again.
    """)
    return


@app.cell
def _():
    _, store, elements, _, _ = open_workspace()
    titles = elements.select("rubric", "element", "title", "rubric_title", "position", "rubric_hash")
    scores = Scores.validate(own_scores(store, elements).filter(pl.col("rater_kind") != MEETING))
    labels = Labels.validate(in_todays_words(unseen_labels(store), elements))
    raters = scores.group_by("rater_kind").agg(
        pl.len().alias("scores"),
        pl.col("rater").n_unique().alias("raters"),
        pl.col("call_id").n_unique().alias("calls"),
    )
    mo.vstack(
        [
            table(raters, pagination=False)
            if raters.height
            else mo.md(
                "Nobody has scored a conversation of this workspace yet. `callgrade scores FILE` imports scores; two people who "
                "score the same twenty conversations are a good beginning."
            ),
            mo.md("")
            if "person" in raters["rater_kind"]
            else mo.callout(
                mo.md(
                    "**No person has scored yet.** Automated raters agree with each other far better than people do."
                ),
                kind="warn",
            ),
        ]
    )
    return elements, labels, scores, store, titles


@app.cell
def _(elements, store, titles):
    trained = (
        in_todays_words(store.read("models"), elements)
        .sort("trained_at")
        .unique(["rubric", "element"], keep="last")
        .join(titles, on=["rubric", "element", "rubric_hash"])
        .drop_nulls("qwk")
        .sort("rubric_title", "position")
        .select(
            element=pl.format("{} · {}", "rubric_title", "title"),
            kappa=pl.col("qwk").round(2),
            low="qwk_low",
            high="qwk_high",
            raters=pl.col("human_qwk").round(2),
            gate="gate",
            calls="n_train",
        )
    )
    mo.stop(trained.is_empty())
    classifiers = charts.with_intervals(trained, row="element", value="kappa", title="quadratic weighted kappa")
    mo.vstack(
        [
            mo.md(
                "## Classifiers\n\nCross-validated agreement with the scores they learnt from, with its bootstrapped 95 % "
                "interval. Only one that passes its gate, on people's scores, is called calibrated."
            ),
            classifiers,
            mo.accordion({"Figures": table(trained.with_columns(pl.col("low", "high").round(2)), page_size=12)}),
        ]
    )
    return classifiers, trained


@app.cell
def _(scores):
    mo.stop(scores.is_empty())  # nothing below has anything to show
    scored = scores
    return (scored,)


@app.cell(hide_code=True)
def _(scored):
    mo.stop(scored.is_empty())
    mo.md(f"""
    ## Agreement by element

    Krippendorff's ordinal alpha with its bootstrapped 95 % interval: 1 is full agreement, 0 is chance. Below {FLOOR}
    (dotted) an element is not fit to train on.
    """)
    return


@app.cell
def _(labels, scored, titles):
    agreement = (
        pl.concat([agree(scored), agree_with_model(scored, labels)])
        .join(titles, on=["rubric", "element", "rubric_hash"])
        .sort("rubric_title", "position", "scope")
    )
    scope = mo.ui.dropdown(agreement["scope"].unique().sort().to_list(), value=agreement["scope"][0], label="Between")
    scope
    return agreement, scope


@app.cell
def _(agreement, scope):
    shown = agreement.filter(scope=scope.value).with_columns(
        element=pl.format("{} · {}", "rubric_title", "title"), alpha=pl.col("alpha_ordinal").round(2)
    )
    plotted = charts.with_intervals(
        shown.select("element", "alpha", "low", "high", "n_calls", "n_raters", "exact", "adjacent"),
        row="element",
        value="alpha",
        title="ordinal alpha",
        mark=FLOOR,
    )
    needed = shown.select(
        "element",
        "alpha",
        "n_calls",
        pl.struct("n_calls", "low", "high")
        .map_elements(
            lambda row: (
                None if row["low"] is None else scores_still_needed(n=row["n_calls"], low=row["low"], high=row["high"])
            ),
            return_dtype=pl.Int64,
        )
        .alias("calls still to score for an interval of 0.2"),
    )
    mo.vstack([plotted, table(needed, page_size=8)])
    return needed, plotted


@app.cell(hide_code=True)
def _(scored):
    mo.stop(scored.is_empty())
    mo.md("""
    ## Who is stricter, who is milder

    A rater's mean level minus that of the others on the same calls. Half a level is worth a talk.
    """)
    return


@app.cell
def _(scored, titles):
    strict = (
        severity(scored)
        .join(titles, on=["rubric", "element", "rubric_hash"])
        .with_columns(pl.col("difference").round(2), element=pl.format("{} · {}", "rubric_title", "title"))
        .with_columns(charts.in_lines("element"))
    )
    severity_chart = (
        alt.Chart(strict)
        .mark_point(filled=True, size=80, opacity=0.9)
        .encode(
            x=alt.X(
                "difference:Q", title="stricter ← levels → milder", scale=alt.Scale(domain=[-1.5, 1.5], clamp=True)
            ),
            y=alt.Y(
                "element:N",
                title=None,
                sort=strict["element"].unique(maintain_order=True).to_list(),
                axis=charts.names(),
            ),
            color=alt.Color("rater:N", scale=alt.Scale(scheme="tableau10"), legend=charts.ABOVE),
            shape="rater:N",
            tooltip=["rater", "element", "difference", "n"],
        )
        .properties(width=charts.WIDTH, height=alt.Step(38))
    )
    severity_chart
    return severity_chart, strict


@app.cell
def _(scored, titles):
    differing = (
        disagreements(scored)
        .join(titles, on=["rubric", "element", "rubric_hash"])
        .select("call_id", "rubric_title", "title", "between", "spread")
    )
    mo.vstack(
        [
            mo.md("## Where to talk: the widest differences first"),
            table(differing, page_size=10) if differing.height else mo.md("Nobody differs anywhere."),
        ]
    )
    return (differing,)


@app.cell(hide_code=True)
def _(scored):
    mo.stop(scored.is_empty())
    mo.md("""
    ## Do stated shares come true?

    What the colours' probabilities said against how often raters gave that level; on the line, 70 % means 70 %. Each
    conversation is judged by a classifier that had not learnt from it, as on the calibration page.
    """)
    return


@app.cell
def _(labels, scored):
    points = reliability(labels, scored)
    line = alt.Chart(pl.DataFrame({"predicted": [0, 1], "found": [0, 1]})).mark_line(strokeDash=[4, 4], color="grey")
    axis = alt.Axis(format="%")
    reliable = (
        line.encode(x=alt.X("predicted:Q", title="said", axis=axis), y=alt.Y("found:Q", title="found", axis=axis))
        + alt.Chart(points)
        .mark_line(point=False, color=charts.BLUE)
        .encode(x="predicted:Q", y="found:Q", detail="rater_kind")
        + alt.Chart(points)
        .mark_circle(opacity=0.9, color=charts.BLUE)
        .encode(
            x="predicted:Q",
            y="found:Q",
            size=alt.Size("n:Q", legend=None),
            tooltip=["rater_kind", "predicted", "found", "n"],
        )
    ).properties(width=charts.WIDTH, height=320)
    reliable
    return points, reliable


@app.cell
def _(labels, scored):
    keys = ["call_id", "rubric", "element", "rubric_hash"]
    given = scored.group_by(*keys).agg(raters=(pl.col("level").median() + 0.5).floor().cast(pl.Int64))
    both = judged_labels(labels).join(given, on=keys)
    confusion = (
        both.group_by("raters", "level")
        .len("n")
        .sort("raters", "level", descending=[True, False])
        .with_columns(
            raters=pl.col("raters").replace_strict(range(4), list(LEVELS), return_dtype=pl.String),
            label=pl.col("level").replace_strict(range(4), list(LEVELS), return_dtype=pl.String),
        )
    )
    order = list(LEVELS)
    counted = alt.Chart(confusion).encode(
        x=alt.X("label:N", sort=order, title="label"),
        y=alt.Y("raters:N", sort=order[::-1], title="raters' median"),
        tooltip=["raters", "label", "n"],
    )
    matrix = (
        counted.mark_rect(stroke="white", strokeWidth=3).encode(
            color=alt.Color("n:Q", scale=alt.Scale(scheme="blues"), legend=None)
        )
        + counted.mark_text(fontSize=14).encode(text="n:Q")
    ).properties(width=alt.Step(70), height=alt.Step(46))
    mo.vstack([mo.md("## Labels against the raters' median"), matrix])
    return confusion, matrix


if __name__ == "__main__":
    app.run()
