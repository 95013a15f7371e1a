"""Commands on what people score: import it, see how far raters agree, learn from it."""

from pathlib import Path
from typing import Annotated

import dataframely as dy
import polars as pl
from cyclopts import Parameter

from flows.cli import show
from flows.cli.console import console, showing_progress
from flows.cli.logs import writing_log
from flows.cli.options import Options, absolute, workspace_of
from flows.cli.stopping import hear_sigterm
from flows.retrain import is_fresh, retrain
from flows.server import server
from models.ratings.planner import next_to_score, plan_scoring
from models.ratings.rewording import rewritten, wordings_of
from models.ratings.rubrics import load_rubrics
from models.ratings.score_template import write_template
from models.ratings.scores import read_scores, set_apart
from models.registry.workspace import Choice, own_scores, update_agreement
from pipeline.intake import people
from pipeline.metrics.current_labels import of_rubrics
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements, Labels

N_TEMPLATE_CALLS = 20


def scores(
    file: Path | None = None, *, options: Options = Options(), next_calls: int = 0, template: Path | None = None
) -> int:
    """Import scores that people gave, from CSV or XLSX; or say which calls to score next.

    Parameters
    ----------
    file
        One row per call, element and rater; or one row per call and rater, one column per element.
    next_calls
        How many calls to name whose scores would teach most.
    template
        A CSV or XLSX file to make with these calls, for people to fill in (20 where --next-calls does not say).
    """
    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    if file is None and not next_calls and template is None:
        raise ValueError("scores: name a CSV or XLSX file of scores, --next-calls 20 or --template FILE")
    problems = [] if file is None else _import(file, store, elements)
    if next_calls or template:
        labels, given = Labels.validate(of_rubrics(store.read("labels"), elements)), own_scores(store, elements)
        calls = store.read("calls")
        chosen = next_to_score(calls, labels, given, n=next_calls or N_TEMPLATE_CALLS)
        if template is None:
            show.show_table(console, chosen)
        else:
            rows = write_template(template, chosen, calls, elements)
            console.print(f"{template}: {rows['call_id'].n_unique()} calls, {rows.height} rows", soft_wrap=True)
            console.print(f"Fill in rater and level, then `callgrade scores {template}`.", soft_wrap=True)
    return 1 if problems else 0


def _import(file: Path, store: Store, elements: dy.DataFrame[Elements]) -> list[str]:
    """Store what a file holds, print what was left out and return it."""
    stored = store.read("scores")
    read = set_apart(read_scores(file, elements, store.read("calls", where=pl.col("status") == "ok")), stored, elements)
    problems = [*read.problems, *rewritten(elements, stored)]
    store.merge("scores", read.scores)
    store.merge("wordings", wordings_of(elements))
    if read.repeats.height:
        store.merge("repeats", read.repeats)
    alike = [f"{file.name}: column {name} was passed over: it holds levels, but no element is so named"
             for name in read.unread]  # fmt: skip
    given = {*read.scores["rater"], *read.repeats["rater"]}
    alike += [
        f"{file.name}: raters {' and '.join(map(repr, names))} count as {len(names)} people; if they are one, write "
        "the name in one way"
        for names in people.alike({*given, *stored["rater"]})
        if given & {*names}
    ]
    for sentence in [*problems, *alike]:
        console.print(sentence, markup=False, soft_wrap=True)
    beside = [
        f"{n} {what}"
        for n, what in ((read.n_empty, "without a level passed over"), (read.repeats.height, "of a later session"))
        if n
    ]
    console.print(", ".join([f"{read.scores.height} scores imported", f"{len(read.problems)} rows left out", *beside]))
    if read.scores.height or read.repeats.height:
        console.print("`callgrade agreement` says how far the raters agree, `callgrade train` learns from them.")
    elif problems:
        console.print("Nothing to learn from came in: correct the rows named above and import the file again.")
    return problems


def agreement(rubric: str | None = None, *, options: Options = Options()) -> int:
    """Show how far raters agree with each other and the classifiers with them, and what is still to be scored."""
    settings = options.settings()
    store, elements = workspace_of(settings), load_rubrics(settings.rubrics)
    _known_rubric(rubric, elements["rubric"].unique().to_list())
    update_agreement(store, elements)
    show.show_agreement(console, store, elements, rubric)
    show.show_plan(console, plan_scoring(own_scores(store, elements)), rubric)
    return 0


def train(
    rubric: str | None = None,
    *,
    element: str | None = None,
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
    log_json: Path | None = None,
    options: Options = Options(),
) -> int:
    """Train, cross-validate, gate and promote the classifiers that are stale, and label the stored calls again.

    Parameters
    ----------
    rubric
        Only this rubric's elements.
    element
        Only this element.
    everything
        Whether stale or not.
    log_json
        A file to which each thing that happens is added as a line of JSON.
    """
    settings = options.settings(log_json=absolute(log_json))
    elements = load_rubrics(settings.rubrics)
    _known_rubric(rubric, elements["rubric"].unique().to_list())
    if element is not None and element not in set(elements["element"]):
        raise ValueError(f"no element {element!r}; there are {', '.join(sorted(set(elements['element'])))}")
    if not everything and is_fresh(settings, Choice(rubric, element)):
        console.print("Nothing is stale: every element has a classifier for its anchors, scores and encoder.")
        return 0
    with writing_log(settings), showing_progress(console), server():
        done = retrain.with_options(on_running=[hear_sigterm])(settings, Choice(rubric, element, everything))
    show.show_training(console, done)
    return 0


def _known_rubric(rubric: str | None, names: list[str]) -> None:
    if rubric is not None and rubric not in names:
        raise ValueError(f"no rubric {rubric!r}; there are {', '.join(sorted(names))}")
