"""Zone: the time zone in which a workspace's days and weeks begin, stored with it by the run that scored it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from pipeline.location import write_whole
from pipeline.store.delta import Store

NAME = "timezone"


def zone_of(store: Store) -> str:
    """The zone of a workspace; UTC where none is stored or it is none."""
    try:
        return ZoneInfo((store.place / NAME).read_text(encoding="utf-8").strip()).key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return "UTC"


def keep_zone(store: Store, zone: str) -> None:
    """Store the zone of a workspace."""
    if zone_of(store) != zone or not (store.place / NAME).exists():
        write_whole(store.place / NAME, zone.encode())


def today_of(store: Store) -> date:
    """Which day it is in the workspace's zone."""
    return datetime.now(ZoneInfo(zone_of(store))).date()


def in_zone(calls: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Calls whose times of day and days are those of a zone."""
    return calls.with_columns(pl.col("started_at").dt.convert_time_zone(zone))
