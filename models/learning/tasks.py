"""Tasks: what is to be learnt of each element, from whose scores."""

import hashlib
from typing import NamedTuple

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.learning.limits import Limit
from models.ratings.agreement import median_level
from models.ratings.scores import MIN_SCORED_CALLS
from models.ratings.severity import adjudicate
from pipeline.tables.judgements import Elements, Scores
from pipeline.tables.values import LEVELS, MEETING
from pipeline.tables.wordings import in_todays_words

REFERENCE, EARLIER = "reference", "earlier wording"
Use = tuple[str, str, str]  # rubric, element, rubric_hash


class ElementScores(NamedTuple):
    """The scores to learn one element from: its uses and anchors, people's and the reference's scores, their hashes.

    Each table is empty where it has too few calls; a call is in the first that has it. `decided` are the levels on
    which meetings agreed, for calls that people scored. `earlier` are people's scores by an earlier wording that meant
    something else: a source of its own, once people have scored by today's wording. Where the reference has no scores,
    those of the reference by such a wording are in its place, or else people's; `beside` says which it is.
    """

    uses: tuple[Use, ...]
    anchors: tuple[str, ...]
    people: pl.DataFrame
    reference: pl.DataFrame
    data_hash: str
    reference_hash: str
    decided: pl.DataFrame
    earlier: pl.DataFrame
    beside: str = REFERENCE
    limit: Limit | None = None

    @property
    def is_enough(self) -> bool:
        """Whether there is something to learn from."""
        return self.people.height + self.reference.height > 0


class Task(NamedTuple):
    """One element to learn, calls in order.

    levels, values: of each call, `values` being the finer ones that levels come from
    rubrics: the rubric by which people scored a call; calls that only the reference scored are left out
    earlier: the calls whose level is people's by an earlier wording that meant something else, beside the reference's
    beside: whose the other levels are
    ratings: calls by raters, nan where a rater did not score
    """

    uses: tuple[Use, ...]
    anchors: tuple[str, ...]
    levels: dict[str, int]
    values: dict[str, float]
    rubrics: dict[str, str]
    earlier: frozenset[str]
    ratings: NDArray[np.float64]
    basis: str
    beside: str
    data_hash: str
    model_hash: str
    limit: Limit | None = None


def scores_of_elements(
    elements: dy.DataFrame[Elements], scores: dy.DataFrame[Scores], calls: set[str]
) -> list[ElementScores]:
    """What there is to learn from: elements with the same name and anchors learn together from all their rubrics.

    Scores by an earlier wording that means the same count as today's.
    """
    found = []
    scores_today = in_todays_words(scores, elements)
    key = ["element", *LEVELS, "where", "limit"]
    for name, uses in elements.sort("rubric", "position").group_by(key, maintain_order=True):
        used = uses.select("rubric", "element", "rubric_hash")
        given = _given_by(scores_today, used, calls)
        people = _enough(given.filter(rater_kind="person"))
        reference = _enough(given.filter(rater_kind="automated").join(people, on="call_id", how="anti"))
        wordings = uses.select("rubric", "element", rubric_hash="other_meaning_than").explode("rubric_hash")
        before = _given_by(scores, wordings, calls).join(people, on="call_id", how="anti")
        reference, earlier, beside = _beside(people, reference, before)
        decided = given.filter(rater_kind=MEETING).join(people, on="call_id", how="semi")
        learnt = pl.concat([people, decided, reference, earlier]).sort("call_id", "rater")
        found.append(
            ElementScores(
                uses=tuple(used.rows()),
                anchors=tuple(map(str, name[1:5])),
                people=people,
                reference=reference,
                data_hash=_hash(learnt),
                reference_hash=_hash(reference),
                decided=decided,
                earlier=earlier,
                beside=beside,
                limit=Limit.of(name[-1]),
            )
        )
    return found


