"""Fine-tune a sentence encoder to teach the act network.

    python -m benchmarks.training.act_teacher --corpora ../shared/data --encoder ../shared/models/all-MiniLM-L6-v2
    --out taught

Fine-tunes the encoder on the labels of AMI, each sentence by itself, and writes its logits for every text that the act
network is trained on (texts.parquet): `benchmarks.training.acts` teaches a much faster network by them (distillation:
Hinton et al., 2015). Also writes a vector for each word that occurs twice (words.parquet), the principal components of
the encoder's own. About an hour on one processor core; the files hold the corpora's texts and are not part of this
repository.
"""

from pathlib import Path

import numpy as np
import polars as pl
import torch
from cyclopts import App
from torch import Tensor, nn

from benchmarks.language.act_corpora import CHOOSING, ami, icsi, primock, scripted
from benchmarks.paths import SCRIPTED
from benchmarks.training.acts import LOWER, label_loss
from pipeline.language.act_network import AMI_LABELS, Size
from pipeline.language.text import marked_words_of

LONGEST = 46  # pieces of words of a sentence that are read
BATCH = 32
RATES = [1.2e-4, 1e-3]  # at most, of the encoder and of the head on it

app = App()


class Teacher(nn.Module):
    """A sentence encoder with a head for AMI's labels on its first and its mean vector."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModel, AutoTokenizer

        super().__init__()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder).float()
        self.encoder.embeddings.word_embeddings.requires_grad_(requires_grad=False)
        self.head = nn.Linear(2 * self.encoder.config.hidden_size, len(AMI_LABELS))
        self.dropout = nn.Dropout(0.1)

    def tokens(self, texts: pl.Series) -> list[list[int]]:
        """The pieces of words of each text between the two marks that the encoder knows."""
        first, last = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        pieces = self.tokenizer(texts.to_list(), add_special_tokens=False)["input_ids"]
        return [[first, *some[:LONGEST], last] for some in pieces]

    def forward(self, tokens: list[list[int]]) -> Tensor:
        """(sentences, labels) logits."""
        longest = max(map(len, tokens))
        ids = torch.tensor([some + [0] * (longest - len(some)) for some in tokens])
        there = torch.arange(longest) < torch.tensor([len(some) for some in tokens])[:, None]
        states = self.encoder(input_ids=ids, attention_mask=there.long()).last_hidden_state
        mean = (states * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        logits: Tensor = self.head(self.dropout(torch.cat([states[:, 0], mean], 1)))
        return logits


def batches(tokens: list[list[int]], size: int, rng: np.random.Generator | None = None) -> list[np.ndarray]:
    """Rows in batches of sentences of like length, shuffled if `rng` is given."""
    lengths = np.array([len(some) for some in tokens])
    order = np.arange(len(tokens)) if rng is None else rng.permutation(len(tokens))
    cuts = []
    for first in range(0, len(order), size * 50):
        near = order[first : first + size * 50]
        near = near[np.argsort(lengths[near], kind="stable")]
        cuts += [near[at : at + size] for at in range(0, len(near), size)]
    if rng is not None:
        rng.shuffle(cuts)
    return cuts


def fit(folder: Path, frame: pl.DataFrame, *, epochs: float) -> Teacher:
    """The encoder of a folder, fine-tuned on how often each text has each label."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    label = frame["label"].replace_strict({name: k for k, name in enumerate(AMI_LABELS)})
    texts = frame.with_columns(LOWER, label.alias("label")).group_by("low", maintain_order=True).agg("label")
    shares = torch.from_numpy(np.stack([np.bincount(k, minlength=len(AMI_LABELS)) / len(k) for k in texts["label"]]))
    shares, weight = shares.float(), torch.tensor(texts["label"].list.len().sqrt().to_list())
    teacher = Teacher(folder).train()
    tokens, steps, step = teacher.tokens(texts["low"]), int(epochs * texts.height / BATCH), 0
    learnt = [parameter for parameter in teacher.encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": group, "lr": rate} for group, rate in zip((learnt, teacher.head.parameters()), RATES, strict=True)],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATES, total_steps=steps + 1, pct_start=0.1)
    while step < steps:
        for rows in batches(tokens, BATCH, rng)[: steps - step]:
            logits = teacher([tokens[row] for row in rows])
            optimizer.zero_grad()
            label_loss(logits, shares[rows], weight[rows]).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            if step % 250 == 0:
                print(f"step {step} of {steps}", flush=True)
    return teacher.eval()


def word_vectors(teacher: Teacher, texts: pl.DataFrame, width: int) -> pl.DataFrame:
    """A vector for each word and mark that occurs at least twice: the first components of the encoder's own."""
    words = texts.select(marked_words_of(pl.col("text")).list.explode().alias("word")).drop_nulls()
    often = words.group_by("word").len().filter(pl.col("len") > 1)["word"].sort()
    table = teacher.encoder.embeddings.word_embeddings.weight.detach()
    own = torch.stack([table[torch.tensor(pieces[1:-1])].mean(0) for pieces in teacher.tokens(often)])
    own = own - own.mean(0)
    components = own @ torch.linalg.svd(own, full_matrices=False)[2][:width].T
    return pl.DataFrame({"word": often, "vector": (0.3 * components / components.std()).numpy()})


@app.default
def teach(*, corpora: Path, encoder: Path, out: Path, conversations: Path = SCRIPTED, epochs: float = 1.7) -> None:
    """Fine-tune, and write what the teacher says of the texts that the network learns from, and vectors of words."""
    people = ami(corpora).filter(~pl.col("held"), ~pl.col("call_id").str.contains(CHOOSING))
    teacher = fit(encoder, people, epochs=epochs)
    frames = (people, icsi(corpora), primock(corpora), scripted(conversations))
    sentences = pl.concat([frame.select("text") for frame in frames])
    texts = sentences.select(LOWER).unique(maintain_order=True)["low"]
    tokens, logits = teacher.tokens(texts), np.zeros((len(texts), len(AMI_LABELS)), np.float32)
    with torch.inference_mode():
        for rows in batches(tokens, 128):
            logits[rows] = teacher([tokens[row] for row in rows]).numpy()
    out.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"low": texts, "taught": logits}).write_parquet(out / "texts.parquet")
    word_vectors(teacher, sentences, Size(0).word_width).write_parquet(out / "words.parquet")


if __name__ == "__main__":
    app()
