"""What every notebook begins with: the workspace it reads, and tables without widgets that nobody asked for."""

from functools import partial
from typing import NamedTuple

import dataframely as dy
import marimo as mo
import polars as pl

from flows.cli.options import Options
from models.ratings.rubrics import load_rubrics
from pipeline.pages.parts.ratings import name_calls
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.tables.judgements import Elements

table = partial(mo.ui.table, selection=None, show_column_summaries=False, show_data_types=False, show_download=False)


class Workspace(NamedTuple):
    """The settings, the store, the rubrics in use, and the calls with the names of those who spoke."""

    settings: Settings
    store: Store
    elements: dy.DataFrame[Elements]
    calls: pl.DataFrame


def open_workspace() -> Workspace:
    """The workspace that CALLGRADE_WORKSPACE names, else ./workspace."""
    settings = Options().settings()
    store = Store(settings.workspace)
    return Workspace(settings, store, load_rubrics(settings.rubrics), name_calls(store.read("calls")))
