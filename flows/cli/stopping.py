"""Stopping: what Ctrl-C and SIGTERM do to a command: it ends at once with its workers, and says where it stopped."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import active_children, popen_spawn_posix
from threading import Timer
from types import FrameType

import polars  # noqa: F401  as it is imported it takes SIGINT for itself, after which waiting would go on

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_S = 30.0  # to finish what is being written, and to pause schedules on a busy machine
AGAIN_S = 0.2

_stops: list[Callable[[int, FrameType | None], None]] = []  # the handlers of the blocks that the program is in


class Stopped(KeyboardInterrupt):
    """A command was told to stop; `where` says how far it was, `heard` whether the command has ended in its own way."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number
        self.where = ""
        self.heard = False

    def __str__(self) -> str:
        return f"stopped{self.where}; what is done is stored, and the same command goes on from there"


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise Stopped in the block when SIGINT or SIGTERM comes; a second one, or GRACE_S more, end the process.

    It is raised until it is on its way out: Python passes over what is raised while it clears up (in a callback of a
    weak reference, say), and libraries over more. What goes wrong on the way does not hide it. A worker that is just
    being started is first started, or it would complain that it was told nothing.
    """
    told: list[Stopped] = []
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    hook = sys.unraisablehook
    stop = partial(_stop, told)
    _stops.append(stop)
    for number in SIGNALS:
        signal.signal(number, stop)
    sys.unraisablehook = partial(_unless_stopped, hook)
    try:
        yield
    except BaseException as error:
        if told and error is not told[0]:
            raise told[0] from error
        raise
    else:
        if told and not told[0].heard:
            raise told[0]
    finally:
        _stops.remove(stop)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def hear_sigterm(flow: object, flow_run: object, state: object) -> None:  # noqa: ARG001  the form of a hook
    """A hook of flows that begin to run: hear SIGTERM as before. Prefect hears it itself there, raises once, which may
    be passed over, and waits for the workers."""
    if _stops and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _stops[-1])


def _stop(told: list[Stopped], number: int, frame: FrameType | None) -> None:
    for name in SIGNALS:
        signal.signal(name, signal.SIG_DFL)
    told.append(Stopped(number))
    ending = Timer(GRACE_S, _end, told)  # a thread that is in the middle of a recording cannot be ended
    ending.daemon = True
    ending.start()
    signal.signal(signal.SIGALRM, partial(_insist, told[0]))
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
    _insist(told[0], number, frame)


def _insist(stopped: Stopped, _number: int, frame: FrameType | None) -> None:
    if stopped.heard or _is_on_its_way(stopped) or _starts_a_worker(frame):
        return
    for worker in active_children():
        worker.terminate()
    raise stopped


def _unless_stopped(hook: Callable[["sys.UnraisableHookArgs"], object], what: "sys.UnraisableHookArgs") -> None:
    if not isinstance(what.exc_value, Stopped):
        hook(what)


def _is_on_its_way(stopped: Stopped) -> bool:
    """Whether it, or what went wrong on its way out, is being handled where the program is now."""
    error = sys.exception()
    while error not in (None, stopped):
        error = error.__context__ if error else None
    return error is stopped


def _starts_a_worker(frame: FrameType | None) -> bool:
    """Whether a process is being started where the program is now."""
    while frame and frame.f_code is not popen_spawn_posix.Popen.__init__.__code__:
        frame = frame.f_back
    return frame is not None


def _end(stopped: Stopped) -> None:
    sys.stderr.write(f"callgrade: {stopped}\n")
    sys.stderr.flush()
    os._exit(stopped.status)
