"""What the words of a sentence alone say of its acts: worked out by hand on two words."""

from pathlib import Path

import numpy as np

from pipeline.language.act_model.words import SIGNS, ActWords, gram_matrix, grams_of, load_words, save_words
from pipeline.tables.values import ACTS

WORDS, COUNTS = np.array([7, 9, 9, 7], np.int64), np.array([2, 0, 1, 1], np.int64)


def test_words_pairs_and_both_ends() -> None:
    """Two words have two words, the pair of them, the last with the end and the first with the beginning; a sentence
    without words has nothing, and no pair reaches into the next sentence."""
    sentence, numbers = grams_of(WORDS << np.int64(32), COUNTS)
    assert sorted(sentence.tolist()) == [0, 0, 0, 0, 0, 2, 2, 2, 3, 3, 3]
    of = {row: set(numbers[sentence == row].tolist()) for row in (0, 2, 3)}
    assert {7, 9} < of[0]
    assert len(of[0] & of[2]) == 2  # the word 9, and 9 as the last word
    assert len(of[0] & of[3]) == 2  # the word 7, and 7 as the first word
    assert len(of[2] & of[3]) == 0


def test_log_odds_by_hand(tmp_path: Path) -> None:
    """A word known with the weight 3 for asking, alone among what is known, has length 1: 3 and the bias of 1 for each
    way to ask, nothing else; a sentence without a known word has the bias alone. Halved weights come back."""
    grams = np.array([7], np.uint32)
    weights, bias = np.zeros((1, len(SIGNS))), np.zeros(len(SIGNS))
    weights[0, 0], bias[0] = 3.0, 1.0
    save_words(ActWords(grams, weights, bias), tmp_path)
    model = load_words(tmp_path)
    assert model is not None
    odds = model.log_odds(WORDS << np.int64(32), COUNTS)
    asks = np.array([act.startswith("ask_") for act in ACTS])
    assert odds[:, asks].tolist() == [[4.0] * 3, [1.0] * 3, [1.0] * 3, [4.0] * 3]
    assert not odds[:, ~asks].any()


def test_rows_have_length_one() -> None:
    """A word said twice counts 1 + log 2, another 1, and the row is divided by its length."""
    matrix = gram_matrix(np.array([7, 7, 9], np.int64) << np.int64(32), np.array([3]), np.array([7, 9], np.uint32))
    twice = 1 + np.log(2)
    assert np.allclose(matrix.toarray(), np.array([[twice, 1.0]]) / np.hypot(twice, 1.0))


def test_a_folder_without_words(tmp_path: Path) -> None:
    """Networks alone are a model too."""
    assert load_words(tmp_path) is None
