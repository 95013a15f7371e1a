"""Features: what a scorer looks at, as numbers for every utterance and every call."""

from typing import NamedTuple, Protocol

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.features.cues import find_cues, read_cues, read_own_cues
from models.features.findings import count_findings
from pipeline.language.analyse import Findings, analyse
from pipeline.language.text import plain
from pipeline.metrics.measures import share_of_words
from pipeline.tables.conversations import Acts, Talk
from pipeline.tables.values import ACTS

FEATURES_VERSION = 9

OPENING_UTTERANCES, CLOSING_UTTERANCES = 8, 10  # utterances at either end
MIN_LETTERS = 4  # shorter words carry little, and say little when they are repeated
ECHO_COLUMNS = ("echo", "echo_share")
GIST_COLUMNS = 128
NEUTRAL_PRONOUNS = {"they": "he|she", "them": "him|her", "their": "his|hers", "themselves": "himself|herself"}
UTTERANCES_BACK = (1, 4)  # how many utterances back an utterance is compared with
PLACE_COLUMNS = (
    "place",
    "place_squared",
    "first_3",
    "first_6",
    "last_6",
    "last_12",
    "by_lead",
    "length",
    "lead_length",
    "prior_length",
)

Floats = NDArray[np.float32]


class Encode(Protocol):
    """Texts to unit vectors, one row each; `name` identifies the weights."""

    @property
    def name(self) -> str:
        """What a model's key says of it."""
        ...

    def __call__(self, texts: list[str]) -> Floats:
        """One row per text; all zeros for an empty one."""
        ...


class Features(NamedTuple):
    """What is known of some calls; the utterances of call i are rows starts[i] to starts[i + 1].

    idx: the number of each utterance in its call
    utterances: one row each: what is said (cues, acts, echoes), embedding, both again if the lead says it, the
        same of the utterances before and after, place in the call; last the cues of some kinds of meeting of their own
    trust: one number per column of `utterances`: how far a classifier should lean on it before it has seen any score
    groups: utterances by side and window (lead, other; whole call, opening, closing), 0 or 1
    pooled: the number of first columns of `utterances` whose mean over each group describes a call
    shares: one row per call: how the talk is divided
    findings: one row per call: what `analyse` found in it, counted
    findings_widths: the number of columns of each kind of finding
    own: the number of last columns of `utterances` that only elements of some kinds of meeting look at
    """

    calls: list[str]
    idx: NDArray[np.int64]
    starts: NDArray[np.int64]
    utterances: Floats
    trust: Floats
    groups: Floats
    pooled: int
    shares: Floats
    findings: Floats
    findings_widths: tuple[int, ...]
    own: int = 0

    def take(self, calls: set[str]) -> "Features":
        """The same for some of the calls, in the order they have here."""
        chosen = np.array([call in calls for call in self.calls], bool)
        lengths = np.diff(self.starts)
        rows = np.repeat(chosen, lengths)
        return self._replace(
            calls=[call for call in self.calls if call in calls],
            idx=self.idx[rows],
            starts=np.concatenate([[0], np.cumsum(lengths[chosen])]),
            utterances=self.utterances[rows],
            groups=self.groups[rows],
            shares=self.shares[chosen],
            findings=self.findings[chosen],
        )

    def without_own(self) -> "Features":
        """The same without the cues of some kinds of meeting of their own."""
        kept = len(self.trust) - self.own
        return self._replace(utterances=self.utterances[:, :kept], trust=self.trust[:kept], own=0)


class CallRows(NamedTuple):
    """One row per call: the means of `pooled` columns by group, the shares, the findings; the widths of these."""

    rows: Floats
    blocks: tuple[int, ...]


def describe_calls(features: Features) -> CallRows:
    """What is said in each call as a whole, in its opening and in its closing, by each side."""
    starts = features.starts[:-1]
    counts = np.maximum(np.add.reduceat(features.groups, starts, axis=0), 1)
    spoken = features.utterances[:, : features.pooled]
    means = [
        np.add.reduceat(spoken * features.groups[:, [group]], starts, axis=0) / counts[:, [group]]
        for group in range(features.groups.shape[1])
    ]
    rows = np.hstack([*means, features.shares, features.findings])
    return CallRows(rows, (features.pooled * len(means), features.shares.shape[1], *features.findings_widths))


