"""What plain words say: learnt from calls of other folds, kept with the model, given to labels."""

from datetime import UTC, datetime

import numpy as np
import pytest

from models.label import Labeller, label
from models.learning import train as training
from models.learning import word_score
from models.learning.element_model import load, save
from models.learning.word_score import Words, count_words, score
from pipeline.language.acts import classify_acts
from pipeline.tables.conversations import Talk
from tests.models.features.test_features import Letters, talk
from tests.models.learning.test_train import AGENDA, scored, trained, world

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def calls_about(*words: str) -> tuple[Talk, list[str]]:
    """One call for each word, which the lead says between words that all say."""
    frame = talk(**{f"c{at:02}": [("lead", f"so {word} it is"), ("other", "yes")] for at, word in enumerate(words)})
    return frame, sorted(frame["call_id"].unique())


def test_counts_by_hand() -> None:
    """A word said twice by the lead counts 1 + ln 2 in the lead's part, one said once by the other counts 1 in the
    other's; what is said last counts again in its own part."""
    frame = talk(a=[("lead", "boiler boiler"), ("other", "roof")])
    lead, other, last = np.split(count_words(frame, ["a"]), 3, axis=1)
    assert sorted(lead[lead > 0].tolist()) == pytest.approx(sorted([1 + np.log(2), 1.0]))  # the word, the pair
    assert other.sum() == pytest.approx(1.0)
    assert np.array_equal(last, other)


def test_a_word_that_tells() -> None:
    """Of calls that differ in one word, those with the good one score higher though their fold was not seen."""
    frame, calls = calls_about(*["splendid", "dreadful"] * 10)
    values = np.array([3.0, 0.0] * 10)
    words = Words(count_words(frame, calls), np.arange(20) // 4)
    scores = words.unseen(values)[:, 0]
    assert scores[::2].min() > scores[1::2].max() + 1


def test_own_fold_teaches_nothing() -> None:
    """Turning the values of a fold upside down, or of one that is left out, does not change its own scores."""
    frame, calls = calls_about(*["splendid", "dreadful"] * 10)
    values, fold = np.array([3.0, 0.0] * 10), np.arange(20) // 4
    words = Words(count_words(frame, calls), fold)
    flipped = np.where(np.isin(fold, [0, 1]), 3 - values, values)
    own, left_out = fold == 0, frozenset({1})
    np.testing.assert_allclose(words.unseen(values, left_out)[own], words.unseen(flipped, left_out)[own], rtol=1e-6)
    assert not np.allclose(words.unseen(values)[~own], words.unseen(flipped)[~own])


def test_what_is_learnt_scores_any_call() -> None:
    """The score of a call is the same whichever calls it is counted with."""
    frame, calls = calls_about(*["splendid", "dreadful"] * 10)
    words = Words(counts := count_words(frame, calls), np.arange(20) // 4)
    learnt = words.learn(np.array([3.0, 0.0] * 10))
    both = score(counts, learnt)
    assert both[0, 0] > both[1, 0] + 1
    one = Talk.validate(frame.filter(call_id=calls[0]))
    np.testing.assert_allclose(score(count_words(one, calls[:1]), learnt), both[:1], rtol=1e-5)


def test_in_training_and_labels(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """From FROM_CALLS scored calls on a model has words, keeps them when it is saved, and labels by them; below it has
    none."""
    frame, levels = world()
    assert all(model.words is None for model in trained(scored(levels), frame).models)
    monkeypatch.setattr(training, "FROM_CALLS", 40)
    model = next(model for model in trained(scored(levels), frame).models if model.rubric == "discovery_call")
    assert model.words.shape == (2, 3 * word_score.WIDTH + 1)
    save(model, tmp_path / "m")
    kept = load(tmp_path / "m")
    assert np.array_equal(kept.words, model.words)
    labels = label(frame, classify_acts(frame), Labeller(AGENDA, [kept], Letters()), now=NOW).labels
    right = [levels[call] == level for call, level in labels.select("call_id", "level").iter_rows()]
    assert np.mean(right) > 0.8
