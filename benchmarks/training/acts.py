"""Train the act network.

    python -m benchmarks.training.acts --corpora ../shared/data --encoder ../shared/models/all-MiniLM-L6-v2

Reads the corpora `ami`, `primock57`, `persuasion_for_good` and `pac_coaching` of the given folder (none is part of this
repository), data/scripted with the reference labels of data/acts, and the labelled exchanges of data/acts. Goes on from
the weights of `--start`, those in use if it is not given; words that they do not know get their vectors from the
encoder's own, by the linear map that fits the words that both know. Writes pipeline/language/weights/acts, or `--out`.
`--without` leaves out corpora: their names, or the registers of our own exchanges ("own coaching").
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import torch
from cyclopts import App
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own name for it
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks.language.act_corpora import (
    CHOOSING,
    GROUP_OF,
    ami,
    exchanges,
    group_scores,
    primock,
    scripted,
)
from benchmarks.paths import SCRIPTED
from benchmarks.training.act_windows import Corpus
from benchmarks.training.calibration import calibrated
from benchmarks.training.labelled_talk import pac, persuasion
from pipeline.language.act_model.model import ActModel, save
from pipeline.language.act_model.network import AMI_LABELS, FIRST, UNKNOWN, ActNetwork, Outputs, Size
from pipeline.language.sentences import WEIGHTS
from pipeline.language.text import marked_words_of, word_bits

MOST_EXCHANGES = 12  # of our own that stand in one call in training
USED = {"ami": 0.3, "primock57": 0.3, "persuasion_for_good": 0.6, "ours: calls": 0.5}  # share of a corpus in one pass

app = App()


GROUP_WEIGHTS = torch.tensor([1.5, 1.0, 1.0, 1.0])
IN_GROUP = F.one_hot(GROUP_OF).float()


def label_loss(logits: torch.Tensor, shares: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """How far logits of AMI's labels are from shares of them, by group and by label: a weighted mean."""
    by_group = (shares @ IN_GROUP * GROUP_WEIGHTS * group_scores(logits)).sum(1)
    return -((by_group + 0.4 * (shares * logits.log_softmax(1)).sum(1)) * weight).sum() / weight.sum()


def loss_of(outputs: Outputs, corpus: Corpus, rows: np.ndarray, bare: torch.Tensor) -> torch.Tensor:
    """AMI's label and its group; one of the acts a sentence may have; a question mark where none is shown."""
    label = torch.from_numpy(corpus.label[rows])
    known = label >= 0
    loss = torch.zeros(())
    if known.any():
        shares, every = F.one_hot(label[known], len(AMI_LABELS)).float(), torch.ones(int(known.sum()))
        by_label = label_loss(outputs.labels[known], shares, every) + 0.5 * label_loss(
            outputs.alone[known], shares, every
        )
        loss = loss + by_label * known.float().mean()
    allowed, weight = torch.from_numpy(corpus.allowed[rows]), torch.from_numpy(corpus.weight[rows])
    scores = outputs.acts.log_softmax(1).masked_fill(~allowed, -30.0).logsumexp(1)
    loss = loss - (weight * scores).sum() / len(rows)
    asked = torch.from_numpy(corpus.question[rows]).float()
    if bare.any():
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(outputs.question[bare], asked[bare])
    return loss


