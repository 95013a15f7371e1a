"""Redaction: what must not be stored is found as written and as spoken, and what only looks like it is left alone."""

import importlib.util
import json
from collections.abc import Iterator

import polars as pl
import pytest

from pipeline.transcripts import entities
from pipeline.transcripts.redact import redact
from pipeline.transcripts.transcript import SPOKEN, Speaker, Transcript

needs_english = pytest.mark.skipif(
    importlib.util.find_spec(entities.PACKAGE) is None, reason="spaCy's English of weights.lock is not installed"
)
KINDS = ("email", "phone", "card", "ssn", "address")
FOUND = {
    "written address": ("Mail jane.ross+x@acme.co.uk today.", "Mail [email] today."),
    "spoken address": ("it's jane dot ross at acme dot co dot uk okay", "it's [email] okay"),
    "American number": ("Call (415) 555-2671 or me.", "Call [phone] or me."),
    "number with country": ("Reach me on +49 30 901820, ask for Tom.", "Reach me on [phone], ask for Tom."),
    "spelt number": ("it's four one five five five five two six seven one right", "it's [phone] right"),
    "number with doubles": ("oh two oh seven nine four six double oh one then", "[phone] then"),
    "number after a cue": ("Her mobile is 07700 900 142 okay", "Her mobile is [phone] okay"),
    "number in groups": (
        "call me on oh seven seven double oh, nine hundred, one four two then",
        "call me on [phone] then",
    ),
    "card": ("Take 4111 1111 1111 1111 please.", "Take [card] please."),
    "spelt card": ("four one one one one one one one one one one one one one one one thanks", "[card] thanks"),
    "address as Whisper writes it": ("It's babu@acme.com, okay?", "It's [email], okay?"),
    "address with a space": ("It's babu@acme .com okay", "It's [email] okay"),
    "half spoken address": ("write to jane.ross at acme.com please", "write to [email] please"),
    "number in an address": ("it's a dot patel seventy four at gmail dot com yes", "it's [email] yes"),
    "number without a dot": ("it's patel seventy-four at gmail dot com yes", "it's [email] yes"),
    "number in digits": ("it's a dot patel 74 at gmail.com yes", "it's [email] yes"),
    "number between dots": ("it's a dot patel seventy four dot x at acme dot com yes", "it's [email] yes"),
    "address cut short": ("it's a dot patel seventy four at gmail", "it's [email]"),
    "written address cut short": ("It's a.patel at Yahoo, I think", "It's [email], I think"),
    "digits cut short": ("that's patel74 at hotmail okay", "that's [email] okay"),
    "digits apart cut short": ("that's patel seventy four at icloud okay", "that's [email] okay"),
    "card as Whisper writes it": ("It's 4111-1111-1111-1111.", "It's [card]."),
    "card with pauses": ("It's 4111, 1111. 1111, 1111.", "It's [card]."),
    "card in pieces": ("It's 4111 -1111 -1111 -1111.", "It's [card]."),
    "card misheard": ("My card is 4111 1111 1111 1112 yes", "My card is [card] yes"),
    "number with pauses": ("That's 415, 555. 2671 then", "That's [phone] then"),
    "social security number": ("It's 123-45-6789, yes.", "It's [ssn], yes."),
    "social security in a row": ("My social is 123456789 yes", "My social is [ssn] yes"),
    "spelt social security": (
        "my social security number is one two three four five six seven eight nine ok",
        "my social security number is [ssn] ok",
    ),
    "street": ("I live at 12 Oak Street, thanks.", "I live at [address], thanks."),
    "street with city": ("Ship to 1600 Pennsylvania Avenue, Washington, DC 20500 today", "Ship to [address] today"),
    "street in lower case": ("it's 42 elm street okay", "it's [address] okay"),
    "numbered street": ("at 350 West 42nd Street, apartment 5B please", "at [address] please"),
    "street in words": ("we are at Forty Two Maple Drive now", "we are at [address] now"),
    "row": ("It's 9 Church Row, yes", "It's [address], yes"),
    "gardens": ("It's 27 Queen's Gardens, or 27 Queen’s Mews", "It's [address], or [address]"),
    "street with postcode": ("Send it to 9 Church Row, NW3 6UP please", "Send it to [address], [address] please"),
    "postcodes": ("SW1A 1AA, M1 1AE or CR26XH?", "[address], [address] or [address]?"),
    "post office box": ("Write to PO Box 4471, not p.o. box 12!", "Write to [address], not [address]!"),
    "box in words": ("post office box four four seven one thanks", "[address] thanks"),
    "German street": ("Das ist Hauptstraße 12a, genau.", "Das ist [address], genau."),
    "two in one line": ("a@b.de and 4111-1111-1111-1111", "[email] and [card]"),
}
LEFT = {
    "money": "We did 1,250,000 last year and 2,400,000 before that.",
    "mobile app": "The mobile app has ten, twenty, thirty users, and on the phone we did 12 500 000.",
    "years": "Between 2024 and 2025 we opened 12 shops.",
    "counting": "One two three, that's three of five.",
    "not a card": "Order 4111 1111 1111 1112 is on its way.",
    "look at": "Have a look at acme.com first.",
    "no postcode": "In Q3 4PM, H1 2AM and B2B; V8 4WD, an M1 8GB and a K2 10AB.",
    "no box": "PO 4471 has a box of 12, the PO box is full and box 4471 too.",
    "no row": "We had 5 Front Row seats, 9 rows of the church and 27 gardens in a row.",
    "way": "There were 12 people on the way, and 3 more on the road.",
    "miles": "It is 5 miles down the road and 2 more streets.",
    "figures": "Between 123 and 45 of 6789 units, 12 percent on the street.",
    "company": "She works at Yahoo and he sold seventy four at Outlook, 12 in 2019 at Yahoo, B2B at Yahoo.",
    "mail host": "My mail is at gmail, we have 74 at gmail and a dot com at Yahoo.",
    "at": "We met at Acme and looked at it.",
    "names": "Jane Ross and Mark talked.",
}


