"""Actions of a conversation as its page shows them, with when they were spoken of and where they come from."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl


@dataclass(frozen=True)
class Action:
    """An action of this meeting, or one carried from an earlier one, with where it is spoken of."""

    what: str
    owner_role: str
    due_words: str | None
    due_date: date | None
    confirmed: bool | None
    state: str
    carried_from: str | None
    carried_href: str | None
    carried_on: datetime | None
    idx: int | None
    start_s: float | None
    end_s: float | None


def timed(actions: pl.DataFrame, utterances: pl.DataFrame) -> pl.DataFrame:
    """Actions with the time they were spoken of; those of this meeting first."""
    times = utterances.select("call_id", "idx", "start_s", "end_s")
    spoken = actions.join(times, on=["call_id", "idx"], how="left")
    return spoken.sort("call_id", pl.col("carried_from").is_not_null(), "action")


def trace(actions: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Actions with the date and the page of the meeting they were carried from."""
    origins = calls.select(carried_from="call_id", carried_href="call_href", carried_on="started_at")
    return actions.join(origins, on="carried_from", how="left")
