"""A PostgreSQL server of the tests' own, which can be started again while they run."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest


@dataclass
class Server:
    """A server on a socket; `address` is its URL with a place for the database."""

    command: list[str]
    account: dict[str, Any]
    address: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL, **self.account)  # noqa: S603
        for _ in range(300):
            try:
                psycopg.connect(self.address.format("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        pytest.fail("the PostgreSQL server did not start within 30 s")

    def connect(self) -> psycopg.Connection[Any]:
        """A connection for making and dropping databases."""
        return psycopg.connect(self.address.format("postgres"), autocommit=True)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a copy of the template, which is dropped afterwards."""
        name = f"of_test_{time.time_ns()}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.address.format(name)
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it, at once without a word to those who are connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self.process.wait()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server for all tests."""
    found = shutil.which("initdb") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    if found is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    binaries = Path(found).resolve().parent
    account: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}  # the server refuses to run as root
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if account:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, **account}
        subprocess.run([binaries / "initdb", "-D", data, "-U", "callgrade", "-A", "trust", "-E", "UTF8", "-N"], **quiet)  # noqa: S603
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", folder, "-D", data]
        server = Server([str(binaries / "postgres"), *options], account, f"postgresql://callgrade@/{{}}?host={folder}")
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def database(postgresql: Server) -> Iterator[str]:
    """The URL of a fresh database, which is dropped afterwards."""
    with postgresql.database() as url:
        yield url
