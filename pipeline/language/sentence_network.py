"""The network that says where a sentence ends in words without marks: word vectors, neighbours, a recurrent layer."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from pipeline.language.text import Bits, Doubles, Ints

TABLE_ROWS = 2**13  # rows of the table of words; row 0 is no word
BATCH_TOKENS = 20_000


class WordConvolution(nn.Conv1d):
    """A convolution over each word and its two neighbours, of vectors that lie as (texts, words, width): sums of matrix
    products, which in double precision are much faster than torch's own convolution.

    Its weights are those of `nn.Conv1d`. `products` may be taken once for each different word, and summed in any text.
    """

    bias: Tensor

    def __init__(self, width: int, out_width: int) -> None:
        super().__init__(width, out_width, 3, padding=1)

    def forward(self, vectors: Tensor) -> Tensor:
        """(texts, words, out_width); there is nothing before the first word and after the last."""
        return self.summed(self.products(vectors))

    def products(self, vectors: Tensor) -> list[Tensor]:
        """What each word contributes to the word after it, to itself and to the word before it."""
        return [nn.functional.linear(vectors, part) for part in self.weight.unbind(2)]

    def summed(self, products: list[Tensor]) -> Tensor:
        """What each word of (texts, words, out_width) gets from itself and its neighbours."""
        to_next, to_itself, to_previous = products
        total = to_itself + self.bias
        total[:, 1:] += to_next[:, :-1]
        total[:, :-1] += to_previous[:, 1:]
        return total


class EndingNetwork(nn.Module):
    """Log odds, for each word of a stretch of speech, that a sentence ends after it."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(TABLE_ROWS, 32, padding_idx=0)
        self.near = WordConvolution(32, 64)
        self.context = nn.GRU(64, 48, batch_first=True, bidirectional=True)
        self.head = nn.Linear(96, 1)
        self.dropout = nn.Dropout(0.25)

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """(stretches, words) from table rows, padded with 0, and the number of words of each stretch."""
        near = torch.relu(self.near(self.dropout(self.words(rows))))
        packed = pack_padded_sequence(self.dropout(near), lengths, batch_first=True, enforce_sorted=False)
        context, _ = pad_packed_sequence(self.context(packed)[0], batch_first=True)
        logits: Tensor = self.head(self.dropout(context)).squeeze(2)
        return logits


def word_rows(bits: Bits) -> Ints:
    """The row of the table for each word."""
    return (bits % np.uint64(TABLE_ROWS - 1) + np.uint64(1)).astype(np.int64)


def ending_logits(bits: Bits, lengths: Ints, folder: Path) -> Doubles:
    """Log odds that a sentence ends after each token, of stretches of the given lengths one after the other."""
    network = load(folder)
    stretches = torch.split(torch.from_numpy(word_rows(bits)), lengths.tolist())
    logits: list[Tensor] = [torch.empty(0)] * len(stretches)
    with torch.inference_mode():
        for batch in batches(lengths):
            sizes = torch.from_numpy(lengths[batch])
            rows = network(pad_sequence([stretches[k] for k in batch], batch_first=True), sizes)
            for k, row, size in zip(batch, rows, sizes.tolist(), strict=True):
                logits[k] = row[:size]
    return torch.cat(logits).numpy().astype(np.float64)


def batches(lengths: Ints) -> list[Ints]:
    """Numbers of stretches that are read together: alike in length, at most BATCH_TOKENS words with their padding."""
    order = np.argsort(lengths, kind="stable")[::-1]
    cuts, first = [], 0
    while first < len(order):
        size = max(1, BATCH_TOKENS // int(lengths[order[first]]))
        cuts.append(order[first : first + size])
        first += size
    return cuts


@cache
def load(folder: Path) -> EndingNetwork:
    """The network of a folder, ready to use; in double precision, so that stretches read together do not matter."""
    from safetensors.torch import load_file

    network = EndingNetwork()
    network.load_state_dict({name: value.float() for name, value in load_file(folder / "endings.safetensors").items()})
    return network.double().eval()
