"""Times: ISO 8601 as people, spreadsheets and databases write it, read into UTC.

`2026-04-20`, `2026-04-20T10:45`, `2026-04-20 10:45:00.000`, `20260420T104500Z`, `2026-04-20T10:45:00+0200` are such
times. Of the order of day and month in `20.4.2026` nothing is guessed: that is no such time, nor is `2026-04-20T10.45`,
which would be a fraction of a second, or a year in which nobody recorded.
"""

import os
import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")
POINTED_HOUR = re.compile(r"[T ]\d{1,2}[.,]\d")
YEARS = range(1950, 2101)


def read_time(text: str, *, zone: str) -> datetime | None:
    """The time in UTC; None where the text is not ISO 8601.

    Without an offset it is taken in `zone`, the machine's where that is empty: the earlier of two where clocks are set
    back. A date is its midnight.
    """
    try:
        time = datetime.fromisoformat(text)
        if POINTED_HOUR.search(text) or time.year not in YEARS:
            return None
        if time.tzinfo is None and zone:
            time = time.replace(tzinfo=_zone(zone))
        return time.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        return None


def read_time_of_day(text: str, *, zone: str) -> datetime | None:
    """The time in UTC; None where the text is not ISO 8601 or a date alone."""
    return None if _is_date(text) else read_time(text, zone=zone)


def times_in_utc(texts: pl.Expr, *, zone: str, dates: bool = True) -> pl.Expr:
    """A column of texts as UTC_TIME, null where one is not ISO 8601, or a date alone where `dates` are not wanted."""
    read = read_time if dates else read_time_of_day
    return texts.map_elements(lambda text: read(text, zone=zone), return_dtype=UTC_TIME)


def in_future(column: str) -> pl.Expr:
    """Whether a time lies ahead, as where day and month are swapped, by more than clocks and zones differ."""
    return (pl.col(column) > datetime.now(UTC) + timedelta(days=1)).fill_null(value=False)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def machine_zone() -> str:
    """The name of the machine's time zone; UTC where it has none that is known."""
    linked = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    for name in (os.environ.get("TZ", "").lstrip(":"), linked):
        try:
            return _zone(name).key
        except (ValueError, OSError, ZoneInfoNotFoundError):
            continue
    return "UTC"