def said(text: str, *, words: list[str] | None = None) -> Transcript:
    """One utterance by Jane Ross."""
    told = [{"start_s": 0.0, "end_s": 0.1, "text": word, "p": 1.0, "flagged": False} for word in words or text.split()]
    rows = pl.DataFrame([(0.0, 5.0, "S0", text, told)], schema=SPOKEN, orient="row")
    return Transcript(rows, {"S0": Speaker(name="Jane Ross (Guest)")}, 5.0)


def left_of(text: str, kinds: tuple[str, ...] = KINDS, **options: object) -> str:
    return str(redact(said(text), kinds, **options).utterances["text"].item())


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str) -> None:
    """It is replaced by what it was, in the text and in its words, and nothing of it is left in what is stored."""
    text, wanted = FOUND[case]
    stored = redact(said(text), KINDS)
    assert stored.utterances["text"].item() == wanted
    gone = set(text.split()) - set(wanted.split()) - {"dot"}
    words = {word["text"] for word in json.loads(stored.to_json())["utterances"][0]["words"]}
    assert not gone & words
    assert any(word.startswith("[") for word in words)


@pytest.mark.parametrize("case", LEFT)
def test_left_alone(case: str) -> None:
    """Figures, years and names stay."""
    assert left_of(LEFT[case]) == LEFT[case]


def test_words_before_a_number_in_an_address() -> None:
    """Of what stands before a number only what can be part of the address goes."""
    assert left_of("I have seventy four at acme.com now") == "I have [email] now"


def in_turns(*turns: tuple[str, float, str]) -> list[str]:
    """The texts left of what speakers say at these seconds, each for a second."""
    rows = pl.DataFrame(
        [(start_s, start_s + 1, who, text, []) for who, start_s, text in turns], schema=SPOKEN, orient="row"
    )
    speakers = {who: Speaker() for who, *_ in turns}
    return redact(Transcript(rows, speakers, 60.0), KINDS).utterances["text"].to_list()


