"""What the words of a sentence alone say of its acts: a linear model of words, pairs of words and marks.

It knows neither the conversation nor the order of more than two words; beside the network it counts on text of kinds
that the network never read, for it learns from few words what they mean everywhere.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse

from pipeline.language.text import Bits, Doubles, Ints, mix
from pipeline.tables.values import ACTS

SIGNS = {
    "ask": ("ask_open", "ask_closed", "ask_leading"),
    "tell": ("inform", "suggest", "direct"),
    "advice": ("suggest", "direct"),
    "reflect": ("reflect",),
    "open": ("ask_open",),
}
"""What is told of a sentence, and the acts that become likelier with it; `open` is told of questions."""
ACTS_OF = np.array([[act in acts for act in ACTS] for acts in SIGNS.values()], np.float64)
FILE = "words.safetensors"
BEGINS, ENDS = np.uint64(5), np.uint64(0x9E3779B97F4A7C15)  # what stands before the first word and after the last
KEPT_BITS = np.uint64(32)  # of the 64 of a gram


class ActWords(NamedTuple):
    """The weights of words and pairs.

    grams: their numbers in order; weights: (grams, SIGNS) log odds; bias: (SIGNS) log odds of no known word
    """

    grams: np.ndarray
    weights: Doubles
    bias: Doubles

    def log_odds(self, words: Ints, counts: Ints) -> Doubles:
        """(sentences, ACTS): what is added to the log odds of each act, for the numbers of all sentences' words,
        `counts` of them each."""
        odds: Doubles = (gram_matrix(words, counts, self.grams) @ self.weights + self.bias) @ ACTS_OF
        return odds


def grams_of(words: Ints, counts: Ints) -> tuple[Ints, np.ndarray]:
    """The sentence of each word and each pair of neighbours (what begins and ends it among them), and its number."""
    sentence = np.repeat(np.arange(len(counts)), counts)
    bits: Bits = words.view(np.uint64)
    first = np.ones(len(bits), bool)
    first[1:] = sentence[1:] != sentence[:-1]
    following = np.where(np.append(first[1:], True), ENDS, np.append(bits[1:], ENDS))
    pairs = mix(bits * np.uint64(3) ^ following)
    numbers = np.concatenate([bits, pairs, mix(bits[first] * BEGINS)])
    return np.concatenate([sentence, sentence, sentence[first]]), (numbers >> KEPT_BITS).astype(np.uint32)


def gram_matrix(words: Ints, counts: Ints, known: np.ndarray) -> sparse.csr_matrix:
    """(sentences, known grams): 1 + log of how often each is there, each row of length 1."""
    sentence, numbers = grams_of(words, counts)
    place = np.searchsorted(known, numbers).clip(max=len(known) - 1)
    there = known[place] == numbers
    ones = np.ones(int(there.sum()))
    matrix = sparse.csr_matrix((ones, (sentence[there], place[there])), shape=(len(counts), len(known)))
    matrix.sum_duplicates()
    matrix.data = 1 + np.log(matrix.data)
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel()).clip(1e-9)
    return sparse.csr_matrix(sparse.diags(1 / length) @ matrix)


def save_words(model: ActWords, folder: Path) -> None:
    """Write the weights, halved."""
    from safetensors.numpy import save_file

    tensors = {"grams": model.grams, "weights": model.weights.astype(np.float16), "bias": model.bias}
    save_file(tensors, folder / FILE)


def load_words(folder: Path) -> ActWords | None:
    """The weights of a folder, if it has any."""
    from safetensors.numpy import load_file

    if not (folder / FILE).exists():
        return None
    tensors = load_file(folder / FILE)
    return ActWords(tensors["grams"], tensors["weights"].astype(np.float64), tensors["bias"])
