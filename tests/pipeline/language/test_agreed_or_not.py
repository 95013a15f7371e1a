"""What is an agenda and what is a step, and what only sounds like one."""

import polars as pl
import pytest

from pipeline.language.actions import find_actions, standing_actions
from pipeline.language.acts import classify_acts
from pipeline.language.moments import moments_of, score_utterances
from pipeline.tables.conversations import Talk
from tests.conversations import talk_of

MIDDLE = [
    ("lead", "How are the numbers looking this month?"),
    ("other", "Steady. We closed two and lost one to price."),
    ("lead", "What happened with the one that you lost?"),
    ("other", "They wanted everything by June and we could not do that, so they went with the cheaper one."),
    ("lead", "Which one are you most worried about now?"),
    ("other", "The hospital, since nobody there answers me any more."),
]


def spoken(*lines: tuple[str, str], call_id: str = "c") -> Talk:
    """A one-on-one of these lines, ten seconds each."""
    timed = [(side, 10.0 * n, 10.0 * n + 9, text) for n, (side, text) in enumerate(lines)]
    return talk_of(*timed, call_id=call_id, interaction="1:1")


@pytest.mark.parametrize(
    ("opening", "answer", "stated"),
    [
        ("I don't have anything specific, let's catch up.", "Sure, sounds good.", False),
        ("Hi Ann. I don't really have anything specific today, so let's just catch up.", "Okay.", False),
        (
            "Thirty minutes, the Kepler deal is the main thing, then whatever is in your way. Anything else?",
            "No.",
            True,
        ),
    ],
)
def test_an_agenda_says_what_is_to_be_talked_about(opening: str, answer: str, stated: bool) -> None:
    """Catching up is none; the main thing and what is in the other's way are one."""
    found = moments_of(score_utterances(spoken(("lead", opening), ("other", answer), *MIDDLE, *MIDDLE)))
    assert (found.filter(kind="agenda").height > 0) == stated


@pytest.mark.parametrize(
    ("close", "stands"),
    [
        ([("lead", "Keep pushing, all right?"), ("other", "Will do.")], 0),
        ([("lead", "Can you send me the proposal by Friday?"), ("other", "Yes, Friday is fine.")], 1),
        ([("lead", "Can you send me the proposal by Friday?"), ("other", "No, I can't do that, I'm away.")], 0),
        ([("lead", "I'll send you the contract on Monday."), ("other", "Please don't, we are not going ahead.")], 0),
        ([("lead", "I'll send the forecast to Tom by Friday."), ("other", "Forget that one, he has it already.")], 0),
    ],
)
def test_a_step_is_agreed_and_stands(close: list[tuple[str, str]], stands: int) -> None:
    """What goes on anyway, what is refused and what is taken back are no steps."""
    talk = spoken(*MIDDLE, *MIDDLE, *MIDDLE, *close)
    assert standing_actions(find_actions(talk, classify_acts(talk)), talk).height == stands


def test_what_is_taken_back_later_is_withdrawn() -> None:
    """The one that is named, and not the one promised last."""
    talk = spoken(
        *MIDDLE,
        ("lead", "I'll send the forecast to Tom by Friday."),
        ("other", "And I'll ring the hospital on Thursday."),
        ("lead", "Good. How is your mother?"),
        ("other", "Better, thank you."),
        ("lead", "Scrap that, the forecast for Tom, he has it."),
    )
    found = find_actions(talk, classify_acts(talk)).select("idx", "state")
    assert found.filter(pl.col("idx") == 6)["state"].to_list() == ["withdrawn"]
    assert found.filter(pl.col("idx") == 7)["state"].to_list() == ["open"]


MEETINGS = {  # a day that is proposed, and the answer: agreed or not
    "We could do Thursday at ten. / Works for me.": True,
    "How's the twenty-ninth for the second visit? / Great, the twenty-ninth.": True,
    "Shall we say Tuesday at three? / Tuesday at three it is.": True,
    "Can you do Monday for the walk-through? / Monday's good.": True,
    "Same time next week? / Yep, see you then.": True,
    "Are you free on Tuesday afternoon? / Yes, Tuesday's fine.": True,
    "Can we say the twenty-second at nine? / The twenty-second is good.": True,
    "The next step would be a demo, would next Thursday at two suit? / Thursday at two works.": True,
    "Let's both read the draft by Tuesday and compare. / Deal.": True,
    "Let's park that and pick it up on Thursday. / Okay.": True,
    "How's Thursday looking for the team? / Busy as ever.": False,
    "Do you remember what happened last Tuesday? / Yes.": False,
    "We could say Thursday was a bad day for all of us. / Great, yes.": False,
    "Are you in on Fridays? / Yes.": False,
}


@pytest.mark.parametrize(("lines", "agreed"), MEETINGS.items())
def test_a_day_to_meet(owners: dict[str, list[str]], lines: str, agreed: bool) -> None:
    """A day that is proposed to meet and taken is both sides' to keep."""
    assert owners[lines] == (["both"] if agreed else [])