def test_number_that_goes_on_in_the_next_turn() -> None:
    """A card said in groups, with the other side's "okay" between them, is found in each; after a long pause not."""
    said_in_groups = (("A", 0.0, "It's 4111 1111."), ("B", 1.5, "Okay."), ("A", 3.0, "1111 1111. That's it."))
    assert in_turns(*said_in_groups) == ["It's [card]", "Okay.", "[card]. That's it."]
    assert in_turns(("A", 0.0, "It's 4111 1111."), ("A", 40.0, "1111 1111.")) == ["It's 4111 1111.", "1111 1111."]


def test_answers_however_misheard() -> None:
    """What the other side has just asked for is hidden, also with a digit too many or an address heard as one word."""
    asked = (("A", 0.0, "What is the number of your cards?"), ("B", 2.0, "It's 41111111111111111."))
    assert in_turns(*asked)[1] == "It's [card]."
    asked = (("A", 0.0, "Could you give me your email address?"), ("B", 2.0, "Yes, it's Bobuatagmi.com."))
    assert in_turns(*asked)[1] == "Yes, it's [email]."
    asked = (("A", 0.0, "What's the best number to reach you?"), ("B", 2.0, "It's 0161 496 0000, yes."))
    assert in_turns(*asked)[1] == "It's [phone], yes."
    asked = (("A", 0.0, "Thank your social security number."), ("B", 2.0, "Sure, it's 123456789."))
    assert in_turns(*asked)[1] == "Sure, it's [ssn]."
    assert in_turns(("A", 0.0, "Which site?"), ("B", 2.0, "It's acme.com, order 41111111111111111."))[1].count("[") == 0


def test_questions_stay_as_they_are() -> None:
    """A number that is asked for in the middle is found on both sides of the question, which keeps its words."""
    said = (("A", 0.0, "My card is 4111 1111"), ("B", 1.5, "Your card goes on?"), ("A", 3.0, "1111 1111 yes."))
    assert in_turns(*said) == ["My card is [card]", "Your card goes on?", "[card] yes."]


def test_one_inside_the_other() -> None:
    """Where a card stands inside an address nothing of either is left."""
    assert left_of("write to a.b@x-4111-1111-1111-1111.com now") == "write to [email] now"


def test_names_where_asked() -> None:
    """Names of the list and of the speakers go, whole or in part, also from text without capitals."""
    listed = ("Mark Bell", "Jane Ross; Tom O'Neill", None)
    text = "Hi Mark, Jane here, and Tom O'Neill. remarks by mark bell"
    wanted = "Hi [name], [name] here, and [name] [name]. remarks by [name] [name]"
    assert left_of(text, ("names",), listed=listed) == wanted


LISTED = ("Will Turner", "May Long", "Bell, Mark", "Jo Li", "Sunday Adeyemi", "June B. Ann", "An Nguyen")
NAMED = {
    "in a sentence": (
        "I asked Will, so Mark said yes. Thanks May!",
        "I asked [name], so [name] said yes. Thanks [name]!",
    ),
    "at its start": ("Will is in. Will and Bell, Mark's here", "[name] is in. [name] and [name], [name]'s here"),
    "no word besides": ("turner called, Turner said", "[name] called, [name] said"),
    "full name without capitals": (
        "will turner and MAY LONG, mark bell",
        "[name] [name] and [name] [name], [name] [name]",
    ),
    "initial": ("June Ann and june b. ann", "[name] [name] and [name] [name]. [name]"),
    "two letters": ("Thanks Jo. Is Li in? Jo you first.", "Thanks [name]. Is [name] in? [name] you first."),
    "day": ("Thanks, Sunday, can you?", "Thanks, [name], can you?"),
}
WORDS = {
    "promise": "I will send it in May, mark my words.",
    "promise without a subject": "Will send it on Monday. Will definitely do. Will be there.",
    "question": "Will you send it? May we? and Will they, Will it. May I ask? Will the team call?",
    "imperative": "Mark my words: the Mark-up is fine.",
    "month": "In May, by May, end of May, early May, mid-May and next May or in June.",
    "date": "May 5, 5 May, the 5th of May, May the fifth, twenty-first May, May 2026, May, 2026, April and May",
    "weekday": "On Sunday, by Sunday, next Sunday, Sunday morning",
    "no capitals": "i will ring the bell in may and it may take long",
    "all capitals": "I WILL RING IN MAY, MARK MY WORDS",
    "two letters": "li jo an AN. An hour.",
}


