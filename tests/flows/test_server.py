"""The server of a run: what it goes by."""

import subprocess
import sys
from pathlib import Path

import pytest
from prefect.context import refresh_global_settings_context

from flows.server import environment_of
from tests.conftest import ROOT

ENDING = """
import signal, sys, threading, time
from flows.server import _end_with_parent

def complain(number, frame):
    print("Traceback of what was cut off", file=sys.stderr, flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, complain)
print("before", file=sys.stderr, flush=True)
threading.Thread(target=_end_with_parent, daemon=True).start()
time.sleep(60)
"""


def test_home_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server keeps its runs in the home that is named now, not in that of the server before it."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "first"))
    refresh_global_settings_context()  # as a server's end does
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "second"))
    home = environment_of(services=False)["PREFECT_HOME"]
    monkeypatch.undo()
    refresh_global_settings_context()
    assert home == str(tmp_path / "second")


def test_ends_quietly() -> None:
    """What a server complains of while it is ended is not shown; what it said before is."""
    ended = subprocess.run(  # noqa: S603  our own text
        [sys.executable, "-c", ENDING], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "before\n")
