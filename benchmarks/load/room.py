"""How long the room takes over ten thousand conversations: searches, the map, people's and calls' pages.

    python -m benchmarks.load.room

writes its part of docs/benchmarks.md. The tables are those of a generated year (benchmarks.load.year); what is said is
that of data/scripted, over and over. Each page is asked for by somebody who sees all and by a manager, through the
whole application, once after the tables were written and then ten times.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import polars as pl
from fastapi.testclient import TestClient

from benchmarks.load.year import make_year
from benchmarks.page import write
from benchmarks.paths import RUBRICS, SCRIPTED
from flows.room.app import create_app
from flows.room.database.people import Person
from flows.room.entry.sign_in import COOKIE, enter
from flows.room.finding.index import INDEX
from flows.room.house import House, open_house
from models.ratings.reference import load_reference
from models.ratings.rubrics import load_rubrics
from pipeline.pages.parts.ratings import page_name
from pipeline.settings import load_settings
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.values import ACTS

TIMES = 10
GOOD, NOT_THEIRS = 200, 404
LONG = 60  # letters of what is shown as evidence
LABEL = ["call_id", "rubric", "element", "model_id"]
SEES_ALL, MANAGER = ("eve", "enablement"), ("p0100", "manager")
SEARCHES = {
    "a word of every call": "/search?q=the",
    "a phrase": "/search?q=%22next+week%22",
    "answers to a question about price in red calls of March": (
        "/search?q=price&act=ask_open&answers=true&color=red&since=2025-03-01&until=2025-03-31"
    ),
    "a frequent word by one person": "/search?q=you&person=p0007",
    "a frequent word by one side in green calls": "/search?q=is&side=lead&element=agenda&color=green",
    "what nobody said": "/search?q=zirconium",
}
PAGES = {
    "the map": "/index.html",
    "the map of a team": f"/teams/{page_name('team 0')}",
    "a person": "/people/p0007.html",
    "a conversation": "/calls/c000007.html",
    "the week": "/week.html",
    "topics": "/topics",
    "people": "/people.html",
    "managers": "/managers.html",
    "a next meeting": "/meetings/p0007.html",
    "a guide": f"/guides/{page_name('discovery_call')}",
    "the first page": "/",
    "a new session": "/sessions/new?rubric=discovery_call",
}


class Timed(NamedTuple):
    """Milliseconds of a page: the first time, then the median and the longest."""

    first: float
    median: float
    longest: float


def main() -> None:
    """Make the workspace, ask for the pages, write the part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        workspace = Path(name) / "w"
        n_lines = fill(workspace, options.calls)
        rubrics = Path(shutil.copytree(RUBRICS, Path(name) / "rubrics"))
        house = open_house(load_settings(workspace=str(workspace), rubrics=rubrics, timezone="UTC"))
        cookies = {person: signed_in(house, person, role) for person, role in (SEES_ALL, MANAGER)}
        rows = ["| page | who | first, ms | median, ms | longest, ms |", "| --- | --- | ---: | ---: | ---: |"]
        with TestClient(create_app(house, hosts=("testserver",)), follow_redirects=False) as browser:
            index_s = wait_for_index(workspace)
            for (_, role), cookie in zip((SEES_ALL, MANAGER), cookies.values(), strict=True):
                for title, path in (SEARCHES | PAGES).items():
                    timed = measured(browser, cookie, path)
                    if timed is not None:
                        kind = "search: " if path in SEARCHES.values() else ""
                        shown = " | ".join(f"{ms:.0f}" for ms in timed)
                        rows.append(f"| {kind}{title} | {role} | {shown} |")
                        print(rows[-1], flush=True)
    command = " ".join(["python -m benchmarks.load.room", *sys.argv[1:]])
    about = (
        f"{options.calls:,} conversations with {n_lines:,} utterances, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}. The index of what was said was made in "
        f"{index_s:.0f} s after the room was opened."
    )
    write("benchmarks.load.room", "\n".join(["## The room\n", f"`{command}`: {about}\n", *rows, ""]))


def fill(workspace: Path, n_calls: int) -> int:
    """Store a generated year with what was said, acts and evidence; returns how many utterances it has."""
    elements, store = load_rubrics(RUBRICS), Store(str(workspace))
    year = make_year(elements, n_calls=n_calls, n_sellers=100)
    for name in ("calls", "labels", "measures", "actions"):
        store.overwrite(name, getattr(year, name))
    said = _said(year.calls)
    store.overwrite("utterances", said.select(TABLES["utterances"].column_names()))
    ranks = pl.Series("at", range(said.height)).hash(7) % len(ACTS)
    acts = said.select("call_id", "idx", "text", sentence=pl.lit(0, pl.Int64), p=pl.lit(0.9)).with_columns(
        act=pl.Series(ACTS).gather(ranks),
        also=pl.lit(None, pl.String),
        reflection=pl.lit(None, pl.String),
    )
    store.overwrite("acts", acts.select(TABLES["acts"].column_names()))
    shown = said.filter(pl.col("text").str.len_chars() > LONG).group_by("call_id", maintain_order=True).first()
    moments = year.labels.select(LABEL).join(shown, on="call_id").with_columns(
        rank=pl.lit(0, pl.Int64), weight=pl.lit(1.0), quote="text", worth_showing=pl.lit(value=True)
    )  # fmt: skip
    store.overwrite("evidence", moments.select(TABLES["evidence"].column_names()))
    return said.height


def _said(calls: pl.DataFrame) -> pl.DataFrame:
    """The utterances of each call: those of a conversation of its kind, or of any where none is of its kind."""
    talk = load_reference(SCRIPTED).talk.drop("side", "interaction", "duration_s", "started_at")
    kinds = load_reference(SCRIPTED).calls.select("call_id", "interaction").sort("call_id")
    of_kind = {kind[0]: rows["call_id"].to_list() for kind, rows in kinds.group_by("interaction")}
    every = kinds["call_id"].to_list()
    chosen = [
        of_kind.get(kind, every)[at % len(of_kind.get(kind, every))] for at, kind in enumerate(calls["interaction"])
    ]
    drawn = calls.select("call_id", of=pl.Series(chosen))
    return drawn.join(talk, left_on="of", right_on="call_id", maintain_order="left")


def signed_in(house: House, person_id: str, role: str) -> str:
    """The cookie of somebody who is signed in."""
    with house.database.begin() as session:
        person = Person(person_id=person_id, name=person_id, role=role)
        session.add(person)
        session.flush()
        return house.signer.sign(enter(session, person)).decode()


def measured(browser: TestClient, cookie: str, path: str) -> Timed | None:
    """How long a page takes; None where this person has no such page."""
    browser.cookies.clear()
    browser.cookies.set(COOKIE, cookie)
    took = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        answer = browser.get(path)
        took.append(1000 * (time.perf_counter() - began))
        if answer.status_code == NOT_THEIRS:
            return None
        if answer.status_code != GOOD:
            raise RuntimeError(f"{path}: {answer.status_code}")
    return Timed(took[0], statistics.median(took[1:]), max(took[1:]))


def wait_for_index(workspace: Path) -> float:
    """Seconds until the index of what was said is there."""
    began = time.perf_counter()
    while not (workspace / INDEX).is_file():
        time.sleep(0.1)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
