"""What is not judged yet: elements without a colour, why, and which conversations to score first."""

from dataclasses import dataclass

import polars as pl

from pipeline.pages.parts.typed_rows import rows_of

MAX_TEACHING = 3  # conversations to score first


@dataclass(frozen=True)
class Teaching:
    """A conversation whose scores would teach most, by name."""

    shown: str
    href: str | None


@dataclass(frozen=True)
class Unjudged:
    """Elements of a kind of conversation that are not judged yet, by the reason, and what would teach them most."""

    rubric_title: str
    reason: str
    titles: list[str]
    n_calls: int
    calls: list[Teaching]


def not_judged(ok: pl.DataFrame, grey: pl.DataFrame, teaching: pl.DataFrame | None) -> list[Unjudged]:
    """By kind of conversation and reason.

    `ok` are the scored conversations, `grey` rows of `ratings.unjudged`; `teaching` has call_id and rubric, best first.
    """
    if teaching is None:
        teaching = pl.DataFrame(schema={"call_id": pl.String, "rubric": pl.String})
    with_whom = pl.format("{} with {}", "name", pl.coalesce("other_name", "other_id"))
    named = ok.select("call_id", shown=pl.coalesce(with_whom, "name"), href="call_href")
    to_score = teaching.join(named, on="call_id", maintain_order="left").group_by("rubric", maintain_order=True)
    calls = to_score.agg(pl.struct("shown", "href").head(MAX_TEACHING).alias("calls"))
    listed = (
        grey.sort("rubric_title", "position")
        .group_by("rubric", "rubric_title", "reason", maintain_order=True)
        .agg(pl.col("title").unique(maintain_order=True).alias("titles"), pl.col("call_id").n_unique().alias("n_calls"))
        .join(calls, on="rubric", how="left", maintain_order="left")
    )
    return rows_of(Unjudged, listed.with_columns(pl.col("calls").fill_null([])))
