"""What notebooks share: the workspace they read, moments to play, and tables without widgets that nobody asked for."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import marimo as mo
import polars as pl

from flows.cli.options import Options
from models.ratings.rubrics import load_rubrics
from pipeline.errors import CallError
from pipeline.metrics.current_labels import shown_labels
from pipeline.pages.parts.playback import encode_playback
from pipeline.pages.parts.ratings import name_calls
from pipeline.settings import Settings
from pipeline.store.delta import Store
from pipeline.store.zone import in_zone, zone_of
from pipeline.tables.judgements import Elements

AROUND_S = 1.0
table = partial(mo.ui.table, selection=None, show_column_summaries=False, show_data_types=False, show_download=False)


class Workspace(NamedTuple):
    """The settings, the store, the rubrics in use, and calls and labels as pages show them: with the names of those who
    spoke, at the times of the workspace's zone, and settled where people settled them."""

    settings: Settings
    store: Store
    elements: dy.DataFrame[Elements]
    calls: pl.DataFrame
    labels: pl.DataFrame


def clip(recording: str | None, start_s: float, end_s: float) -> bytes | None:
    """The moment and a second to either side as an MP3; None where there is no recording any more."""
    if not recording:
        return None
    try:
        return encode_playback(Path(recording), span=(max(0.0, start_s - AROUND_S), end_s + AROUND_S))
    except CallError:
        return None


def open_workspace() -> Workspace:
    """The workspace that CALLGRADE_WORKSPACE names, else ./workspace."""
    settings = Options().settings()
    store = Store(settings.workspace)
    elements, calls = load_rubrics(settings.rubrics), name_calls(in_zone(store.read("calls"), zone_of(store)))
    return Workspace(settings, store, elements, calls, shown_labels(store, elements))
