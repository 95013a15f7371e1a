"""What the command line shows of a workspace: the same levels as its pages."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from flows.cli.show import show_run, show_training
from flows.records import Run, Summary
from flows.retrain import Retrained, falling_short
from flows.timing import summed
from models.learning.element_model import ElementModel
from models.ratings.rubrics import load_rubrics
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from tests.workspace import RUBRICS, settle

NOW = datetime(2026, 3, 30, tzinfo=UTC)


def told_of(store: Store) -> list[str]:
    """The lines after a run that left all as it was."""
    calls, console = store.read("calls"), Console(width=200)
    none = calls.clear()
    run = Run("r", "nightly", "c", NOW, calls.height)
    with console.capture() as captured:
        show_run(console, store, load_rubrics(RUBRICS), Summary(run, none, calls, none, none, summed([])))
    return captured.get().splitlines()


def test_settled_levels(small_workspace: Path, tmp_path: Path) -> None:
    """A call's line and the map have the level that people settled, as pages have it: they had the classifier's."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "w")))
    calls = store.read("calls").filter(interaction="discovery_call", lead_id="ann")
    before = told_of(store)
    for call_id in calls["call_id"]:
        settle(store, 3, call_id=call_id, element="agenda")
    after = told_of(store)
    lines = [next(line for line in after if line.startswith(call_id)) for call_id in calls["call_id"]]
    assert {line.split(" min  ")[1].split()[0] for line in lines} == {"G"}
    assert next(line for line in after if "Ann Lee (4)" in line).split("(4)")[1].split()[:2] == ["G", "3.0"]
    assert next(line for line in before if "Ann Lee (4)" in line).split("(4)")[1].split()[:2] != ["G", "3.0"]
    n_labels = store.read("labels").height
    assert f"{n_labels - 4} of {n_labels} colours are provisional" in "\n".join(after)


def test_two_people_of_one_name(small_workspace: Path, tmp_path: Path) -> None:
    """Each has a row of the map, as on its page: they shared one."""
    store = Store(str(shutil.copytree(small_workspace, tmp_path / "w")))
    of_bob = store.read("calls").filter(lead_id="bob")
    store.merge("calls", of_bob.with_columns(lead_name=pl.lit("Ann Lee")))
    assert sum("Ann Lee (4)" in line for line in told_of(store)) == 2


def test_why_a_classifier_is_provisional(capsys: pytest.CaptureFixture[str]) -> None:
    """What people scored and does not pass its gate is told with the figures that fall short, which stood in its card
    alone; of the reference, or what passed, nothing is told."""
    about = {"rubric_hash": "h", "features_version": 1, "encoder": "e", "sure": 1.0, "data_hash": "d"}
    learnt = {"weights": np.zeros(0), "classifier": None, "reasons": ("no better than the words alone", "and so on")}
    models = [
        ElementModel(model_id=element, rubric="r", element=element, basis=basis, gate=gate, **about, **learnt)
        for element, basis, gate in (
            ("agenda", "people and reference", "failed"),
            ("insight", "reference", "failed"),
            ("close", "people", "passed"),
        )
    ]
    nothing = pl.DataFrame(schema={"rubric": pl.String, "element": pl.String, "why": pl.String})
    done = Retrained(nothing, TABLES["models"].create_empty(), [], 0, provisional=falling_short(models))
    show_training(Console(width=200), done)
    told = [line for line in capsys.readouterr().out.splitlines() if "provisional" in line]
    assert told == ["agenda (r) is provisional: no better than the words alone; and so on"]