WORDS_OF_WHO_DOES_IT = {  # what the manager says, the answer, and whose it then is
    "Get the scaffolding change on mail. / Okay.": "other",
    "Dig over those Cumbria close dates. / Right, I will.": "other",
    "You ring the valuer tomorrow. / Deal.": "other",
    "I'll have the copy of the plan off you by Friday. / Sure.": "other",
    "By Thursday I want three names from you. / Three names, Thursday.": "other",
    "Happy to send the case study over. / Please do.": "lead",
    "You'll hear by Thursday. / Good.": "lead",
    "Action for me: update the sheet by tonight. / Good.": "lead",
    "Can I send you our security paper? / Yes, please do.": "lead",
    "I'm sending the proposal tonight. / Good.": "lead",
    "Would it make sense to get your architect on the next call? / Yes, I'll forward him the invite.": "other",
    "I'm going to need sign-off from your auditor by the fifteenth. / I'll get it.": "other",
    "Could you resend the link? / Sending it now.": "other",
    "I'm calling it a commit for the seventeenth. / Okay.": None,
    "If you could have the numbers to me by Thursday, that would be great. / Will do.": "other",
    "Make sure to log the visit by tonight. / Okay.": "other",
    "I won't be able to send it before Monday. / Okay.": None,
    "If you could hear the numbers on Thursday, you'd laugh. / Will do.": None,
    "Look at it from her side. / Okay.": None,
    "Call it forty thousand. / Okay.": None,
    "You call them on Mondays? / Yes, usually.": None,
    "I'd need the budget for that first. / True.": None,
    "Thanks for sending the forecast. / Okay.": None,
    "Expect it to rain on Thursday. / Yeah.": None,
}


@pytest.fixture(scope="module")
def owners() -> dict[str, list[str]]:
    """Whose is what is found where the manager says the one and is answered the other, by both."""
    all_lines = MEETINGS | WORDS_OF_WHO_DOES_IT | OTHER_WAYS_OF_SAYING_IT
    calls = []
    for lines in all_lines:
        said, answer = lines.split(" / ")
        calls.append(spoken(*MIDDLE, ("lead", said), ("other", answer), call_id=lines))
    talk = Talk.validate(pl.concat(calls))
    found = find_actions(talk, classify_acts(talk))
    return {lines: found.filter(call_id=lines)["owner_role"].to_list() for lines in all_lines}


@pytest.mark.parametrize(("lines", "whose"), WORDS_OF_WHO_DOES_IT.items())
def test_an_order_that_is_taken(owners: dict[str, list[str]], lines: str, whose: str | None) -> None:
    """A short yes takes a manager's order; what only sounds like one leaves nothing to do."""
    assert owners[lines] == ([whose] if whose else [])


def test_two_dates_in_one_breath() -> None:
    """ "I'll send it tonight and call you Thursday" are two promises of one person, each with its date."""
    talk = spoken(*MIDDLE, ("lead", "I'll send the quote tonight and call you Thursday."), ("other", "Great."))
    found = find_actions(talk, classify_acts(talk))
    assert found.select("owner_role", "due_words").rows() == [("lead", "tonight"), ("lead", "Thursday")]


OTHER_WAYS_OF_SAYING_IT = {
    "And the agenda? / I send you the agenda on Wednesday.": "other",
    "When do they take stock? / I ask Jan this afternoon.": "other",
    "The holiday is not in the system. / I do it directly after the call.": "other",
    "I need the tariff for Mexico. / You have it this afternoon.": "other",
    "Do we have the wording? / It's in my files. I'd better dig it out tonight.": "other",
    "Somebody has to talk to pricing about Alderley. / Leave pricing to me.": "other",
    "Could you have those written out by Thursday? / Yes, Thursday's doable.": "other",
    "Please scan the receipts again before Friday. / Okay.": "other",
    "Why did it come back? / I put it through Friday. They kicked it back.": None,
    "What then? / I do it every time there's a doctor in the room.": None,
    "And in the islands? / I get a good feeling when I walk in.": None,
    "When do you get the loss runs? / The carrier's sending them Wednesday.": None,
    "Who fixes the leave form? / HR will write to me about it tomorrow.": None,
    "When does he answer? / His lawyer gives us an answer by the twenty-eighth.": None,
    "When do they want it? / They want the first drop on the sixteenth of March.": None,
    "What is in the diary? / I've got Bradford on Thursday and the college on Friday.": None,
    "Where could it slip? / Thursday I'm at the conference in Omaha.": None,
    "Have a good weekend. / I'll see you on Tuesday.": None,
}


@pytest.mark.parametrize(("lines", "whose"), OTHER_WAYS_OF_SAYING_IT.items())
def test_said_in_the_present_or_of_others(owners: dict[str, list[str]], lines: str, whose: str | None) -> None:
    """The present tense with a day is a promise too; what others do, the past, habits and farewells are none."""
    assert owners[lines] == ([whose] if whose else [])
