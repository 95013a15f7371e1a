"""Due words as they are spoken."""

import pytest

from pipeline.language.due_words import find_due, find_hour, is_event


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
        ("It's with you Monday first thing", "Monday first thing"),
        ("It's with you Monday the first", "Monday the first"),
        ("You'll have it in 2-3 days", "in 2-3 days"),
        ("You'll have it in the next couple of weeks", "in the next couple of weeks"),
        ("The next couple of weeks are full", None),
        ("It's done within the hour", "within the hour"),
        ("It rained in the hour before lunch", "before lunch"),
        ("You'll have it within three working days", "within three working days"),
        ("It takes three working days", None),
        ("I'll call two weeks today", "two weeks today"),
        ("It took two weeks", None),
        ("I'll call a fortnight on Tuesday", "a fortnight on Tuesday"),
        ("We'll speak this time next week", "this time next week"),
        ("I'll send it by the end of the working day", "by the end of the working day"),
        ("I'll send it mid next week", "mid next week"),
        ("I'll send it straight after this", "straight after this"),
        ("I do it directly after the call.", "directly after the call"),
        ("I'll call them as soon as we hang up", "as soon as we hang up"),
        ("I'll do it. Soon as I'm off the phone.", "Soon as I'm off the phone"),
        ("I'll correct it straight away", "straight away"),
        ("I've a coffee with her friday", "friday"),
        ("I'll bring it on our Monday call", "on Monday"),
        ("my Monday call got moved, I'll send it tomorrow", "tomorrow"),
        ("I'll send the agenda for Friday's meeting on Wednesday", "on Wednesday"),
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
        ("I'll switch it on by 5pm", "by 5pm"),
        ("I'll call her by 5pm tomorrow", "by 5pm tomorrow"),
        ("I'll switch it on by 5pm shift", None),
        ("You'll have it before the quarter closes", "before the quarter closes"),
        ("I'll run them past her Friday at nine", "Friday at nine"),
        ("I'll ring her office about the ninth today", "today"),
        ("I'll tell them the twentieth this afternoon", "this afternoon"),
        ("I'll tell them by the twentieth, this afternoon's full", "by the twentieth"),
        ("I'll ask him for Tuesday", None),
        ("I'll ask him on Tuesday", "on Tuesday"),
        ("Block Friday mornings on the calendar, today", "today"),
        ("We'll meet Friday mornings", "Friday mornings"),
        ("He counts them on a Sunday", None),
        ("Nine in three days is flying it", None),
        ("You'll have nine in three days", None),
        ("You'll have it in three days", "in three days"),
        ("Move the eight million to the next quarter", None),
        ("I'll email them today week", "today week"),
        ("Send it to me when it's done", "when it's done"),
        ("Send it to me before anybody sees it", "before anybody sees it"),
        ("Ask what she'd want before she'd sign", None),
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
