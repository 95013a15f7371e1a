"""Ratings: calls with the names and paths that pages show, and their current labels with the elements' titles."""

import hashlib
import re
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from pipeline.intake.kinds import PRACTICE, is_practice
from pipeline.metrics.current_labels import current_labels, judged_labels, with_settlement
from pipeline.tables.judgements import Elements
from pipeline.tables.values import LEVELS

PLAIN = re.compile(r"[a-z0-9]([a-z0-9._-]{0,78}[a-z0-9])?")
MIN_SCORED_CALLS = 3  # before somebody can be called the gold standard without reservation
MIN_GOLD_LEVEL = 2.0  # yellow: nobody below it sets a standard
MAX_LISTED_CALLS = 500  # on the map and on a person's page, the newest
NOBODY = ""
PRACTISED = ", practised"  # after the title of a rubric by which role-plays are judged
_near = (pl.col("expected_level").mean() + 0.5).floor().cast(pl.Int64)  # halfway goes to the better level
TALLY = [
    pl.len().alias("n"),
    pl.col("expected_level").mean().alias("mean"),
    pl.min_horizontal(pl.max_horizontal(_near, pl.col("level").min()), pl.col("level").max()).alias("level"),
    *((pl.col("level") == level).sum().alias(color) for level, color in enumerate(LEVELS)),
    pl.col("needs_review").sum().alias("review"),
    (pl.col("status") == "provisional").sum().alias("provisional"),
]


@dataclass(frozen=True)
class Chip:
    """The colour of one element of a conversation."""

    title: str
    level: int
    needs_review: bool


@dataclass(frozen=True)
class FailedCall:
    """A conversation that could not be scored, why, and what helps."""

    call_id: str
    error_code: str | None
    error: str | None


def page_name(key: str) -> str:
    """The file name of the page of a call, person or team: the key itself where every file system takes it.

    Anything else (capitals too, as many disks do not tell them apart) becomes a readable part, `~` and a hash.
    """
    if PLAIN.fullmatch(key):
        return f"{key}.html"
    readable = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:40]
    return f"{readable}~{hashlib.sha256(key.encode()).hexdigest()[:12]}.html"


def name_calls(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls by time with `person` (the lead's id, else name, else nobody), `name` to show, and the pages' paths."""
    named = calls.sort("started_at", "call_id", nulls_last=False).with_columns(
        person=pl.coalesce("lead_id", "lead_name", pl.lit(NOBODY))
    )
    newest_name = pl.col("lead_name").drop_nulls().last().over("person")
    return named.with_columns(
        name=pl.when(pl.col("person") == NOBODY)
        .then(pl.lit("Not named"))
        .otherwise(pl.coalesce(newest_name, "person")),
        call_href=paths(named["call_id"], "calls"),
        person_href=pl.when(pl.col("person") != NOBODY).then(paths(named["person"], "people")),
    )


def paths(keys: pl.Series, folder: str) -> pl.Expr:
    """The paths of the pages of calls, people or teams, as an expression over the column that `keys` is."""
    names = {key: f"{folder}/{page_name(key)}" for key in keys.unique()}
    return pl.col(keys.name).replace_strict(names, return_dtype=pl.String)


def mark_pages(calls: pl.DataFrame, chosen: pl.DataFrame, *, pages: set[str]) -> pl.DataFrame:
    """Paths only where a page will stand: it is written now, or was before."""
    there = pl.Series([*pages, *chosen["call_href"], *chosen["person_href"].drop_nulls()], dtype=pl.String).implode()
    return calls.with_columns(
        pl.when(pl.col(path).is_in(there)).then(path).alias(path) for path in ("call_href", "person_href")
    )


def in_order(calls: pl.DataFrame) -> pl.DataFrame:
    """Calls with the pages of the same person's call before and after each, of those that have a page."""
    dated = calls.filter(pl.col("call_href").is_not_null() & pl.col("started_at").is_not_null())
    href = pl.col("call_href")
    chain = dated.sort("started_at", "call_id").select(
        "call_id", before_href=href.shift(1).over("person"), after_href=href.shift(-1).over("person")
    )
    return calls.join(chain, on="call_id", how="left", maintain_order="left")


def rate(calls: pl.DataFrame, labels: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The labels of scored calls that have a level, with person and team, and title and place of the element in its
    rubric. Those of a role-play stand under a rubric of their own, practice_<rubric>."""
    return _titled(calls, judged_labels(labels), elements).with_columns(
        p=pl.concat_list(f"p_{color}" for color in LEVELS).list.get(pl.col("level"))
    )


def unjudged(calls: pl.DataFrame, labels: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    """The same of labels without a level: what is not judged yet, and by `reason` why."""
    return _titled(calls, current_labels(labels).filter(pl.col("level").is_null()), elements)


def _titled(calls: pl.DataFrame, labels: pl.DataFrame, elements: dy.DataFrame[Elements]) -> pl.DataFrame:
    titles = elements.select("rubric", "element", "title", "position", "rubric_title")
    practised = is_practice("interaction")
    return (
        with_settlement(labels)
        .join(calls.filter(pl.col("status") == "ok"), on="call_id", suffix="_of_call")
        .join(titles, on=["rubric", "element"], how="left")
        .with_columns(
            pl.col("title").fill_null(words("element")),
            pl.col("position").fill_null(99),
            rubric=pl.when(practised).then(pl.lit(PRACTICE) + pl.col("rubric")).otherwise("rubric"),
            rubric_title=pl.col("rubric_title").fill_null(words("rubric"))
            + pl.when(practised).then(pl.lit(PRACTISED)).otherwise(pl.lit("")),
        )
        .sort("rubric", "position", "element")
    )


def words(column: str) -> pl.Expr:
    """An identifier as words: discovery_call reads Discovery call."""
    plain = pl.col(column).str.replace_all("_", " ")
    return plain.str.slice(0, 1).str.to_uppercase() + plain.str.slice(1)


_learnt = pl.when(pl.col("status") == "provisional").then("basis").otherwise("status").alias("basis")


def learnt_from(ratings: pl.DataFrame) -> dict[str, int]:
    """How many provisional labels rest on what (people's scores, automated reference scores, the anchors' wording), and
    how many are calibrated or settled."""
    return dict(ratings.group_by(_learnt).agg(pl.len()).sort("basis").iter_rows())


def learnt_by(key: str, ratings: pl.DataFrame) -> dict[str, dict[str, int]]:
    """`learnt_from` for each call or person, by the values of a column."""
    counts = ratings.group_by(key, _learnt).agg(pl.len().alias("n")).sort("basis")
    parts = counts.partition_by(key, as_dict=True, maintain_order=True)
    return {str(value): dict(part.select("basis", "n").iter_rows()) for (value,), part in parts.items()}
