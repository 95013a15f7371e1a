"""Thirty promises and thirty near misses, written by hand before the rules for them: they are found or not.

Each stands alone at the end of a conversation that promises nothing else. The lead is Dana, the other Max, a colleague
of the lead's Priya.
"""

import dataframely as dy
import polars as pl
import pytest

from pipeline.language.actions import find_actions
from pipeline.language.acts import classify_acts
from pipeline.language.promises.named import KNOWN
from pipeline.tables.conversations import Talk
from tests.conversations import Row, talk_of

SMALL_TALK: list[Row] = [
    ("lead", 0, 5, "Morning, how was your weekend?"),
    ("other", 5, 10, "Quiet. We painted the kitchen."),
    ("lead", 10, 20, "So you moved the warehouse in March and the scanners stayed behind."),
    ("other", 20, 70, "They did, and nobody has counted the stock since, it is a mess."),
]
PEOPLE = [
    ("c", "Dana Reed", "dana", "lead"),
    ("c", "Max Kern", "max", "other"),
    ("c", "Priya Shah", "priya", "colleague"),
]
INTERNAL = [
    "ask_done",
    "get_it_done",
    "homework",
    "ill_try_three",
    "imperative_ok",
    "need_you_to",
    "ping_her",
    "report_back",
    "today_talk",
    "write_something",
]
Lines = tuple[tuple[str, str], ...]
PROMISES: dict[str, tuple[Lines, str, str | None]] = {  # what is said, whose it is, words of when
    "max_can_send": (
        (
            ("lead", "Max can send the redlines over once he is back at his desk."),
            ("other", "Yes, no trouble."),
        ),
        "other",
        None,
    ),
    "max_can_you": (
        (
            ("lead", "Max, can you send the usage report to procurement?"),
            ("other", "Yes."),
        ),
        "other",
        None,
    ),
    "dana_would_you": (
        (
            ("other", "Dana, would you get the security paper across to our auditors?"),
            ("lead", "Sure, I'd be glad to."),
        ),
        "lead",
        None,
    ),
    "third_person": (
        (
            ("lead", "Priya will draft the migration plan and circulate it by Thursday."),
            ("other", "Great."),
        ),
        "colleague",
        "Thursday",
    ),
    "third_person_bare": (
        (
            ("lead", "Priya is going to ring the data centre about the cabling tomorrow."),
            ("other", "Okay."),
        ),
        "colleague",
        "tomorrow",
    ),
    "request_later_yes": (
        (
            ("lead", "I could do with the org chart from you."),
            ("other", "The one with the regions?"),
            ("lead", "Exactly, with the regions."),
            ("other", "Yeah, I'll dig it out."),
        ),
        "other",
        None,
    ),
    "request_far_yes": (
        (
            ("other", "Could we have a copy of the penetration test?"),
            ("lead", "Is that for your audit team?"),
            ("other", "It is, they ask for it every spring."),
            ("lead", "Then yes, you'll have it."),
        ),
        "lead",
        None,
    ),
    "passive": (
        (
            ("lead", "The deck gets sent on Friday, I'll see to that."),
            ("other", "Good."),
        ),
        "lead",
        "Friday",
    ),
    "passive_will_be": (
        (
            ("lead", "The revised quote will be in your inbox by close of play."),
            ("other", "Perfect."),
        ),
        "lead",
        "close of play",
    ),
    "leave_that": (
        (
            ("other", "Someone has to speak to finance about the invoice."),
            ("lead", "Leave that with me."),
        ),
        "lead",
        None,
    ),
    "mine": (
        (
            ("other", "Who takes the pricing question to legal?"),
            ("lead", "That one's mine. Monday at the latest."),
        ),
        "lead",
        "Monday",
    ),
    "end_of_play": (
        (
            ("lead", "I'll have the numbers with you by end of play Wednesday."),
            ("other", "Fine."),
        ),
        "lead",
        "end of play",
    ),
    "first_thing": (
        (
            ("other", "I'll write to the steering group first thing tomorrow."),
            ("lead", "Thank you."),
        ),
        "other",
        "first thing",
    ),
    "before_board": (
        (
            ("lead", "I'll polish the one-pager before the board meets."),
            ("other", "That would help."),
        ),
        "lead",
        "before the board meets",
    ),
    "week_after_next": (
        (
            ("other", "I'll bring two of my engineers along the week after next."),
            ("lead", "Excellent."),
        ),
        "other",
        "the week after next",
    ),
    "im_on_the_hook": (
        (
            ("lead", "Right, so I owe you the implementation timeline."),
            ("other", "You do."),
        ),
        "lead",
        None,
    ),
    "imperative_ok": (
        (
            ("lead", "Before we meet again, ring the two accounts that went quiet."),
            ("other", "Okay, will do."),
        ),
        "other",
        None,
    ),
    "need_you_to": (
        (
            ("lead", "I need you to log every meeting in the CRM the same day."),
            ("other", "Fair enough, I'll do that."),
        ),
        "other",
        None,
    ),
    "lets_meet": (
        (
            ("lead", "Let's sit down again on the ninth at two and walk through the results."),
            ("other", "Works for me."),
        ),
        "both",
        "ninth",
    ),
    "well_both": (
        (
            ("other", "We'll both go through the contract before Tuesday."),
            ("lead", "Yes, agreed."),
        ),
        "both",
        "Tuesday",
    ),
    "ill_try_three": (
        (
            ("other", "So this week I'll practise the opening with Sam until it feels natural."),
            ("lead", "I like that."),
        ),
        "other",
        "this week",
    ),
    "get_it_done": (
        (
            ("lead", "And the forecast?"),
            ("other", "I'll get it done tonight."),
        ),
        "other",
        "tonight",
    ),
    "ping_her": (
        (
            ("other", "I'll ping her before lunch."),
            ("lead", "Cheers."),
        ),
        "other",
        "before lunch",
    ),
    "write_something": (
        (
            ("lead", "Please just write something in there about the decision process."),
            ("other", "Will do."),
        ),
        "other",
        None,
    ),
    "book": (
        (
            ("lead", "I'm going to book the room in Leeds for the workshop."),
            ("other", "Brilliant."),
        ),
        "lead",
        None,
    ),
    "you_will_get": (
        (
            ("lead", "You'll get the draft agreement from me on Monday morning."),
            ("other", "Looking forward."),
        ),
        "lead",
        "Monday",
    ),
    "can_do_by": (
        (
            ("other", "How soon could I see the references?"),
            ("lead", "I can have three of them to you by noon."),
        ),
        "lead",
        "noon",
    ),
    "shall_i": (
        (
            ("lead", "Shall I set up a call with our architect?"),
            ("other", "Yes please, any day but Thursday."),
        ),
        "lead",
        None,
    ),
    "homework": (
        (
            ("lead", "What's the one thing you'll do before we talk again?"),
            ("other", "Ask every buyer who else signs, and write it down."),
        ),
        "other",
        None,
    ),
    "answer_fri": (
        (
            ("other", "When do we hear back?"),
            ("lead", "You will have our answer by the twentieth."),
        ),
        "lead",
        "twentieth",
    ),
}
MISSES: dict[str, Lines] = {
    "let_you_go": (
        ("lead", "Anyway, I'll let you go, I know you've got a train."),
        ("other", "Thanks, bye."),
    ),
    "be_honest": (
        ("other", "I'll be honest, the last quarter was rough."),
        ("lead", "I can imagine."),
    ),
    "let_me_know": (
        ("lead", "Let me know if anything comes up."),
        ("other", "Of course."),
    ),
    "ask_you_this": (
        ("lead", "Let me ask you something about that meeting."),
        ("other", "Go ahead."),
    ),
    "narrative": (
        ("other", "So he says, I'll send you the contract on Monday, and it never came."),
        ("lead", "Oh dear."),
    ),
    "narrative_past": (
        ("other", "I was going to call them on Friday but the day ran away."),
        ("lead", "It happens."),
    ),
    "conditional": (
        ("other", "If they ever asked, I would send them the whole file."),
        ("lead", "Sensible."),
    ),
    "hypothetical": (
        ("lead", "You could call the CFO, or you could wait until they call you."),
        ("other", "Hm, I am not sure."),
    ),
    "share_screen": (
        ("lead", "I'll share my screen so you can see it."),
        ("other", "I see it."),
    ),
    "go_back": (
        ("lead", "I'll go back to the first slide for a second."),
        ("other", "Okay."),
    ),
    "third_habit": (
        ("other", "He'll call at all hours, that's how he is."),
        ("lead", "Ha."),
    ),
    "product": (
        ("lead", "The system will send a reminder every morning."),
        ("other", "Nice."),
    ),
    "prediction": (
        ("other", "I think we'll see a drop in the summer."),
        ("lead", "Probably."),
    ),
    "you_will_see": (
        ("lead", "You'll see the savings on the second page."),
        ("other", "Right."),
    ),
    "refused": (
        ("lead", "Could you send me the org chart?"),
        ("other", "No, I'm not allowed to share that."),
    ),
    "refused_soft": (
        ("other", "Can you do twenty percent by Friday?"),
        ("lead", "I can't, I'm afraid."),
    ),
    "withdrawn": (
        ("lead", "I'll ask Priya for the figures. Actually, forget that, you have them."),
        ("other", "I do, yes."),
    ),
    "good_weekend": (
        ("lead", "Have a good weekend, we'll speak soon."),
        ("other", "You too."),
    ),
    "report_back": (
        ("other", "I sent the proposal on Tuesday as I said."),
        ("lead", "Well done."),
    ),
    "ask_done": (
        ("lead", "Did you call the distributor last week?"),
        ("other", "I did, he wants a demo."),
    ),
    "stay_mute": (
        ("other", "I'll put myself on mute while you talk."),
        ("lead", "Sure."),
    ),
    "tell_story": (
        ("other", "I'll tell you how it went, it was a mess."),
        ("lead", "Tell me."),
    ),
    "would_love": (
        ("other", "I'd love to see that one day."),
        ("lead", "It is something."),
    ),
    "they_said": (
        ("other", "They told us they would sign by the end of March."),
        ("lead", "And then?"),
    ),
    "today_talk": (
        ("lead", "Today we'll look at your two big deals."),
        ("other", "Fine by me."),
    ),
    "let_me_think": (
        ("other", "Let me think, it was May or June."),
        ("lead", "Take your time."),
    ),
    "weather": (
        ("other", "It's going to rain on Saturday, so no barbecue."),
        ("lead", "Shame."),
    ),
    "need_generic": (
        ("other", "You need to fill in three forms to get a laptop here."),
        ("lead", "Really?"),
    ),
    "ill_say": (
        ("lead", "I'll say this much, your notes were clear."),
        ("other", "Thank you."),
    ),
    "never": (
        ("other", "I'll never use that supplier again."),
        ("lead", "I understand."),
    ),
}
NOT_YET = ("book", "homework")


