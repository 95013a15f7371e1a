"""What the command line shows: one line per conversation, the assessment map, tables of what was found and learnt."""

import dataframely as dy
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.records import Summary
from flows.retrain import Retrained
from models.ratings.agreement import FLOOR, scores_still_needed, unfit
from pipeline.metrics.current_labels import current_labels, shown_labels
from pipeline.pages.parts.ratings import TALLY, name_calls, rate, unjudged
from pipeline.store.delta import Store
from pipeline.tables.judgements import Agreement, Elements
from pipeline.tables.values import LEVELS
from pipeline.tables.wordings import in_todays_words

STYLES = {
    "red": "black on #e5786d",
    "orange": "black on #f0b35a",
    "yellow": "black on #f2dd6e",
    "green": "black on #7fc08a",
}
LETTERS = {"red": "R", "orange": "O", "yellow": "Y", "green": "G"}


def show_run(console: Console, store: Store, elements: dy.DataFrame[Elements], summary: Summary) -> None:
    """One line per conversation, the map of the workspace, what failed, and the counts."""
    listed = pl.concat([summary.scored, summary.cached], how="diagonal").select("call_id")
    calls = name_calls(store.read("calls", where=pl.col("status") == "ok"))
    order = elements.select("rubric", "element", "position")
    labels = current_labels(shown_labels(store, elements))
    ratings = rate(calls, labels, elements)
    labels = labels.join(order, on=["rubric", "element"]).sort("position")
    show_calls(console, calls.join(listed, on="call_id", how="semi"), labels)
    console.print()
    show_map(console, ratings, unjudged(calls, labels, elements))
    show_stages(console, summary)
    for call in summary.failed.sort("call_id").iter_rows(named=True):
        console.print(f"{call['call_id']}: {call['error_code']}: {call['error']}", markup=False, soft_wrap=True)
    show_unjudged(console, labels, elements)
    if by_models := ratings.filter(status="provisional", basis="reference").height:
        which = "Colours" if by_models == ratings.height else f"{by_models} of {ratings.height} colours"
        console.print(f"{which} are provisional: learnt from reference scores by language models, not by people.")
    counts = f"{summary.scored.height} scored, {summary.cached.height} cached, {summary.failed.height} failed"
    if summary.skipped.height:
        counts += f", {summary.skipped.height} skipped: no consent, or called off"
    console.print(f"{counts} in {store.root}", soft_wrap=True)


def show_unjudged(console: Console, labels: pl.DataFrame, elements: pl.DataFrame) -> None:
    """What has no colour, and what to do about it."""
    grey = elements.join(labels.filter(pl.col("level").is_null()), on=["rubric", "element"], how="semi")
    if grey.is_empty():
        return
    kinds = ", ".join(
        f"{title} {n}" for title, n in grey.group_by("rubric_title", maintain_order=True).len().iter_rows()
    )
    console.print(
        f"{grey.height} elements are not judged yet ({kinds}): nothing was learnt of them. "
        "`callgrade scores --template FILE` makes a file for people to score the calls that would teach most.",
        soft_wrap=True,
    )


def show_calls(console: Console, calls: pl.DataFrame, labels: pl.DataFrame) -> None:
    """One line per conversation that was scored: its kind, lead, length and colours in the rubric's order."""
    for call in calls.sort("started_at", "call_id").iter_rows(named=True):
        line = Text(f"{call['call_id']:<22} {call['interaction']:<16} {call['lead_name'] or '':<16} ")
        line.append(f"{call['duration_s'] / 60:5.1f} min  ")
        for color, unsure in labels.filter(pl.col("call_id") == call["call_id"]).select("color", "needs_review").rows():
            line.append_text(_cell(color, unsure))
            line.append(" ")
        console.print(line)


