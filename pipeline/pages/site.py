"""Pages: assessment map, week, cadence, calibration, runs, each conversation and person, as self-contained HTML."""

import base64
import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.errors import CallError
from pipeline.metrics.cadence import Plan, load_plan
from pipeline.pages import assessment_map, cadence, calibration, call, person, runs, week
from pipeline.pages.html import digest, look, stamp_of, write_page
from pipeline.pages.playback import encode_playback
from pipeline.pages.ratings import mark_pages, name_calls, page_name, rate
from pipeline.tables import TABLES, Elements

log = logging.getLogger(__name__)

FOLDERS = ("calls", "people", "teams")
AUDIO = re.compile(r'data-source="(\w+)" src="(data:audio/mpeg;base64,[\w+/=]+)"')
MANY_READERS = 16  # object storage answers many at once
MANY_CALLS = 200  # so many conversations are laid out at once: bounds memory, not what is written
Tables = Mapping[str, pl.DataFrame]
Notes = Callable[[dict[str, Any]], list[str]]


def write_report(
    tables: Tables,
    elements: dy.DataFrame[Elements],
    folder: Path,
    *,
    call_id: str | None = None,
    lead_id: str | None = None,
    team: str | None = None,
    plan: Plan | None = None,
    consented: list[str] | None = None,
    notes: Notes = lambda _call: [],
    drifted: pl.DataFrame | None = None,
) -> list[Path]:
    """Write the pages of a workspace, or of one conversation, person or team; the first one returned is the entry.

    `tables` holds the Delta tables by name; one that is missing counts as empty. `consented` are the people whose best
    moments colleagues may see. `notes` gives the sentences on a call's recording, `drifted` the rows of
    `models.drift.drift`. A page whose content would not
    change is left alone, so writing again is cheap; without a choice, pages of what is no longer there are removed.
    Raises ValueError where the chosen conversation, person or team is not in the tables.
    """
    rows = {name: tables.get(name, schema.create_empty()) for name, schema in TABLES.items()}
    plan = plan or load_plan()
    calls = name_calls(rows["calls"])
    chosen = _choose(calls, call_id=call_id, lead_id=lead_id, team=team)
    people = chosen["person"].unique().to_list()
    shown = mark_pages(calls, chosen, pages=set(_existing(folder)))
    ratings = rate(shown, rows["labels"], elements)
    rows["actions"] = call.trace(rows["actions"], shown)

    map_pages = {"index.html": assessment_map.view_map(shown, ratings, elements, rows)}
    every = calls["team"].drop_nulls().to_list() if assessment_map.by_team(ratings) else []
    for name in sorted({*every, *([team] if team else [])}):
        map_pages[f"teams/{page_name(name)}"] = assessment_map.view_map(shown, ratings, elements, rows, team=name)
    written = [_write_view(folder / path, "map.html.jinja", view) for path, view in map_pages.items()]
    linked = shown.select("person", "person_href").drop_nulls().unique()
    whole = {
        "week": week.view(rows, ratings, elements, plan, drifted=drifted),
        "cadence": cadence.view(rows, linked, elements, plan),
        "calibration": calibration.view(rows, elements),
        "runs": runs.view(rows),
    }
    written += [_write_view(folder / f"{name}.html", f"{name}.html.jinja", view) for name, view in whole.items()]
    of_people = person.views(shown, ratings, rows["evidence"], elements, people, plan=plan, consented=consented or [])
    written += [_write_view(folder / view["href"], "person.html.jinja", view) for view in of_people]
    theirs = shown.filter(pl.col("call_id").is_in(chosen["call_id"].implode()))
    written += _write_calls(folder, theirs, rows, elements, notes)

    entry = _entry(call_id=call_id, lead_id=lead_id, team=team)
    if entry == "index.html":
        _remove_others(folder, keep=set(written))
    return sorted(written, key=lambda path: path != folder / entry)


def _choose(calls: pl.DataFrame, *, call_id: str | None, lead_id: str | None, team: str | None) -> pl.DataFrame:
    """The scored conversations that were asked for."""
    chosen = calls.filter(pl.col("status") == "ok")
    wishes = {"conversation": ("call_id", call_id), "person": ("person", lead_id), "team": ("team", team)}
    for what, (column, wish) in wishes.items():
        if wish is None:
            continue
        chosen = chosen.filter(pl.col(column) == wish)
        if chosen.is_empty():
            why = calls.filter((pl.col(column) == wish) & pl.col("error").is_not_null())["error"].head(1).to_list()
            raise ValueError(f"no scored {what} {wish!r} in this workspace" + "".join(f": {text}" for text in why))
    return chosen


