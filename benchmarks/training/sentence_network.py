"""Train where sentences end in words without marks.

    python -m benchmarks.training.sentence_network --corpora ../shared/data

A sentence ends where AMI's annotators ended a dialogue act, and at the marks of primock57 and data/scripted; held-out
meetings and calls are left out. Writes pipeline/language/weights/acts/endings.safetensors.
"""

from pathlib import Path

import numpy as np
import polars as pl
import torch
from cyclopts import App
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own name for it
from torch.nn.utils.rnn import pad_sequence

from benchmarks.language.act_corpora import ami, primock, scripted
from benchmarks.language.sentence_ends import Stretches, stretches
from benchmarks.paths import SCRIPTED
from pipeline.language.sentence_network import EndingNetwork, batches
from pipeline.language.sentences import WEIGHTS
from pipeline.language.text import Ints

app = App()


def padded(of: Stretches, batch: Ints) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Rows, sizes, and ends of a batch; an end is NaN where there is nothing to guess (padding, the last word)."""
    first = np.cumsum(of.lengths) - of.lengths
    rows = [torch.from_numpy(of.rows[first[k] : first[k] + of.lengths[k]]) for k in batch]
    ends = [torch.from_numpy(of.ends[first[k] : first[k] + of.lengths[k] - 1]).float() for k in batch]
    ends = [torch.cat([end, torch.tensor([torch.nan])]) for end in ends]
    sizes = torch.from_numpy(of.lengths[batch])
    return pad_sequence(rows, batch_first=True), sizes, pad_sequence(ends, batch_first=True, padding_value=torch.nan)


def fit(of: Stretches, *, epochs: int, seed: int = 0) -> EndingNetwork:
    """A network trained on the stretches; the same seed gives the same weights."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    network = EndingNetwork().train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.01)
    spoken = np.flatnonzero(of.lengths > 1)
    cuts = [spoken[part] for cut in batches(of.lengths[spoken]) for part in np.array_split(cut, 6) if len(part)]
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, total_iters=epochs * len(cuts))
    for epoch in range(epochs):
        rng.shuffle(cuts)
        total = 0.0
        for cut in cuts:
            rows, sizes, ends = padded(of, cut)
            known = ~ends.isnan()
            heard = torch.where(torch.rand(rows.shape) < 0.05, torch.randint_like(rows, 1, int(rows.max()) + 1), rows)
            loss = F.binary_cross_entropy_with_logits(network(heard, sizes)[known], ends[known])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(cuts):.3f}", flush=True)
    return network.eval()


@app.default
def train(*, corpora: Path, conversations: Path = SCRIPTED, epochs: int = 4) -> None:
    """Train on everything that is not held out and write the weights."""
    own = scripted(conversations)
    frame = pl.concat([ami(corpora), primock(corpora), own, own]).filter(~pl.col("held"))
    network = fit(stretches(frame), epochs=epochs)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    halves = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    save_file(halves, WEIGHTS / "endings.safetensors")


if __name__ == "__main__":
    app()