def _beside(
    people: pl.DataFrame, reference: pl.DataFrame, before: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    """What stands beside people's scores by today's wording: the reference's or what takes its place, people's by an
    earlier wording, and which the first is. `before` are all scores by an earlier wording that meant something else."""
    if reference.is_empty() and people.is_empty():
        before = _enough(before)
        return before, before.clear(), EARLIER if before.height else REFERENCE
    name, by_people = REFERENCE, before.filter(rater_kind="person")
    if reference.is_empty():
        name, reference = EARLIER, _enough(before.filter(rater_kind="automated").join(by_people, "call_id", "anti"))
    earlier = _enough(by_people.join(reference, on="call_id", how="anti"))
    if reference.is_empty():
        return earlier, earlier.clear(), EARLIER if earlier.height else REFERENCE
    return reference, earlier if people.height else earlier.clear(), name


def make_tasks(elements: dy.DataFrame[Elements], scores: dy.DataFrame[Scores], calls: set[str]) -> list[Task]:
    """Every element with the levels that its scores come to."""
    return make_each(scores_of_elements(elements, scores, calls))


def make_each(given: list[ElementScores]) -> list[Task]:
    """A task for each; people's scores of all elements are weighed together, as raters are the same."""
    names = [str(number) for number in range(len(given))]
    people = [one.people.with_columns(task=pl.lit(name)) for name, one in zip(names, given, strict=True)]
    decided = [one.decided.with_columns(task=pl.lit(name)) for name, one in zip(names, given, strict=True)]
    settled = _decided(levels_of_people(pl.concat(people)), pl.concat(decided)) if people else pl.DataFrame()
    return [_task(one, settled.filter(task=name)) for name, one in zip(names, given, strict=True)]


def levels_of_people(scores: pl.DataFrame) -> pl.DataFrame:
    """call_id, task, level and value: what the scores of people come to, careless raters counting less.

    `scores` has a column task: which scores are of one element. Values are spread as widely as levels: where raters
    disagree they are not drawn to the middle, else what is learnt from them would be.
    """
    alike = scores.with_columns(pl.col("task").alias("rubric"), rubric_hash=pl.lit(""), element=pl.col("task"))
    settled = adjudicate(alike).rename({"rubric": "task"})
    level, value = pl.col("level").cast(pl.Float64), pl.col("value")
    wider = (level.std() / value.std()).over("task")
    spread = level.mean().over("task") + (value - value.mean().over("task")) * wider
    return settled.select(
        "call_id", "task", "level", pl.when(wider.is_finite()).then(spread).otherwise(level).alias("value")
    )


def _decided(settled: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """The same levels, but for those on which a meeting agreed: these count as they are."""
    about = decided.select("call_id", "task", agreed="level")
    return settled.join(about, on=["call_id", "task"], how="left", maintain_order="left").select(
        "call_id",
        "task",
        pl.coalesce("agreed", "level").alias("level"),
        pl.coalesce(pl.col("agreed").cast(pl.Float64), "value").alias("value"),
    )


def without_people(given: ElementScores, uses: tuple[Use, ...]) -> ElementScores:
    """The same for some uses as if people had not scored."""
    nothing = given.people.clear()
    return given._replace(uses=uses, people=nothing, decided=nothing, earlier=nothing)


def _task(given: ElementScores, settled: pl.DataFrame) -> Task:
    others = pl.concat([given.reference, given.earlier])
    medians = median_level(others, ["call_id"]).select(
        "call_id", "level", pl.col("level").cast(pl.Float64).alias("value")
    )
    known = pl.concat([settled.select(medians.columns), medians]).sort("call_id")
    wide = (
        pl.concat([given.people, others])
        .pivot("rater", index="call_id", values="level", sort_columns=True)
        .sort("call_id")
    )
    sources = (("people", given.people), (given.beside, given.reference), (EARLIER, given.earlier))
    *first, last = dict.fromkeys(name for name, part in sources if part.height) or ["anchors"]
    return Task(
        uses=given.uses,
        anchors=given.anchors,
        levels=dict(known.select("call_id", "level").iter_rows()),
        values=dict(known.select("call_id", "value").iter_rows()),
        rubrics=dict(given.people.select("call_id", "rubric").unique("call_id", maintain_order=True).iter_rows()),
        earlier=frozenset(given.earlier["call_id"]),
        ratings=wide.drop("call_id").cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        basis=" and ".join([*([", ".join(first)] if first else []), last]),
        beside=given.beside,
        data_hash=given.data_hash,
        model_hash=given.data_hash if given.people.height else given.reference_hash,
        limit=given.limit,
    )


def _given_by(scores: pl.DataFrame, wordings: pl.DataFrame, calls: set[str]) -> pl.DataFrame:
    """The scores of calls by some wordings, one per call and rater, calls in order."""
    given = scores.join(wordings, on=wordings.columns, how="semi").filter(pl.col("call_id").is_in(calls))
    return given.unique(["call_id", "rater"], keep="last", maintain_order=True).sort("call_id", "rater")


def _enough(scores: pl.DataFrame) -> pl.DataFrame:
    return scores if scores["call_id"].n_unique() >= MIN_SCORED_CALLS else scores.clear()


def _hash(scores: pl.DataFrame) -> str:
    return hashlib.sha256(scores.select("call_id", "rater", "level").write_csv().encode()).hexdigest()[:16]
