"""Runners: where the steps of many calls run at once, and how the cores are shared out among them."""

import os
from typing import Any

from prefect.client.orchestration import get_client
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from pipeline.devices import count_gpus
from pipeline.settings import Settings

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")


def task_runner(settings: Settings) -> TaskRunner[Any]:
    """One process per worker, each with its share of the cores: PocketSphinx does not let go of Python's lock.

    One worker runs as a thread, which starts at once.
    """
    cores = os.cpu_count() or 1
    workers = settings.workers or _gpus(settings) or max(1, cores // 2)
    if workers == 1:
        return ThreadPoolTaskRunner(max_workers=1)
    for name in THREADS:
        os.environ.setdefault(name, str(max(1, cores // workers)))
    return ProcessPoolTaskRunner(max_workers=workers)


def share_server() -> None:
    """Let the workers use the server of this process; without one set up, each would start a temporary one."""
    with get_client(sync_client=True) as client:
        os.environ.setdefault("PREFECT_API_URL", str(client.api_url))


def _gpus(settings: Settings) -> int:
    """How many GPUs the engines will use; 0 where they work on the processor."""
    if settings.device.startswith("cpu"):
        return 0
    return 1 if ":" in settings.device else count_gpus()
