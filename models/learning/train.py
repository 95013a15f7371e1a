"""Train: a classifier for every element from scores, cross-validated by people, and the gate it must pass."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.features.cues import read_own_cues
from models.features.features import Encode, Features, Floats, describe, describe_calls
from models.learning import evidence
from models.learning.element_model import ElementModel
from models.learning.folds import keep_apart, spread_groups
from models.learning.gate import Gate, Validated
from models.learning.learner import Found, Learner, Material, by_anchors
from models.learning.tasks import ElementScores, Task, Use, make_each, scores_of_elements, without_people
from models.learning.word_score import FROM_CALLS, Words, count_words
from models.ratings.misheard import Misheard
from pipeline.language.analyse import Findings
from pipeline.tables.conversations import Actions, Acts, Moments, Purposes, Talk
from pipeline.tables.judgements import Elements, Models, Scores
from pipeline.tables.values import LEVELS

log = logging.getLogger(__name__)

WORDS = 2048


NOTHING_VALIDATED = pl.DataFrame(
    schema={
        "model_id": pl.String,
        "element": pl.String,
        "call_id": pl.String,
        "fold": pl.Int64,
        "level": pl.Int64,
        "given": pl.Int64,
        "in_use": pl.Int64,
        "rubric_scored": pl.String,
        "person": pl.Int64,
    }
    | dict.fromkeys((f"p_{color}" for color in LEVELS), pl.Float64)
)


NOTHING_REFUSED = pl.DataFrame(
    schema={"rubric": pl.String, "element": pl.String, "rubric_hash": pl.String, "n_calls": pl.Int64}
    | {"reason": pl.String}
)


class Trained(NamedTuple):
    """The models, their rows for the table, what the cross-validation said of every call, and what is not used.

    validated: model_id, element, call_id, fold, level (what its scores come to), given (the model's level), in_use (the
        level without people's scores), rubric_scored (by which people scored it, empty if none did), person (a number
        for people kept apart), p_red, p_orange, p_yellow, p_green
    refused: rubric, element, rubric_hash, n_calls (scored by people) and reason: where what was learnt from people's
        scores does not agree more with them than what is known without them; the model is that one then
    beside: what was learnt there, to be kept beside with its reason
    """

    models: list[ElementModel]
    rows: dy.DataFrame[Models]
    validated: pl.DataFrame
    refused: pl.DataFrame = NOTHING_REFUSED
    beside: Sequence[ElementModel] = ()


@dataclass(frozen=True)
class TrainingData:
    """What there is to learn from.

    people: call_id, lead_id and other_id: nobody is on both sides of a cross-validation
    turns: call_id, element and idx: the utterances that raters named as showing the level
    findings: what was found in the calls; saves analysing them again
    misheard: some conversations as written and as heard, by which to doubt what mishearing moves
    """

    talk: dy.DataFrame[Talk]
    acts: dy.DataFrame[Acts]
    scores: dy.DataFrame[Scores]
    people: pl.DataFrame
    turns: pl.DataFrame | None = None
    findings: Findings | None = None
    misheard: Misheard | None = None


@dataclass(frozen=True)
class TrainingOptions:
    """How models are judged.

    folds: element, call_id, fold: kept to, so that a champion can be judged on the same ones
    seed: draws other folds
    """

    gate: Gate = field(default_factory=Gate)
    folds: pl.DataFrame | None = None
    seed: int = 0
    now: datetime | None = None


AS_EVER = TrainingOptions()


def train(
    data: TrainingData, elements: dy.DataFrame[Elements], encode: Encode, *, options: TrainingOptions = AS_EVER
) -> Trained:
    """Models for every element of `elements` (pass those to be trained only)."""
    features = describe(data.talk, data.acts, encode, findings=data.findings)
    given = scores_of_elements(elements, data.scores, set(features.calls))
    words, pointed = _words(data.talk), _pointed(data.turns)
    noise = noise_of_hearing(data.misheard, encode) if data.misheard else None
    school = School(features, data.talk, words, data.people, pointed, encode, options, noise)
    with threadpool_limits(limits=1, user_api="blas"):  # its systems of equations are too small for threads
        learnt, refused = _learnt(school, given)
    models = [model for found in learnt for model in found.models]
    validated = [
        _table(model, found.validated)
        for found in learnt
        if found.validated
        for model in (*found.models, *found.beside)
    ]
    rows = [row_of(model, options.now or datetime.now(UTC)) for model in models]
    return Trained(
        models,
        Models.validate(pl.DataFrame(rows, schema=Models.create_empty().schema)),
        pl.concat([NOTHING_VALIDATED, *validated]),
        pl.DataFrame(refused, schema=NOTHING_REFUSED.schema, orient="row"),
        [model for found in learnt for model in found.beside],
    )


def _learnt(school: "School", given: list[ElementScores]) -> tuple[list[Found], list[tuple[str, str, str, int, str]]]:
    """What learning each task came to, without people's scores where they are refused; and those refusals."""
    learnt, refused = [], []
    for task, found in school.teach(make_each(given)):
        learnt.append(found)
        refused += _refusals(task, found)
    reasons = {refusal[:3]: refusal[-1] for refusal in refused}
    again = [without_people(one, tuple(use for use in one.uses if use in reasons)) for one in given]
    learnt += [
        found._replace(models=[_with_reason(model, reasons) for model in found.models])
        for _, found in school.teach(make_each([one for one in again if one.uses]))
    ]
    return learnt, refused