def describe(
    talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts], encode: Encode, *, findings: Findings | None = None
) -> Features:
    """Features of every call of `talk`; they depend on no punctuation and no case.

    `findings` saves analysing the talk again.
    """
    frame = _frame(talk, acts)
    calls = frame["call_id"].unique(maintain_order=True).to_list()
    counted, widths = count_findings(talk, acts, findings or analyse(talk, acts), calls)
    texts = frame.select(pl.col("plain").unique(maintain_order=True)).with_row_index("vector")
    vectors = encode(texts["plain"].to_list())
    order = frame.select("plain").join(texts, on="plain", how="left", maintain_order="left")["vector"].to_numpy()
    embedding = vectors[order]
    gist = _gist(embedding)
    words = frame.select(*read_cues(), *ACTS, *ECHO_COLUMNS).to_numpy()
    near = _nearness(embedding, frame["position"].to_numpy())
    spoken = np.hstack([words, near], dtype=np.float32, casting="same_kind")
    own = frame.select(*read_own_cues().cues).to_numpy()
    by_lead, by_other = (frame.select(pl.col("side").eq_missing(side)).to_numpy() for side in ("lead", "other"))
    same_before = frame["position"].to_numpy() > 0
    same_after = frame["left"].to_numpy() > 0
    blocks = {
        "said": (spoken, 1.0),
        "embedding": (embedding, 0.6),
        "embedding_by_lead": (gist * by_lead, 0.4),
        "gist_before": (_moved(gist, 1) * same_before[:, None], 0.4),
        "gist_after": (_moved(gist, -1) * same_after[:, None], 0.4),
        "said_by_lead": (spoken * by_lead, 1.0),
        "before": (_moved(spoken, 1) * same_before[:, None], 0.7),
        "after": (_moved(spoken, -1) * same_after[:, None], 0.7),
        "place": (frame.select(PLACE_COLUMNS).to_numpy(), 2.0),
        "own": (own, 1.0),
        "own_by_lead": (own * by_lead, 1.0),
        "own_before": (_moved(own, 1) * same_before[:, None], 0.7),
        "own_after": (_moved(own, -1) * same_after[:, None], 0.7),
    }
    opening, closing = pl.col("position") < OPENING_UTTERANCES, pl.col("left") < CLOSING_UTTERANCES
    windows = frame.select(pl.lit(value=True), opening, closing).to_numpy()
    return Features(
        calls=calls,
        idx=frame["idx"].to_numpy(),
        starts=np.append(np.flatnonzero(~same_before), frame.height),
        utterances=np.hstack([block for block, _ in blocks.values()], dtype=np.float32, casting="same_kind"),
        trust=np.concatenate([np.full(block.shape[1], weight, np.float32) for block, weight in blocks.values()]),
        groups=np.hstack([windows & by_lead, windows & by_other]).astype(np.float32),
        pooled=spoken.shape[1],
        shares=_shares(frame),
        findings=counted,
        findings_widths=widths,
        own=4 * own.shape[1],
    )


