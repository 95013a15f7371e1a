"""Label: the colour of every element of every call, with its probabilities, its doubts and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import moments
from models.features.features import Encode, Features, Floats, describe, describe_calls
from models.features.implausible import implausible_calls
from models.learning import evidence, word_score
from models.learning.element_model import ElementModel
from models.learning.gate import within_one
from models.learning.limits import Limit
from pipeline.intake.kinds import rubric_of
from pipeline.language.analyse import Findings, analyse
from pipeline.tables.columns import color_of
from pipeline.tables.conversations import Acts, Purposes, Talk
from pipeline.tables.judgements import Elements, Evidence, Labels
from pipeline.tables.values import DECIMALS, LEVELS

CANDIDATE_UTTERANCES = 6  # utterances per call that are taken out one at a time
UTTERANCES_SHOWN = 3
MIN_DROP = 0.005  # the drop in probability below which an utterance did not move the label


class Labelled(NamedTuple):
    """Labels, and for each the moments it rests on or why there are none."""

    labels: dy.DataFrame[Labels]
    evidence: dy.DataFrame[Evidence]


@dataclass(frozen=True)
class Labeller:
    """What labels calls: models, the elements that they judge, and the encoder that they were made with.

    A model that learnt nothing, or is worse than the most frequent level, gives no level but the reason, unless
    `guess_unlearnt` asks for its guess; nor is there a level for the calls that are `foreign`, whose language no model
    knows. Raises ValueError where a model was made with another encoder.
    """

    elements: dy.DataFrame[Elements]
    models: Sequence[ElementModel]
    encode: Encode
    guess_unlearnt: bool = False
    foreign: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        strangers = {model.encoder for model in self.models} - {self.encode.name}
        if strangers:
            others = ", ".join(sorted(strangers))
            raise ValueError(f"models are for encoder {others}, not {self.encode.name}; train again")


def label(
    talk: dy.DataFrame[Talk],
    acts: dy.DataFrame[Acts],
    labeller: Labeller,
    *,
    findings: Findings | None = None,
    now: datetime | None = None,
) -> Labelled:
    """Label every call of `talk` by the models of its rubric; where an element has two models, both label it.

    `findings` saves analysing the calls again.
    """
    judged, now = _foreign(talk, labeller), now or datetime.now(UTC)
    known_talk = Talk.validate(talk.filter(~pl.col("call_id").is_in(labeller.foreign)))
    if known_talk.is_empty():
        return _labelled(judged, moments.quotes_of(talk, Purposes.create_empty()), labeller.elements, [], now)
    kinds = dict(known_talk.select("call_id", "interaction").unique().iter_rows())
    found = findings or analyse(known_talk, acts)
    features = describe(known_talk, acts, labeller.encode, findings=found)
    doubtful = implausible_calls(known_talk)
    on_purpose = moments.longest_on_purpose(known_talk, found.purposes)
    limits = {
        (rubric, element): Limit.of(limit)
        for rubric, element, limit in labeller.elements.select("rubric", "element", "limit").iter_rows()
    }
    for rubric in sorted(set(kinds.values())):
        known = features.take({call for call, kind in kinds.items() if kind == rubric})
        rows = describe_calls(known).rows
        models = [model for model in labeller.models if model.rubric == rubric_of(rubric)]
        by_words = any(model.words is not None for model in models)
        counts = word_score.count_words(known_talk, known.calls) if by_words else None
        for model in models:
            guess = labeller.guess_unlearnt or not model.unfit
            seen = rows
            if counts is not None and model.words is not None:
                seen = np.hstack([rows, word_score.score(counts, model.words)])
            judge = Judge(model, known, limits.get((model.rubric, model.element)), on_purpose)
            judged.append(_judge(judge, seen) if guess else _unjudged(model, known.calls, model.unfit))
    quotes = moments.quotes_of(talk, found.purposes)
    return _labelled(judged, quotes, labeller.elements, doubtful, now)


class Judged(NamedTuple):
    """What one model says of some calls: their labels, the utterances that moved these, and the stretch they rest on
    where none did, both by KEY."""

    labels: pl.DataFrame
    moved: pl.DataFrame = pl.DataFrame(schema=moments.MOVED)
    stretches: pl.DataFrame = pl.DataFrame(schema=moments.STRETCHES)


def _foreign(talk: dy.DataFrame[Talk], labeller: Labeller) -> list[Judged]:
    """Labels without a level of the calls in a language that no model knows."""
    calls = talk.filter(pl.col("call_id").is_in(labeller.foreign)).select("call_id", "interaction").unique()
    calls_of = {str(kind): sorted(rows["call_id"]) for (kind,), rows in calls.group_by("interaction")}
    kinds = [(kind, model) for kind in calls_of for model in labeller.models if model.rubric == rubric_of(kind)]
    return [_unjudged(model, calls_of[kind], "language") for kind, model in kinds]


def _unjudged(model: ElementModel, calls: Sequence[str], reason: str | None) -> Judged:
    """Labels without a level, and no evidence."""
    labels = pl.DataFrame({"call_id": calls}, schema={"call_id": pl.String}).with_columns(
        pl.lit(None, pl.Int64).alias("level"),
        *(pl.lit(None, pl.Float64).alias(f"p_{color}") for color in LEVELS),
        pl.lit(None, pl.Float64).alias("expected_level"),
        pl.lit(value=False).alias("needs_review"),
        *_about(model, reason),
    )
    return Judged(labels)


def _about(model: ElementModel, reason: str | None) -> list[pl.Expr]:
    """What is said of every label that a model gives."""
    about = {
        "rubric": model.rubric, "element": model.element, "rubric_hash": model.rubric_hash, "model_id": model.model_id,
        "status": model.status, "basis": model.basis,
    }  # fmt: skip
    named = [pl.lit(value).alias(name) for name, value in about.items()]
    return [*named, pl.lit(value=True).alias("current"), pl.lit(reason, pl.String).alias("reason")]


@dataclass(frozen=True)
class Judge:
    """One model before some calls, above which level its element's rubric does not let it go, and the longest stretch
    of each call on one purpose, which an element that is limited by purposes rests on."""

    model: ElementModel
    features: Features
    limit: Limit | None
    on_purpose: pl.DataFrame

    def chances(self, rows: Floats, padded: evidence.Padded) -> NDArray[np.float64]:
        """Calls by levels."""
        chances: NDArray[np.float64] = self.model.classifier.predict_proba(np.hstack([rows, evidence.pool(padded)]))
        chances /= chances.sum(axis=1, keepdims=True)
        return self.limit.chances(chances, self.limit.holds(self.features)) if self.limit else chances

    def limited(self, levels: NDArray[np.int64]) -> tuple[NDArray[np.int64], pl.DataFrame]:
        """Levels within the limit, and for each call that would be rated higher why it is not: call_id, why."""
        if self.limit is None:
            return levels, pl.DataFrame(schema={"call_id": pl.String, "why": pl.String})
        within = self.limit.levels(levels, self.limit.holds(self.features))
        shares = self.limit.shares(self.features)
        lower = np.flatnonzero(within < levels)
        why = {self.features.calls[at]: self.limit.reason(shares[at]) for at in lower}
        return within, pl.DataFrame(
            {"call_id": list(why), "why": list(why.values())}, schema_overrides={"call_id": pl.String, "why": pl.String}
        )


def _judge(judge: Judge, rows: Floats) -> Judged:
    """Labels and candidate evidence of one model, keyed by call and element."""
    model, features = judge.model, judge.features
    padded = evidence.pad(evidence.score(features, model.weights), features.starts)
    chances = judge.chances(rows, padded)
    levels, limited = judge.limited(model.classifier.predict(np.hstack([rows, evidence.pool(padded)])))
    unsure = within_one(chances, levels).round(DECIMALS) < round(model.sure, DECIMALS)
    strange = model.classifier.strange(np.hstack([rows, evidence.pool(padded)]))
    stored = _rounded(chances)
    labels = pl.DataFrame(
        {
            "call_id": features.calls,
            "level": levels.astype(np.int64),
            **{f"p_{color}": stored[:, level] for level, color in enumerate(LEVELS)},
            "expected_level": (chances @ np.arange(len(LEVELS))).round(DECIMALS),
            "needs_review": unsure | strange,
        }
    ).with_columns(_about(model, "guessed" if model.unfit else None))
    moved = _moved(judge, rows, padded, chances[np.arange(len(levels)), levels], levels)
    whole = judge.on_purpose if judge.limit else moments.most_pointing(moments.pointing(padded, levels), features)
    key = [pl.lit(getattr(model, name)).alias(name) for name in ("rubric", "element", "model_id")]
    why = limited.with_columns(*key, rank=pl.lit(UTTERANCES_SHOWN, pl.Int64))
    return Judged(labels, pl.concat([moved, why], how="diagonal"), whole.with_columns(key))


def _rounded(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities to the figures that are stored; what each is rounded by goes to the next, so that they sum to 1."""
    sums = np.cumsum(chances, axis=1).round(DECIMALS)
    sums[:, -1] = 1.0
    return np.diff(sums, axis=1, prepend=0.0).round(DECIMALS)


