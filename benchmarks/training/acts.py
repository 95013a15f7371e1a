"""Train the act network.

    python -m benchmarks.training.acts --corpora ../shared/data --taught taught

Reads the corpora `ami`, `qmsum` and `primock57` of the given folder and what `benchmarks.training.act_teacher` wrote
about them (neither is part of this repository), and data/scripted with the reference labels of data/acts. Writes
pipeline/language/weights/acts.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import torch
from cyclopts import App
from joblib import Parallel, delayed
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 - torch's own name for it
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks.language.act_corpora import CHOOSING, GROUP_OF, ami, group_scores, icsi, primock, scripted
from benchmarks.paths import SCRIPTED
from pipeline.language.act_network import (
    AMI_LABELS,
    FIRST,
    MARKED_COLUMNS,
    TIMED_COLUMNS,
    UNKNOWN,
    ActNetwork,
    Encoded,
    Outputs,
    Size,
    dense_of,
    ends_kept,
    save,
)
from pipeline.language.sentences import WEIGHTS
from pipeline.language.text import MARKS, Bits, Ints, marked_words_of, word_bits, words_of
from pipeline.tables.values import ACTS

PLAIN = 0.35  # share of windows that are read without marks
BATCH = 12  # windows
WINDOW = 64  # sentences of context a training example has

MARK_BITS = word_bits(pl.Series(list(MARKS)))
LOWER = pl.col("text").str.to_lowercase().alias("low")

app = App()


class Corpus:
    """All training sentences as arrays: words, features, and what is known of each sentence."""

    def __init__(self, frame: pl.DataFrame, taught: pl.DataFrame) -> None:
        frame = frame.with_columns(words_of(pl.col("text")).alias("words"))
        marked = frame.select(marked_words_of(pl.col("text")).alias("words"))["words"]
        self.counts = marked.list.len().to_numpy().astype(np.int64)
        self.bits = word_bits(marked.explode(empty_as_null=False))
        self.spoken = ~np.isin(self.bits, MARK_BITS)
        self.words = self.bits[self.spoken]
        self.starts = np.cumsum(self.counts) - self.counts
        by_text = frame.select(LOWER).join(taught, on="low", how="left", maintain_order="left", validate="m:1")
        if unknown := by_text["taught"].null_count():
            raise SystemExit(
                f"{unknown} texts are not in texts.parquet: run benchmarks.training.act_teacher on these corpora"
            )
        self.taught = torch.from_numpy(by_text["taught"].to_numpy().copy()).softmax(1)
        self.dense = dense_of(frame)
        label = frame["label"].replace_strict({name: k for k, name in enumerate(AMI_LABELS)}, default=-100)
        self.label = label.to_numpy().astype(np.int64)
        self.question = frame["question"].to_numpy()
        self.allowed = frame.select(pl.col("allowed").list.contains(act).alias(act) for act in ACTS).to_numpy()
        self.weight = frame["weight"].to_numpy().astype(np.float32)
        calls = frame.with_row_index("row").group_by("call_id", maintain_order=True).agg(pl.col("row").min(), pl.len())
        self.calls = calls.select("row", "len").rows()

    def windows(self, rng: np.random.Generator) -> list[tuple[int, int]]:
        """Stretches (first, after last) of at most WINDOW sentences that cover every call, cut anew each time."""
        cuts = []
        for first, length in self.calls:
            edges = [first, *range(first + int(rng.integers(8, WINDOW + 1)), first + length, WINDOW), first + length]
            cuts += [(a, b) for a, b in pairwise(edges) if b > a]
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


def part_of(bits: Bits, counts: Ints, kept: NDArray[np.bool_]) -> tuple[Bits, Ints]:
    """The words of sentences of `counts` words each that are kept, and how many each has left."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return bits[kept], np.bincount(owner[kept], minlength=len(counts)).astype(np.int64)


def misheard(bits: Bits, counts: Ints, pool: Bits, rate: float, rng: np.random.Generator) -> tuple[Bits, Ints]:
    """The words with a share of them dropped or replaced by others, as a recogniser would."""
    fate = rng.random(len(bits))
    swapped = np.where(fate < rate / 2, pool[rng.integers(0, len(pool), len(bits))], bits)
    return part_of(swapped, counts, (fate >= rate) | (fate < rate / 2))


