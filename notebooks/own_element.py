"""Make your own rubric element: write its anchors, see how stored conversations fare by them, take the YAML home."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Make your own rubric element")

with app.setup(hide_code=True):
    import shutil
    import tempfile
    from pathlib import Path

    import marimo as mo
    import polars as pl
    import yaml

    from flows.notebook import open_workspace, table
    from models.features.encoder import load_encoder
    from models.label import Labeller, label
    from models.learning.train import TrainingData, train
    from models.ratings.rubrics import RubricError, load_rubrics
    from pipeline.pages import charts
    from pipeline.tables.conversations import Acts, Talk
    from pipeline.tables.judgements import Elements, Scores
    from pipeline.tables.values import LEVELS, PLACES
    from pipeline.transcripts.roles import talk_of

    EXAMPLE = {
        "id": "summarises",
        "title": "Sums up what was heard",
        "red": "Never repeats or sums up what the other side said.",
        "orange": "Says that it was understood, without saying what.",
        "yellow": "Repeats one point in own words: so you are telling me that it takes too long.",
        "green": "Sums up problem, cost and wish in the other's words and asks whether that is right.",
    }
    EACH = 3  # moments shown of each colour, so that they are not all of one
    MOST = 200  # conversations tried: enough to see how it judges


@app.cell(hide_code=True)
def _():
    mo.md("""
    # Make your own rubric element

    Change the words and see at once how your conversations fare by them. Good anchors name what is *heard*, differ from
    each other in one thing at a time, and leave nothing to the scorer's taste.
    """)
    return


@app.cell
def _():
    settings, store, elements, calls, _ = open_workspace()
    calls = calls.filter(status="ok")
    mo.stop(
        calls.is_empty(), mo.md(f"Nothing is scored in `{settings.workspace}` yet: run `callgrade demo` or `score`.")
    )
    titles = dict(elements.select("rubric", "rubric_title").unique().iter_rows())
    kinds = calls["interaction"].value_counts(sort=True)["interaction"]
    options = {titles[kind]: kind for kind in kinds if kind in titles}
    rubric = mo.ui.dropdown(options, value=next(iter(options)), label="Rubric it belongs to")
    where = mo.ui.dropdown(PLACES, value="anywhere", label="Where to look")
    named = mo.ui.dictionary(
        {
            "id": mo.ui.text(EXAMPLE["id"], label="Name in tables"),
            "title": mo.ui.text(EXAMPLE["title"], label="Name for people", full_width=True),
        }
    )
    anchors = mo.ui.dictionary(
        {color: mo.ui.text_area(EXAMPLE[color], label=color.capitalize(), rows=2, full_width=True) for color in LEVELS}
    )
    mo.vstack([mo.hstack([rubric, where], justify="start"), *named.elements.values(), *anchors.elements.values()])
    return anchors, calls, elements, named, rubric, settings, store, where


@app.cell
def _(anchors, named, rubric, settings, where):
    entry = {**named.value, "where": where.value, "levels": anchors.value}

    def with_entry():
        """The rubrics with the new element among them, checked as `callgrade rubrics check` does."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copytree(settings.rubrics, Path(folder) / "rubrics"))
            file = copy / f"{rubric.value}.yaml"
            written = yaml.safe_load(file.read_text(encoding="utf-8"))
            written["elements"].append(entry)
            file.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
            return load_rubrics(copy)

    try:
        checked, problem = with_entry(), ""
    except RubricError as error:
        checked, problem = None, str(error)
    mo.stop(checked is None, mo.callout(mo.md(f"**Not yet a rubric:** {problem}"), kind="danger"))
    new = Elements.validate(checked.filter(rubric=rubric.value, element=named.value["id"]))
    return entry, new


@app.cell
def _(calls, elements, new, rubric, settings, store):
    tried = calls.filter(interaction=rubric.value).tail(MOST)
    of_these = pl.col("call_id").is_in(tried["call_id"].implode())
    talk = talk_of(store.read("utterances", where=of_these), tried, elements)
    talk = Talk.validate(talk.filter(pl.col("side").is_not_null().all().over("call_id")))
    acts = Acts.validate(store.read("acts", where=of_these).join(talk, on=["call_id", "idx"], how="semi"))
    encode = load_encoder(settings)
    people = tried.select("call_id", "lead_id", "other_id")
    trained = train(TrainingData(talk, acts, Scores.create_empty(), people), new, encode)
    labelled = label(talk, acts, Labeller(new, trained.models, encode, guess_unlearnt=True))
    judged = labelled.labels.join(tried.select("call_id", "name", "other_name"), on="call_id")
    return judged, labelled


@app.cell
def _(judged):
    fallen = judged.group_by("level", "color").len("n").sort("level").with_columns(element=pl.lit("this element"))
    bars = charts.stacked(fallen, row="element")
    mo.vstack(
        [
            mo.md(f"## How {judged.height} conversations fare"),
            bars,
            mo.callout(
                mo.md(
                    "**By the anchors' wording only, and so rough:** where one colour takes nearly everything, the "
                    "anchors are too alike or speak of things that are not said. Twenty conversations scored by two "
                    "people make a real classifier (`callgrade scores`, `callgrade train`)."
                ),
                kind="warn",
            ),
        ]
    )
    return bars, fallen


@app.cell
def _(judged, labelled):
    best = (
        labelled.evidence.filter("worth_showing")
        .sort("rank")
        .unique("call_id", keep="first", maintain_order=True)
        .join(judged.select("call_id", "color", "level", "expected_level", "name", "other_name"), on="call_id")
        .sort("expected_level", descending=True)
        .filter(pl.int_range(pl.len()).over("level") < EACH)
        .select("color", "name", with_="other_name", at=pl.col("start_s").round(0), moment="quote", call_id="call_id")
        .rename({"with_": "with", "at": "second"})
    )
    mo.vstack(
        [mo.md("## What each colour rests on, the best first"), table(best, page_size=12, wrapped_columns=["moment"])]
    )
    return (best,)


@app.cell
def _(entry, rubric):
    text = yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=110)
    mo.vstack(
        [
            mo.md(
                f"## Take it home\n\nAdd this to `elements` of `rubrics/{rubric.value}.yaml`, then run "
                "`callgrade rubrics check` and `callgrade score LIST --rescore`."
            ),
            mo.md(f"```yaml\n{text}```"),
            mo.download(text.encode(), filename=f"{entry['id'] or 'element'}.yaml", label="Download"),
        ]
    )
    return (text,)


if __name__ == "__main__":
    app.run()
