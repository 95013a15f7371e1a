"""Rewording: what changed between two versions of the rubrics, and what becomes of the scores given by the earlier one.

A rubric answers for each changed element: `same_meaning_as` lists the fingerprints of earlier wordings that mean the
same, `other_meaning_than` those that do not. In common.yaml an answer holds for all rubrics that use the element.
"""

import dataframely as dy
import polars as pl

from models.ratings.rubrics import MATTERS
from pipeline.tables.judgements import Elements, Wordings
from pipeline.tables.values import LEVELS
from pipeline.tables.wordings import USE

TEXTS = [*LEVELS, "where", "scored_role"]
UNANSWERED = "not answered: the same meaning keeps scores and classifier, another keeps scores as a source apart"
APART = "scores as a source apart, which counts neither for the gate nor for calibrated"
KEEPS = {True: "scores and classifier", False: APART, None: UNANSWERED}


def diff_rubrics(old: dy.DataFrame[Elements], new: dy.DataFrame[Elements]) -> pl.DataFrame:
    """What changed: rubric, element, field (anchors by colour, where, scored_role, title, position, or `element` for
    added and removed ones), before, after, keeps_scores (whether scores and classifiers stay valid), keeps (what of
    them stays, as words; for a changed wording by what the new rubric answers)."""
    key = USE[:2]
    fields = [*MATTERS, "title", "position"]

    def long(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        texts = frame.select(
            *key, pl.lit("present").alias("element_"), *(pl.col(field).cast(pl.String) for field in fields)
        )
        return texts.rename({"element_": "is_there"}).unpivot(index=key, variable_name="field", value_name=name)

    both = long(old, "before").join(long(new, "after"), on=[*key, "field"], how="full", coalesce=True)
    changed = both.filter(pl.col("before").ne_missing(pl.col("after")))
    whole = pl.col("field") == "is_there"
    either_missing = (whole.any()).over(key)
    answers = _answers(new, old.select(USE)).drop("rubric_hash")
    unscored = whole & pl.col("before").is_null()
    keeps = pl.when(pl.col("field").is_in(MATTERS)).then("same").otherwise(~unscored)
    return (
        changed.filter(whole | ~either_missing)
        .join(answers, on=key, how="left")
        .with_columns(
            pl.when(whole).then(pl.lit("element")).otherwise("field").alias("field"),
            keeps.fill_null(value=False).alias("keeps_scores"),
            pl.when(unscored)
            .then(pl.lit("nothing yet"))
            .otherwise(keeps.replace_strict(KEEPS, return_dtype=pl.String))
            .alias("keeps"),
        )
        .select(*key, "field", "before", "after", "keeps_scores", "keeps")
        .sort(*key, "field")
    )


def with_counts(changed: pl.DataFrame, old: dy.DataFrame[Elements], scores: pl.DataFrame) -> pl.DataFrame:
    """The rows of `diff_rubrics` with calls_scored: the calls that people scored by the earlier wording."""
    by_people = scores.filter(rater_kind="person").join(old, on=USE, how="semi")
    counted = by_people.group_by(USE[:2]).agg(calls_scored=pl.col("call_id").n_unique())
    joined = changed.join(counted, on=USE[:2], how="left", maintain_order="left")
    return joined.with_columns(pl.col("calls_scored").fill_null(0))


def _answers(elements: dy.DataFrame[Elements], earlier: pl.DataFrame) -> pl.DataFrame:
    """The rows of `earlier` (USE) of elements that are there still, with `same`: whether today's wording means the same
    as theirs; null where that is not answered."""
    today = elements.select(*USE[:2], "same_meaning_as", "other_meaning_than", today="rubric_hash")
    is_today = pl.col("rubric_hash") == pl.col("today")
    same = (
        pl.when(is_today | pl.col("rubric_hash").is_in(pl.col("same_meaning_as")))
        .then(pl.lit(value=True))
        .when(pl.col("rubric_hash").is_in(pl.col("other_meaning_than")))
        .then(pl.lit(value=False))
    )
    answered = earlier.join(today, on=USE[:2]).with_columns(same=same)
    return answered.drop("same_meaning_as", "other_meaning_than", "today")


def wordings_of(elements: dy.DataFrame[Elements]) -> dy.DataFrame[Wordings]:
    """The wording of each element, to be stored with what is learnt or scored by it."""
    return Wordings.validate(elements.select(Wordings.column_names()))


def questions(elements: dy.DataFrame[Elements], scores: pl.DataFrame, known: dy.DataFrame[Wordings]) -> list[str]:
    """What the rubrics have not answered: for each element that was scored by an earlier wording, both wordings side by
    side, and the line to write for either answer.

    `scores` has rubric, element, rubric_hash; `known` the earlier wordings of which the text is at hand.
    """
    counted = scores.group_by(USE).agg(n=pl.len())
    asked = (
        _answers(elements, counted)
        .filter(pl.col("same").is_null())
        .join(elements.select(*USE[:2], *(pl.col(text).alias(f"{text}_now") for text in TEXTS)), on=USE[:2])
        .join(known, on=USE, how="left")
        .sort("element", "rubric", "rubric_hash")
    )
    alike = ["element", *(f"{text}_now" for text in LEVELS), *LEVELS]  # a shared element is asked for once
    return [_question(rows) for _, rows in asked.group_by(alike, maintain_order=True)]


def _question(rows: pl.DataFrame) -> str:
    """One question, on lines of its own."""
    first = rows.row(0, named=True)
    rubrics, hashes = ", ".join(rows["rubric"].unique().sort()), rows["rubric_hash"].unique().sort()
    lines = [f"{first['element']} in {rubrics}: {rows['n'].sum()} scores were given by an earlier wording of it"]
    for text in TEXTS:
        if first[text] != first[f"{text}_now"]:
            lines += [f"  {text:<7} then: {first[text] or 'not stored'}", f"  {'':<7} now:  {first[f'{text}_now']}"]
    quoted = ", ".join(f'"{hash_}"' for hash_ in hashes)
    lines += ["  Does it mean the same? Write one of these lines into the element:"]
    lines += [f"    same_meaning_as: [{quoted}]     keeps scores and classifier"]
    return "\n".join([*lines, f"    other_meaning_than: [{quoted}]  keeps the scores as a source apart"])


def rewritten(elements: dy.DataFrame[Elements], scores: pl.DataFrame) -> list[str]:
    """Elements whose text changed under a version that already has scores: a version with scores is immutable."""
    by_version = scores.group_by("rubric", "element", "rubric_version").agg(
        pl.col("rubric_hash").unique().alias("scored_as"), pl.len().alias("n")
    )
    broken = (
        elements.join(by_version, on=["rubric", "element", "rubric_version"])
        .filter(~pl.col("rubric_hash").is_in(pl.col("scored_as")))
        .sort("rubric", "element")
    )
    line = pl.format(
        "{}.yaml: element {}: its anchors changed, but version {} already has {} scores; set version: {}",
        "rubric", "element", "rubric_version", "n", pl.col("rubric_version") + 1,
    )  # fmt: skip
    return broken.select(line.alias("line"))["line"].to_list()