def show_map(console: Console, ratings: pl.DataFrame, grey: pl.DataFrame) -> None:
    """The assessment map, as the page shows it: for each kind of conversation, people by elements, mean level and how
    many calls; `ratings` and `grey` are what `rate` and `unjudged` of the pages give."""
    labels = pl.concat([ratings, grey], how="diagonal").sort("rubric", "position", "element")
    for _, of_rubric in labels.group_by("rubric", maintain_order=True):
        table = Table(
            title=of_rubric["rubric_title"][0], title_justify="left", header_style="", box=None, padding=(0, 1)
        )
        table.add_column("")
        elements = of_rubric.select("element", "title").unique(maintain_order=True)
        for title in elements["title"]:
            table.add_column(title, max_width=12, justify="center", vertical="bottom")
        for (_, name), person in of_rubric.sort("name", "person").group_by("person", "name", maintain_order=True):
            tallies = person.group_by("element").agg(TALLY)
            cells = elements.join(tallies, on="element", how="left", maintain_order="left").select("mean", "level")
            table.add_row(f"{name} ({person['call_id'].n_unique()})", *(_mean(*cell) for cell in cells.iter_rows()))
        console.print(table)
        console.print()


def show_stages(console: Console, summary: Summary) -> None:
    """How long each stage of a run took, in seconds of all workers, and how often it ran."""
    if summary.stages.is_empty():
        return
    shown = summary.stages.drop("audio_s").rename(lambda name: name.removesuffix("_s"))
    show_table(console, shown, title="Seconds by stage, all workers together")
    console.print()


def show_table(console: Console, rows: pl.DataFrame, *, title: str | None = None) -> None:
    """Rows of any frame, a column each; numbers to the right, absent values as a dash."""
    table = Table(box=None, padding=(0, 1), header_style="bold", title=title, title_justify="left")
    for number, (name, kind) in enumerate(rows.schema.items()):
        table.add_column(
            name.replace("_", " "),
            justify="right" if kind.is_numeric() else "left",
            overflow="fold",
            no_wrap=number == 0 or kind.is_numeric(),
        )
    for row in rows.iter_rows():
        table.add_row(*(Text(_shown(value)) for value in row))
    console.print(table)


def show_standing(console: Console, standings: pl.DataFrame) -> None:
    """Where each element stands, a table for each rubric, and below it why some are stale: fits 80 columns."""
    shown = ("element", pl.col("n_scored").alias("scored"), "gate", "qwk", pl.col("n_labels").alias("labels"))
    outdated = pl.col("n_outdated").alias("outdated")
    for (rubric, version), rows in standings.group_by("rubric", "rubric_version", maintain_order=True):
        show_table(console, rows.select(*shown, outdated), title=f"{rubric}, version {version}")
        stale = rows.drop_nulls("why")
        for (why,), elements in stale.group_by("why", maintain_order=True):
            which = "all" if elements.height == rows.height else ", ".join(elements["element"])
            console.print(Text(f" stale: {why} ({which})", style="yellow"), soft_wrap=True)
        console.print()


def show_findings(console: Console, findings: pl.DataFrame) -> None:
    """What was examined, each line with its state, and the remedy beside each gap."""
    signs = {"ok": Text("ok", style="green"), "gap": Text("gap", style="yellow"), "broken": Text("broken", style="red")}
    table = Table(box=None, padding=(0, 1), show_header=False)
    for row in findings.iter_rows(named=True):
        remedy = Text(f"\n{row['remedy']}", style="italic") if row["remedy"] else Text("")
        table.add_row(row["what"], signs[row["state"]], Text(row["finding"]).append_text(remedy))
    console.print(table)


