"""What networks and words say of acts comes together, and comes back from its files."""

from pathlib import Path

import numpy as np

from pipeline.language.act_model.model import act_probabilities, load, save
from pipeline.language.acts import timed_sentences
from pipeline.language.sentences import WEIGHTS
from pipeline.tables.values import ACTS
from tests.conversations import talk_of
from tests.pipeline.language.test_acts import CALL


def test_temperature_and_odds(tmp_path: Path) -> None:
    """A higher temperature makes probabilities more alike, odds make one act more probable."""
    model, sentences = load(WEIGHTS), timed_sentences(talk_of(*CALL))
    plain, warm = act_probabilities(model, sentences), act_probabilities(model._replace(temperature=9.0), sentences)
    assert (warm.max(1) < plain.max(1)).all()
    odds = tuple(9.0 if act == "commit" else odd for act, odd in zip(ACTS, model.odds, strict=True))
    raised = act_probabilities(model._replace(odds=odds), sentences)
    assert (raised[:, ACTS.index("commit")] > plain[:, ACTS.index("commit")]).all()


def test_weights_come_back(tmp_path: Path) -> None:
    """Networks that are stored say the same when they are loaded, to the precision they are stored with."""
    model = load(WEIGHTS)
    save(model, tmp_path)
    sentences = timed_sentences(talk_of(*CALL))
    assert np.array_equal(act_probabilities(load(tmp_path), sentences), act_probabilities(model, sentences))
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 20e6


def test_words_count_beside_the_networks() -> None:
    """What the words alone say makes acts more or less likely; where they say nothing, the networks decide."""
    model, sentences = load(WEIGHTS), timed_sentences(talk_of(*CALL))
    assert model.words is not None
    none = model.words._replace(weights=np.zeros_like(model.words.weights), bias=np.zeros_like(model.words.bias))
    alone = act_probabilities(model._replace(words=None), sentences)
    assert not np.allclose(act_probabilities(model, sentences), alone, atol=0.05)
    assert np.array_equal(act_probabilities(model._replace(words=none), sentences), alone)


def test_a_greeting_asks_nothing() -> None:
    """ "Hello, how are you today?" is a greeting, with a mark or without; asked of something, it is a question."""
    greeting = ("lead", 0, 2, "Hello Mary, how are you doing today?"), ("other", 3, 4, "Good, thanks.")
    asked = ("other", 0, 5, "My wife left on Sunday."), ("lead", 6, 8, "How are you coping with it?")
    assert _act_of(greeting, 0) == "other"
    assert _act_of(tuple((*row[:3], row[3].lower().strip("?")) for row in greeting), 0) == "other"
    assert _act_of(asked, 1) == "ask_open"


def _act_of(lines: tuple[tuple[str, float, float, str], ...], place: int) -> str:
    chances = act_probabilities(load(WEIGHTS), timed_sentences(talk_of(*lines)))
    return ACTS[int(chances[place].argmax())]
