"""Runners: where the steps of many calls run at once, and how the cores are shared out among them."""

import atexit
import gc
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar

import polars as pl
from prefect import Task
from prefect.client.orchestration import get_client
from prefect.futures import PrefectFuture
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.timing import step
from pipeline.settings import Settings
from pipeline.speech.devices import count_gpus

Given = ParamSpec("Given")
Result = TypeVar("Result")
log = logging.getLogger("callgrade")
THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "MALLOC_ARENA_MAX",  # of glibc, each of which keeps memory for the threads that are given it
)


def task_runner(settings: Settings) -> TaskRunner[Any]:
    """The runner that the settings name, with as many workers; raises ValueError where its package is not installed."""
    return RUNNERS[settings.runner](settings)


def gpu_tags(settings: Settings) -> list[str]:
    """The tag of a step that may use a GPU: `prefect concurrency-limit create gpu N` lets N of them run at once,
    whichever flows and machines they belong to."""
    return [] if settings.device == "cpu" else ["gpu"]


class Job(Generic[Result]):
    """One piece of work that a worker does; where the workers are lost, the spare process does it instead."""

    def __init__(self, future: PrefectFuture[Result] | None, instead: Callable[[], Result]) -> None:
        self._future, self._instead = future, instead

    def is_done(self) -> bool:
        """Whether `result` returns at once."""
        return self._future is not None and self._future.state.is_final()

    def result(self) -> Result:
        """What the work returned; raises what it raised, and BrokenExecutor where it kills the spare process too."""
        if self._future is None:
            return self._instead()
        try:
            return self._future.result()
        except BrokenExecutor:
            log.warning("a worker process was lost, others with it; one piece of work at a time is done from here on")
        return self._instead()

    def outcome(self) -> Result | Exception:
        """What the work returned or raised."""
        try:
            return self.result()
        except Exception as error:  # noqa: BLE001  one call must not stop the others
            return error


class Workers:
    """The workers of the present run's runner, and a spare process for when they are lost: one that is killed, for want
    of memory, say, takes all with it.

    At the end of the block, when all work is done, what is left of lost workers ends too: a process that was just being
    started would wait for work, and the run for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._spare: ProcessPoolExecutor | None = None
        self._are_lost = False
        self._others = active_children()  # of whoever started the run
        if count_workers(settings) > 1:  # processes start and load while the list is read
            self._first = [self.submit(step(be_there, name="start a worker")) for _ in range(count_workers(settings))]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in active_children() if self._are_lost else ():
            if process not in self._others:
                process.terminate()

    def submit(self, work: Task[Given, Result], *arguments: Given.args, **options: Given.kwargs) -> Job[Result]:
        """Have a worker do it."""
        instead = partial(self.do_instead, work.fn, *arguments, **options)
        try:
            return Job(work.submit(*arguments, **options), instead)
        except BrokenExecutor:
            return Job(None, instead)

    def do_instead(self, function: Callable[Given, Result], *arguments: Given.args, **options: Given.kwargs) -> Result:
        """Do it in the spare process, which is started anew when it was killed itself; raises BrokenExecutor then."""
        self._are_lost = True
        self._spare = self._spare or ProcessPoolExecutor(1, get_context("spawn"), live_with_parent)
        try:
            return self._spare.submit(function, *arguments, **options).result()
        except BrokenExecutor:
            self._spare = None
            raise


def _local(settings: Settings) -> TaskRunner[Any]:
    """One process per worker, each with its share of the cores.

    One worker runs as a thread, which starts at once.
    """
    if count_workers(settings) == 1:
        return ThreadPoolTaskRunner(max_workers=1)
    _prepare(settings)
    return ProcessPoolTaskRunner(max_workers=count_workers(settings), initializer=begin_worker)


def _dask(settings: Settings) -> TaskRunner[Any]:
    """A Dask cluster: the one at the settings' address, else one of processes on this machine."""
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise ValueError("the runner dask is not installed; pip install prefect-dask, or use --runner local") from error
    _prepare(settings)
    if settings.address:
        return DaskTaskRunner(address=settings.address)
    return DaskTaskRunner(
        cluster_kwargs={"n_workers": count_workers(settings), "threads_per_worker": 1, "dashboard_address": None}
    )


def _ray(settings: Settings) -> TaskRunner[Any]:
    """A Ray cluster: the one at the settings' address, else one on this machine."""
    try:
        from prefect_ray import RayTaskRunner  # type: ignore[import-not-found]  # an extra
    except ImportError as error:
        raise ValueError("the runner ray is not installed; pip install prefect-ray, or use --runner local") from error
    _prepare(settings)
    here = {"num_cpus": count_workers(settings), "include_dashboard": False}
    runner: TaskRunner[Any] = RayTaskRunner(
        address=settings.address or None, init_kwargs={} if settings.address else here
    )
    return runner


RUNNERS: dict[str, Callable[[Settings], TaskRunner[Any]]] = {"local": _local, "dask": _dask, "ray": _ray}


def _prepare(settings: Settings) -> None:
    """What worker processes find in their environment: their share of the cores, and the server of this process.

    Without a server of their own set up, each of them would start a temporary one.
    """
    for name in THREADS:
        os.environ.setdefault(name, str(max(1, (os.cpu_count() or 1) // count_workers(settings))))
    with get_client(sync_client=True) as client:
        os.environ.setdefault("PREFECT_API_URL", str(client.api_url))


def be_there() -> None:
    """What a worker does first, wherever it runs: load what reads the language before it is needed."""
    from pipeline.language.acts import chances_of, timed_sentences

    said = {"call_id": "", "idx": 0, "speaker": "", "start_s": 0.0, "end_s": 1.0, "text": "Good morning."}
    chances_of(timed_sentences(pl.DataFrame([said])))


def begin_worker() -> None:
    """Have a worker process of this machine end with its parent, and at once."""
    live_with_parent()
    atexit.register(gc.freeze)  # what is left at the end goes back to the system without a look at each object


def live_with_parent() -> None:
    """Have a worker process leave Ctrl-C to its parent, and end when that ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def end_with_parent() -> None:
        if parent:
            wait([parent.sentinel])
            os._exit(1)

    Thread(target=end_with_parent, daemon=True).start()


def count_workers(settings: Settings) -> int:
    """How many conversations are worked on at a time: as set, else one for each GPU, else half the cores."""
    return settings.workers or _gpus(settings) or max(1, (os.cpu_count() or 1) // 2)


def _gpus(settings: Settings) -> int:
    """How many GPUs the engines will use; 0 where they work on the processor."""
    if settings.device.startswith("cpu"):
        return 0
    return 1 if ":" in settings.device else count_gpus()