GROUP_WEIGHTS = torch.tensor([1.5, 1.0, 1.0, 1.0])
IN_GROUP = F.one_hot(GROUP_OF).float()


def label_loss(logits: torch.Tensor, shares: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """How far logits of AMI's labels are from shares of them, by group and by label: a weighted mean."""
    by_group = (shares @ IN_GROUP * GROUP_WEIGHTS * group_scores(logits)).sum(1)
    return -((by_group + 0.4 * (shares * logits.log_softmax(1)).sum(1)) * weight).sum() / weight.sum()


def loss_of(outputs: Outputs, corpus: Corpus, rows: np.ndarray, bare: torch.Tensor) -> torch.Tensor:
    """AMI's label and its group; one of the acts a sentence may have; a question mark where none is shown; and from the
    words alone what the teacher makes of them."""
    label = torch.from_numpy(corpus.label[rows])
    known, every = label >= 0, torch.ones(len(rows))
    loss = label_loss(outputs.alone, corpus.taught[rows], every)
    if known.any():
        shares = F.one_hot(label[known], len(AMI_LABELS)).float()
        loss = loss + label_loss(outputs.labels[known], shares, every[known])
    allowed, weight = torch.from_numpy(corpus.allowed[rows]), torch.from_numpy(corpus.weight[rows])
    scores = outputs.acts.log_softmax(1).masked_fill(~allowed, -30.0).logsumexp(1)
    loss = loss - (weight * scores).sum() / len(rows)
    asked = torch.from_numpy(corpus.question[rows]).float()
    if bare.any():
        loss = loss + 0.5 * F.binary_cross_entropy_with_logits(outputs.question[bare], asked[bare])
    return loss


def beginning(words: pl.DataFrame) -> ActNetwork:
    """A network that knows some words (word, vector) and nothing else yet."""
    bits = word_bits(words["word"]).view(np.int64)
    order = np.argsort(bits)
    network = ActNetwork(Size(n_words=len(bits)))
    with torch.no_grad():
        network.order.known[:] = torch.from_numpy(bits[order])
        network.order.words.weight[UNKNOWN] = 0
        network.order.words.weight[FIRST:] = torch.from_numpy(words["vector"].to_numpy()[order])
    return network


def fit(corpus: Corpus, words: pl.DataFrame, *, epochs: int, seed: int = 0) -> ActNetwork:
    """The average of the last weights of a network trained on the corpus; the same seed gives the same weights."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    network = beginning(words)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.995))  # type: ignore[no-untyped-call]
    steps = epochs * (len(corpus.windows(rng)) // BATCH + 2)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.15)
    for epoch in range(epochs):
        cuts, total = corpus.windows(rng), 0.0
        for first in range(0, len(cuts), BATCH):
            encoded, rows, bare = corpus.batch(cuts[first : first + BATCH], rng)
            loss = loss_of(network.train()(encoded), corpus, rows, bare)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            if schedule.last_epoch < steps - 1:
                schedule.step()
            averaged.update_parameters(network)
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total * BATCH / len(cuts):.3f}", flush=True)
    module: ActNetwork = averaged.module.eval()  # type: ignore[assignment]
    return module


@app.default
def train(*, corpora: Path, taught: Path, conversations: Path = SCRIPTED, epochs: int = 4, members: int = 2) -> None:
    """Train the members, each from its own seed, on everything that is not held out and write the weights."""
    own = scripted(conversations)
    again = own.with_columns(pl.col("call_id") + " again")  # the target domain counts twice
    frame = pl.concat([ami(corpora), icsi(corpora), primock(corpora), own, again])
    frame = frame.filter(~pl.col("held"), ~pl.col("call_id").str.contains(CHOOSING))
    words = pl.read_parquet(taught / "words.parquet")
    corpus = Corpus(frame, pl.read_parquet(taught / "texts.parquet"))
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    jobs = [delayed(fit)(corpus, words, epochs=epochs, seed=seed) for seed in range(members)]
    save(Parallel(n_jobs=members)(jobs), WEIGHTS)


if __name__ == "__main__":
    app()
