"""Devices: which GPU, or the processor, this process works on; worker processes take different GPUs."""

import multiprocessing
import re


def choose(device: str) -> tuple[str, int]:
    """`cuda` or `cpu`, and the number of the GPU, for a setting of auto, cpu, cuda or cuda:1.

    Where no number is given the GPUs are dealt out among the worker processes in turn.
    """
    kind, _, number = device.partition(":")
    gpus = 0 if kind == "cpu" else count_gpus()
    if kind == "cpu" or (kind == "auto" and gpus == 0):
        return "cpu", 0
    return "cuda", int(number) if number else _worker() % max(gpus, 1)


def count_gpus() -> int:
    """The number of GPUs that CUDA sees on this machine."""
    import ctranslate2  # type: ignore[import-untyped]  # it ships no types

    return int(ctranslate2.get_cuda_device_count())


def _worker() -> int:
    """Which of the worker processes this is; processes that multiprocessing starts are numbered in their names."""
    number = re.search(r"-(\d+)$", multiprocessing.current_process().name)
    return int(number.group(1)) if number else 0
