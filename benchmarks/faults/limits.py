"""Limits: stop what takes too much processor time, or stands still."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT_S = 20  # of processor time, which other programs do not lengthen
STILL_S = 300


class TooSlowError(BaseException):
    """An input took longer than LIMIT_S of processor time, or stood still for STILL_S."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise TooSlowError in what runs within, once it has taken too long."""

    def stop(*_: object) -> None:
        raise TooSlowError

    clocks = {signal.ITIMER_PROF: (signal.SIGPROF, LIMIT_S), signal.ITIMER_REAL: (signal.SIGALRM, STILL_S)}
    before = {sent: signal.signal(sent, stop) for sent, _ in clocks.values()}
    for clock, (_, seconds) in clocks.items():
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for clock in clocks:
            signal.setitimer(clock, 0)
        for sent, handler in before.items():
            signal.signal(sent, handler)
