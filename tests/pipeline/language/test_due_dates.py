"""Due words as spoken and the day they mean."""

from datetime import date

import pytest

from pipeline.language.due_dates import due_date, find_due, find_hour, is_event

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
    ],
)
def test_resolved_from_a_wednesday(said: str, day: date | None) -> None:
    """Seen from Wednesday 3 June 2026."""
    assert due_date(said, WEDNESDAY) == day


def test_the_end_of_the_week_said_on_a_saturday() -> None:
    """On a Saturday, this week's Friday is over: it is the next one."""
    assert due_date("end of the week", date(2026, 6, 6)) == date(2026, 6, 12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'll send it by Friday, the twenty-sixth.", "by Friday, the twenty-sixth"),
        ("i will send it by friday the twenty sixth", "by friday the twenty sixth"),
        ("We'll do it in two weeks or so", "in two weeks"),
        ("It's with me Thursday noon, I'll mark it up", "Thursday noon"),
        ("in front of her by the twenty-sixth, because papers close July first", "by the twenty-sixth"),
        ("I'll have it before your board meets on the 14th.", "before your board meets on the 14th"),
        ("The third thing is the second quote.", None),
        ("It was the twenty-second call", None),
        ("I'll send it over.", None),
        ("Apart from Wednesday I'm free", None),
        ("Not on a Monday, please", None),
        ("I'll get us on his Sunday list", None),
        ("Not on Monday, I'll do it by Friday", "by Friday"),
    ],
)
def test_found_as_spoken(text: str, words: str | None) -> None:
    """With punctuation or without, the words are taken as they were said; counts are not dates."""
    assert find_due(text) == words


def test_events_only_when_asked_for() -> None:
    """A time that is an event is taken where a promise is being read, not anywhere."""
    assert find_due("I'll send it before the demo.") is None
    assert find_due("I'll send it before the demo.", events=True) == "before the demo"


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("I'll call her Thursday", "Thursday"),
        ("It's on her Thursday list", None),
        ("Ninth of June is okay, Tuesday", "Ninth of June"),
        ("I'll have it marked up by the end of the second", "by the end of the second"),
        ("I can give you fifteen percent if you sign before Friday", None),
        ("I'll call her at eight, soon as she's in", "at eight"),
        ("You have the trade-in at eighteen", None),
        ("You'll have the draft by Friday, and it goes to her on Monday", "by Friday"),
        ("I'll invite her by Thursday, for the week of the tenth of August", "by Thursday"),
        ("I'll invite her by Thursday, the tenth of August", "by Thursday, the tenth of August"),
        ("I'll shoot something through on the Friday thing", None),
        ("I'll shoot something through on the Friday", "on the Friday"),
        ("Somebody should have that Wednesday loop on a map", None),
        ("I'll draw it that Wednesday at nine", "Wednesday at nine"),
        ("I'll switch it on by eleven, before I drive out", "by eleven"),
        ("I'll switch it on before I drive out, by eleven", "before I drive out"),
    ],
)
def test_which_of_the_dates_is_meant(text: str, due: str | None) -> None:
    """Neither a condition's nor a possessor's; the day of the month before its weekday; the first of several."""
    assert find_due(text, events=True) == due


def test_an_hour_alone() -> None:
    """ "By six" is looked for where somebody says only when; sixteen pages are no hour."""
    assert find_hour("By six, yes.") == "By six"
    assert find_hour("By sixteen pages.") is None


def test_what_comes_first_names_no_day() -> None:
    """ "Before you go in" is an event; one on a day, and a day, are not."""
    assert is_event("before you go in")
    assert not is_event("before your board meets on the 14th")
    assert not is_event("by Friday")


def test_now_where_something_is_done() -> None:
    """ "Now" is when something is due where it follows what is done, not where it begins or joins a sentence."""
    assert find_due("I'll book it now while we're talking.", events=True) == "now"
    assert find_due("Now I'll book it.", events=True) is None
    assert find_due("I'll book it now that it is free.", events=True) is None
