"""Whether people's scores make the colours better: simulated customers on data/scripted, cross-validated by person.

    python -m benchmarks.calibration --jobs 2 --keep FOLDER

Writes docs/accuracy/calibration.md; every figure in it comes from that run. What is done is kept in FOLDER, so that a
run that was broken off goes on where it was; a run with other code needs another folder. Elements that look at cues of
their own are left out unless asked for: they make the run three times as long.
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from benchmarks.calibration.jobs import ROOT, known, run
from benchmarks.calibration.page import page
from benchmarks.calibration.simulation import cells

OUT = ROOT / "docs" / "accuracy" / "calibration.md"
DRAWS = 5


def main() -> None:
    """Run everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="lexical")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--jobs", type=int, default=1, help="processes at once; set OMP_NUM_THREADS=1 with several")
    parser.add_argument("--keep", type=Path, default=Path("calibration-parts"), help="folder for what is done")
    parser.add_argument("--all", action="store_true", help="elements that look at cues of their own, too")
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    elements, own = known(given.encoder).elements, known(given.encoder).own
    able = [name for name in elements if given.all or name not in own]
    able = [name for name in able if any(True for _ in cells(elements[name], 0))]
    jobs = [(given.encoder, name, draw, given.keep) for draw in range(given.draws) for name in able]
    paths = []
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:  # polars hangs in forks
        for path in pool.map(run, jobs):
            paths.append(path)
            print(f"{len(paths)} of {len(jobs)}: {path.stem}, {time.perf_counter() - began:.0f} s", flush=True)
    rows = pl.concat([pl.read_parquet(path) for path in paths])
    clauses = {name: elements[name].clause_name for name in able}
    OUT.write_text(page(rows, clauses, given.encoder), encoding="utf-8")
    print(f"wrote {OUT.relative_to(ROOT)} in {time.perf_counter() - began:.0f} s on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
