"""The network behind the acts: each sentence's words in their order, then a recurrent layer over the conversation."""

from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

from pipeline.language.sentence_network import WordConvolution
from pipeline.language.text import MARKS, Bits, Floats, Ints, marked_words_of, stem_of, word_bits, words_of
from pipeline.language.vocabulary import signs
from pipeline.tables.values import ACTS

AMI_LABELS = (
    *("inf", "ass", "fra", "bck", "sug", "stl", "el.inf", "und"),
    *("el.ass", "be.pos", "oth", "off", "el.sug", "el.und", "be.neg"),
)
TIMED_COLUMNS = slice(4, 12)  # columns of the dense features that need times
MARKED_COLUMNS = slice(-8, None)  # and those that read punctuation
NEAR_S = 0.3  # sentences of one speaker closer than this are one stretch of speech

NOTHING, UNKNOWN, FIRST = 0, 1, 2  # rows of the word table: no word, one it does not know, the first that it knows
HEAD_WORDS, TAIL_WORDS = 18, 10  # words and marks that are read of a long sentence: the first and the last of it
SENTENCES_AT_A_TIME = 128  # sentences of like length that are read at a time: what fits the processor's cache
CUES = (  # lists of the vocabulary that the network is shown
    *("leading_question", "tag", "closed_question", "open_question", "open_request", "suggestion", "direction"),
    *("imperative", "promise", "acknowledgement", "assent", "dissent", "offer_of_reflection", "address", "courtesy"),
)
SENTENCES_BACK = 6  # sentences back in which words taken up from another speaker are looked for


class Size(NamedTuple):
    """How large the network is: words it knows, width of their vectors, of a sentence's, and of the recurrent layer."""

    n_words: int
    word_width: int = 96
    order: int = 128
    hidden: int = 96
    n_dense: int = 26 + len(CUES)
    meaning: int = 32


class Encoded(NamedTuple):
    """Sentences as numbers, calls one after the other.

    words: numbers of words and marks, sentence after sentence; counts: how many each sentence has;
    dense: (sentences, n_dense); lengths: sentences of each call.
    """

    words: Ints
    counts: Ints
    dense: Floats
    lengths: Ints


class Outputs(NamedTuple):
    """Logits per sentence: acts, the labels of AMI, the same from its words alone, whether it has a question mark."""

    acts: Tensor
    labels: Tensor
    alone: Tensor
    question: Tensor


class WordOrder(nn.Module):
    """A vector for each sentence: two convolutions over three words, then the greatest, the mean, the first and the
    last of what they give (after TextCNN: Kim, EMNLP 2014)."""

    known: Tensor  # the numbers of the words it knows, in order

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.register_buffer("known", torch.arange(size.n_words))
        self.words = nn.Embedding(size.n_words + FIRST, size.word_width, padding_idx=NOTHING)
        self.near = WordConvolution(size.word_width, size.order)
        self.far = WordConvolution(size.order, size.order)
        self.leave = nn.Linear(4 * size.order, size.order)
        self.dropout = nn.Dropout(0.3)

    def forward(self, words: Tensor, counts: Tensor) -> Tensor:
        """(sentences, size.order) for the numbers of all sentences' words, `counts` of them each."""
        place = torch.searchsorted(self.known, words).clamp(max=len(self.known) - 1)
        rows = torch.where(self.known[place] == words, place + FIRST, UNKNOWN)
        different, places = torch.unique(torch.cat([torch.tensor([NOTHING]), rows]), return_inverse=True)
        table = [] if self.training else self.near.products(self.words(different))
        first, by_length = counts.cumsum(0) - counts, counts.argsort()
        vectors = []
        for chunk in torch.split(by_length, SENTENCES_AT_A_TIME):
            steps = torch.arange(max(int(counts[chunk].max()), 1))
            there = steps < counts[chunk, None]
            padded = torch.zeros(there.shape, dtype=torch.int64)  # NOTHING is the first of the different rows
            padded[there] = places[1:][(first[chunk, None] + steps)[there]]
            products = [part[padded] for part in table] or self._noisy(different[padded], there)
            vectors.append(self._vectors(products, there, counts[chunk]))
        return torch.cat(vectors)[by_length.argsort()]

    def _noisy(self, rows: Tensor, there: Tensor) -> list[Tensor]:
        """The products of words of which some are left out, as they are in training."""
        rows = rows.masked_fill((torch.rand(rows.shape) < 0.1) & there, UNKNOWN)
        return self.near.products(nn.functional.dropout(self.words(rows), 0.15))

    def _vectors(self, products: list[Tensor], there: Tensor, counts: Tensor) -> Tensor:
        """The vectors of sentences from the products of their words; `there` says which words are no padding."""
        near = torch.relu(self.near.summed(products)) * there[:, :, None]
        far = (torch.relu(self.far(self.dropout(near))) + near) * there[:, :, None]
        mean = far.sum(1) / counts.clamp(min=1)[:, None]
        last = far[torch.arange(len(counts)), (counts - 1).clamp(min=0)]
        return torch.relu(self.leave(torch.cat([far.amax(1), mean, far[:, 0], last], 1)))


