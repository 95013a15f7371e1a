"""Current labels: which label of a call and element is shown, the same on pages, in KPIs, exports and commands."""

import dataframely as dy
import polars as pl

from pipeline.intake.kinds import judged_by
from pipeline.store.delta import Store
from pipeline.tables.columns import color_of
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS, MEETING, RATER_KINDS
from pipeline.tables.wordings import in_labels_words

SETTLEMENT = {"machine_level": pl.Int64(), "settled_by": pl.String()}  # of labels that people put in another's place
MAX_APART = 0.5  # levels between a label and what people say on average, up to which they say the same
SETTLED = "settled"  # the status of a label that people put in place of the classifier's


def current_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """One label per call, rubric and element: the current one, of two the calibrated, else the later.

    Its level is null where nothing was learnt that could judge the element; `reason` says why.
    """
    return (
        labels.filter("current")
        .sort("status", "labelled_at", "model_id", descending=[True, False, False])
        .unique(["call_id", "rubric", "element"], keep="last", maintain_order=True)
    )


def judged_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Those of the current labels that have a level: what means and counts are made of."""
    return current_labels(labels).drop_nulls("level")


def of_rubrics(labels: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The labels but those of elements that were taken out of their rubric; of a rubric that is gone all stay."""
    of_rubric_gone = ~pl.col("rubric").is_in(elements["rubric"].implode())
    named = elements.select("rubric", "element", is_there=pl.lit(value=True))
    known = labels.join(named, on=["rubric", "element"], how="left", maintain_order="left")
    return known.filter(of_rubric_gone | pl.col("is_there")).drop("is_there")


def with_settlement(labels: pl.DataFrame) -> pl.DataFrame:
    """Labels with the columns that `settled` adds, null where nobody settled any."""
    absent = {name: pl.lit(None, kind) for name, kind in SETTLEMENT.items() if name not in labels.columns}
    return labels.with_columns(**absent)


def with_own_evidence(labels: pl.DataFrame) -> pl.DataFrame:
    """Those of the labels whose evidence speaks for their level: where people settled another, it speaks against it."""
    known = with_settlement(labels)
    return known.filter(pl.col("machine_level").is_null() | (pl.col("machine_level") == pl.col("level")))


def unopposed(labels: pl.DataFrame, scores: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The labels but those that people scored otherwise: more than MAX_APART away from what their meeting decided, or
    where none did, from their mean. Labels that people settled stay."""
    plain = labels.select("call_id", "element", "rubric_hash", rubric=judged_by("rubric"))  # role-plays, too
    given = scores.filter(pl.col("rater_kind").is_in([RATER_KINDS[0], MEETING]))
    by_people = in_labels_words(given, plain.join(given, on="call_id", how="semi"), elements)
    level, key = pl.col("level"), ["call_id", "rubric", "element", "rubric_hash"]
    decided = level.filter(pl.col("rater_kind") == MEETING).mean()
    means = by_people.group_by(key).agg(by_people=pl.coalesce(decided, level.mean()))
    known = labels.with_columns(judged=judged_by("rubric")).join(
        means, left_on=["call_id", "judged", *key[2:]], right_on=key, how="left", maintain_order="left"
    )
    apart = ((pl.col("by_people") - level).abs() > MAX_APART).fill_null(value=False)
    return known.filter(~apart | (pl.col("status") == SETTLED)).select(labels.columns)


def shown_labels(store: Store, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The current labels of a workspace as all that shows levels shows them: settled where people settled them."""
    return settled(store.read("labels", where=pl.col("current")), store.read("overrides"), elements)


def settled(labels: pl.DataFrame, overrides: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """Labels with the levels that people settled in place of the classifier's, which is kept as `machine_level`.

    A settled level is sure and needs no review. Where the wording has changed since and the elements do not say that it
    means the same, the override counts no more. Labels of elements that their rubric has no more are left out.
    """
    labels = of_rubrics(labels, elements)
    key = ["call_id", "rubric", "element", "rubric_hash"]
    of_labels = in_labels_words(overrides, labels, elements)
    about = of_labels.select(*key, by_people="level", settled_by="settled_by")
    joined = labels.join(about, on=key, how="left", maintain_order="left")
    is_settled = pl.col("by_people").is_not_null()
    odds = {f"p_{color}": pl.col("by_people").eq(level).cast(pl.Float64) for level, color in enumerate(LEVELS)}
    color = color_of(pl.col("by_people"))
    changed = {
        "level": pl.col("by_people"),
        "color": color,
        "expected_level": pl.col("by_people").cast(pl.Float64),
        "status": pl.lit(SETTLED),
        "needs_review": pl.lit(value=False),
        **odds,
    }
    return joined.with_columns(
        machine_level=pl.when(is_settled).then("level"),
        **{name: pl.when(is_settled).then(value).otherwise(name) for name, value in changed.items()},
    ).drop("by_people")