def _moved(
    judge: Judge, rows: Floats, padded: evidence.Padded, chances: NDArray[np.float64], levels: NDArray[np.int64]
) -> pl.DataFrame:
    """The utterances without which the label would be less probable: call_id, idx, weight (the drop). `chances` are
    those of the `levels` given."""
    model, features = judge.model, judge.features
    calls = np.arange(len(features.calls))
    order = np.argsort(-moments.pointing(padded, levels), axis=1, kind="stable")[:, :CANDIDATE_UTTERANCES]
    counts = np.add.reduceat(features.groups, features.starts[:-1], axis=0)
    drops = []
    for candidate in order.T:
        there = padded.there.copy()
        there[calls, candidate] = False
        at = features.starts[:-1] + np.minimum(candidate, np.diff(features.starts) - 1)
        left = _without(rows, features, at, counts)
        less = judge.chances(left, evidence.Padded(padded.scores, there))
        drop = (chances - less[calls, levels]).round(DECIMALS)
        valid = padded.there[calls, candidate] & (padded.there.sum(axis=1) > 1)
        drops.append(pl.DataFrame({"call": calls, "idx": features.idx[at], "weight": drop}).filter(pl.Series(valid)))
    moved = pl.concat(drops).filter(pl.col("weight") >= MIN_DROP)
    names = pl.DataFrame({"call": calls, "call_id": features.calls})
    best = moved.join(names, on="call").sort("call", "weight", "idx", descending=[False, True, False])
    return (
        best.with_columns(pl.int_range(pl.len()).over("call").alias("rank"))
        .filter(pl.col("rank") < UTTERANCES_SHOWN)
        .select("call_id", pl.lit(model.rubric).alias("rubric"), pl.lit(model.element).alias("element"),
                pl.lit(model.model_id).alias("model_id"), pl.col("rank").cast(pl.Int64), "idx", "weight",
                pl.lit(None, pl.String).alias("why"))
    )  # fmt: skip


