"""Spoken telephones: numbers in any grouping are found after a cue, and amounts, times, dates and lists are not."""

import pytest

from pipeline.transcripts.private.spoken_telephones import telephones_in

FOUND = {
    "British mobile": ("My mobile is 07700 900 142 okay", ["07700 900 142"]),
    "British landline": ("Call me on 0161 496 0000.", ["0161 496 0000"]),
    "area code in brackets": ("Ring me on (0161) 496 0000 please", ["(0161) 496 0000"]),
    "hundreds": (
        "my mobile, it's oh seven seven double oh, nine hundred, one four two thanks",
        ["oh seven seven double oh, nine hundred, one four two"],
    ),
    "pairs among single digits": (
        "her number is three one two five five five twenty one eighty six, yes",
        ["three one two five five five twenty one eighty six"],
    ),
    "teens and tens": (
        "call me on four fifteen, five fifty-five, one two three four",
        ["four fifteen, five fifty-five, one two three four"],
    ),
    "words and digits": ("my cell is 0 7 7 double 0, 900, 142 now", ["0 7 7 double 0, 900, 142"]),
    "local": ("The direct line is 555-2671.", ["555-2671"]),
    "two": ("my mobile is 07700 900 142 or 07700 900 143", ["07700 900 142", "07700 900 143"]),
    "next sentence": ("My mobile is 07700 900 142. Two of us will come.", ["07700 900 142"]),
    "count after it": ("My number is 07700 900 142, 5 people share it.", ["07700 900 142"]),
}
LEFT = {
    "no cue": "0161 496 0000 and oh seven seven double oh, nine hundred, one four two",
    "cue too far": "My mobile is here. " + "We talked of this and that and more. " * 2 + "07700 900 142",
    "users": "The mobile app has ten, twenty, thirty users and 10, 20, 30, 40 users on mobile.",
    "phone": "On the phone we did 12 500 000.",
    "thousands": "On mobile we did 12 500 000, 13 500 000 and my number is 1,250,000.",
    "million": "My number is two million five hundred thousand.",
    "round numbers": "On mobile we had ten, twenty, thirty, forty, fifty, one hundred, two hundred.",
    "one amount": "My number is 2500000 this quarter.",
    "years": "Mobile went up in 2015, 2016, 2017.",
    "date": "Call me on 12.05.2026 or 03 04 2026.",
    "times": "Call me at 09.30, 10.30, 11.15 or at two fifteen, three thirty.",
    "decimals": "My number is 1.25, 3.75, 4.50.",
    "order": "Call me on Monday, the order is 4155 552 671.",
    "card": "My mobile is on file, the card is 4111 1111 1111 1111.",
    "short": "Call me on 12 34 56.",
}


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str) -> None:
    """The number is found as a whole, and nothing beside it."""
    text, numbers = FOUND[case]
    assert [text[start:end] for start, end in telephones_in(text)] == numbers


@pytest.mark.parametrize("case", LEFT)
def test_left_alone(case: str) -> None:
    """Without a cue, or where it looks like something else that is counted, nothing is found."""
    assert [LEFT[case][start:end] for start, end in telephones_in(LEFT[case])] == []