class ActNetwork(nn.Module):
    """A sentence's words, who speaks when, how near its words are to what the other said before and says next; a
    bidirectional GRU over the sentences of a call; four heads."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.order = WordOrder(size)
        self.meaning = nn.Linear(size.order, size.meaning)
        self.alone = nn.Linear(size.order, len(AMI_LABELS))
        self.enter = nn.Linear(size.order + size.n_dense + 2 * size.meaning, size.hidden)
        self.context = nn.GRU(size.hidden, size.hidden, bidirectional=True, batch_first=True)
        self.heads = nn.Linear(3 * size.hidden, len(ACTS) + len(AMI_LABELS) + 1)
        self.dropout = nn.Dropout(0.3)

    def forward(self, encoded: Encoded) -> Outputs:
        """Logits for every sentence, in order."""
        order = self.dropout(self.order(torch.from_numpy(encoded.words), torch.from_numpy(encoded.counts)))
        dense, near = torch.from_numpy(encoded.dense).to(order.dtype), self._near(order, encoded)
        entered = torch.relu(self.enter(torch.cat([order, dense, *near], 1)))
        calls = pack_sequence(list(self.dropout(entered).split(encoded.lengths.tolist())), enforce_sorted=False)
        padded, _ = pad_packed_sequence(self.context(calls)[0], batch_first=True)
        kept = torch.arange(padded.shape[1])[None] < torch.from_numpy(encoded.lengths)[:, None]
        logits = self.heads(self.dropout(torch.cat([padded[kept], entered], 1)))
        acts, labels, question = logits.split([len(ACTS), len(AMI_LABELS), 1], 1)
        return Outputs(acts, labels, self.alone(order), question.squeeze(1))

    def _near(self, order: Tensor, encoded: Encoded) -> list[Tensor]:
        """What each sentence has in common with the last of the other's before it and the first after it."""
        meaning = torch.tanh(self.meaning(order))
        nothing = torch.zeros(1, meaning.shape[1], dtype=meaning.dtype)
        table = torch.cat([meaning, nothing])  # place -1 is no sentence
        return [meaning * table[torch.from_numpy(places)] for places in neighbours(encoded)]


def neighbours(encoded: Encoded) -> tuple[Ints, Ints]:
    """For each sentence the last one of another speaker before it and the first after it in its call, -1 for none."""
    place, ends = np.arange(len(encoded.dense)), np.cumsum(encoded.lengths)
    first = np.repeat(ends - encoded.lengths, encoded.lengths)
    after = np.repeat(ends, encoded.lengths)
    begins = (encoded.dense[:, 0] == 0) | (place == first)  # column 0: spoken by the speaker of the one before
    turn = np.maximum.accumulate(np.where(begins, place, 0))
    ahead = np.append(np.where(begins, place, len(place)), len(place))
    following = np.minimum.accumulate(ahead[::-1])[::-1][1:]
    heard = np.where(turn > first, turn - 1, -1)
    reply = np.where(following < after, following, -1)
    return heard.astype(np.int64), reply.astype(np.int64)


def encode(sentences: pl.DataFrame) -> Encoded:
    """Numbers of sentences (call_id, speaker, start_s, end_s, text), which must be in the order they were said."""
    text = pl.col("text")
    frame = sentences.with_columns(words_of(text).alias("words"), marked_words_of(text).alias("marked"))
    marked = frame["marked"]
    counts = marked.list.len().to_numpy().astype(np.int64)
    words, n_words = ends_kept(word_bits(marked.explode(empty_as_null=False)), counts)
    lengths = frame.group_by("call_id", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    return Encoded(words, n_words, dense_of(frame), lengths)


def ends_kept(bits: Bits, counts: Ints) -> tuple[Ints, Ints]:
    """The first HEAD_WORDS and the last TAIL_WORDS of sentences of `counts` words each, and how many those are."""
    place = np.arange(len(bits)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = (place < HEAD_WORDS) | (np.repeat(counts, counts) - place <= TAIL_WORDS)
    return bits[kept].view(np.int64), np.minimum(counts, HEAD_WORDS + TAIL_WORDS)


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
    n_words, cues = pl.col("words").list.len(), signs(frame["words"].list.join(" "), CUES)
    mark = pl.col("text").str.strip_chars(" \"'”’)").str.slice(-1)
    columns = [
        *((speaker == speaker.shift(step)).over(call) for step in (1, -1, 2, -2)),
        *(pl.when(timed).then(gap.clip(-3, 6) / 2).otherwise(0.0) for gap in gaps),
        *(timed & (gap < NEAR_S) for gap in gaps[2:]),
        timed,
        pl.when(timed).then((end - start).clip(0, 20).log1p()).otherwise(0.0),
        n_words.log1p(),
        *(n_words == n for n in (1, 2, 3)),
        *map(pl.lit, cues.get_columns()),
        *_taken_up(frame.height),
        *(mark == kind for kind in MARKS),
        pl.col("text").str.contains(r"[?.!,]").max().over(call),
        pl.col("text").str.contains(r"\?.*\w"),
        pl.col("text").str.contains(",", literal=True),
    ]
    numbered = [column.cast(pl.Float32).fill_null(0.0).alias(f"d{place}") for place, column in enumerate(columns)]
    return np.ascontiguousarray(frame.select(numbered).to_numpy())


def _taken_up(rows: int) -> tuple[pl.Expr, pl.Expr]:
    """Share and number of a sentence's longer words whose stems another speaker used in the sentences just before."""
    content = pl.col("words").list.filter(pl.element().str.len_chars() > 3).list.eval(stem_of(pl.element()))
    nothing = pl.lit([], pl.List(pl.String))
    others = [
        pl.when((pl.col("speaker") != pl.col("speaker").shift(back)).over("call_id"))
        .then(content.shift(back).over("call_id"))
        .otherwise(nothing)
        for back in range(1, min(SENTENCES_BACK, rows) + 1)
    ]
    shared = content.list.set_intersection(pl.concat_list(others)).list.len()
    return shared / (content.list.len() + 1), shared.log1p()
