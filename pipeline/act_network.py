"""The network behind the acts: hashed n-grams of each sentence, then a recurrent layer over the whole conversation."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from pipeline.cues import CUES, REQUEST
from pipeline.sentences import Bits, Floats, Ints, buckets, join_bits, word_bits, words_of
from pipeline.tables import ACTS

AMI_LABELS = (
    *("inf", "ass", "fra", "bck", "sug", "stl", "el.inf", "und"),
    *("el.ass", "be.pos", "oth", "off", "el.sug", "el.und", "be.neg"),
)
TIMED = slice(4, 12)  # columns of the dense features that need times
MARKED = slice(-8, None)  # and those that read punctuation
NEAR_S = 0.3  # sentences of one speaker closer than this are one stretch of speech

MARKS = "?.,-!"
TABLE = "table.weight"
REQUEST_ODDS = 9.0  # log odds that a request ("walk me through that") is an open question
HEARD = 6  # sentences back in which words taken up from another speaker are looked for


class Size(NamedTuple):
    """How large the network is: rows of the n-gram table, its width, and the width of the recurrent layer."""

    n_buckets: int = 2**15
    width: int = 64
    hidden: int = 96
    n_dense: int = 37


class Encoded(NamedTuple):
    """Sentences as numbers, calls one after the other.

    grams: rows of the n-gram table, sentence after sentence; counts: how many each sentence has;
    dense: (sentences, n_dense); lengths: sentences of each call.
    """

    grams: Ints
    counts: Ints
    dense: Floats
    lengths: Ints


class Outputs(NamedTuple):
    """Logits per sentence: nine acts, the labels of AMI, and whether a writer would put a question mark."""

    acts: Tensor
    labels: Tensor
    question: Tensor


class ActNetwork(nn.Module):
    """Sum of n-gram vectors and who-speaks-when, a bidirectional GRU over the sentences of a call, three heads."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.table = nn.EmbeddingBag(size.n_buckets, size.width, mode="sum")
        nn.init.zeros_(self.table.weight)  # an n-gram never trained on says nothing
        self.enter = nn.Linear(size.width + size.n_dense, size.hidden)
        self.context = nn.GRU(size.hidden, size.hidden, bidirectional=True, batch_first=True)
        self.heads = nn.Linear(3 * size.hidden, len(ACTS) + len(AMI_LABELS) + 1)
        self.dropout = nn.Dropout(0.3)

    def forward(self, encoded: Encoded) -> Outputs:
        """Logits for every sentence, in order."""
        counts = torch.from_numpy(encoded.counts)
        weights = counts.clamp(min=1).rsqrt().repeat_interleave(counts)
        if self.training:
            weights = weights * (torch.rand_like(weights) > 0.2) / 0.8
        bags = self.table(torch.from_numpy(encoded.grams), counts.cumsum(0) - counts, per_sample_weights=weights)
        one = torch.relu(self.enter(torch.cat([self.dropout(bags), torch.from_numpy(encoded.dense)], 1)))
        calls = pack_sequence(list(self.dropout(one).split(encoded.lengths.tolist())), enforce_sorted=False)
        padded, _ = pad_packed_sequence(self.context(calls)[0], batch_first=True)
        kept = torch.arange(padded.shape[1])[None] < torch.from_numpy(encoded.lengths)[:, None]
        logits = self.heads(self.dropout(torch.cat([padded[kept], one], 1)))
        acts, labels, question = logits.split([len(ACTS), len(AMI_LABELS), 1], 1)
        return Outputs(acts, labels, question.squeeze(1))


def encode(sentences: pl.DataFrame, size: Size) -> Encoded:
    """Numbers of sentences (call_id, speaker, start_s, end_s, text), which must be in the order they were said."""
    frame = sentences.with_columns(words_of(pl.col("text")).alias("words"))
    counts = frame["words"].list.len().to_numpy().astype(np.int64)
    dense, bits = dense_of(frame), word_bits(frame["words"].explode(empty_as_null=False))
    grams, n_grams = n_grams_of(bits, counts, marks_of(dense), n_buckets=size.n_buckets)
    lengths = frame.group_by("call_id", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    return Encoded(grams, n_grams, dense, lengths)


def marks_of(dense: Floats) -> Ints:
    """The mark each sentence ends with as a number, 0 for none."""
    marks: Ints = (dense[:, MARKED][:, : len(MARKS)] @ np.arange(1, len(MARKS) + 1)).astype(np.int64)
    return marks


def n_grams_of(bits: Bits, counts: Ints, marks: Ints, *, n_buckets: int) -> tuple[Ints, Ints]:
    """Table rows of one to three words, of the first and last ones by place, and of those with the mark at the end (0:
    none); and how many rows each sentence has."""
    sentence = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(bits)) - np.repeat(np.cumsum(counts) - counts, counts)
    left = np.repeat(counts, counts) - 1 - place
    two = join_bits(bits[:-1], bits[1:])
    three = join_bits(bits[:-2], bits[1:-1], bits[2:])
    mark = np.repeat(marks, counts)
    marked = join_bits(bits, mark.astype(np.uint64))
    marked_two = join_bits(two, mark[:-1].astype(np.uint64))
    features = (
        (bits, left >= 0),
        (two, left[:-1] >= 1),
        (three, left[:-2] >= 2),
        (bits, place == 0),
        (two, (place[:-1] == 0) & (left[:-1] >= 1)),
        (three, (place[:-2] == 0) & (left[:-2] >= 2)),
        (bits, place == 1),
        (bits, left == 0),
        (two, left[:-1] == 1),
        (marked, (place == 0) & (mark > 0)),
        (marked, (left == 0) & (mark > 0)),
        (marked_two, (place[:-1] == 0) & (left[:-1] >= 1) & (mark[:-1] > 0)),
        (marked_two, (left[:-1] == 1) & (mark[:-1] > 0)),
    )
    rows = [buckets(what[when], kind, n_buckets) for kind, (what, when) in enumerate(features)]
    owners = [sentence[: len(when)][when] for _, when in features]
    order = np.argsort(np.concatenate(owners), kind="stable")
    return np.concatenate(rows)[order], np.bincount(np.concatenate(owners), minlength=len(counts)).astype(np.int64)