def _entry(*, call_id: str | None, lead_id: str | None, team: str | None) -> str:
    if call_id is not None:
        return f"calls/{page_name(call_id)}"
    if lead_id is not None:
        return f"people/{page_name(lead_id)}"
    return "index.html" if team is None else f"teams/{page_name(team)}"


def _write_calls(folder: Path, calls: pl.DataFrame, rows: Tables, elements: pl.DataFrame, notes: Notes) -> list[Path]:
    """Pages of conversations; only those whose rows, recording or templates changed are laid out."""
    calls = calls.with_columns(stamp=_stamps(calls, rows, elements))
    paths = {folder / href: stamp for href, stamp in calls.select("call_href", "stamp").iter_rows()}
    with ThreadPoolExecutor(MANY_READERS) as readers:
        stamped = readers.map(stamp_of, paths)
        stale = [path for (path, stamp), written in zip(paths.items(), stamped, strict=True) if written != stamp]
    log.info("pages of conversations: %d to write, %d unchanged", len(stale), len(paths) - len(stale))
    names = pl.Series([path.relative_to(folder).as_posix() for path in stale], dtype=pl.String)
    todo = calls.filter(pl.col("call_href").is_in(names.implode()))
    for part in todo.iter_slices(MANY_CALLS):
        for view in call.views(part, rows, elements):
            path = folder / view["href"]
            view["notes"] = notes(view["call"])
            view["audio"] = _audio(view["recording"], path)
            write_page(path, "call.html.jinja", view, stamp=view["stamp"], root="../")
    return list(paths)


def _stamps(calls: pl.DataFrame, rows: Tables, elements: pl.DataFrame) -> pl.Series:
    """What each conversation's page depends on, as one hexadecimal number per row of `calls`."""
    parts = [calls.select("call_id", part=pl.struct(pl.all()).hash())]
    for name in ("utterances", "acts", "measures", "labels", "evidence", "actions"):
        of_call = pl.col("call_id").is_in(calls["call_id"].implode())
        parts.append(rows[name].filter(of_call).select("call_id", part=pl.struct(pl.all()).hash(seed=len(parts))))
    summed = pl.concat(parts).group_by("call_id").agg(pl.col("part").sum())
    common = hashlib.sha256(look().encode() + elements.write_json().encode())
    files = pl.Series([_file_state(recording) for recording in calls["recording"]], dtype=pl.String)
    keys = calls.join(summed, on="call_id", how="left", maintain_order="left").select(
        key=pl.col("part").cast(pl.String) + files
    )["key"]
    return pl.Series([digest(common.hexdigest() + key) for key in keys], dtype=pl.String)


def _file_state(recording: str | None) -> str:
    """Size and time of a recording, so that its page follows when it changes or goes away."""
    if not recording:
        return "none"
    try:
        state = Path(recording).stat()
    except (OSError, ValueError):
        return "none"
    return f"{state.st_size}-{state.st_mtime_ns}"


def _audio(recording: str | None, page: Path) -> dict[str, str]:
    """The playable copy as a data URI, taken from the page's last writing if the recording is the same."""
    if not recording:
        return {"src": "", "why": "It came as a transcript, without a recording."}
    source = digest(recording + _file_state(recording))
    kept = AUDIO.search(page.read_text("utf-8")) if page.exists() else None
    if kept and kept[1] == source:
        return {"src": kept[2], "source": source}
    try:
        sound = encode_playback(Path(recording))
    except CallError as error:
        log.warning("no player on the page: %s", error)
        return {"src": "", "why": f"The recording {recording} is not there any more or cannot be read."}
    return {"src": "data:audio/mpeg;base64," + base64.b64encode(sound).decode(), "source": source}


def _write_view(path: Path, template: str, view: dict[str, Any]) -> Path:
    """Write a page unless it shows just that already."""
    stamp = digest(look() + json.dumps(view, default=str, sort_keys=True))
    if stamp_of(path) != stamp:
        write_page(path, template, view, stamp=stamp, root="../" * (path.parent.name in FOLDERS))
    return path


def _existing(folder: Path) -> Iterator[str]:
    """Pages that are there, as paths from the report's folder."""
    for name in FOLDERS:
        yield from (path.relative_to(folder).as_posix() for path in (folder / name).glob("*.html"))


def _remove_others(folder: Path, *, keep: set[Path]) -> None:
    for path in [folder / name for name in _existing(folder)]:
        if path not in keep and stamp_of(path):
            path.unlink()
