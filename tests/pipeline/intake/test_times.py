"""Times: every way in which ISO 8601 is written, and what is none."""

from datetime import UTC, datetime

import polars as pl
import pytest

from pipeline.intake.times import UTC_TIME, read_time, read_time_of_day, times_in_utc

MORNING = datetime(2026, 4, 20, 8, 45, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-20T10:45",
        "2026-04-20T10:45:00",
        "2026-04-20 10:45",
        "2026-04-20 10:45:00",
        "2026-04-20T10:45:00.000000",
        "2026-04-20 10:45:00.000",
        "2026-04-20T10:45:00.000000000",  # nanoseconds, as polars writes them
        "20260420T104500",
        "2026-W17-1T10:45",
        "2026-04-20T08:45Z",
        "2026-04-20T08:45:00Z",
        "2026-04-20 08:45:00+00",  # as DuckDB and PostgreSQL write it
        "2026-04-20T10:45:00.000000+0200",  # as polars writes a time with its zone to CSV
        "2026-04-20T10:45+02:00",
        "2026-04-20T01:45:00-07:00",
    ],
)
def test_one_morning_in_many_ways(text: str) -> None:
    """Zones, fractions and the space in place of the T all give the same time."""
    assert read_time(text, zone=BERLIN) == read_time_of_day(text, zone=BERLIN) == MORNING


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-20T10.45",  # which would be 0.45 s after ten
        "2026-04-20 10,45",
        "0026-04-20",
        "2206-04-20T10:45",
        "",
        "tomorrow",
        "20.4.2026",
        "4/20/2026 10:45",
        "10:45",
        "2026-04-31",
        "2026-04-20T25:00",
        "2026-04",
        "0001-01-01",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Nothing is guessed: not the order of day and month, a day or hour that there is not, a year before the first."""
    assert read_time(text, zone=BERLIN) is None


def test_date_is_midnight_where_dates_will_do() -> None:
    """A date is its midnight in the zone, and no time of day."""
    for text in ("2026-04-20", "20260420", "2026-W17-1"):
        assert read_time(text, zone=BERLIN) == datetime(2026, 4, 19, 22, tzinfo=UTC)
        assert read_time_of_day(text, zone=BERLIN) is None


def test_hour_that_comes_twice() -> None:
    """02:30 on 25 October 2026 comes twice in Berlin, first in summer time: 00:30 UTC."""
    assert read_time("2026-10-25T02:30", zone=BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_fractions_are_kept() -> None:
    """Fractions of a second are kept to the microsecond."""
    assert read_time("2026-04-20T08:45:00.123456789Z", zone="") == MORNING.replace(microsecond=123456)


def test_machine_zone_where_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a zone a time is the machine's."""
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert read_time("2026-04-20T04:45", zone="") == MORNING
    finally:
        monkeypatch.undo()
        time.tzset()


def test_column() -> None:
    """A column of texts becomes one of times, null where there is none."""
    texts = pl.DataFrame({"text": ["2026-04-20T10:45", "2026-04-20", "soon", None]})
    midnight = datetime(2026, 4, 19, 22, tzinfo=UTC)
    read = texts.select(
        times_in_utc(pl.col("text"), zone=BERLIN).alias("any"),
        times_in_utc(pl.col("text"), zone=BERLIN, dates=False).alias("of_day"),
    )
    assert read.schema == {"any": UTC_TIME, "of_day": UTC_TIME}
    assert read.rows() == [(MORNING, MORNING), (midnight, None), (None, None), (None, None)]
