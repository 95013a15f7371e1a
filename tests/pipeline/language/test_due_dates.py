"""The day that due words mean."""

from datetime import date

import pytest

from pipeline.language.due_dates import due_date

WEDNESDAY = date(2026, 6, 3)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("today", date(2026, 6, 3)),
        ("tonight by six", date(2026, 6, 3)),
        ("tomorrow first thing", date(2026, 6, 4)),
        ("Thursday", date(2026, 6, 4)),
        ("Wednesday", date(2026, 6, 10)),
        ("next Friday", date(2026, 6, 12)),
        ("Monday next week", date(2026, 6, 8)),
        ("the fifth", date(2026, 6, 5)),
        ("the first", date(2026, 7, 1)),
        ("Friday the nineteenth", date(2026, 6, 19)),
        ("twelfth of July", date(2026, 7, 12)),
        ("June 14, 2026", date(2026, 6, 14)),
        ("2026-06-14", date(2026, 6, 14)),
        ("before your board meets on the 14th", date(2026, 6, 14)),
        ("the Thursday before the twenty-eighth", date(2026, 6, 25)),
        ("the week after next", date(2026, 6, 19)),
        ("the Monday after next", date(2026, 6, 15)),
        ("the day after tomorrow", date(2026, 6, 5)),
        ("a week on Tuesday", date(2026, 6, 16)),
        ("a week today", date(2026, 6, 10)),
        ("by the end of play", date(2026, 6, 3)),
        ("by month end", date(2026, 6, 30)),
        ("over the weekend", date(2026, 6, 7)),
        ("in two weeks", date(2026, 6, 17)),
        ("within 48 hours", date(2026, 6, 5)),
        ("today, the thirteenth at ten", date(2026, 6, 3)),
        ("tomorrow, Thursday", date(2026, 6, 4)),
        ("a week from tomorrow", date(2026, 6, 11)),
        ("two weeks from Thursday", date(2026, 6, 18)),
        ("by the end of the week", date(2026, 6, 5)),
        ("end of next week", date(2026, 6, 12)),
        ("by the end of the month", date(2026, 6, 30)),
        ("next month", date(2026, 7, 31)),
        ("end of the quarter", date(2026, 6, 30)),
        ("end of March", date(2027, 3, 31)),
        ("from next week", date(2026, 6, 8)),
        ("once the snow's gone", None),
        ("when you find time", None),
        ("week after Easter", None),
        ("by six", date(2026, 6, 3)),
        ("at six", None),
        ("by 5pm", date(2026, 6, 3)),
        ("at 5pm", None),
        ("Monday first thing", date(2026, 6, 8)),
        ("Wednesday the first", date(2026, 7, 1)),
        ("within the hour", date(2026, 6, 3)),
        ("in half an hour", date(2026, 6, 3)),
        ("in two minutes", None),
        ("straight after this", date(2026, 6, 3)),
        ("as soon as we're done here", date(2026, 6, 3)),
        ("straight away", date(2026, 6, 3)),
        ("lunch early next week", date(2026, 6, 8)),
        ("early July", date(2026, 7, 1)),
        ("in a couple of days", date(2026, 6, 5)),
        ("in a day", date(2026, 6, 4)),
        ("in 2-3 days", date(2026, 6, 6)),
        ("in two or three days", date(2026, 6, 6)),
        ("in twenty-two days", date(2026, 6, 25)),
        ("in a day or two", date(2026, 6, 5)),
        ("in the next couple of weeks", date(2026, 6, 17)),
        ("within the next two days", date(2026, 6, 5)),
        ("in the next fortnight", date(2026, 6, 17)),
        ("within three working days", date(2026, 6, 8)),
        ("within three days", date(2026, 6, 6)),
        ("two business days from Friday", date(2026, 6, 9)),
        ("by the end of the working day", date(2026, 6, 3)),
        ("by quarter's end", date(2026, 6, 30)),
        ("two weeks today", date(2026, 6, 17)),
        ("today week", date(2026, 6, 10)),
        ("tomorrow fortnight", date(2026, 6, 18)),
        ("two weeks on Tuesday", date(2026, 6, 23)),
        ("a fortnight on Tuesday", date(2026, 6, 23)),
        ("Tuesday fortnight", date(2026, 6, 23)),
        ("in two weeks' time, Tuesday", date(2026, 6, 16)),
        ("in two days, on Friday", date(2026, 6, 5)),
        ("this time next week", date(2026, 6, 10)),
        ("this time tomorrow", date(2026, 6, 4)),
        ("start of next week", date(2026, 6, 8)),
        ("by the middle of next week", date(2026, 6, 10)),
        ("mid-week", date(2026, 6, 3)),
        ("beginning of the week", date(2026, 6, 8)),
        ("start of next month", date(2026, 7, 1)),
        ("middle of the month", date(2026, 6, 15)),
        ("mid-June", date(2026, 6, 15)),
        ("beginning of June", date(2027, 6, 1)),
        ("before the quarter closes", date(2026, 6, 30)),
        ("before the week is out", date(2026, 6, 5)),
        ("before the week starts", None),
    ],
)
def test_resolved_from_a_wednesday(said: str, day: date | None) -> None:
    """Seen from Wednesday 3 June 2026."""
    assert due_date(said, WEDNESDAY) == day


def test_the_end_of_the_week_said_on_a_saturday() -> None:
    """On a Saturday, this week's Friday is over: it is the next one."""
    assert due_date("end of the week", date(2026, 6, 6)) == date(2026, 6, 12)
