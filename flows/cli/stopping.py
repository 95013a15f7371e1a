"""Stopping: what Ctrl-C and SIGTERM do to a command: it ends at once with its workers, and says where it stopped."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from threading import Timer
from types import FrameType

import polars  # noqa: F401  as it is imported it takes SIGINT for itself, after which waiting would go on

GRACE_S = 30.0  # to finish what is being written, and to pause schedules on a busy machine


class Stopped(KeyboardInterrupt):
    """A command was told to stop; `where` says how far it was."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
        self.where = ""

    def __str__(self) -> str:
        return f"stopped{self.where}; what is done is stored, and the same command goes on from there"


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise Stopped in the block when SIGINT or SIGTERM comes; a second one, or GRACE_S more, end the process."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, _stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    for worker in active_children():
        worker.terminate()
    stopped = Stopped(number)
    ending = Timer(GRACE_S, _end, (stopped,))  # a thread that is in the middle of a recording cannot be ended
    ending.daemon = True
    ending.start()
    raise stopped


def _end(stopped: Stopped) -> None:
    sys.stderr.write(f"callgrade: {stopped}\n")
    sys.stderr.flush()
    os._exit(stopped.status)
