"""Agenda, recap, feedback and earlier actions in made-up calls."""

import dataframely as dy
import pytest

from pipeline.language.moments import find_moments
from pipeline.tables.conversations import Talk
from tests.conversations import talk_of

AGENDA = (
    "So I've got us down for half an hour. What I'd like is to go through the three deals, then the forecast, "
    "and at the end agree on what each of us does. Does that work for you?"
)


def kinds(talk: dy.DataFrame[Talk]) -> list[tuple[int, str]]:
    return find_moments(talk).select("idx", "kind").rows()


def a_call(*rows: tuple[str, str], duration_s: float = 600.0) -> dy.DataFrame[Talk]:
    """Utterances 12 seconds apart."""
    return talk_of(
        *((side, 12.0 * n, 12.0 * n + 11, text) for n, (side, text) in enumerate(rows)), duration_s=duration_s
    )


def test_agenda_stated_and_agreed() -> None:
    """Purpose and topics are stated by utterance 1, which asks whether they suit; utterance 2 says yes."""
    talk = a_call(("lead", "Hello Ann."), ("lead", AGENDA), ("other", "Yes, that works. I'd add the renewals."))
    found = kinds(talk)
    assert (1, "agenda") in found
    assert (1, "agenda_agreed") in found
    assert (2, "agenda_agreed") in found


def test_agenda_without_punctuation() -> None:
    """The moments of a text without marks and capitals are those of the text with them."""
    rows = [("lead", "Hello Ann."), ("lead", AGENDA), ("other", "Yes, that works. I'd add the renewals.")]
    bare = [(side, "".join(c for c in text.lower() if c.isalnum() or c in " '")) for side, text in rows]
    assert kinds(a_call(*bare)) == kinds(a_call(*rows))


def test_their_agenda_is_not_an_agenda() -> None:
    """The word itself is not enough: a question about the other side's agenda states none."""
    talk = a_call(("lead", "Hello Ann."), ("other", "Hello."), ("lead", "What's on your agenda this quarter?"))
    assert (2, "agenda") not in kinds(talk)


def test_agenda_too_late() -> None:
    """After the first five minutes and the first 15 %, the same words state no agenda."""
    talk = talk_of(("lead", 0, 10, "Hello Ann."), ("lead", 400, 420, AGENDA), duration_s=1200.0)
    assert kinds(talk) == []


@pytest.mark.parametrize(
    "asked",
    [
        "Was that useful to you?",
        "What was helpful in this, and what should I do differently?",
        "was this any help going over it",
    ],
)
def test_feedback_sought_by_the_lead(asked: str) -> None:
    """The lead asks how the conversation itself was, near its end."""
    assert (1, "feedback_sought") in kinds(talk_of(("other", 0, 9, "Hello."), ("lead", 90, 95, asked)))
    assert kinds(talk_of(("other", 0, 9, "Hello."), ("other", 90, 95, asked))) == []


def test_recap_by_words_and_by_days() -> None:
    """Summing up is told by its words, or by two days that were named before; once is no recap."""
    said = talk_of(
        ("lead", 0, 9, "Hello."),
        ("lead", 82, 84, "I can do the drawing by Thursday."),
        ("other", 84, 86, "And I will ring the bank tomorrow."),
        ("lead", 90, 95, "Drawing Thursday from me, bank tomorrow from you."),
    )
    assert [idx for idx, kind in kinds(said) if kind == "recap"] == [3]
    assert (1, "recap") in kinds(talk_of(("lead", 0, 9, "Hello."), ("lead", 90, 95, "Let me sum up what we agreed.")))


def test_earlier_action_taken_up() -> None:
    """Asking for the result of what was agreed last time."""
    talk = a_call(
        ("lead", "Hello Ann."),
        ("other", "Hello."),
        ("lead", "From last week, you were to send the quote to the bakery. Did you get it done?"),
        ("other", "Yes, it went on Thursday."),
    )
    assert (2, "prior_action") in kinds(talk)


def test_many_calls_at_once_are_what_each_is_alone() -> None:
    """Calls in one frame do not touch each other."""
    import polars as pl

    talks = [
        talk_of(("lead", 0, 9, "Hello."), ("lead", 9, 20, AGENDA), call_id="a", duration_s=600.0),
        talk_of(("other", 0, 9, "Yes, that works."), ("lead", 9, 12, "Good."), call_id="b", duration_s=600.0),
    ]
    together = Talk.validate(pl.concat(talks))
    alone = pl.concat([find_moments(talk) for talk in talks])
    assert find_moments(together).sort("call_id", "idx", "kind").rows() == alone.rows()