@dataclass(frozen=True)
class School:
    """What learning any element needs: the calls, who speaks in them, and the options of `train`."""

    features: Features
    talk: dy.DataFrame[Talk]
    words: Floats
    people: pl.DataFrame
    pointed: dict[str, set[tuple[str, int]]]
    encode: Encode
    options: TrainingOptions
    noise: Floats | None = None

    def teach(self, tasks: list[Task]) -> Iterator[tuple[Task, Found]]:
        """What learning each task came to; those that are scored on the same calls share what is costly."""
        for together in _by_calls(tasks):
            if not together[0].levels:
                yield from ((task, by_anchors(task, self.features, self.encode)) for task in together)
                continue
            material = self.material(together[0])
            for task in together:
                log.info("learning %s from %d calls", task.uses[0][1], len(task.levels))
                learner = Learner(task, material, self.pointed)
                found = learner.learn(self.encode, self.options.gate, _counted([task.anchors[-1]], leave_out="english"))
                for rubric, verdict in found.refused.items():
                    log.info("%s in %s stays as it is: %s", task.uses[0][1], rubric, verdict.reason)
                yield task, found

    def material(self, task: Task) -> Material:
        """What is known of the calls of a task, and the folds in which they are judged."""
        calls = set(task.levels)
        chosen = np.array([call in calls for call in self.features.calls])
        known = self.features.take(calls)
        known = known if has_own_cues(task) else known.without_own()
        apart = keep_apart(self.people, known.calls)
        held = _known_folds(self.options.folds, task.uses[0][1], known.calls)
        fold = spread_groups(apart.groups, seed=self.options.seed, known=held)
        by_people = np.array([call in task.rubrics for call in known.calls])
        by_anyone = by_people | np.array([call in task.earlier for call in known.calls])
        teach = None if by_anyone.all() else ~by_anyone
        solver = evidence.Solver(known, fold, teach, noise=self.noise)
        many = by_people.sum() >= FROM_CALLS
        said = Words(count_words(self.talk, known.calls), fold) if many else None
        return Material(known, describe_calls(known), self.words[chosen], solver, fold, apart, said)


def _with_reason(model: ElementModel, refused: dict[Use, str]) -> ElementModel:
    """The model used where people's scores were refused: one by the anchors alone says why it is that."""
    if model.basis != "anchors":
        return model
    return replace(model, reasons=(refused[model.rubric, model.element, model.rubric_hash],))


def _refusals(task: Task, found: Found) -> list[tuple[str, str, str, int, str]]:
    return [
        (*use, found.refused[use[0]].n_calls, found.refused[use[0]].reason)
        for use in task.uses
        if use[0] in found.refused
    ]


def _known_folds(folds: pl.DataFrame | None, element: str, calls: list[str]) -> NDArray[np.int64] | None:
    if folds is None:
        return None
    fold_of = dict(folds.filter(pl.col("element") == element).select("call_id", "fold").iter_rows())
    return np.array([fold_of.get(call, -1) for call in calls], np.int64)


def _by_calls(tasks: list[Task]) -> Iterable[list[Task]]:
    together: dict[tuple[object, ...], list[Task]] = {}
    for task in tasks:
        by_whom = (tuple(task.levels), tuple(sorted(task.rubrics)), tuple(sorted(task.earlier)), has_own_cues(task))
        together.setdefault(by_whom, []).append(task)
    return together.values()


def has_own_cues(task: Task) -> bool:
    """Whether the element looks at the cues of some kinds of meeting: no other kind uses it."""
    return {rubric for rubric, *_ in task.uses} <= read_own_cues().rubrics


def _table(model: ElementModel, validated: Validated) -> pl.DataFrame:
    chances = {f"p_{color}": validated.chances[:, level] for level, color in enumerate(LEVELS)}
    rows = {
        "call_id": validated.calls,
        "fold": validated.fold,
        "level": validated.levels,
        "given": validated.given,
        "in_use": validated.in_use,
        "rubric_scored": validated.rubric,
        "person": validated.groups,
    } | chances
    return pl.DataFrame(rows).select(
        pl.lit(model.model_id).alias("model_id"), pl.lit(model.element).alias("element"), pl.all()
    )


def _pointed(turns: pl.DataFrame | None) -> dict[str, set[tuple[str, int]]]:
    if turns is None:
        return {}
    named = turns.group_by("element").agg(pl.struct("call_id", "idx").unique().alias("at"))
    return {element: {(row["call_id"], row["idx"]) for row in at} for element, at in named.iter_rows()}


def row_of(model: ElementModel, now: datetime) -> dict[str, object]:
    """The model's row of the table."""
    columns = Models.column_names()
    about = {name: value for name, value in vars(model).items() if name in columns}
    return (
        dict.fromkeys(columns) | about | {k: v for k, v in model.figures.items() if k in columns} | {"trained_at": now}
    )


def noise_of_hearing(misheard: Misheard, encode: Encode) -> Floats:
    """What mishearing does to the columns of utterances; those of findings are of calls, and not looked at."""
    nothing = Findings(Moments.create_empty(), Purposes.create_empty(), Actions.create_empty())
    written = describe(misheard.talk, misheard.acts, encode, findings=nothing)
    heard = describe(misheard.heard, misheard.heard_acts, encode, findings=nothing)
    return evidence.noise_of(written, heard)


def _words(talk: dy.DataFrame[Talk]) -> Floats:
    """Hashed words of each call, calls in order: what a bag of words goes by."""
    joined = talk.sort("call_id", "idx").group_by("call_id", maintain_order=True).agg(pl.col("text").str.join(" "))
    return _counted(joined["text"].to_list())


def _counted(texts: list[str], *, leave_out: str | None = None) -> Floats:
    """Hashed words of each text, as shares; `leave_out` names a list of words that say little."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashed = HashingVectorizer(n_features=WORDS, dtype=np.float32, stop_words=leave_out)
    counts: Floats = hashed.transform(texts).toarray()
    return counts
