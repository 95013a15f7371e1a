"""Batches: which calls are listened to and assessed together, and what becomes of a call that fails in either."""

import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from itertools import chain
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from prefect import State

from flows.records import Assessment
from flows.runners import Job
from flows.timing import Lap, add_laps, queue, total_s
from pipeline.errors import CallError, is_out_of_memory
from pipeline.intake.calls import Call, calls_of

BATCH_CALLS = 250  # calls assessed and committed together, if their transcripts are at hand
LEAST_SHARE = 8  # of several workers' batches, the last are smaller, down to this part: all workers end together
LEFT_SHARE = 2  # batches for each worker that would be left if all were as large as the next
UNHEARD_WEIGHT = 5  # calls with a transcript that one without counts as: what was heard is soon to be seen
Assess = Callable[[pl.DataFrame, tuple[Assessment, ...]], Assessment]
log = logging.getLogger("callgrade")


class Assessed(NamedTuple):
    """What became of a batch: calls that were assessed, or, as rows with error_code and error, that failed; and how
    long each stage took."""

    results: list[Assessment | pl.DataFrame]
    laps: list[Lap]


def in_batches(remaining: pl.DataFrame, unheard: pl.DataFrame, *, workers: int = 1) -> list[pl.DataFrame]:
    """Split the calls still to be scored into batches, in the order they were held.

    All calls of the same two people are in one batch, so that batches can be assessed at the same time although
    meetings follow up on earlier ones. The calls of `unheard` count for more, as listening takes long. For several
    workers the batches become smaller towards the end.
    """
    pair = pl.when(pl.all_horizontal(pl.col("lead_id", "other_id").is_not_null())).then(
        pl.struct("lead_id", "other_id").rank("dense")
    )
    weighed = remaining.with_columns(
        pair=pl.coalesce(pair.cast(pl.Int64), -1 - pl.int_range(pl.len())),
        weight=pl.when(pl.col("call_id").is_in(unheard["call_id"].implode())).then(UNHEARD_WEIGHT).otherwise(1),
    )
    pairs = weighed.group_by("pair", maintain_order=True).agg(pl.col("weight").sum())
    ends = _ends(int(pairs["weight"].sum()), workers)
    done = pairs["weight"].cum_sum() - pairs["weight"]
    numbered = pairs.select("pair", batch=pl.Series(np.searchsorted(ends, done, side="right")))
    joined = weighed.join(numbered, on="pair", maintain_order="left").drop("pair", "weight")
    return [batch.drop("batch") for batch in joined.partition_by("batch", maintain_order=True)]


def _ends(whole: int, workers: int) -> list[int]:
    """Where each batch ends, of calls that weigh so much together."""
    ends = [0]
    while ends[-1] < whole:
        share = BATCH_CALLS if workers == 1 else ceil((whole - ends[-1]) / (LEFT_SHARE * workers))
        ends.append(ends[-1] + min(BATCH_CALLS, max(BATCH_CALLS // LEAST_SHARE, share)))
    return ends


def heard(
    batches: list[pl.DataFrame], unheard: pl.DataFrame, listen: Callable[[Call], Job[list[Lap]]]
) -> Iterator[pl.DataFrame]:
    """The batches as they are heard, with error_code and error where listening failed.

    `listen` starts it for one call of `unheard`. The calls of the next batch are started before those of this one are
    waited for, so that no worker is idle.
    """
    missing, total = set(unheard["call_id"]), sum(batch.height for batch in batches)

    def start(batch: pl.DataFrame) -> list[Job[list[Lap]] | None]:
        return [listen(call) if call.call_id in missing else None for call in calls_of(batch)]

    started = deque(map(start, batches[:1]))
    finished = 0
    for at, batch in enumerate(batches):
        started.extend(map(start, batches[at + 1 : at + 2]))
        faults = []
        for call_id, job in zip(batch["call_id"], started.popleft(), strict=True):
            outcome = job.outcome() if job else []
            laps = outcome if isinstance(outcome, list) else []
            faults.append(fault(outcome))
            finished += 1
            add_laps(laps, call_id=call_id)
            about = {"call_id": call_id, "seconds": total_s(laps), "error_code": faults[-1][0]}
            log.info("listened", extra=queue("listening", finished, total) | about)
        yield batch.with_columns(
            pl.DataFrame(faults, schema={"error_code": pl.String, "error": pl.String}, orient="row")
        )


def assessed(
    batches: Iterable[pl.DataFrame], start: Callable[[pl.DataFrame], Job[Assessed]], *, ahead: int, total: int
) -> Iterator[Assessment | pl.DataFrame]:
    """What becomes of the batches, in order: calls that were assessed, or rows of those that failed.

    `start` begins with a batch; at most `ahead` of them are under way at a time. `total` are the calls of all batches.
    """
    started: deque[tuple[int, Job[Assessed]]] = deque()
    finished = 0
    for batch in chain(batches, [None]):
        if batch is not None:
            started.append((batch.height, start(batch)))
        while started and (batch is None or len(started) > ahead or started[0][1].is_done()):
            n_calls, job = started.popleft()
            results, laps = job.result()
            add_laps(laps)
            yield from results
            finished += n_calls
            log.info("assessed", extra=queue("assessing", finished, total))


def bisect(batch: pl.DataFrame, assess: Assess, before: tuple[Assessment, ...] = ()) -> list[Assessment | pl.DataFrame]:
    """Assess a batch; bisect it until each failing call is isolated, which becomes a row with error_code and error.

    `before` are calls of the same batch that were assessed already: meetings follow up on earlier ones.
    """
    if batch.is_empty():
        return []
    try:
        return [assess(batch, before)]
    except Exception as error:  # noqa: BLE001  one call must not stop the others
        if batch.height == 1:
            code, message = fault(error)
            return [batch.with_columns(error_code=pl.lit(code), error=pl.lit(message))]
    half = batch.height // 2
    first = bisect(batch.head(half), assess, before)
    done = tuple(result for result in first if isinstance(result, Assessment))
    return first + bisect(batch.tail(-half), assess, before + done)


def fault(outcome: object) -> tuple[str | None, str | None]:
    """The error code and sentence of what a step came to; none where it went well."""
    if isinstance(outcome, CallError):
        return outcome.code, outcome.message
    if isinstance(outcome, BrokenExecutor) or (isinstance(outcome, Exception) and is_out_of_memory(outcome)):
        return (
            "out_of_memory",
            "more memory is needed than there is; use fewer --workers or a smaller transcription_model",
        )
    if isinstance(outcome, Exception):
        frames = traceback.extract_tb(outcome.__traceback__)  # not what the error says: it may quote the call
        place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        return "internal", f"{type(outcome).__name__}{place}; run again with --verbose and report what it prints"
    return None, None


def may_pass(_task: object, _run: object, state: State[object]) -> bool:
    """Whether a step that failed is worth another try: a disk or a network may be back, a bad recording stays bad."""
    return isinstance(state.result(raise_on_failure=False), OSError)
