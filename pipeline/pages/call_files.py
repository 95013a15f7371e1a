"""The files of conversations' pages: only those whose rows, recording or templates changed are laid out."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.pages import call as call_page
from pipeline.pages import call_parts
from pipeline.pages.call_parts import Call
from pipeline.pages.html import digest, look, stamp_of, write_page
from pipeline.pages.parts.playback import audio_of, file_state
from pipeline.tables.judgements import Elements

MAX_READERS = 16  # object storage answers many at once
MAX_CALLS_AT_ONCE = 200  # laid out at once: bounds memory, not what is written
Tables = Mapping[str, pl.DataFrame]
Notes = Callable[[Call], list[str]]

log = logging.getLogger(__name__)


def write_calls(
    folder: Path, calls: pl.DataFrame, rows: Tables, elements: dy.DataFrame[Elements], notes: Notes
) -> list[Path]:
    """Pages of conversations; only those whose rows, recording or templates changed are laid out."""
    calls = calls.with_columns(stamp=_stamps(calls, rows, elements))
    paths = {folder / href: stamp for href, stamp in calls.select("call_href", "stamp").iter_rows()}
    with ThreadPoolExecutor(MAX_READERS) as readers:
        stamped = readers.map(stamp_of, paths)
        stale = [path for (path, stamp), written in zip(paths.items(), stamped, strict=True) if written != stamp]
    log.info("pages of conversations: %d to write, %d unchanged", len(stale), len(paths) - len(stale))
    names = pl.Series([path.relative_to(folder).as_posix() for path in stale], dtype=pl.String)
    todo = calls.filter(pl.col("call_href").is_in(names.implode()))
    for some in todo.iter_slices(MAX_CALLS_AT_ONCE):
        for call, parts in call_parts.parts(some, rows, elements):
            path = folder / call.call_href
            page = call_page.view(call, parts, notes=notes(call), audio=audio_of(call.recording, path))
            write_page(path, "call.html.jinja", page, stamp=call.stamp, root="../")
    return list(paths)


def _stamps(calls: pl.DataFrame, rows: Tables, elements: dy.DataFrame[Elements]) -> pl.Series:
    """What each conversation's page depends on, as one hexadecimal number per row of `calls`."""
    parts = [calls.select("call_id", part=pl.struct(pl.all()).hash())]
    for name in ("utterances", "acts", "measures", "labels", "evidence", "actions", "scores"):
        of_call = pl.col("call_id").is_in(calls["call_id"].implode())
        parts.append(rows[name].filter(of_call).select("call_id", part=pl.struct(pl.all()).hash(seed=len(parts))))
    summed = pl.concat(parts).group_by("call_id").agg(pl.col("part").sum())
    common = hashlib.sha256(look().encode() + elements.write_json().encode())
    files = pl.Series([file_state(recording) for recording in calls["recording"]], dtype=pl.String)
    keys = calls.join(summed, on="call_id", how="left", maintain_order="left").select(
        key=pl.col("part").cast(pl.String) + files
    )["key"]
    return pl.Series([digest(common.hexdigest() + key) for key in keys], dtype=pl.String)
