"""Stopping: what Ctrl-C and SIGTERM do to a command: it ends at once with its workers, and says where it stopped."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children
from threading import Timer, get_ident
from types import FrameType
from typing import TypeVar

import polars  # noqa: F401  as it is imported it takes SIGINT for itself, after which waiting would go on

Told = TypeVar("Told")
SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_S = 30.0  # to finish what is being written, and to pause schedules on a busy machine
AGAIN_S = 0.05


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
    """Raise Stopped in the block when SIGINT or SIGTERM comes; a second one, or GRACE_S more, end the process.

    What goes wrong on the way out does not hide it. Where the signal comes while Python clears up (in a callback of a
    weak reference, say), what is raised is passed over: it is raised again a moment later.
    """
    told: list[Stopped] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook

    def stop(number: int, _frame: FrameType | None) -> None:
        _hear(signal.SIG_DFL)
        for worker in active_children():
            worker.terminate()
        if not told:
            told.append(Stopped(number))
            _later(GRACE_S, _end, told[0])  # a thread that is in the middle of a recording cannot be ended
        raise told[0]

    def passed_over(what: "sys.UnraisableHookArgs") -> None:
        if isinstance(what.exc_value, Stopped):
            _hear(stop)
            _later(AGAIN_S, partial(signal.pthread_kill, get_ident()), signal.SIGINT)
        else:
            hook(what)

    _hear(stop)
    sys.unraisablehook = passed_over
    try:
        yield
    except BaseException as error:
        if told and error is not told[0]:
            raise told[0] from error
        raise
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _hear(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)


def _later(seconds: float, function: Callable[[Told], None], about: Told) -> None:
    timer = Timer(seconds, function, (about,))
    timer.daemon = True
    timer.start()


def _end(stopped: Stopped) -> None:
    sys.stderr.write(f"callgrade: {stopped}\n")
    sys.stderr.flush()
    os._exit(stopped.status)
