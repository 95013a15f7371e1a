"""Answers that confirm and answers that do not."""

import pytest

from pipeline.language.promises.confirmations import confirmed
from tests.conversations import talk_of


@pytest.mark.parametrize(
    ("answer", "yes"),
    [
        ("No problem.", True),
        ("No worries, mate.", True),
        ("No problems so far.", False),
        ("No, that'd be great.", True),
        ("No, that's fine.", False),
        ("That's absolutely fine.", True),
        ("That's expensive.", False),
        ("Course I can.", True),
        ("Can do.", True),
        ("Can it do that?", False),
        ("I'd love that.", True),
        ("I'd love to, but no.", False),
        ("Fair enough.", True),
        ("No.", False),
    ],
)
def test_answers(answer: str, yes: bool) -> None:
    """The answer of the other side confirms what was said before it."""
    talk = talk_of(("lead", 0, 5, "I'll come out to the site on Thursday."), ("other", 5, 8, answer))
    assert confirmed(talk)["confirmed"].to_list() == [yes, False]