def word_table(frame: pl.DataFrame, encoder: Path, start: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Numbers of words in order, and a vector for each: all that occur twice and all whole words of the encoder."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder)
    table = model.embeddings.word_embeddings.weight.detach().float()
    marked = frame.select(marked_words_of(pl.col("text")).list.explode().alias("word")).drop_nulls()
    often = marked.group_by("word").len().filter(pl.col("len") > 1)["word"]
    whole = [word for word in tokenizer.get_vocab() if word.isascii() and word.isalpha() and len(word) > 1]
    words = pl.concat([often, pl.Series("word", whole)]).unique().sort()
    pieces = tokenizer(words.to_list(), add_special_tokens=False)["input_ids"]
    own = torch.stack([table[torch.tensor(parts)].mean(0) for parts in pieces])
    own = torch.cat([own - own.mean(0), torch.ones(len(own), 1)], 1)
    bits = torch.from_numpy(word_bits(words).view(np.int64))
    known = start["order.known"]
    place = torch.searchsorted(known, bits).clamp(max=len(known) - 1)
    is_known = known[place] == bits
    former = start["order.words.weight"].float()[place + FIRST]
    penalty = 1e-2 * torch.eye(own.shape[1])
    fit = torch.linalg.solve(own[is_known].T @ own[is_known] + penalty, own[is_known].T @ former[is_known])
    vectors = torch.where(is_known[:, None], former, own @ fit)
    order = bits.argsort()
    return bits[order], vectors[order]


def beginning(start: dict[str, Tensor], known: Tensor, vectors: Tensor) -> ActNetwork:
    """A network that goes on from the weights of one member, with the vectors of more words."""
    network = ActNetwork(Size(n_words=len(known)))
    own = network.state_dict()
    own["order.known"] = known
    own["order.words.weight"] = torch.cat([torch.zeros(FIRST, vectors.shape[1]), vectors])
    for name, value in start.items():
        if name not in ("order.known", "order.words.weight") and own[name].shape == value.shape:
            own[name] = value.float()
    own["order.words.weight"][UNKNOWN] = start["order.words.weight"][UNKNOWN]
    network.load_state_dict(own)
    return network


def fit(corpus: Corpus, network: ActNetwork, *, epochs: int, seed: int = 0, rate: float = 1.5e-3) -> ActNetwork:
    """The average of the last weights of a network trained on the corpus; the same seed gives the same weights."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.99))  # type: ignore[no-untyped-call]
    steps = epochs * (len(corpus.batches(rng)) + 2)
    words: list[torch.nn.Parameter] = []
    rest: list[torch.nn.Parameter] = []
    for name, parameter in network.named_parameters():
        (words if name == "order.words.weight" else rest).append(parameter)
    groups = [{"params": words, "lr": rate / 5, "weight_decay": 0.0}, {"params": rest, "lr": rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [rate / 5, rate], total_steps=steps, pct_start=0.15)
    for epoch in range(epochs):
        total, batches = 0.0, corpus.batches(rng)
        for cuts in batches:
            encoded, rows, bare = corpus.batch(cuts, rng)
            loss = loss_of(network.train()(encoded), corpus, rows, bare)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            if schedule.last_epoch < steps - 1:
                schedule.step()
            averaged.update_parameters(network)
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / len(batches):.3f}", flush=True)
    module: ActNetwork = averaged.module.eval()  # type: ignore[assignment]
    return module


def frames_of(corpora: Path, conversations: Path, without: tuple[str, ...]) -> pl.DataFrame:
    """The sentences of all corpora that are not left out."""
    every = {
        "ami": ami(corpora).filter(~pl.col("call_id").str.contains(CHOOSING)),
        "primock57": primock(corpora),
        "persuasion_for_good": persuasion(corpora),
        "pac_coaching": pac(corpora),
        "ours: calls": scripted(conversations),
        "ours": exchanges(),
    }
    used = [part.with_columns(pl.lit(USED.get(name, 1.0)).alias("used")) for name, part in every.items()]
    frame = pl.concat([part for name, part in zip(every, used, strict=True) if name not in without])
    registers = [name for name in without if name.startswith("own ")]
    left = [~pl.col("call_id").str.starts_with(name) for name in registers]
    return frame.filter(*left) if left else frame


def in_longer_talk(frame: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """The frame with our own exchanges put one after the other into calls of up to MOST_EXCHANGES, so that what they do
    cannot be told from their standing alone."""
    rng = np.random.default_rng(seed)
    own = pl.col("call_id").str.starts_with("own ")
    names = frame.filter(own)["call_id"].unique(maintain_order=True).to_list()
    rng.shuffle(names)
    sizes = rng.integers(1, MOST_EXCHANGES + 1, len(names)) * (rng.random(len(names)) < 0.7)
    group = np.repeat(np.arange(len(names)), np.maximum(sizes, 1))[: len(names)]
    places = pl.DataFrame({"call_id": names, "into": [f"own {k}" for k in group], "at": range(len(names))})
    moved = (
        frame.filter(own).join(places, on="call_id", how="left", maintain_order="left").sort("at", maintain_order=True)
    )
    return pl.concat([frame.filter(~own), moved.with_columns(pl.col("into").alias("call_id")).drop("into", "at")])


@app.default
def train(
    *,
    corpora: Path,
    encoder: Path,
    start: Path = WEIGHTS,
    out: Path = WEIGHTS,
    without: tuple[str, ...] = (),
    epochs: int = 4,
    members: int = 1,
) -> None:
    """Train the members, each from its own seed, on everything that is not held out, calibrate and write them."""
    frame = frames_of(corpora, SCRIPTED, without)
    seen, held = frame.filter(~pl.col("held")), frame.filter("held")
    tensors = load_file(start / "acts.safetensors")
    parts = [
        {name.removeprefix(f"{k}."): value for name, value in tensors.items() if name.startswith(f"{k}.")}
        for k in range(json.loads((start / "acts.json").read_text())["members"])
    ]
    corpus = Corpus(in_longer_talk(seen))
    networks = []
    for seed in range(members):
        part = parts[seed % len(parts)]
        networks.append(fit(corpus, beginning(part, *word_table(frame, encoder, part)), epochs=epochs, seed=seed))
    out.mkdir(parents=True, exist_ok=True)
    save(calibrated(ActModel(tuple(network.double() for network in networks)), held), out)


if __name__ == "__main__":
    app()