def show_agreement(console: Console, store: Store, elements: dy.DataFrame[Elements], rubric: str | None) -> None:
    """How far raters agree by element, what the classifier reaches, whether it is fit to train, what is to be scored.

    The raters are people where people scored; `wanted` is how many more calls would bring alpha's interval to 0.2.
    """
    use = ["rubric", "element", "rubric_hash"]
    agreement = store.read("agreement")
    by_people = agreement.filter(scope="people")
    others = agreement.filter(scope="automated").join(by_people, on=use, how="anti")
    known = pl.concat([by_people, others]).filter(pl.lit(rubric is None) | (pl.col("rubric") == (rubric or "")))
    models = in_todays_words(store.read("models"), elements).sort("trained_at").group_by(use).last()
    shown = (
        elements.select(*use, "position")
        .join(known, on=use)
        .join(models.select(*use, "gate", model_qwk="qwk"), on=use, how="left")
        .sort("rubric", "position")
        .with_columns(
            pl.format("{} {}", "n_raters", pl.col("scope").replace("automated", "models")).alias("raters"),
            pl.format("{}-{}", *(_rounded(end) for end in ("low", "high"))).alias("95 %"),
            pl.struct("n_calls", "low", "high").map_elements(_still_needed, return_dtype=pl.Int64).alias("wanted"),
            pl.col("alpha_ordinal").alias("alpha"),
        )
    )
    for (name,), rows in shown.group_by("rubric", maintain_order=True):
        columns = ("element", "raters", "n_calls", "alpha", "95 %", "wanted", "model_qwk", "gate")
        show_table(console, rows.select(columns), title=str(name))
    for line in unfit(Agreement.validate(known), floor=FLOOR)["reason"]:
        console.print(Text(line, style="yellow"), soft_wrap=True)
    if by_people.is_empty():
        console.print("These raters are language models: no scores by people yet; `callgrade scores` imports yours")


def show_plan(console: Console, plan: pl.DataFrame, rubric: str | None) -> None:
    """What would help most next for the elements that people scored: more calls, or one more rater."""
    for (advice, name), rows in (
        plan.filter(pl.lit(rubric is None) | (pl.col("rubric") == (rubric or "")))
        .sort("advice", "rubric", "element")
        .group_by("advice", "rubric", maintain_order=True)
    ):
        what = {"either": "More calls or one more rater would help alike", "more calls": "More calls would help most"}
        advised = what.get(str(advice), "One more rater would help more than more calls")
        console.print(f"{advised} ({name}): {', '.join(rows['element'])}", soft_wrap=True)


def show_training(console: Console, done: Retrained) -> None:
    """What was stale, and what each new classifier reaches."""
    columns = ("rubric", "element", "n_train", "qwk", "qwk_low", "human_qwk", "smd", "ece", "gate")
    reasons = done.stale.select("rubric", "element", "why")
    show_table(console, done.models.select(columns).join(reasons, on=["rubric", "element"], how="left"))
    passed = done.models.filter(gate="passed").height
    console.print(
        f"{done.models.height} classifiers trained, {passed} passed the gate, {len(done.promoted)} came into use, "
        f"{done.n_labels} labels written"
    )
    for sentence in done.unexported:
        console.print(f"not exported: {sentence}", markup=False, soft_wrap=True)
    for what, rows in (("stays as it is", done.refused), ("is provisional", done.provisional)):
        for (element, reason), uses in rows.group_by("element", "reason", maintain_order=True):
            rubrics = ", ".join(uses["rubric"])
            console.print(f"{element} ({rubrics}) {what}: {reason}", markup=False, soft_wrap=True)


def _still_needed(row: dict[str, float]) -> int | None:
    if row["low"] is None or row["high"] is None:
        return None
    return scores_still_needed(int(row["n_calls"]), row["low"], row["high"])


def _rounded(column: str) -> pl.Expr:
    return pl.col(column).map_elements("{:.2f}".format, return_dtype=pl.String)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _mean(mean: float | None, level: int | None) -> Text:
    if mean is None or level is None:
        return Text("-", style="dim")
    return Text(f" {LETTERS[LEVELS[level]]} {mean:.1f} ", style=STYLES[LEVELS[level]])


def _cell(color: str | None, unsure: bool) -> Text:
    if color is None:
        return Text(" - ", style="dim")
    return Text(f" {LETTERS[color]}{'?' if unsure else ' '}", style=STYLES[color])