def _frame(talk: dy.DataFrame[Talk], acts: dy.DataFrame[Acts]) -> pl.DataFrame:
    """One row per utterance, in order: plain text, cues, share of each act, echoes, place."""
    per_act = acts.select("call_id", "idx", *((pl.col("act") == act).cast(pl.Float32).alias(act) for act in ACTS))
    act_shares = per_act.group_by("call_id", "idx").agg(pl.col(ACTS).mean())
    words = pl.col("plain").str.split(" ").list.eval(pl.element().filter(pl.element().str.len_chars() >= MIN_LETTERS))
    heard = pl.col("words").shift(1, fill_value=[]).over("call_id")
    shared = pl.col("words").list.set_intersection(heard).list.len().cast(pl.Float32)
    lead = pl.col("side").eq_missing("lead").cast(pl.Float32)
    length = pl.col("n_words").cast(pl.Float32).log1p()
    position, left = pl.col("position"), pl.col("left")
    place = position / pl.max_horizontal(position + left, 1)
    return (
        talk.sort("call_id", "idx")
        .select("call_id", "idx", "side", "n_words", _neutral(plain(pl.col("text"))).alias("plain"))
        .join(act_shares, on=["call_id", "idx"], how="left", maintain_order="left")
        .with_columns(pl.col(ACTS).fill_null(0.0), words.alias("words"), *find_cues(pl.col("plain")))
        .with_columns(
            pl.int_range(pl.len()).over("call_id").alias("position"),
            pl.int_range(pl.len(), 0, -1).over("call_id").alias("left") - 1,
            (shared.sqrt()).alias("echo"),
            (shared / pl.max_horizontal(heard.list.len(), 1)).alias("echo_share"),
        )
        .with_columns(
            place.alias("place"),
            place.pow(2).alias("place_squared"),
            *((position < n).alias(f"first_{n}") for n in (3, 6)),
            *((left < n).alias(f"last_{n}") for n in (6, 12)),
            lead.alias("by_lead"),
            length.alias("length"),
            (length * lead).alias("lead_length"),
            length.shift(1, fill_value=0.0).over("call_id").alias("prior_length"),
        )
    )


def _neutral(words: pl.Expr) -> pl.Expr:
    """Plain words with they for he and she: who somebody is must not matter."""
    for they, others in NEUTRAL_PRONOUNS.items():
        words = words.str.replace_all(rf"\b(?:{others})\b", they)
    return words


def _moved(rows: Floats, by: int) -> Floats:
    """Row i holds what row i - by held; what moves in from the other end is to be masked."""
    return np.roll(rows, by, axis=0)


def _gist(embedding: Floats) -> Floats:
    """Embeddings of more than GIST_COLUMNS columns projected at random, always alike: angles are kept, roughly.

    In double precision, so that the utterances that are projected together do not matter.
    """
    width = embedding.shape[1]
    if width <= GIST_COLUMNS:
        return embedding
    onto = np.random.default_rng(0).standard_normal((width, GIST_COLUMNS)).astype(np.float32)
    onto /= np.float32(np.sqrt(GIST_COLUMNS))
    projected: Floats = (embedding.astype(np.float64) @ onto).astype(np.float32)
    return projected


def _nearness(embedding: Floats, position: NDArray[np.int64]) -> Floats:
    """How near each utterance is to what was said just before it: cosines with the one before and with the last few."""
    near = []
    for back in UTTERANCES_BACK:
        before = sum(_moved(embedding, by) * (position >= by)[:, None] for by in range(1, back + 1))
        length = np.maximum(np.linalg.norm(before, axis=1), 1e-6)
        near.append((embedding * before).sum(axis=1) / length)
    return np.stack(near, axis=1).astype(np.float32)


def _shares(frame: pl.DataFrame) -> Floats:
    """One row per call: the lead's share of the words, how long the call and each side's utterances are."""
    lead_words, all_words = share_of_words(pl.col("side") == "lead")
    words = pl.col("n_words").cast(pl.Float32)
    lead, other = words.filter(pl.col("side") == "lead"), words.filter(pl.col("side") == "other")
    return (
        frame.group_by("call_id", maintain_order=True)
        .agg(
            (lead_words / all_words.clip(1)).alias("lead_share"),
            pl.len().log1p().alias("length"),
            (lead.sum() / pl.max_horizontal(lead.len(), 1)).log1p().alias("lead_turn"),
            (other.sum() / pl.max_horizontal(other.len(), 1)).log1p().alias("other_turn"),
            lead.max().fill_null(0).log1p().alias("longest"),
        )
        .drop("call_id")
        .to_numpy()
        .astype(np.float32)
    )