def call_with(case: str, lines: Lines) -> dy.DataFrame[Talk]:
    """A call that ends with these lines."""
    ending = [(side, 80.0 + 3 * at, 83.0 + 3 * at, text) for at, (side, text) in enumerate(lines)]
    kind = "one_on_one" if case in INTERNAL else "discovery_call"
    return talk_of(*SMALL_TALK, *ending, call_id=case, interaction=kind)


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    """What is found in the calls of all cases, named by them, and is not taken back."""
    said = {case: lines for case, (lines, *_) in PROMISES.items()} | MISSES
    talk = Talk.validate(pl.concat(call_with(case, lines) for case, lines in said.items()))
    known = pl.concat(
        pl.DataFrame(PEOPLE, schema=KNOWN, orient="row").with_columns(call_id=pl.lit(case)) for case in said
    )
    return find_actions(talk, classify_acts(talk), known=known).filter(pl.col("state") != "withdrawn")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.xfail(strict=True)] if case in NOT_YET else []) for case in PROMISES]
)
def test_promises(case: str, found: pl.DataFrame) -> None:
    """It is found, with who is to do it and when."""
    _, owner, due = PROMISES[case]
    there = found.filter(call_id=case)
    assert owner in there["owner_role"].to_list()
    assert due is None or there.select(pl.col("due_words").str.contains(due, literal=True).any()).item()


@pytest.mark.parametrize("case", MISSES)
def test_near_misses(case: str, found: pl.DataFrame) -> None:
    """Courtesies, narratives, conditions, refusals and what is done in the conversation itself promise nothing."""
    assert found.filter(call_id=case).is_empty()
