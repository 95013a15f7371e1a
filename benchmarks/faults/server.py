"""Runs by a Prefect server on PostgreSQL whose database goes away while they run.

    python -m benchmarks.faults.server --restarts 6 --calls 12

starts PostgreSQL in a folder of its own and a Prefect server on it. It scores a list by the embedded server, by this
server undisturbed, and by this server while the database is restarted or away for a while, compares the tables, and
writes docs/benchmarks/server_faults.md. It needs PostgreSQL's programs (Debian: apt-get install postgresql).
"""

import argparse
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import polars as pl

from benchmarks.faults.compare import COMPARED, OF_THE_RUN, differences
from benchmarks.faults.killed_runs import (
    LONGEST_S,
    QUIET,
    Night,
    files,
    make_night,
    train_classifiers,
)
from benchmarks.page import write
from benchmarks.paths import DOCS
from pipeline.store.delta import Store

PAGE = DOCS / "benchmarks" / "server_faults.md"
HEAD = "# A Prefect server whose database restarts\n"
AWAY_S = (0.0, 10.0)  # restarted at once, or stopped for so long


class Postgres(NamedTuple):
    """A PostgreSQL of our own in a folder, reached by its socket alone."""

    folder: Path

    @property
    def url(self) -> str:
        """Where Prefect finds it."""
        return f"postgresql+asyncpg://callgrade@/postgres?host={self.folder}"

    def run(self, program: str, *options: str) -> None:
        """One of PostgreSQL's programs, which will not run as root."""
        found = shutil.which(program) or max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), default=None)
        if found is None:
            raise SystemExit(f"no {program} on this machine; install the package postgresql")
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*user, str(found), "-D", str(self.folder / "data"), *options], check=True, cwd=self.folder,
                       stdout=subprocess.DEVNULL)  # fmt: skip

    def begin(self) -> None:
        """Make an empty database and start it."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "-U", "callgrade", "-A", "trust", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        """Start it; returns when it answers."""
        listen = f"-c listen_addresses= -k {self.folder}"
        self.run("pg_ctl", "-o", listen, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        """End every connection and stop it."""
        self.run("pg_ctl", "-m", "fast", "-w", "stop")


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    disturbed: bool  # the database went away while it ran
    status: int  # of the process
    seconds: float
    faults: list[str]  # how its tables differ from those of an undisturbed run


@contextmanager
def server_on_postgres(folder: Path) -> Iterator[tuple[str, Postgres]]:
    """The address of a Prefect server, and the database that it is on."""
    folder.mkdir(mode=0o755)
    database = Postgres(folder)
    database.begin()
    os.environ.update(QUIET | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database.url})
    os.environ.setdefault("PREFECT_HOME", str(folder.parent / "prefect"))
    from flows.server import server  # Prefect reads its settings when it is first imported

    try:
        with server() as address:
            yield address, database
    finally:
        database.stop()


@dataclass(frozen=True)
class Outage:
    """The database stops when a run has written `n_files` files, and starts again after `away_s` seconds."""

    database: Postgres
    n_files: int
    away_s: float


def score(night: Night, workspace: Path, expected: Store, address: str, outage: Outage | None = None) -> Ended:
    """Score by a server, whose database goes away meanwhile where an outage is given."""
    night.begin(workspace)
    before, began, disturbed = files(workspace), monotonic(), False
    running = night.start(workspace, PREFECT_API_URL=address)
    while outage and running.poll() is None and monotonic() - began < LONGEST_S and not disturbed:
        if files(workspace) - before >= outage.n_files:
            outage.database.stop()
            sleep(outage.away_s)
            outage.database.start()
            disturbed = running.poll() is None
        sleep(0.002)
    output, _ = running.communicate(timeout=LONGEST_S)
    faults = differences(Store(str(workspace)), expected)
    if running.returncode:
        faults.append(f"status {running.returncode}: {output[-600:]}")
    return Ended(disturbed, running.returncode, monotonic() - began, faults)


def main() -> None:
    """Score by the embedded server, by one on PostgreSQL, and while its database goes away; print and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--restarts", type=int, default=6)
    parser.add_argument("--calls", type=int, default=12, help="of each of two kinds")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trained", type=Path, help="a workspace whose classifiers are taken; else they are trained")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="server-faults-"))
    folder.chmod(0o755)
    night = make_night(folder / "night", trained=options.trained or train_classifiers(folder), n_each=options.calls)
    n_before = files(night.begin(folder / "embedded"))
    night.score(folder / "embedded")
    expected, n_files = Store(str(folder / "embedded")), files(folder / "embedded") - n_before
    n_calls = expected.read("calls", where=pl.col("status") == "ok").height
    print(f"embedded server: {n_calls} calls, {n_files} files", flush=True)
    rng, ended = random.Random(options.seed), []
    with server_on_postgres(folder / "postgres") as (address, database):
        undisturbed = score(night, folder / "postgres-run", expected, address)
        print(undisturbed, flush=True)
        for number in range(options.restarts):
            outage = Outage(database, rng.randint(1, n_files), AWAY_S[number % len(AWAY_S)])
            disturbed = score(night, folder / f"restarted-{number}", expected, address, outage)
            print(f"after {outage.n_files} files, away {outage.away_s:g} s: {disturbed}", flush=True)
            ended.append((outage.away_s, disturbed))
    rows = [
        "| server | database | runs | disturbed while they ran | ended otherwise |",
        "| --- | --- | ---: | ---: | ---: |",
        "| embedded | SQLite | 1 | 0 | 0 |",
        f"| of its own | PostgreSQL | 1 | 0 | {bool(undisturbed.faults):d} |",
    ]
    for away_s, what in zip(AWAY_S, ("restarted", f"away for {AWAY_S[1]:g} s"), strict=True):
        runs = [run for away, run in ended if away == away_s]
        n_disturbed, n_wrong = sum(run.disturbed for run in runs), sum(bool(run.faults) for run in runs)
        rows.append(f"| of its own | PostgreSQL, {what} | {len(runs)} | {n_disturbed} | {n_wrong} |")
    faults = sorted({fault for run in (undisturbed, *(run for _, run in ended)) for fault in run.faults})
    about = (
        f"`python -m benchmarks.faults.server --restarts {options.restarts} --calls {options.calls} --seed "
        f"{options.seed}`: {n_calls} calls from transcripts, one worker, lexical encoder. The database is stopped "
        "(`pg_ctl stop -m fast`) when a random number of files is in the workspace. Compared with the run by the "
        f"embedded server are {', '.join(COMPARED)}, apart from {', '.join(OF_THE_RUN)}.\n\n"
    )
    text = "\n".join([*rows, "", *(f"- {fault}" for fault in faults)])
    print(text)
    write("benchmarks.faults.server", about + text.strip(), to=PAGE, head=HEAD)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
