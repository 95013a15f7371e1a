"""Devices: which GPU, or the processor, this process works on; processes on one machine take different GPUs."""

import errno
import functools
import itertools
import os
import socket
import sys

_held: list[socket.socket] = []  # as long as this process lives


def choose(device: str) -> tuple[str, int]:
    """`cuda` or `cpu`, and the number of the GPU, for a setting of auto, cpu, cuda or cuda:1.

    Where no number is given the GPUs are dealt out among the processes of this user on this machine in turn.
    """
    kind, _, number = device.partition(":")
    gpus = 0 if kind == "cpu" else count_gpus()
    if kind == "cpu" or (kind == "auto" and gpus == 0):
        return "cpu", 0
    return "cuda", int(number) if number else process_number() % max(gpus, 1)


def count_gpus() -> int:
    """The number of GPUs that CUDA sees on this machine."""
    import ctranslate2  # type: ignore[import-untyped]  # it ships no types

    return int(ctranslate2.get_cuda_device_count())


@functools.cache
def process_number() -> int:
    """The lowest number that no living process of this user holds; this one holds it from now on until it ends.

    A socket in Linux's abstract namespace stands for it: the system frees it however the process ends. Where there are
    no such sockets it is always 0.
    """
    if sys.platform != "linux":
        return 0
    return next(number for number in itertools.count() if _take(number))


def _take(number: int) -> bool:
    """Take a number; False where another process holds it."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind(f"\0callgrade-{os.getuid()}-{number}")
    except OSError as error:
        lock.close()
        return error.errno != errno.EADDRINUSE  # or sockets are not allowed here
    _held.append(lock)
    return True