def dense_of(frame: pl.DataFrame) -> Floats:
    """Who speaks, how close to the sentences around, how long, wordings, words taken up, and the marks."""
    call, speaker, start, end = "call_id", pl.col("speaker"), pl.col("start_s"), pl.col("end_s")
    timed = (end.max() > 0).over(call)
    gaps = (
        (start - end.shift(1).cum_max()).over(call),
        (start.shift(-1) - end).over(call),
        (start - end.shift(1)).over(call, "speaker"),
        (start.shift(-1) - end).over(call, "speaker"),
    )
    n_words, low = pl.col("words").list.len(), pl.col("words").list.join(" ")
    mark = pl.col("text").str.strip_chars(" \"'”’)").str.slice(-1)
    columns = [
        *((speaker == speaker.shift(step)).over(call) for step in (1, -1, 2, -2)),
        *(pl.when(timed).then(gap.clip(-3, 6) / 2).otherwise(0.0) for gap in gaps),
        *(timed & (gap < NEAR_S) for gap in gaps[2:]),
        timed,
        pl.when(timed).then((end - start).clip(0, 20).log1p()).otherwise(0.0),
        n_words.log1p(),
        *(n_words == n for n in (1, 2, 3)),
        *(low.str.contains(pattern) for pattern in CUES.values()),
        *_taken_up(frame.height),
        *(mark == one for one in MARKS),
        pl.col("text").str.contains(r"[?.!,]").max().over(call),
        pl.col("text").str.contains(r"\?.*\w"),
        pl.col("text").str.contains(",", literal=True),
    ]
    numbered = [column.cast(pl.Float32).fill_null(0.0).alias(f"d{place}") for place, column in enumerate(columns)]
    return np.ascontiguousarray(frame.select(numbered).to_numpy())


def _taken_up(rows: int) -> tuple[pl.Expr, pl.Expr]:
    """Share and number of a sentence's longer words that another speaker used in the sentences just before."""
    content = pl.col("words").list.filter(pl.element().str.len_chars() > 3)
    nothing = pl.lit([], pl.List(pl.String))
    others = [
        pl.when((pl.col("speaker") != pl.col("speaker").shift(back)).over("call_id"))
        .then(pl.col("words").shift(back).over("call_id"))
        .otherwise(nothing)
        for back in range(1, min(HEARD, rows) + 1)
    ]
    shared = content.list.set_intersection(pl.concat_list(others)).list.len()
    return shared / (content.list.len() + 1), shared.log1p()


def read(networks: tuple[ActNetwork, ...], sentences: pl.DataFrame) -> Outputs:
    """The mean logits of some networks for sentences in the order they were said."""
    encoded = encode(sentences, networks[0].size)
    requests = sentences.select(words_of(pl.col("text")).list.join(" ").str.contains(REQUEST))["text"].to_numpy()
    with torch.inference_mode():
        said = [network(encoded) for network in networks]
        acts, labels, question = (torch.stack(logits).mean(0) for logits in zip(*said, strict=True))
        acts[:, ACTS.index("ask_open")] += REQUEST_ODDS * torch.from_numpy(requests)
    return Outputs(acts, labels, question)


def act_probabilities(networks: tuple[ActNetwork, ...], sentences: pl.DataFrame) -> Floats:
    """(sentences, 9): how probable each act of ACTS is, for sentences in the order they were said."""
    chances: Floats = read(networks, sentences).acts.softmax(1).numpy()
    return chances


def save(networks: list[ActNetwork], folder: Path) -> None:
    """Write acts.safetensors and acts.json: n-gram tables as bytes with a scale for each row, the rest halved."""
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {}
    for member, network in enumerate(networks):
        for name, value in network.state_dict().items():
            if name == TABLE:
                scale = (value.abs().amax(1, keepdim=True) / 127).clamp(min=1e-8)
                tensors |= {f"{member}.{name}": (value / scale).round().to(torch.int8), f"{member}.scale": scale.half()}
            else:
                tensors[f"{member}.{name}"] = value.half()
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "acts.safetensors")
    facts = {"members": len(networks), "size": networks[0].size._asdict()}
    (folder / "acts.json").write_text(json.dumps(facts, indent=1) + "\n")


@cache
def load(folder: Path) -> tuple[ActNetwork, ...]:
    """The networks of a folder, ready to classify."""
    from safetensors.torch import load_file

    facts = json.loads((folder / "acts.json").read_text())
    tensors = {name: value.float() for name, value in load_file(folder / "acts.safetensors").items()}
    networks = []
    for member in range(facts["members"]):
        own = {
            name.removeprefix(f"{member}."): value for name, value in tensors.items() if name.startswith(f"{member}.")
        }
        own[TABLE] *= own.pop("scale")
        network = ActNetwork(Size(**facts["size"]))
        network.load_state_dict(own)
        networks.append(network.eval())
    return tuple(networks)
