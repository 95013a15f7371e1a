"""What the command line shows of a workspace: the same levels as its pages."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from rich.console import Console

from flows.cli.show import show_run
from flows.records import Run, Summary
from flows.timing import summed
from models.ratings.rubrics import load_rubrics
from pipeline.store.delta import Store
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