def _without(rows: Floats, features: Features, at: NDArray[np.int64], counts: Floats) -> Floats:
    """Call rows in which one utterance of each call (row `at`) is left out of the means."""
    utterances = features.utterances[at, : features.pooled]
    left = rows.copy()
    for group in range(features.groups.shape[1]):
        member, count = features.groups[at, group][:, None], counts[:, [group]]
        part = slice(group * features.pooled, (group + 1) * features.pooled)
        without = (rows[:, part] * count - utterances) / np.maximum(count - 1, 1)
        left[:, part] = np.where(member > 0, without, rows[:, part])
    return left


def _labelled(
    judged: list[Judged], quotes: pl.DataFrame, elements: dy.DataFrame[Elements], doubtful: list[str], now: datetime
) -> Labelled:
    if not judged:
        return Labelled(Labels.create_empty(), Evidence.create_empty())
    use = ["rubric", "element"]
    labels, moved, stretches = (pl.concat(frames, how="diagonal") for frames in zip(*judged, strict=True))
    labels = labels.join(elements.select(*use, "rubric_version", "title", "where"), on=use)
    color = color_of(pl.col("level")).alias("color")
    review = pl.col("level").is_not_null() & (pl.col("needs_review") | pl.col("call_id").is_in(doubtful))
    return Labelled(
        Labels.validate(
            labels.with_columns(color, needs_review=review, labelled_at=pl.lit(now)).select(Labels.column_names()),
            cast=True,
        ),
        moments.evidence_of(labels, moved, stretches, quotes),
    )
