"""Whether a year of nights slows the next one: store small nights one after another and time the first and the last.

    python -m benchmarks.load.nights --nights 365 --calls 5

writes its part of docs/benchmarks.md. Rows are generated, and stored as the nightly flow stores them: the run, the
calls with all that is known of them, the KPIs, the run's end, which tidies up. Between two nights every file of the
workspace is made a day older. Listening, labelling and computing are left out: they do not depend on what is stored.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

import polars as pl

from benchmarks.load.year import make_year
from benchmarks.page import write
from benchmarks.paths import RUBRICS, SCRIPTED
from flows.records import Assessment, begin, end, record
from models.ratings.reference import load_reference
from models.ratings.rubrics import load_rubrics
from pipeline.language.acts import classify_acts
from pipeline.store import delta as storing
from pipeline.store.delta import Store
from pipeline.tables import TABLES
from pipeline.tables.conversations import Actions, Acts, Talk, Utterances
from pipeline.tables.figures import Measures
from pipeline.tables.judgements import Evidence, Labels

DAY_S = timedelta(days=1).total_seconds()
SHARE = 12  # the first and the last twelfth of the nights are compared: a month of a year
SHOWN = ("calls", "utterances", "labels", "runs")


def main() -> None:
    """Store the nights, print and write their processor seconds, which other processes hardly change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--calls", type=int, default=5, help="conversations of a night")
    parser.add_argument("--never", action="store_true", help="never tidy up; writes nothing to the page")
    options = parser.parse_args()
    if options.never:
        storing.MANY_FILES = sys.maxsize
    storing.READING_H = 0  # nobody reads, and the day between two nights takes no time
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        night_s = list(_nights(store, options.nights, options.calls))
        files = {name: _files_of(store, name) for name in SHOWN}
    n = max(1, options.nights // SHARE)
    text = _part(night_s[:n], night_s[-n:], max(night_s), files, options.nights * options.calls)
    print(text)
    if not options.never:
        write("benchmarks.load.nights", text)


def _nights(store: Store, n_nights: int, n_calls: int) -> Iterator[float]:
    """Processor seconds to store the rows of each night."""
    for number, assessment in enumerate(_assessments(n_nights, n_calls)):
        kpis = TABLES["kpis"].create_empty()
        began = time.process_time()
        run = begin(store, "nightly", "c", n_calls=n_calls)
        rows = record(store, run, assessment)
        store.overwrite("kpis", kpis)
        end(store, run, rows.clear(), [rows])
        seconds = time.process_time() - began
        if number % 30 == 0:
            print(f"night {number}: {seconds:.2f} s", flush=True)
        _age(store)
        yield seconds


def _assessments(n_nights: int, n_calls: int) -> Iterator[Assessment]:
    """What is known of each night's calls: the rows of a generated year, and the words of one written conversation."""
    year = make_year(load_rubrics(RUBRICS), n_calls=n_nights * n_calls)
    spoken = load_reference(SCRIPTED).talk
    talk = Talk.validate(spoken.filter(pl.col("call_id") == spoken["call_id"].min()))
    utterances, acts = talk.select(TABLES["utterances"].column_names()), classify_acts(talk)
    for calls in year.calls.iter_slices(n_calls):
        ids = calls.select("call_id")
        of_night = pl.col("call_id").is_in(ids["call_id"].implode())
        labels = year.labels.filter(of_night)
        evidence = labels.select("call_id", "rubric", "element", "model_id", rank=pl.lit(1), quote=pl.lit("we agreed"))
        night_utterances, night_acts = (ids.join(rows.drop("call_id"), how="cross") for rows in (utterances, acts))
        schema = TABLES["evidence"].create_empty().schema
        absent = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in evidence.columns]
        yield Assessment(
            calls.rename({"audio_sha256": "content"}),
            Utterances.cast(night_utterances),
            Acts.cast(night_acts),
            Measures.cast(year.measures.filter(of_night)),
            Actions.cast(year.actions.filter(of_night)),
            Labels.cast(labels),
            Evidence.cast(evidence.with_columns(absent)),
        )


def _age(store: Store) -> None:
    """Make the files of all tables a day older."""
    for entry in (store.place / "tables").rglob("*.*"):
        then = entry.stat().st_mtime - DAY_S
        os.utime(entry, (then, then))


def _files_of(store: Store, table: str) -> tuple[int, int, int]:
    """The rows of a table, its data files and those of its log."""
    folder: Path = store.place / "tables" / table
    return store.read(table).height, len(list(folder.glob("*.parquet"))), len(list((folder / "_delta_log").glob("*")))


def _part(
    first: list[float], last: list[float], longest: float, lying: dict[str, tuple[int, int, int]], n_calls: int
) -> str:
    command = " ".join(["python -m benchmarks.load.nights", *sys.argv[1:]])
    files = [f"| {name} | {rows:,} | {data} | {logs} |" for name, (rows, data, logs) in lying.items()]
    text = (
        f"`{command}`: the rows of {n_calls:,} conversations, stored night by night; the store joins small files and "
        f"drops old ones on the way. Median processor time of a night: {median(first):.2f} s for the first "
        f"{len(first)}, {median(last):.2f} s for the last {len(last)}, {median(last) / median(first):.2f} times as "
        f"much. The longest night, which tidied up, took {longest:.2f} s. The workspace after the last night:"
    )
    head = ["| table | rows | data files | files of its log |", "| --- | ---: | ---: | ---: |"]
    return "\n".join(["## A year of nights\n", text, "", *head, *files])


if __name__ == "__main__":
    main()
