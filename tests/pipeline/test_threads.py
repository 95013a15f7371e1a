"""Threads: how they wait is settled before torch is loaded, also where no command of ours runs."""

import os
import subprocess
import sys

import pytest

PROGRAM = "import sys, pipeline, os; assert 'torch' not in sys.modules; print(os.environ['OMP_WAIT_POLICY'])"


@pytest.mark.parametrize(("wanted", "settled"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_sleep_while_they_wait(wanted: str | None, settled: str) -> None:
    """A notebook that imports us and then torch has threads that do not spin, unless its user wants them to."""
    known = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment = known | ({"OMP_WAIT_POLICY": wanted} if wanted else {})
    said = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    assert said.stdout.strip() == settled
