"""Timing: how long each step of a run took, timed where it ran and summed when the run ends."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

import polars as pl
from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext, TaskRunContext

Given = ParamSpec("Given")
Result = TypeVar("Result")
log = logging.getLogger("callgrade")


@dataclass
class Lap:
    """One stage of one call, or of one batch of calls; `audio_s` is how many seconds of conversation it worked through,
    None where that is not known."""

    stage: str
    seconds: float = 0.0
    audio_s: float | None = None


_laps: ContextVar[list[Lap] | None] = ContextVar("laps", default=None)


@contextmanager
def collect_laps() -> Iterator[list[Lap]]:
    """The list to which every `timed` stage of the block is added."""
    laps: list[Lap] = []
    token = _laps.set(laps)
    try:
        yield laps
    finally:
        _laps.reset(token)


@contextmanager
def timed(stage: str, audio_s: float | None = None) -> Iterator[Lap]:
    """Time the block as one stage. A stage that fails leaves no lap; `audio_s` may be set in the block."""
    lap, began = Lap(stage, audio_s=audio_s), perf_counter()
    yield lap
    lap.seconds = perf_counter() - began
    _collect([lap])


def step(
    function: Callable[Given, Result],
    *,
    name: str | None = None,
    retry_if: Callable[..., bool] | None = None,
    tags: Iterable[str] = (),
) -> Task[Given, Result]:
    """The function as a task that Prefect shows. It is tried once more where `retry_if(task, run, state)` says so; what
    it returns is not cached: the store says what is done."""
    return Task(
        function,
        name=name,
        tags=tags,
        cache_policy=NO_CACHE,
        retries=1 if retry_if else 0,
        retry_condition_fn=retry_if,
    )


def shown(stage: str, function: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function as a task of this name that Prefect shows; outside of a Prefect run the function itself."""
    if FlowRunContext.get() or TaskRunContext.get():
        named: Any = step(function, name=stage)
        return named  # type: ignore[no-any-return]  # a task is called like its function
    return function


def summed(laps: Iterable[Lap]) -> pl.DataFrame:
    """One row per stage: how often it ran, and its seconds in total, at the middle, at the 95th percentile, at most."""
    rows = [(lap.stage, lap.seconds, lap.audio_s) for lap in laps]
    schema = {"stage": pl.String, "seconds": pl.Float64, "audio_s": pl.Float64}
    seconds, audio_s = pl.col("seconds"), pl.col("audio_s")
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .group_by("stage", maintain_order=True)
        .agg(
            n=pl.len().cast(pl.Int64),
            total_s=seconds.sum(),
            median_s=seconds.median(),
            p95_s=seconds.quantile(0.95, "linear"),
            max_s=seconds.max(),
            audio_s=pl.when(audio_s.count() > 0).then(audio_s.sum()),
        )
    )


def total_s(laps: list[Lap]) -> float | None:
    """The seconds of all laps; None where there are none."""
    return round(sum(lap.seconds for lap in laps), 4) if laps else None


def queue(stage: str, finished: int, total: int) -> dict[str, object]:
    """How far a stage is, for a log record; `waiting` are the calls that it has not finished."""
    return {"stage": stage, "finished": finished, "waiting": total - finished, "total": total}


def add_laps(laps: list[Lap], **about: object) -> None:
    """Add laps that were timed in another process, and log each for the structured log; too much for a terminal."""
    _collect(laps)
    for lap in laps:
        log.debug("stage ended", extra={"stage": lap.stage, "seconds": round(lap.seconds, 4), **about})


def _collect(laps: list[Lap]) -> None:
    collected = _laps.get()
    if collected is not None:
        collected.extend(laps)
