"""Scorers of turns: which elements a turn shows, and at which level, learnt from the reference across all elements.

One is a sentence encoder whose last layers are taught, one a recurrent network over what the plain encoder makes of
the turns of a call. They read each turn without case and marks, as the shipped features do.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.features.features import Floats

MIN_WORDS, MAX_TOKENS = 6, 32  # shorter turns are seldom named: they score 0
BATCH, TAUGHT_LAYERS, EPOCHS = 32, 1, 1
LAYER_RATE, HEAD_RATE = 1e-4, 5e-3
N_LEVELS = 4
HIDDEN, RECURRENT_EPOCHS, RECURRENT_RATE = 48, 10, 3e-3


class Lesson(NamedTuple):
    """What turns are taught by: turns by elements. `scored` is whether the call is, `named` whether raters named the
    turn, `levels` the level of the call."""

    scored: NDArray[np.bool_]
    named: NDArray[np.bool_]
    levels: NDArray[np.int64]

    def take(self, turns: NDArray[np.int64]) -> "Lesson":
        """The same for some turns."""
        return Lesson(self.scored[turns], self.named[turns], self.levels[turns])


class Heads(nn.Module):
    """From a turn's vector, for each element: whether it shows it, and at which level."""

    def __init__(self, width: int, n_elements: int) -> None:
        super().__init__()
        self.named, self.level = nn.Linear(width, n_elements), nn.Linear(width, n_elements * N_LEVELS)

    def loss(self, vectors: torch.Tensor, lesson: Lesson) -> torch.Tensor:
        """Cross-entropies of what is named, over scored calls, and of the levels of what is named."""
        scored, named, levels = (torch.from_numpy(part) for part in lesson)
        by_name = nn.functional.binary_cross_entropy_with_logits(
            self.named(vectors)[scored], named[scored].float(), reduction="sum"
        )
        by_level = nn.functional.cross_entropy(self._levels(vectors)[named], levels[named], reduction="sum")
        total: torch.Tensor = by_name / max(int(scored.sum()), 1) + by_level / max(int(scored.sum()), 1)
        return total

    def scores(self, vectors: torch.Tensor) -> Floats:
        """Turns by elements by the targets of evidence: the chance of being named, and with each level."""
        named = self.named(vectors).sigmoid()[..., None]
        both: Floats = torch.cat([named, named * self._levels(vectors).softmax(-1)], -1).numpy()
        return both

    def _levels(self, vectors: torch.Tensor) -> torch.Tensor:
        levels: torch.Tensor = self.level(vectors).unflatten(-1, (-1, N_LEVELS))
        return levels


