"""What the act network is trained on: stretches of conversations, some of them without marks, misheard, or untimed."""

from itertools import pairwise

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from pipeline.language.act_model.network import AMI_LABELS, MARKED_COLUMNS, TIMED_COLUMNS, Encoded, dense_of, ends_kept
from pipeline.language.text import MARKS, Bits, Ints, marked_words_of, word_bits, words_of
from pipeline.tables.values import ACTS

PLAIN = 0.4  # share of windows that are read without marks
BATCH = 700  # sentences, at least
WINDOW = 64  # sentences of context a training example has
MARK_BITS = word_bits(pl.Series(list(MARKS)))


class Corpus:
    """All training sentences as arrays: words, features, and what is known of each sentence."""

    def __init__(self, frame: pl.DataFrame) -> None:
        frame = frame.with_columns(words_of(pl.col("text")).alias("words"))
        marked = frame.select(marked_words_of(pl.col("text")).alias("words"))["words"]
        self.counts = marked.list.len().to_numpy().astype(np.int64)
        self.bits = word_bits(marked.explode(empty_as_null=False))
        self.spoken = ~np.isin(self.bits, MARK_BITS)
        self.words = self.bits[self.spoken]
        self.starts = np.cumsum(self.counts) - self.counts
        self.dense = dense_of(frame)
        label = frame["label"].replace_strict({name: k for k, name in enumerate(AMI_LABELS)}, default=-100)
        self.label = label.to_numpy().astype(np.int64)
        self.question = frame["question"].to_numpy()
        self.allowed = frame.select(pl.col("allowed").list.contains(act).alias(act) for act in ACTS).to_numpy()
        self.weight = frame["weight"].to_numpy().astype(np.float32)
        calls = (
            frame.with_row_index("row")
            .group_by("call_id", maintain_order=True)
            .agg(pl.col("row").min(), pl.len(), pl.col("used").first())
        )
        self.calls = calls.select("row", "len", "used").rows()

    def windows(self, rng: np.random.Generator) -> list[tuple[int, int]]:
        """Stretches (first, after last) of at most WINDOW sentences that cover every call, cut anew each time."""
        cuts = []
        for first, length, used in self.calls:
            edges = [first, *range(first + int(rng.integers(8, WINDOW + 1)), first + length, WINDOW), first + length]
            cuts += [(a, b) for a, b in pairwise(edges) if b > a and rng.random() < used]
        rng.shuffle(cuts)
        return cuts

    def batch(self, cuts: list[tuple[int, int]], rng: np.random.Generator) -> tuple[Encoded, np.ndarray, torch.Tensor]:
        """Windows as the network reads them: some without marks, many of those misheard, some without times."""
        rows = np.concatenate([np.arange(a, b) for a, b in cuts])
        dense, bits, counts, bare = self.dense[rows].copy(), [], [], []
        at = 0
        for a, b in cuts:
            these = slice(self.starts[a], self.starts[b - 1] + self.counts[b - 1])
            words, n, plain = self.bits[these], self.counts[a:b], rng.random() < PLAIN
            if plain:
                dense[at : at + b - a, MARKED_COLUMNS] = 0
                words, n = part_of(words, n, self.spoken[these])
                if rng.random() < 0.4:
                    words, n = misheard(words, n, self.words, rng.uniform(0.02, 0.25), rng)
            if rng.random() < 0.25:
                dense[at : at + b - a, TIMED_COLUMNS] = 0
            bits.append(words)
            counts.append(n)
            bare.append(np.full(b - a, plain))
            at += b - a
        numbers, n_words = ends_kept(np.concatenate(bits), np.concatenate(counts))
        lengths = np.array([b - a for a, b in cuts], np.int64)
        return Encoded(numbers, n_words, dense, lengths), rows, torch.from_numpy(np.concatenate(bare))

    def batches(self, rng: np.random.Generator) -> list[list[tuple[int, int]]]:
        """The windows of one pass, in batches of at least BATCH sentences."""
        batches: list[list[tuple[int, int]]] = [[]]
        size = 0
        for cut in self.windows(rng):
            batches[-1].append(cut)
            size += cut[1] - cut[0]
            if size >= BATCH:
                batches.append([])
                size = 0
        return [batch for batch in batches if batch]


def part_of(bits: Bits, counts: Ints, kept: NDArray[np.bool_]) -> tuple[Bits, Ints]:
    """The words of sentences of `counts` words each that are kept, and how many each has left."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return bits[kept], np.bincount(owner[kept], minlength=len(counts)).astype(np.int64)


def misheard(bits: Bits, counts: Ints, pool: Bits, rate: float, rng: np.random.Generator) -> tuple[Bits, Ints]:
    """The words with a share of them dropped or replaced by others, as a recogniser would."""
    fate = rng.random(len(bits))
    swapped = np.where(fate < rate / 2, pool[rng.integers(0, len(pool), len(bits))], bits)
    return part_of(swapped, counts, (fate >= rate) | (fate < rate / 2))