@pytest.fixture
def without_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The trained pipeline is not installed."""
    monkeypatch.setattr(entities, "PACKAGE", "en_that_nobody_installed")
    entities.pipeline_version.cache_clear()
    yield
    entities.pipeline_version.cache_clear()


@pytest.mark.usefixtures("without_english")
@pytest.mark.parametrize("case", NAMED)
def test_listed_names_that_are_words(case: str) -> None:
    """A part of a listed name that is an ordinary word goes where it has a capital, a full name however written."""
    text, wanted = NAMED[case]
    assert left_of(text, ("names",), listed=LISTED) == wanted


@pytest.mark.usefixtures("without_english")
@pytest.mark.parametrize("case", WORDS)
def test_words_that_are_listed_names(case: str) -> None:
    """Promises, dates and words stay, although somebody listed is called like them."""
    assert left_of(WORDS[case], ("names",), listed=LISTED) == WORDS[case]


@needs_english
def test_words_that_are_listed_names_with_the_trained_pipeline() -> None:
    """What the trained pipeline takes for a person is no more hidden as a word than without it."""
    text = "I met Mark Bell in Chicago. Mark my words, Mark Bell will send it."
    wanted = "I met [name] [name] in Chicago. Mark my words, [name] [name] will send it."
    assert left_of(text, ("names",), listed=LISTED) == wanted


@needs_english
def test_others_by_the_trained_pipeline() -> None:
    """People, places and companies that are in no list go where they are asked for, each time they are said."""
    text = "I told Michael Stone in Chicago that Microsoft would call. Stone laughed, Chicago is cold."
    named = "I told [name] [name] in Chicago that Microsoft would call. [name] laughed, Chicago is cold."
    everything = "I told [name] [name] in [place] that [organisation] would call. [name] laughed, [place] is cold."
    assert left_of(text, ("names",)) == named
    assert left_of(text, ("names", "places", "organisations")) == everything


@needs_english
def test_words_are_no_names() -> None:
    """What the conversation also says without a capital, and what every company says, stays."""
    text = "Hope is fine. I hope so. The CFO and the API, they hope too."
    assert left_of(text, ("names", "places", "organisations")) == text


@pytest.mark.usefixtures("without_english")
def test_without_the_trained_pipeline() -> None:
    """Where it is not installed, the listed names go and all else stays."""
    text = "Jane told Michael Stone in Chicago."
    assert left_of(text, ("names", "places")) == "[name] told Michael Stone in Chicago."


def test_nothing_where_nothing_is_asked() -> None:
    """An empty setting leaves all as it was said."""
    text, _ = FOUND["written address"]
    assert left_of(text, ()) == text


def test_words_that_do_not_follow_the_text() -> None:
    """Words that cannot be laid beside the text are dropped, lest one of them tell."""
    stored = redact(said("Call 415 555 2671 now", words=["Call", "four", "one", "five"]), KINDS)
    assert stored.utterances["words"].to_list() == [[]]


def test_words_in_doubt() -> None:
    """What a recogniser heard but is not taken for said stands in no text; a number in it is not stored either."""
    heard = said("Good morning")
    doubted = [{"start_s": 2.0, "end_s": 3.0, "text": text, "p": 0.1, "flagged": True} for text in ("415", "555-2671")]
    told = pl.DataFrame(
        [(0.0, 5.0, "S0", "Good morning", heard.utterances["words"].to_list()[0] + doubted)],
        schema=SPOKEN,
        orient="row",
    )
    stored = redact(Transcript(told, heard.speakers, 5.0), KINDS)
    assert [word["text"] for word in stored.utterances["words"].to_list()[0]] == ["Good", "morning"]
    assert "2671" not in stored.to_json()


def test_region() -> None:
    """A number is read as one of the country that is set."""
    assert left_of("Ring 020 7946 0018 tomorrow.", region="GB") == "Ring [phone] tomorrow."