class FineTuned:
    """A sentence encoder of which the last TAUGHT_LAYERS are taught; what the others make of the turns is kept."""

    def __init__(self, folder: str, texts: list[str]) -> None:
        from transformers import AutoModel, AutoTokenizer

        self._model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        tokens = AutoTokenizer.from_pretrained(folder)(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        self._lengths = np.array([len(ids) for ids in tokens])
        self._long = np.array([len(text.split()) >= MIN_WORDS for text in texts])
        self._lower = [torch.zeros(0)] * len(texts)
        layers = self._model.encoder.layer
        self._last = nn.ModuleList(layers[-TAUGHT_LAYERS:])
        with torch.no_grad():
            for rows in self._batches(np.arange(len(texts))):
                ids = torch.zeros((len(rows), self._lengths[rows].max()), dtype=torch.int64)
                for at, row in enumerate(rows):
                    ids[at, : self._lengths[row]] = torch.tensor(tokens[row])
                hidden, mask = self._model.embeddings(input_ids=ids).bfloat16(), _mask(self._there(rows)).bfloat16()
                for layer in layers[:-TAUGHT_LAYERS]:
                    hidden = layer.bfloat16()(hidden, attention_mask=mask)
                for at, row in enumerate(rows):
                    self._lower[row] = hidden[at, : self._lengths[row]].half()
        self.vectors = self._read(np.arange(len(texts)))  # by the plain encoder

    def learn(self, turns: NDArray[np.int64], lesson: Lesson, *, judged: NDArray[np.int64], seed: int = 0) -> Floats:
        """The scores of the turns `judged` by what was learnt from others; nothing of it is kept."""
        torch.manual_seed(seed)
        before = {name: value.clone() for name, value in self._last.state_dict().items()}
        heads = Heads(self.vectors.shape[1], lesson.named.shape[1])
        optimiser = torch.optim.AdamW(
            [{"params": self._last.parameters(), "lr": LAYER_RATE}, {"params": heads.parameters(), "lr": HEAD_RATE}]
        )
        batches = [at for epoch in range(EPOCHS) for at in _shuffled([*self._batches(turns)], seed + epoch)]
        place = {turn: number for number, turn in enumerate(turns)}
        rate = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, total_iters=len(batches))
        for rows in batches:
            loss = heads.loss(self._embed(rows), lesson.take(np.array([place[row] for row in rows])))
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            rate.step()
        with torch.no_grad():
            scores = heads.scores(torch.from_numpy(self._read(judged)))
        self._last.load_state_dict(before)
        scores[~self._long[judged]] = 0
        return scores

    def _read(self, turns: NDArray[np.int64]) -> Floats:
        vectors = np.zeros((len(self._lengths), self._model.config.hidden_size), np.float32)
        with torch.no_grad():
            for rows in self._batches(turns):
                vectors[rows] = self._embed(rows).numpy()
        return vectors[turns]

    def _embed(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """Unit vectors of turns, the mean of their tokens, times the root of their width."""
        there = self._there(rows)
        hidden = torch.zeros((len(rows), there.shape[1], self._lower[0].shape[1]))
        for at, row in enumerate(rows):
            hidden[at, : self._lengths[row]] = self._lower[row].float()
        for layer in self._last:
            hidden = layer(hidden, attention_mask=_mask(there))
        mean = (hidden * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
        unit: torch.Tensor = nn.functional.normalize(mean)
        return unit * float(mean.shape[1] ** 0.5)

    def _there(self, rows: NDArray[np.int64]) -> torch.Tensor:
        lengths = torch.from_numpy(self._lengths[rows])
        return (torch.arange(int(lengths.max())) < lengths[:, None]).float()

    def _batches(self, turns: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Turns of about the same length together; short ones are left out."""
        turns = turns[self._long[turns]]
        order = turns[np.argsort(self._lengths[turns], kind="stable")]
        yield from np.split(order, range(BATCH, len(order), BATCH))


class Recurrent:
    """A gated recurrent network, read in both directions, over the vectors of a call's turns."""

    def __init__(self, vectors: Floats, starts: NDArray[np.int64]) -> None:
        self._vectors, self._starts = torch.from_numpy(vectors), starts

    def learn(self, turns: NDArray[np.int64], lesson: Lesson, *, judged: NDArray[np.int64], seed: int = 0) -> Floats:
        """As `FineTuned.learn`; turns are those of whole calls, in order."""
        torch.manual_seed(seed)
        net = nn.GRU(self._vectors.shape[1], HIDDEN, batch_first=True, bidirectional=True)
        heads, drop = Heads(2 * HIDDEN, lesson.named.shape[1]), nn.Dropout(0.3)
        optimiser = torch.optim.AdamW([*net.parameters(), *heads.parameters()], RECURRENT_RATE, weight_decay=0.05)
        calls = self._calls(turns)
        ends = np.cumsum([0, *map(len, calls)])
        for epoch in range(RECURRENT_EPOCHS):
            for number in np.random.default_rng(seed + epoch).permutation(len(calls)):
                own = lesson.take(np.arange(ends[number], ends[number + 1]))
                loss = heads.loss(drop(net(drop(self._vectors[calls[number]])[None])[0][0]), own)
                optimiser.zero_grad()
                torch.autograd.backward(loss)
                optimiser.step()
        with torch.no_grad():
            return np.concatenate([heads.scores(net(self._vectors[call][None])[0][0]) for call in self._calls(judged)])

    def _calls(self, turns: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        call = np.searchsorted(self._starts, turns, side="right")
        return [np.asarray(part) for part in np.split(turns, np.flatnonzero(np.diff(call)) + 1)]


def _mask(there: torch.Tensor) -> torch.Tensor:
    return (1.0 - there[:, None, None, :]) * -1e4


def _shuffled(batches: list[NDArray[np.int64]], seed: int) -> list[NDArray[np.int64]]:
    return [batches[at] for at in np.random.default_rng(seed).permutation(len(batches))]
