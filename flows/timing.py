"""Stages: how long each step of a run took, timed where it ran and summed when the run ends."""

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import NamedTuple

import polars as pl

log = logging.getLogger("callgrade")


class Lap(NamedTuple):
    """One stage of one call, or of one batch of calls; `audio_s` is how much conversation it worked through."""

    stage: str
    seconds: float
    audio_s: float | None


class Stopwatch:
    """Takes the time of one stage after another. A stage that fails leaves no lap."""

    def __init__(self) -> None:
        self.laps: list[Lap] = []
        self.audio_s: float | None = None
        self.since = perf_counter()

    def lap(self, stage: str, *, audio_s: float | None = None) -> None:
        """All time since the last lap was this stage's; `audio_s` holds for the laps that follow, too."""
        now = perf_counter()
        self.audio_s = self.audio_s if audio_s is None else audio_s
        self.laps.append(Lap(stage, now - self.since, self.audio_s))
        self.since = now


def summed(laps: Iterable[Lap]) -> pl.DataFrame:
    """One row per stage: how often it ran, and its seconds in total, at the middle, at the 95th percentile, at most."""
    schema = {"stage": pl.String, "seconds": pl.Float64, "audio_s": pl.Float64}
    seconds, audio_s = pl.col("seconds"), pl.col("audio_s")
    return (
        pl.DataFrame(list(laps), schema=schema, orient="row")
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


def tell(laps: Iterable[Lap], **about: object) -> None:
    """Log each lap for the structured log; too much for a terminal."""
    for lap in laps:
        log.debug("stage ended", extra={"stage": lap.stage, "seconds": round(lap.seconds, 4), **about})
